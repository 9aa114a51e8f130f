"""A request as rows of words in a normal form: contractions written out, words that ask for nothing left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from agents.embedded.kinds.line import _CALL, Line, Mention, Piece
from agents.embedded.meaning.chart import Chart
from agents.embedded.tokens import Kind, Token
from agents.embedded.wordset import words

EMPTY: Final = words("please kindly also too just simply again")
_SHORT: Final = {
    "'m": " am", "'s": " is", "'re": " are", "'d": " would", "'ll": " will", "'ve": " have", "n't": " not",
}  # fmt: skip
_BRACKETS: Final = {"(": "lpar", ")": "rpar"}  # as rules write them
_WHOLE: Final = {"can't": "can not", "cannot": "can not", "won't": "will not", "let's": "let us", "shan't": "shall not"}
_POLITE: Final = (
    "could you", "can you", "would you", "will you", "i would like you to", "i want you to", "i need you to",
    "go ahead and",
    "make sure to", "be so kind as to", "would you mind",  "you should",  "and finally", "for me",
    "as well", "if you can", "right now", "at the moment", "now", "if you would", "at once", "by the way", "be sure to",
)  # fmt: skip
MARKS: Final = {
    Kind.QUOTED: "<q>", Kind.PATH: "<p>", Kind.GLOB: "<p>", Kind.URL: "<u>", Kind.DEVICE: "<d>", Kind.NUMBER: "<n>",
    Kind.SIZE: "<n>", Kind.DURATION: "<t>",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """One word in its normal form; several may come from one token."""

    low: str
    token: Token
    mention: Mention | None = None

    @property
    def keys(self) -> frozenset[str]:
        token = self.token
        if _CALL.fullmatch(token.text):
            return frozenset({"<call>"})
        mark = MARKS.get(token.kind)
        found = {self.low} if self.low else set()
        if mark is not None:
            found.add(mark)
            if token.kind is Kind.NUMBER and token.text.isdigit() and len(token.text) > 2:
                found.add("<call>")
        elif token.kind is Kind.PERCENT:
            found.add("<pc>")
        elif token.kind is Kind.WORD and self.low:
            found.add("<w>")
            if token.text.isupper() and len(token.text) > 1:
                found.add("<caps>")
        return frozenset(found)


def words_of(piece: Piece) -> tuple[Word, ...]:
    """The words of a sentence, without those that ask for nothing."""
    row: list[Word] = []
    for token in piece.tokens:
        mention = piece.line.mentions[int(token.value or 0)] if token.kind is Kind.DEVICE else None
        row += [Word(low, token, mention) for low in _spelt(token, mention)]
    return tuple(_without(row))


def _spelt(token: Token, mention: Mention | None) -> list[str]:
    low = token.text.casefold().replace("’", "'")
    if mention is not None:
        return ["there" if mention.there else ""]
    if token.kind in MARKS and token.kind is not Kind.NUMBER:
        return [""]
    if token.kind is not Kind.WORD or "'" not in low:
        return [_BRACKETS.get(low, low)]
    if low in _WHOLE:
        return _WHOLE[low].split()
    for ending, full in _SHORT.items():
        if low.endswith(ending) and len(low) > len(ending):
            return [low.removesuffix(ending), full.strip()]
    return [low]


def _without(row: Sequence[Word]) -> Iterator[Word]:
    at = 0
    while at < len(row):
        for said in _POLITE:
            size = len(said.split())
            if " ".join(one.low for one in row[at : at + size]) == said:
                at += size
                break
        else:
            if row[at].low not in EMPTY:
                yield row[at]
            at += 1


def chart_of(grammar: object, row: Sequence[Word]) -> Chart:
    return Chart(grammar, row, [one.low for one in row], [one.keys for one in row])  # type: ignore[arg-type]


def literals(line: Line) -> frozenset[str]:
    return frozenset(str(token.value) for token in line.tokens if token.kind is Kind.QUOTED)
