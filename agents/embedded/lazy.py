"""Regular expressions that are compiled when a text holds a word without which they cannot match.

Compiling the tables of everyday phrases takes longer than all the rest of a first plan, and a request has use for a few
rows of them. What a row needs is read off its source: texts of which each match holds at least one. Where that cannot
be told, the row is always compiled; so a pattern of this module finds exactly what its source finds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache

Needs = frozenset[str] | None
"""Texts of which a match holds at least one; None where that is not known."""

# What stands for characters that are not known: sets, escapes, macros.
_OPAQUE = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]|\\.|\{[a-z*]+\}")
_GROUP = re.compile(r"\((?P<look>\?<?[=!])?(?:\?:)?(?P<body>[^()]*)\)(?P<optional>[*?]|\{0?,\d*\})?")
_TEXT = re.compile(r"[a-z' <>-]+(?![*?{])")
_MARKS = 0xE000
"""Characters of private use from here on stand for groups that were taken out."""


def needs_of(source: str) -> Needs:
    """Texts of which every match of `source`, a lower-case regular expression, holds at least one."""
    groups: list[str] = []

    def taken(found: re.Match[str]) -> str:
        # What is only looked at, or may be left out, is needed by no match.
        if found["look"] or found["optional"]:
            return "#"
        groups.append(found["body"])
        return chr(_MARKS + len(groups) - 1)

    left, count = _OPAQUE.sub("#", source), 1
    while count:
        left, count = _GROUP.subn(taken, left)
    return None if "(" in left or ")" in left else _needed(left, groups)


def _needed(text: str, groups: Sequence[str]) -> Needs:
    """What the most telling part of each alternative needs; None where one needs nothing that is known."""
    found: frozenset[str] = frozenset()
    for branch in text.split("|"):
        parts: list[Needs] = [frozenset({part}) for part in _TEXT.findall(branch) if part.strip()]
        if not any(len(part) > 4 for parts_of in parts if parts_of for part in parts_of):
            parts += [_needed(groups[ord(mark) - _MARKS], groups) for mark in branch if ord(mark) >= _MARKS]
        best = max(filter(None, parts), key=_telling, default=None)
        if best is None:
            return None
        found |= best
    return found


def _telling(needs: frozenset[str]) -> tuple[int, int]:
    return min(map(len, needs)), -len(needs)


class Lazy:
    """Rows of one table as one pattern: `before(?:row|row)after`.

    `macros` are written in the place of their names. `on` gives the pattern that finds in a line what the rows find.
    """

    def __init__(
        self,
        rows: Iterable[str],
        before: str = "",
        after: str = "",
        macros: Mapping[str, str] | None = None,
    ) -> None:
        self.rows = tuple(rows)
        self.before, self.after = before, after
        self.macros = macros or {}
        self._needs: list[Needs] = []

    def on(self, line: str) -> re.Pattern[str] | None:
        """The pattern of the rows that may match in `line`; None where none can."""
        return _on(self, line)

    def possible(self, line: str) -> bool:
        """Whether any row may match in `line`: sooner told than by `on`."""
        return _may(line, self._any)

    @cached_property
    def _any(self) -> Needs:
        each = [needs_of(row) for row in self.rows]
        known = [needs for needs in each if needs is not None]
        return frozenset().union(*known) if len(known) == len(each) else None

    def fitting(self, line: str) -> tuple[str, ...]:
        """The rows that may match in `line`."""
        if not self._needs:
            self._needs = [needs_of(row) for row in self.rows]
        return tuple(row for row, needs in zip(self.rows, self._needs, strict=True) if _may(line, needs))

    def compiled(self, rows: tuple[str, ...]) -> re.Pattern[str]:
        """The pattern of some of the rows."""
        one = expanded("|".join(rows), self.macros)
        return re.compile(f"{self.before}(?:{one}){self.after}")


def _may(line: str, needs: Needs) -> bool:
    if needs is None:
        return True
    for text in needs:  # noqa: SIM110 -- a generator would cost more than the search
        if text in line:
            return True
    return False


# A request is read several times, by the planner and by the check of what its plan covers.
@lru_cache(maxsize=2048)
def _on(lazy: Lazy, line: str) -> re.Pattern[str] | None:
    rows = lazy.fitting(line)
    return _compiled(lazy, rows) if rows else None


@lru_cache(maxsize=1024)
def _compiled(lazy: Lazy, rows: tuple[str, ...]) -> re.Pattern[str]:
    return lazy.compiled(rows)


def expanded(source: str, macros: Mapping[str, str]) -> str:
    """With macros written out, and those in macros."""
    for _ in range(2):
        for name, body in macros.items():
            source = source.replace(f"{{{name}}}", body)
    return source
