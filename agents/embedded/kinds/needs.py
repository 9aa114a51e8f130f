"""What a piece must hold for a pattern to match it: found without matching, which most patterns need not be tried for.

Each need is a set of which one member at least is among `Piece.words`: words, and `<q` and its kin for literals of a
kind. A pattern whose needs are all met may still not match; one with a need that is not met never does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

PART: Final = re.compile(r"\{(\w+):(\w+)\}|(~\w+)|([()\[\]|])|([^\s()\[\]|{}]+)")
_LITERAL: Final = re.compile(r"<(?:\[(\w+)\]|(\w))\\d\+> ")
MOST: Final = 3
"""So many needs of a pattern are kept, those of the fewest words: more tell hardly more."""
Need = frozenset[str]
Needs = tuple[Need, ...]


def needed(pattern: str, slots: Mapping[str, str], macros: Mapping[str, str]) -> Needs:
    """The needs of a pattern of `pattern.py`, the most telling ones first."""
    found = _Parser(slots, macros).alternatives(PART.findall(pattern)[::-1])
    return tuple(sorted(dict.fromkeys(found), key=len)[:MOST])


class _Parser:
    """Takes parts from the end of a list, which is the beginning of the pattern."""

    def __init__(self, slots: Mapping[str, str], macros: Mapping[str, str]) -> None:
        self._slots = slots
        self._macros = macros

    def alternatives(self, left: list[tuple[str, str, str, str, str]]) -> list[Need]:
        """Up to the mark that closes them. One sequence needs all of its own, any of several the best of each."""
        ways = [self._sequence(left)]
        while left and left[-1][3] == "|":
            left.pop()
            ways.append(self._sequence(left))
        if len(ways) == 1:
            return ways[0]
        if not all(ways):
            return []
        return [frozenset().union(*(min(way, key=len) for way in ways))]

    def _sequence(self, left: list[tuple[str, str, str, str, str]]) -> list[Need]:
        found: list[Need] = []
        while left and left[-1][3] not in ("|", ")", "]"):
            _, kind, macro, mark, word = left.pop()
            if word:
                found.append(frozenset({word}))
            elif macro:
                found += self.alternatives(PART.findall(self._macros[macro])[::-1])
            elif kind:
                literal = _LITERAL.fullmatch(self._slots[kind])
                if literal is not None:
                    found.append(frozenset(f"<{one}" for one in literal[1] or literal[2]))
            else:
                inner = self.alternatives(left)
                left.pop()
                found += inner if mark == "(" else []
        return found
