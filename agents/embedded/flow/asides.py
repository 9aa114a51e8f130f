"""Words that ask for nothing: how many there are of what was named, that nothing else is wanted, that work overlaps."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from agents.embedded.flow.nouns import NOUNS
from agents.embedded.kinds.line import Line, Piece
from agents.embedded.tokens import Kind, Token

_AHEAD: Final[tuple[tuple[str, ...], ...]] = (
    ("at", "the", "same", "time"),
    ("in", "parallel"),
    ("meanwhile",),
    ("also",),
)
_BEHIND: Final[tuple[tuple[str, ...], ...]] = (
    ("nothing", "else"),
    ("and", "nothing", "else"),
    ("at", "the", "same", "time"),
)
_COUNTED: Final = NOUNS | {"servers", "machines", "devices", "of", "names", "places", "sites", "others"}


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
    for words in _AHEAD:
        if _words(tokens[: len(words)]) == words:
            tokens = tokens[len(words) :]
            if tokens and tokens[0].text == ",":
                tokens = tokens[1:]
    for words in _BEHIND:
        if len(tokens) > len(words) and _words(tokens[-len(words) :]) == words:
            tokens = tokens[: -len(words)]
            if tokens[-1].text == ",":
                tokens = tokens[:-1]
    return Piece(piece.line, tuple(tokens))


def _words(tokens: list[Token]) -> tuple[str, ...]:
    return tuple(_low(token) for token in tokens)


def _low(token: Token) -> str:
    return token.text.casefold() if token.kind in (Kind.WORD, Kind.PUNCT) else ""
