"""The pieces of an answer: a line, a text and a table, clean and bounded. Values only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from agents.units import measure, number
from orchestrator.core.sanitize import sanitize
from protocol.vocabulary import Json

LINE = 400  # characters
BLOCK = 40  # lines of details
TEXT = 6_000  # characters of a text
TOLD, TOLD_LINES = 14_000, 300  # of a text that a skill writes as its answer


@dataclass(frozen=True, slots=True)
class Shape:
    """`fact`: something about the device. `action`: something done there. `plain`: the device does not matter."""

    kind: Literal["fact", "action", "plain"]
    line: str
    details: tuple[str, ...] = ()


def one_line(value: Json, limit: int = LINE) -> str:
    """A value as one clean, bounded line."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return sanitize(text[: limit * 8], multiline=False, limit=limit).strip()


def words(value: Json, name: str = "") -> str:
    """A value in words, on one line, with the unit that its field's name tells."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return measure(name, value)
    if value is None:
        return "unknown"
    if isinstance(value, list) and value and all(isinstance(one, (str, int, float)) for one in value):
        shown = ", ".join(one_line(one, 120) for one in value[:10])
        return shown + (f" and {number(len(value) - 10)} more" if len(value) > 10 else "")
    return one_line(value) if value not in ("", [], {}) else "none"


def bounded(lines: Sequence[str], total: int | None = None, limit: int = BLOCK) -> tuple[str, ...]:
    """The first lines, and how many are left out of `total`."""
    whole = max(total or 0, len(lines))
    shown = tuple(lines[:limit])
    return (*shown, f"... and {number(whole - len(shown))} more") if whole > len(shown) else shown


def text_lines(text: str) -> tuple[str, ...]:
    """A text from a device as clean lines, bounded."""
    clean = sanitize(text[: TEXT * 4], limit=TEXT).rstrip("\n")
    return bounded([line.rstrip() for line in clean.split("\n")]) if clean else ()


def table(rows: Sequence[tuple[str, str]]) -> list[str]:
    """Two columns, the second to the right."""
    left = max((len(row[0]) for row in rows), default=0)
    right = max((len(row[1]) for row in rows), default=0)
    return [f"{name.ljust(left)}  {value.rjust(right)}" for name, value in rows]
