"""What JSON may cross the wire, apart from the messages that carry it: conditions need this and no message."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from protocol.vocabulary import Json

MAX_DEPTH: Final = 32
_FLAT: Final = frozenset((str, int, bool, type(None)))


def check_json(value: Json, depth: int = MAX_DEPTH) -> str | None:
    """Why `value` cannot cross the wire: too deep, or a number that is not finite; None where it can.

    One set of types a container, so that long lists of plain values cost no Python step an element.
    """
    kind = type(value)
    if kind in _FLAT:
        return None
    if kind is float:
        return None if math.isfinite(value) else "a number that is not finite"  # type: ignore[arg-type]
    if depth == 0:
        return f"nested more than {MAX_DEPTH} levels deep"
    items: Iterable[Json] = value.values() if isinstance(value, dict) else value  # type: ignore[assignment]
    if _FLAT.issuperset(map(type, items)):
        return None
    for item in items:
        if type(item) not in _FLAT:
            reason = check_json(item, depth - 1)
            if reason is not None:
                return reason
    return None
