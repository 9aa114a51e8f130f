"""Paths into JSON values: `output.files[0].name`."""

from __future__ import annotations

import re
from typing import Final

from pydantic import JsonValue


class Missing:
    """What a path that leads nowhere leads to. None is a value; this is not."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()
_STEP = re.compile(r"\[(-?\d+)\]|\.?([^.\[\]]+)")


def split(path: str) -> list[str | int]:
    """The steps of a path. Raises ValueError where it is not one."""
    steps: list[str | int] = []
    at = 0
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None:
            raise ValueError(f"not a path at character {at + 1}")
        index, key = found.groups()
        steps.append(int(index) if index is not None else key)
        at = found.end()
    return steps


def walk(value: JsonValue, path: str) -> JsonValue | Missing:
    """The value at `path`, or MISSING."""
    try:
        steps = split(path)
    except ValueError:
        return MISSING
    current: JsonValue = value
    for step in steps:
        match step, current:
            case str(), dict() if step in current:
                current = current[step]
            case int(), list() if -len(current) <= step < len(current):
                current = current[step]
            case _:
                return MISSING
    return current
