"""Sentences and clauses that only say how things are, or ask for what every flow does anyway."""

from __future__ import annotations

from typing import Final

from agents.embedded.chaff import without_chaff
from agents.embedded.flow.parts import Part, Remark
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.tokens import Kind

_PURPOSE: Final = (
    "(i|we) (need|want|would like) [some] (proof|evidence|to be sure|to make sure|to prove) that {x:any}",
    "(this|it|that) is (about|for) {x:words}",
)
# Steps that do not need each other always run at once.
_AT_ONCE: Final = (
    "[so] [please] (don't|do not) (do|fetch|take|download|read) (one|them|these) (after the other|after another|one "
    "by one|one after the other|one after another|in turn|in sequence)",
    "[so] [please] (do|fetch|take|download) (it|them|all of them|these|all) (in parallel|at once|at the same time|"
    "simultaneously|concurrently)",
    "[so] [please] [all] (in parallel|at once|at the same time|simultaneously|concurrently)",
)
_ENDS: Final = (".", "?", "!", ";")


def remark(piece: Piece) -> Part | None:
    """A remark without anything in it that a step could be about."""
    if any(token.kind not in (Kind.WORD, Kind.PUNCT) and token.text != "one" for token in piece.tokens):
        return None
    if any(match(pattern, piece) is not None for pattern in (*_PURPOSE, *_AT_ONCE)):
        return Remark()
    # Behind a clause it may be doubt about it: `delete a.txt, I think`.
    ahead = [token.text for token in piece.line.tokens if token.start < piece.tokens[0].start]
    if ahead and ahead[-1] not in _ENDS:
        return None
    return Remark() if not any(token.word for token in without_chaff(piece.tokens)) else None
