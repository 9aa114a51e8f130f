"""Facts that a request tells ahead of what it wants: which files are on which devices, and what columns they have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.line import elements
from agents.embedded.flow.nouns import files, literal, mention
from agents.embedded.flow.parts import Part, Remark
from agents.embedded.flow.things import FileAt, Files
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.pattern import Slots, match
from agents.embedded.tokens import Kind, Token

_A: Final = "[a|an|the|its own|their own|one]"
_NOUN: Final = "[file|table|workbook|csv file|text file|log|list|document|database|sheet|spreadsheet]"
_COLUMNS: Final = (
    "[,] (with|having|each with|all with|both with|that has|which has|that have|which have|it has|they have|and all of "
    "them have|and all have) [the] (columns|column|fields|headings|field) {c:any}"
)
_ONE: Final = (
    f"[each of|both|all of] {{d:device}} [each|both|all] (has|have|keeps|keep|holds|hold) {_A} {_NOUN} {{f:file}}",
    f"on {{d:device}} (there is|there's|is|lies|there are) {_A} {_NOUN} {{f:file}}",
    f"(there is|there's|there are) {_A} {_NOUN} {{f:file}} on [each of|both|all of] {{d:device}}",
    f"{_A} {_NOUN} {{f:file}} (is|lies|can be found|sits|lives) on [each of|both|all of] {{d:device}}",
    f"(we have|i have|we've got|i've got) {_A} {_NOUN} {{f:file}} on [each of|both|all of] {{d:device}}",
)
_SAY: Final = (
    "[each of|all of|both of] (them|these|those|the files|the tables|all of them|they|both|all) [all|both|each] "
    "(have|has|hold|holds|contain|contains) [the] (columns|column|fields) {c:any}",
)


@dataclass(frozen=True)
class There(Part):
    """These files are there; later clauses speak of them."""

    files: Files

    def build(self, to: Builder) -> None:
        to.realised(self.files)


def facts(piece: Piece) -> Part | None:
    """The clauses of this module, each from its first word to its last."""
    return _held(piece) or _described(piece) or _columns(piece)


def _held(piece: Piece) -> Part | None:
    for pattern in _ONE:
        slots = match(f"{pattern} {_COLUMNS}", piece) or match(pattern, piece)
        if slots is not None and _plain(piece, slots):
            return There(Files((FileAt(literal(slots, "f"), mention(slots, "d", piece)),)))
    slots = match(f"(we have|i have|there are|there is|here are) {{files:any}} {_COLUMNS}", piece) or match(
        "(we have|i have) {files:any}", piece
    )
    if slots is None or not _plain(piece, slots):
        return None
    found = files(Piece(piece.line, slots["files"]))
    return There(found) if found is not None and all(one.place is not None for one in found.files) else None


def _described(piece: Piece) -> Part | None:
    """`a.csv on alpha has the columns day and sold`."""
    slots = match("{files:any} (has|have) [each] [the|these] (columns|column|fields) {c:any}", piece)
    if slots is None or not _plain(piece, slots):
        return None
    found = files(Piece(piece.line, slots["files"]))
    return There(found) if found is not None and all(one.place is not None for one in found.files) else None


def _columns(piece: Piece) -> Part | None:
    """`they all have the columns day and sold`: of what was named before."""
    return next(
        (Remark() for pattern in _SAY if (slots := match(pattern, piece)) is not None and _plain(piece, slots)), None
    )


def _plain(piece: Piece, slots: Slots) -> bool:
    """Whether the columns are nothing but names."""
    if "c" not in slots:
        return True
    return all(len(one.tokens) == 1 and _name(one.tokens[0]) for one in elements(Piece(piece.line, slots["c"])))


def _name(token: Token) -> bool:
    return token.kind is Kind.QUOTED or (token.word and token.text.isidentifier())
