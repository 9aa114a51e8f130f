"""Regular expressions that are compiled when a text holds a word without which they cannot match.

Compiling the tables of everyday phrases takes longer than all the rest of a first plan, and a request has use for a few
rows of them. What a row needs is read off its source by a small parser: words of which each match has at least one.
Where it cannot tell, the row is always compiled; so a pattern of this module finds exactly what its source finds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

Needs = frozenset[str] | None
"""Texts of which a match holds at least one; None where that is not known."""

_PART = re.compile(
    r"""
    (?P<look>\(\?<?[=!])
    |(?P<open>\((?:\?(?:P?<\w+>|:))?)
    |(?P<close>\))
    |(?P<either>\|)
    |(?P<optional>[*?]\??|\{0?,\d*\}\??)
    |(?P<repeat>\+\??|\{\d+,?\d*\}\??)
    |(?P<macro>\{[a-z*]+\})
    |(?P<other>\[\^?\]?(?:\\.|[^\]\\])*\]|\\.|[^a-z' <>-])
    |(?P<text>[a-z' <>-]+)
    """,
    re.VERBOSE | re.DOTALL,
)


class _Reader:
    """Reads the needs of one source. A macro `{name}` stands for another source, whose needs are given."""

    def __init__(self, source: str, macros: Mapping[str, Needs]) -> None:
        self.parts = [(str(found.lastgroup), found[0]) for found in _PART.finditer(source)]
        self.macros = macros
        self.at = 0

    def kind(self) -> str:
        return self.parts[self.at][0] if self.at < len(self.parts) else "close"

    def alternatives(self) -> Needs:
        """Up to the bracket that closes them: each alternative must need something, else nothing is known."""
        branches = [self.sequence()]
        while self.kind() == "either":
            self.at += 1
            branches.append(self.sequence())
        return None if any(branch is None for branch in branches) else frozenset().union(*filter(None, branches))

    def sequence(self) -> Needs:
        """What the most telling part of a sequence needs."""
        best: Needs = None
        while self.kind() not in ("close", "either"):
            best = _better(best, self.part())
        return best

    def part(self) -> Needs:
        kind, text = self.parts[self.at]
        self.at += 1
        needs: Needs = None
        if kind in ("look", "open"):
            found = self.alternatives()
            self.at += 1
            # What is only looked at is no part of a match.
            needs = found if kind == "open" else None
        elif kind == "text":
            # What follows may repeat or drop the last character only.
            text = text[:-1] if self.kind() == "optional" else text
            return frozenset({text}) if text.strip() else None
        elif kind == "macro":
            needs = self.macros.get(text[1:-1])
        return None if self.kind() == "optional" else needs


_OPAQUE = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]|\\.|\{[a-z*]+\}")
_GROUP = re.compile(r"\([^()]*\)(?:[*+?]|\{\d*,?\d*\})?")
_TEXT = re.compile(r"[a-z' <>-]{4,}(?![*?{])")


def _outside(source: str) -> Needs:
    """The longest text outside all brackets, for each alternative; None where one of them has none.

    It tells enough of most sources, in a tenth of the time that reading them takes.
    """
    left, taken = _OPAQUE.sub("#", source), 1
    while taken:
        left, taken = _GROUP.subn("#", left)
    longest = [max(_TEXT.findall(branch), key=len, default="") for branch in left.split("|")]
    return None if "(" in left or ")" in left or not all(longest) else frozenset(longest)


def _better(one: Needs, other: Needs) -> Needs:
    if one is None or other is None:
        return other if one is None else one
    return max(one, other, key=lambda needs: (min(map(len, needs)), -len(needs)))


def needs_of(source: str, macros: Mapping[str, Needs]) -> Needs:
    """Texts of which every match of `source` holds at least one. `source` is lower-case, with macros in braces."""
    plain = _outside(source)
    if plain is not None:
        return plain
    reader = _Reader(source, macros)
    found = reader.alternatives()
    return found if reader.at >= len(reader.parts) else None


class Lazy:
    """Rows of one table as one pattern: `before(?:row|row)after`, where `repeated` one behind another.

    `macros` are written in the place of their names. `on` gives the pattern that finds in a line what the rows find.
    """

    def __init__(
        self,
        rows: Iterable[str],
        before: str = "",
        after: str = "",
        macros: Mapping[str, str] | None = None,
        *,
        repeated: bool = False,
    ) -> None:
        self.rows = tuple(rows)
        self.before, self.after, self.repeated = before, after, repeated
        self.macros = macros or {}
        self._needs: list[Needs] = []

    def on(self, line: str) -> re.Pattern[str] | None:
        """The pattern of the rows that may match in `line`; None where none can."""
        return _on(self, line)

    def fitting(self, line: str) -> tuple[str, ...]:
        """The rows that may match in `line`."""
        if not self._needs:
            known = _known(tuple(self.macros.items()))
            self._needs = [needs_of(row, known) for row in self.rows]
        return tuple(row for row, needs in zip(self.rows, self._needs, strict=True) if _may(line, needs))

    def compiled(self, rows: tuple[str, ...]) -> re.Pattern[str]:
        """The pattern of some of the rows."""
        one = expanded("|".join(rows), self.macros)
        source = f"(?:{one})(?: (?:{one}))*" if self.repeated else one
        return re.compile(f"{self.before}(?:{source}){self.after}")


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


@lru_cache(maxsize=8)
def _known(macros: tuple[tuple[str, str], ...]) -> dict[str, Needs]:
    """What each macro needs; one that may stand for any word needs nothing that is known."""
    known: dict[str, Needs] = {}
    for _ in range(2):
        for name, body in macros:
            known[name] = needs_of(body, known)
    return known
