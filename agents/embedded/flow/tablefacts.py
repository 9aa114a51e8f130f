"""Sentences that say which tables there are: where, in which files, with which columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.line import elements, part
from agents.embedded.flow.nouns import literal, mention
from agents.embedded.flow.parts import Part
from agents.embedded.flow.relation import DATABASES, NAME, PLAIN, ending, names_of, table_of
from agents.embedded.flow.things import Entry, FileAt, Made, Table
from agents.embedded.kinds.line import Mention, Piece
from agents.embedded.kinds.pattern import match

_HAS: Final = "(has|have|keeps|keep|holds|hold|contains|contain)"
_COLUMNS: Final = f"(with|{_HAS}|having|holding) [all] [just|only] [the|its|their] [same] (columns|column|fields|field)"
_FILE: Final = "[a|an|the|our|its|their] [own] [csv|json|sqlite] [file|table|workbook|database|spreadsheet|list]"
_TABLE: Final = "(a|the|one) table [called|named]"
_IN_A_LIST: Final = (
    f"[in] [the|a] table [called|named] {{t:plain}} (of|in) {_FILE} {{f:file}} (on|from|of) {{d:device}}",
    f"[in] {_FILE} {{f:file}} (on|from|of) {{d:device}}",
)
_LISTED: Final = (
    "(we have|i have|there is|there are|here is|here are) {list:any}",
    "{what:any} (is|are) in {list:any}",
)
_NO_FACTS: Final = ("not", "only", "except", "without", "no", "which", "what", "if", "should", "new", "put", "write")


@dataclass(frozen=True)
class Source:
    path: str
    place: Mention
    table: str = ""
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facts(Part):
    """These tables are there."""

    sources: tuple[Source, ...]

    def build(self, to: Builder) -> None:
        entries: list[Entry] = []
        for one in self.sources:
            for name in to.names(FileAt(one.path, one.place)):
                to.tables[(name, one.path)] = Table(one.table, one.columns)
                entries.append(Entry(name, name, None, one.path))
        nouns = {"it", "them", "file", "files", "table", "tables", "rows", "records", "database", "databases"}
        to.made.append(Made("file", tuple(entries), frozenset(nouns), unit=self.sources[0].table))


@dataclass(frozen=True)
class Columns(Part):
    """The columns of the tables that were named last."""

    columns: tuple[str, ...]

    def build(self, to: Builder) -> None:
        for entry in to.made[-1].entries if to.made and to.made[-1].kind == "file" else ():
            to.tables[(entry.device, entry.value)] = replace(table_of(to, entry), columns=self.columns)


def tablefacts(piece: Piece) -> Part | None:
    """The sentences of this module, each from its first word to its last."""
    if any(token.text.casefold() in _NO_FACTS for token in piece.tokens):
        return None
    slots = match(f"[they|all of them|both of them|each of them|each|all|both|all three] {_COLUMNS} {{c:any}}", piece)
    if slots is not None:
        names = names_of(Piece(piece.line, slots["c"]))
        return Columns(names) if names else None
    bare, columns = _without_columns(piece)
    found = _sources(bare, columns) if columns is not None else _several(piece)
    if found is None and columns is None:
        found = _sources(piece, ())
        # Without columns only what names a table says that there is one.
        several = found is not None and len(found) > 1
        found = found if found is not None and (several or all(one.table for one in found)) else None
    return Facts(tuple(found)) if found else None


def _without_columns(piece: Piece) -> tuple[Piece, tuple[str, ...] | None]:
    slots = match(
        f"{{rest:any}} [,] [they] [all|each|both|all of them|each of them|both of them|all of which] {_COLUMNS} "
        f"{{c:any}}",
        piece,
    )
    names = names_of(Piece(piece.line, slots["c"])) if slots is not None else None
    return (Piece(piece.line, slots["rest"]), names) if slots is not None and names else (piece, None)


def _sources(piece: Piece, columns: tuple[str, ...]) -> list[Source] | None:
    for pattern in (
        f"[each of|every one of|all of] {{d:device}} [each|all] {_HAS} {_FILE} {{f:file}} [(with|,) {_TABLE} "
        f"{{t:plain}}]",
        f"{{f:file}} (on|of) {{d:device}} {_HAS} {_TABLE} {{t:plain}}",
        f"{{f:file}} (on|of) {{d:device}} is a sqlite (file|database) with {_TABLE} {{t:plain}}",
        f"on {{d:device}} (there is|there are|is|are) {_FILE} {{f:file}} [with {_TABLE} {{t:plain}}]",
        f"(there is|we have|i have) {_FILE} {{f:file}} on {{d:device}} [with {_TABLE} {{t:plain}}]",
        "{f:file} (on|of) {d:device}",
    ):
        slots = match(pattern, piece)
        if slots is not None:
            one = _source(slots, piece, columns)
            return [one] if one is not None else None
    for pattern in _LISTED:
        slots = match(pattern, piece)
        if slots is None or any(not token.word and token.kind != "punct" for token in slots.get("what", ())):
            continue
        found = [_listed(one, columns) for one in elements(Piece(piece.line, slots["list"]))]
        known = [one for one in found if one is not None]
        if len(known) == len(found) > 0:
            return known
    return None


def _listed(piece: Piece, columns: tuple[str, ...]) -> Source | None:
    slots = next((hit for pattern in _IN_A_LIST if (hit := match(pattern, piece)) is not None), None)
    return _source(slots, piece, columns) if slots is not None else None


def _source(slots: dict, piece: Piece, columns: tuple[str, ...]) -> Source | None:  # type: ignore[type-arg]
    path, table = literal(slots, "f"), literal(slots, "t") if "t" in slots else ""
    kind = ending(path)
    if kind not in (*PLAIN, *DATABASES, "xlsx") or bool(table) != (kind in DATABASES):
        return None
    return Source(path, mention(slots, "d", piece), table, columns) if not table or NAME.fullmatch(table) else None


def _several(piece: Piece) -> list[Source] | None:
    """`a.csv on alpha has the columns x and y, b.csv on beta has y and z`."""
    starts = [
        at
        for at in range(len(piece.tokens))
        if match("{f:file} (on|of) {d:device} (has|with) {r:any}", part(piece, at, min(at + 6, len(piece.tokens))))
        is not None
    ]
    if len(starts) < 2 or starts[0] != 0:
        return None
    found: list[Source] = []
    for begin, end in zip(starts, [*starts[1:], len(piece.tokens)], strict=True):
        one = part(piece, begin, end)
        while one.tokens and one.tokens[-1].text.casefold() in (",", "and"):
            one = part(one, 0, len(one.tokens) - 1)
        slots = match("{f:file} (on|of) {d:device} (has|with) [the] [columns|fields] {c:any}", one)
        names = names_of(Piece(one.line, slots["c"])) if slots is not None else None
        source = _source(slots, one, names) if slots is not None and names else None
        if source is None:
            return None
        found.append(source)
    return found
