"""Phrases of place: where a thing goes."""

from __future__ import annotations

from typing import Final

from agents.embedded.flow.line import elements
from agents.embedded.flow.nouns import literal, mention
from agents.embedded.flow.things import Target
from agents.embedded.kinds.line import Piece, once
from agents.embedded.kinds.pattern import match

_ON: Final = "(on|to|onto|at|over to|with|into)"
_AS: Final = "(as|to|in|into|under|at|named|called|under the name|in the file|to the file|as the file|in a file called)"
_ONE: Final = (
    f"{_ON} {{d:device}} {_AS} {{f:file}}",
    f"{_AS} {{f:file}} {_ON} {{d:device}}",
    f"{_AS} {{f:file}}",
    f"{_ON} {{d:device}}",
    f"{_ON} {{d:device}} {_AS} (the|a) (file|new file) {{f:file}}",
)
_BARE: Final = ("{f:file}",)


@once
def targets(piece: Piece) -> tuple[Target, ...] | None:
    """All that the piece names, from its first word to its last."""
    found = _one(piece)
    if found is not None:
        return (found,)
    shared = _shared(piece)
    if shared is not None:
        return shared
    parts = [_one(one) for one in elements(piece)]
    known = tuple(one for one in parts if one is not None)
    return known if len(known) == len(parts) > 1 else None


def _one(piece: Piece) -> Target | None:
    for pattern in _ONE:
        slots = match(pattern, piece)
        if slots is not None:
            place = mention(slots, "d", piece) if "d" in slots else None
            return Target(literal(slots, "f") if "f" in slots else None, place)
    return None


def _shared(piece: Piece) -> tuple[Target, ...] | None:
    """`on beta, as a.log and b.log`: several names on one device."""
    for head in (f"{_ON} {{d:device}} [,] as {{names:any}}", f"as {{names:any}} {_ON} {{d:device}}"):
        slots = match(head, piece)
        if slots is None:
            continue
        names = [match(_BARE[0], one) for one in elements(Piece(piece.line, slots["names"]))]
        known = [one for one in names if one is not None]
        place = mention(slots, "d", piece)
        if len(known) == len(names) > 1 and len(place.names) == 1:
            return tuple(Target(literal(one, "f"), place) for one in known)
    return None
