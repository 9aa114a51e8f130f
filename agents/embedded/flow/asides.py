"""Words that ask for nothing: how many there are of what was named, that nothing else is wanted, that work overlaps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from agents.embedded.flow.nouns import NOUNS
from agents.embedded.kinds.line import Line, Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.tokens import Kind, Token
from agents.embedded.wordset import words

_AHEAD: Final[tuple[tuple[str, ...], ...]] = (
    ("at", "the", "same", "time"),
    ("in", "parallel"),
    ("meanwhile",),
    ("then",),
    ("afterwards",),
    ("after", "that"),
    ("once", "it", "is", "there"),
    ("once", "they", "are", "there"),
    ("also",),
)
_BEHIND: Final[tuple[tuple[str, ...], ...]] = (
    ("nothing", "but", "the", "number"),
    ("just", "the", "number"),
    ("nothing", "else"),
    ("and", "nothing", "else"),
    ("nothing", "but", "the", "number"),
    ("just", "the", "number"),
    ("only", "the", "number"),
    ("at", "the", "same", "time"),
)
_FILLED: Final[tuple[tuple[str, ...], ...]] = (
    ("being", "how", "many"),
    ("being", "the", "number"),
    ("being", "their", "number"),
    ("being", "the", "count"),
    ("is", "how", "many"),
)
_ASKING: Final = words("what how much many did do does has have is are was were of the each every a an in all our we")
_COUNTED: Final = NOUNS | {
    "servers",
    "machines",
    "devices",
    "of",
    "names",
    "places",
    "sites",
    "others",
    "sums",
    "totals",
}


def without_counts(line: Line) -> tuple[Line, tuple[int, ...]]:
    """The line without the number in `the three counts` and `all three of them`, and the numbers that were said."""
    kept: list[Token] = []
    numbers: list[int] = []
    for at, token in enumerate(line.tokens):
        ahead = _low(line.tokens[at - 1]) if at else ""
        after = _low(line.tokens[at + 1]) if at + 1 < len(line.tokens) else ""
        counts = token.kind is Kind.NUMBER and token.text.isalpha() and isinstance(token.value, int)
        if counts and (ahead == "all" or (ahead in ("the", "these", "those") and after in _COUNTED)):
            numbers.append(int(token.value or 0))
        else:
            kept.append(token)
    return replace(line, tokens=tuple(kept)), tuple(numbers)


def without_asides(piece: Piece) -> Piece:
    """A sentence without what only says that work overlaps, or that nothing else is wanted."""
    tokens = list(piece.tokens)
    for said in _AHEAD:
        if _words(tokens[: len(said)]) == said:
            tokens = tokens[len(said) :]
            if tokens and tokens[0].text == ",":
                tokens = tokens[1:]
    for said in _BEHIND:
        if len(tokens) > len(said) and _words(tokens[-len(said) :]) == said:
            tokens = tokens[: -len(said)]
            if tokens[-1].text == ",":
                tokens = tokens[:-1]
    return Piece(piece.line, tuple(tokens))


HOW_MANY: Final = "\0how many\0"
"""Stands in a text for the number of what was found or computed before."""


def with_fillings(line: Line) -> Line:
    """`"found N", N being how many`: the text with a mark for the number, without the words that say so."""
    kept: list[Token] = []
    at = 0
    while at < len(line.tokens):
        token = line.tokens[at]
        kept.append(token)
        at += 1
        size = _filling(line.tokens, at) if token.kind is Kind.QUOTED else 0
        name = line.tokens[at + 1].text if size else ""
        if size and len(re.findall(rf"\b{re.escape(name)}\b", str(token.value))) == 1:
            kept[-1] = replace(token, value=re.sub(rf"\b{re.escape(name)}\b", HOW_MANY, str(token.value)))
            at += size
    return replace(line, tokens=tuple(kept))


def _filling(tokens: Sequence[Token], at: int) -> int:
    """How many tokens `, N being how many` has; 0 where it does not stand there."""
    if at + 3 > len(tokens) or tokens[at].text != "," or not re.fullmatch("[A-Z]+", tokens[at + 1].text):
        return 0
    for said in _FILLED:
        if tuple(_low(token) for token in tokens[at + 2 : at + 2 + len(said)]) == said:
            return 2 + len(said)
    return 0


def without_opening(pieces: Sequence[Piece]) -> list[Piece]:
    """The sentences without a question at their head which the others say how to answer.

    `What did each shop sell?` is answered by `Sum the column sold of shop.csv on alpha and beta`. It is left out only
    where most of its words that mean something come again, as they are, in what is named later.
    """
    first, rest = pieces[0], list(pieces[1:])
    asks = match("(what|how much|how many) {x:words} [{y:words}]", first) is not None
    if not asks or not rest or any(token.kind is not Kind.WORD for token in first.tokens):
        return list(pieces)
    later = {part for one in rest for token in one.tokens for part in re.findall(r"[a-z]+", token.text.casefold())}
    meant = [token.text.casefold() for token in first.tokens if token.text.casefold() not in _ASKING]
    again = [word for word in meant if word in later]
    return rest if len(again) >= 2 and len(again) >= len(meant) - 1 else list(pieces)


def _words(tokens: list[Token]) -> tuple[str, ...]:
    return tuple(_low(token) for token in tokens)


def _low(token: Token) -> str:
    return token.text.casefold() if token.kind in (Kind.WORD, Kind.PUNCT) else ""
