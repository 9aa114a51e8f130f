"""Sentences that say what there is: `a.csv on alpha has the columns id and sum`, `the limit is in b.txt on beta`.

Nothing is done; later sentences speak of what was named.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.counting import NUMBER, Found
from agents.embedded.flow.line import elements
from agents.embedded.flow.nouns import files, literal, mention
from agents.embedded.flow.parts import Part
from agents.embedded.flow.things import FileAt, Files, Made
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.pattern import Slots, match
from agents.embedded.outcome import decline
from agents.embedded.tokens import Kind
from agents.embedded.wordset import words

_HAS: Final = "(has|have|holds|hold|contains|contain|keeps|keep|with|having|comes with|come with|consists of)"
_EACH: Final = "[each|all|both]"
_COLUMNS: Final = "[all] [the|a|two|three|these|its] [{x:number}] (column|columns|field|fields) {cols:any}"
_TABLE: Final = "(a|the|one) table [called|named] {t:plain} [(with|having|, with) [the] (columns|column) {cols:any}]"
_ONE: Final = "(a|one|the|just a|just one) [single|one] (number|word|value|line|integer|figure) [, {said:any}]"
_VALUE: Final = words("number value figure limit threshold target maximum minimum amount temperature setting count")
_NO_NOUNS: Final = words("not no only all except last first latest some any how what which who where when")
_WORDS: Final = words("word words name state line mode")


@dataclass(frozen=True)
class Fact(Part):
    """Files that are there: tables with these `columns` (of a database: its `table`), or files with one value each."""

    files: Files | None
    columns: tuple[str, ...] = ()
    table: str = ""
    value: str = ""
    nouns: frozenset[str] = frozenset()

    limits = True

    def build(self, to: Builder) -> None:
        if self.files is None:
            last = to.made[-1] if to.made else None
            if last is not None and last.kind == "status":
                self._fields(to, last)
                return
            made = next((one for one in reversed(to.made) if one.kind == "file"), None)
            if made is None or made.columns or made is not to.made[-1]:
                raise decline("it is not clear what has these columns")
            to.made[-1] = replace(made, columns=self.columns)
            return
        if self.value:
            made = Found(self.files, "line" if self.value in _WORDS else "number").realised(to)
            for entry in made.entries:
                to.answers.remove(str(entry.step))
            about = " ".join(sorted(self.nouns))
            to.made.append(replace(made, nouns=made.nouns | self.nouns | {self.value}, about=about))
            return
        made = to.realised(self.files)
        nouns = (
            made.nouns | self.nouns | ({"database"} if self.table else {"table", "tables"} if self.columns else set())
        )
        to.made[-1] = replace(made, columns=self.columns, unit=self.table, nouns=nouns)

    def _fields(self, to: Builder, pages: Made) -> None:
        """Of pages that were fetched, this field is meant instead of their status."""
        if len(self.columns) != 1 or not self.columns[0].isidentifier():
            raise decline("it is not clear which field is meant", self.columns)
        [field] = self.columns
        entries = tuple(replace(entry, value=f"${{{entry.step}.output.data.{field}}}") for entry in pages.entries)
        nouns = (pages.nouns | NUMBER | {field, f"{field}s"}) - {"statuses"}
        to.made[-1] = Made("number", entries, nouns, field, about=field)


def given(piece: Piece) -> Part | None:
    """The sentences of this module, each from its first word to its last."""
    return _there(piece) or _owns(piece) or _contents(piece) or _lies(piece) or _pronoun(piece)


def _there(piece: Piece) -> Part | None:
    """`there is a members.db on gamma [with ...]`."""
    for head in (
        "[on {d:device} [,]] (there is|there's|there are) {files:any}",
        "(there is|there's|there are) (on|at) {d:device} {files:any}",
        "[i|we] (have|keep|got|have got) {files:any}",
    ):
        for tail in (f" [,] {_EACH} {_HAS} {{what:any}}", ""):
            slots = match(head + tail, piece)
            if slots is None:
                continue
            of = _placed(piece, slots)
            fact = _fact(Piece(piece.line, slots["what"]), of) if "what" in slots and of else None
            if of is not None and (fact is not None or "what" not in slots):
                return fact or Fact(of)
    return None


def _placed(piece: Piece, slots: Slots) -> Files | None:
    of = files(Piece(piece.line, slots["files"]))
    if of is None or "d" not in slots:
        return of if of is not None and all(one.place for one in of.files) else None
    if any(one.place is not None for one in of.files):
        return None
    place = mention(slots, "d", piece)
    return Files(tuple(FileAt(one.path, place, one.folder) for one in of.files))


def _owns(piece: Piece) -> Part | None:
    """`each of alpha and beta has a b.csv with the columns x and y`."""
    head = (
        "[each of|all of|both] {d:device} [each|all|both] (has|have|keeps|keep|holds|hold|got) [a|an|the|its|their|own]"
    )
    for pattern in (
        f"{head} [own] [file] {{f:file}} [,] (with|having) {{what:any}}",
        f"{head} [own] [file] {{f:file}}",
    ):
        slots = match(pattern, piece)
        if slots is None:
            continue
        of = Files((FileAt(literal(slots, "f"), mention(slots, "d", piece)),))
        return _fact(Piece(piece.line, slots["what"]), of) if "what" in slots else Fact(of)
    return None


def _contents(piece: Piece) -> Part | None:
    """`a.csv on alpha has the columns x and y`, `b.txt on beta holds a single word, on or off`."""
    slots = match(f"{{files:any}} {_EACH} {_HAS} {{what:any}}", piece)
    of = files(Piece(piece.line, slots["files"])) if slots is not None else None
    if slots is None or of is None or any(one.place is None or one.folder for one in of.files):
        return None
    return _fact(Piece(piece.line, slots["what"]), of)


def _fact(what: Piece, of: Files | None) -> Fact | None:
    slots = match(_COLUMNS, what)
    if slots is not None:
        names = _names(Piece(what.line, slots["cols"]))
        number = slots["x"][0].value if "x" in slots else None
        if names is None or (number is not None and number != len(names)):
            return None
        return Fact(of, columns=names)
    slots = match(_TABLE, what)
    if slots is not None and of is not None:
        names = _names(Piece(what.line, slots["cols"])) if "cols" in slots else ()
        table = str(slots["t"][0].value or slots["t"][0].text)
        return Fact(of, columns=names, table=table) if names is not None else None
    slots = match(_ONE, what)
    if slots is None or of is None:
        return None
    noun = next(word for word in what.said.split() if word in _VALUE | _WORDS | {"integer"})
    return Fact(of, value="number" if noun == "integer" else noun)


def _names(piece: Piece) -> tuple[str, ...] | None:
    """`a, b and c` as names of columns."""
    found = []
    for one in elements(piece):
        if len(one.tokens) != 1 or one.tokens[0].kind not in (Kind.WORD, Kind.QUOTED):
            return None
        token = one.tokens[0]
        found.append(str(token.value if token.kind is Kind.QUOTED else token.text))
    return tuple(found) if found and len(set(found)) == len(found) else None


def _lies(piece: Piece) -> Part | None:
    """`the sales are in a.csv on alpha and b.csv on beta`, `the limit for the lamp stands in c.txt on gamma`."""
    slots = match(
        "(the|our|my|its|their) {noun:words} (is|are|lies|lie|stands|stand|is kept|are kept|is stored|are stored|"
        "is written|can be found|sits|sit|live|lives) in {files:any}",
        piece,
    )
    if slots is None:
        return None
    nouns = frozenset(token.text.casefold() for token in slots["noun"])
    rest = match("{files:any} , (all|both|each) [of them] (with|having) {what:any}", Piece(piece.line, slots["files"]))
    of = files(Piece(piece.line, (rest or slots)["files"]))
    if of is None or any(one.place is None or one.folder for one in of.files) or nouns & _NO_NOUNS:
        return None
    if rest is not None:
        fact = _fact(Piece(piece.line, rest["what"]), of)
        return replace(fact, nouns=nouns) if fact is not None else None
    if all(one.path.casefold().endswith(".txt") for one in of.files) and nouns & _VALUE:
        return Fact(of, value="number", nouns=nouns - {"of", "the", "for"})
    return Fact(of, nouns=nouns)


def _pronoun(piece: Piece) -> Part | None:
    """`all of them have the columns a and b`, `both have a field x`."""
    slots = match(
        f"(all of them|both of them|each of them|they all|they|all|both|all three|it) {_HAS} {{what:any}}", piece
    )
    if slots is None:
        return None
    fact = _fact(Piece(piece.line, slots["what"]), None)
    return fact if fact is not None and fact.columns else None


__all__ = ["NUMBER", "Fact", "given"]
