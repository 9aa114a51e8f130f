"""Paths into JSON values, as references and conditions write them: `output.files[0].name`."""

from __future__ import annotations

import json
import re
from typing import Final

from protocol.vocabulary import Json


class Missing:
    """What a path that leads nowhere leads to. None is a value; this is not."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()
_STEP = re.compile(r"\[(-?\d{1,9})\]|\.?([^.\[\]]+)")


def walk(value: Json, path: str | None) -> Json | Missing:
    """The value at `path` (the value itself where there is none), or MISSING."""
    at, current = 0, value
    while path is not None and at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            return MISSING
        index, key = step.groups()
        if key is not None and isinstance(current, dict) and key in current:
            current = current[key]
        elif index is not None and isinstance(current, list) and -len(current) <= int(index) < len(current):
            current = current[int(index)]
        else:
            return MISSING
        at = step.end()
    return current


def flat(items: list[Json]) -> list[Json]:
    """`items` with lists among them opened, one level: what a fan-out's members gave becomes one list."""
    return [inner for item in items for inner in (item if isinstance(item, list) else [item])]


def is_number(value: object) -> bool:
    """A bool is an int to Python, not to a person."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def canonical(value: Json) -> str:
    """The same text for equal values: 1 and 1.0 are, 1 and true and "1" are not."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, sort_keys=True, ensure_ascii=True)


def ranking(value: Json) -> tuple[int, float, str]:
    """A key that puts any values in order: numbers by size, then texts, then all else by how it is written."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return (0, value, "")
    return (1, 0, value) if isinstance(value, str) else (2, 0, canonical(value))
