"""Noun phrases that are computed where a file lies: `how many lines of a.log on beta mention "x"`, `the mean of kwh`.

A phrase is a head (`the number of lines`) and the files that it is of, which may stand behind it or within it. The
heads are in `heads.py`; this module finds the files.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from agents.embedded.flow.builder import Value
from agents.embedded.flow.heads import head_of
from agents.embedded.flow.line import part
from agents.embedded.flow.nouns import files
from agents.embedded.flow.things import Files
from agents.embedded.kinds.line import Piece
from agents.embedded.tokens import Kind, Token
from agents.embedded.wordset import words

_BEFORE_FILES: Final = words("in of from on inside within at below under for does do has have")
_WITHIN_FILES: Final = words("on of from at in and or the a an our my its their , both each every all of file files")
_NOUNS: Final = words("file files log logs table workbook database folder directory page document list sheet")


def value(piece: Piece) -> Value | None:
    """The value that all of the piece means; None where it means none, or more than one."""
    for head, of in _split(piece):
        found = head_of(head, of)
        if found is not None:
            return found
    return head_of(piece, None)


def _split(piece: Piece) -> Iterator[tuple[Piece, Files]]:
    """Each way to take the files out of the phrase: the words around them, and them."""
    tokens = piece.tokens
    first = next((at for at, token in enumerate(tokens) if token.kind in (Kind.PATH, Kind.GLOB)), None)
    if first is None:
        first = _quoted_file(tokens)
    if first is None:
        return
    for begin in range(first, max(first - 8, -1), -1):
        # The words from the preposition on to the path have to be those of the files.
        if begin and tokens[begin - 1].text.casefold() in _BEFORE_FILES:
            for end in _ends(tokens, first):
                of = files(part(piece, begin, end))
                if of is not None:
                    yield Piece(piece.line, (*tokens[: begin - 1], *tokens[end:])), of
                    break
        elif begin == 0:
            of = next((f for end in _ends(tokens, first) if (f := files(part(piece, 0, end))) is not None), None)
            end = next((e for e in _ends(tokens, first) if files(part(piece, 0, e)) is not None), 0)
            if of is not None and end < len(tokens):
                yield Piece(piece.line, tokens[end:]), of


def _quoted_file(tokens: tuple[Token, ...]) -> int | None:
    """`in the file "a b.log"`: a quoted text is a file where a noun says so."""
    for at, token in enumerate(tokens):
        if token.kind is Kind.QUOTED and at and tokens[at - 1].text.casefold() in _NOUNS:
            return at
    return None


def _ends(tokens: tuple[Token, ...], first: int) -> Iterator[int]:
    """Where the files may end, the longest first."""
    end = first + 1
    while end < len(tokens) and (
        tokens[end].kind in (Kind.PATH, Kind.DEVICE, Kind.GLOB) or tokens[end].text.casefold() in _WITHIN_FILES
    ):
        end += 1
    for at in range(end, first, -1):
        if tokens[at - 1].kind in (Kind.PATH, Kind.DEVICE, Kind.GLOB, Kind.QUOTED):
            yield at


def as_number(piece: Piece) -> Piece:
    """Lines, rows and the like as their number: `the ERROR lines` as `number of the ERROR lines`."""
    first = piece.tokens[0]
    ahead = [replace(first, kind=Kind.WORD, text=word, lemma=word, value=None) for word in ("number", "of")]
    return Piece(piece.line, (*ahead, *piece.tokens))
