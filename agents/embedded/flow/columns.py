"""One table and what is made of it: copies of it, a column as a chart, the mean of a column, workbooks of several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.deliver import put
from agents.embedded.flow.line import elements
from agents.embedded.flow.nouns import literal, mention
from agents.embedded.flow.parts import Part
from agents.embedded.flow.sums import READ, beside
from agents.embedded.flow.things import ROWS, Entry, FileAt, Files, Made, Target
from agents.embedded.kinds.line import Mention, Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.outcome import decline
from agents.embedded.wordset import words
from protocol.vocabulary import JsonObject

_MEASURES: Final = {
    "average": "average",
    "mean": "average",
    "sum": "sum",
    "total": "sum",
    "maximum": "maximum",
    "highest": "maximum",
    "minimum": "minimum",
    "lowest": "minimum",
    "median": "median",
}
NO_COLUMNS: Final = words(
    "it them those these both two three all that this the of numbers values counts number value count sums totals "
    "results readings lines rows files file column lot one ones server servers machine machines total sum average mean"
)
"""Words behind `the sum of` that are none for a column."""
_LIMITS: Final = words("not no only except without first last newest oldest every each some other best largest")
_FORMS: Final = {"workbooks": "xlsx", "spreadsheets": "xlsx", "pdfs": "pdf", "pages": "html", "csvs": "csv"}


@dataclass(frozen=True)
class Copies(Part):
    """The file that was made last, on more devices under the same path."""

    place: Mention

    def build(self, to: Builder) -> None:
        made = next((one for one in reversed(to.made) if one.kind == "file"), None)
        if made is None or len({entry.value for entry in made.entries}) != 1:
            raise decline("it is not clear of what there should be copies")
        put(to, made, made.entries[:1], Target(None, self.place))


@dataclass(frozen=True)
class Drawn(Part):
    """A column of the table by another one, as a chart."""

    y: str
    x: str
    kind: str
    path: str
    place: Mention

    def build(self, to: Builder) -> None:
        if len(self.place.names) != 1 or not self.path.endswith(".png"):
            raise decline("it is not clear where the chart should be", [self.path])
        name = self.place.names[0]
        arguments: JsonObject = {
            "path": self.path,
            "items": f"${{{_rows(to)}.output.items}}",
            "kind": self.kind,
            "x": self.x,
            "y": [self.y],
        }
        step = to.step("draw", "chart.make", arguments, name)
        to.made.append(Made("file", (Entry(name, name, step, self.path),), frozenset({"chart", "picture", "it"})))


@dataclass(frozen=True)
class Computed(Part):
    """The mean, the sum and the like of a column of the table, in a file; `near`: in the folder of the last file."""

    measure: str
    column: str
    target: Target
    near: bool

    def build(self, to: Builder) -> None:
        rows = _rows(to, self.column)
        stats: JsonObject = {"items": f"${{{rows}.output.items}}", "by": self.column}
        step = to.step(self.measure, "data.stats", stats, to.draft.steps[rows].devices.names[0], once=True)
        value = f"${{{step}.output.{self.measure}}}"
        if self.target.path is None:
            raise decline("it is not said into which file")
        path = beside(to, self.target.path) if self.near else self.target.path
        for name in to.goals(self.target):
            to.step("write", "file.write", {"path": path, "text": f"{value}\n"}, name)
            nouns = frozenset({self.measure, "it", "value", "number"})
            to.made.append(Made("number", (Entry(name, name, step, value),), nouns))


@dataclass(frozen=True)
class Pairs(Part):
    """Files, each with the file of another kind that it becomes on one device."""

    form: str
    pairs: tuple[tuple[FileAt, str], ...]
    place: Mention

    def build(self, to: Builder) -> None:
        for file, path in self.pairs:
            if path.rpartition(".")[2].casefold() != self.form:
                raise decline(f"{path} is not of the kind {self.form}", [path])
            made = to.realised(Files((file,)))
            put(to, made, made.entries, Target(path, self.place))


def is_read(path: str) -> bool:
    return path.rpartition(".")[2] in READ


def _rows(to: Builder, column: str = "") -> str:
    """The step that reads the one table that was spoken of. Raises Stop where there is none, or more than one, or where
    it is said to have other columns."""
    last = next((one for one in reversed(to.made) if one.kind == "file"), None)
    if last is not None and column in last.columns and len(last.entries) == 1 and is_read(last.entries[0].value):
        entry = last.entries[0]  # what was made of the others a moment ago
        whole: JsonObject = {"path": entry.value, "limit": ROWS}
        return to.step("rows", READ[entry.value.rpartition(".")[2]], whole, entry.device, entry.step, once=True)
    tables = [one for one in to.made if one.kind == "file" and one.entries[0].value.rpartition(".")[2] in READ]
    if not tables or len({entry.value for one in tables for entry in one.entries}) != 1:
        raise decline("it is not clear which table is meant")
    if column and any(one.columns and column not in one.columns for one in tables):
        raise decline(f"no table was named that has a column {column}", [column])
    first = tables[0].entries[0]
    for id, step in to.draft.steps.items():
        if step.skill in READ.values() and step.arguments["path"] == first.value:
            return id
    arguments: JsonObject = {"path": first.value, "limit": ROWS}
    return to.step("rows", READ[first.value.rpartition(".")[2]], arguments, first.device, first.step)


def columns(piece: Piece) -> Part | None:
    """The clauses of this module, each from its first word to its last."""
    slots = match(
        "give {d:device} [each] a copy [of (it|that)] [(under|with|at|by) the same (path|name|place)]", piece
    ) or match("(put|place|leave) a copy [of (it|that)] on {d:device} [(under|with|at|by) the same (path|name)]", piece)
    if slots is not None:
        return Copies(mention(slots, "d", piece))
    slots = match(
        "(draw|plot|chart) [the column] {y:plain} (by|over|against) [the column] {x:plain} as (a|an) {kind:word} "
        "(chart|graph|diagram|plot) [called|named|in|to|into|as] {f:file} on {d:device}",
        piece,
    )
    if slots is not None:
        kind = slots["kind"][0].text.casefold()
        names = [str(slots[one][0].value or slots[one][0].text) for one in ("y", "x")]
        if kind in ("line", "bar", "scatter"):
            return Drawn(names[0], names[1], kind, literal(slots, "f"), mention(slots, "d", piece))
    return _computed(piece) or _pairs(piece)


def _computed(piece: Piece) -> Part | None:
    head = "(write|put|save|store|keep) the {measure:word} of [the] [column] {c:plain} (to|in|into|as) {f:file}"
    slots = match(f"{head} [on {{d:device}}]", piece)
    near = match(f"{head} (beside|next to) (it|that|them)", piece)
    slots = slots or near
    if slots is None:
        return None
    measure = _MEASURES.get(slots["measure"][0].text.casefold())
    if measure is None or slots["c"][0].text.casefold() in NO_COLUMNS:
        return None
    place = mention(slots, "d", piece) if "d" in slots else None
    column = str(slots["c"][0].value or slots["c"][0].text)
    return Computed(measure, column, Target(literal(slots, "f"), place), near is not None)


def _pairs(piece: Piece) -> Part | None:
    slots = match(
        "(make|create|write|build) {form:word} of {about:words} and (put|leave|place|save) (them|these|those) on "
        "{d:device} : {rest:any}",
        piece,
    ) or match("(make|create|write|build) {form:word} of {about:words} on {d:device} : {rest:any}", piece)
    if slots is None or slots["form"][0].text.casefold() not in _FORMS:
        return None
    if any(token.text.casefold() in _LIMITS for token in slots.get("about", ())):
        return None
    pairs = []
    for one in elements(Piece(piece.line, slots["rest"])):
        pair = match("{f:file} (on|from|of) {d:device} (becomes|as|to|goes to|is to be) {g:file}", one)
        if pair is None:
            return None
        pairs.append((FileAt(literal(pair, "f"), mention(pair, "d", one)), literal(pair, "g")))
    place = mention(slots, "d", piece)
    if not pairs or len(place.names) != 1:
        return None
    return Pairs(_FORMS[slots["form"][0].text.casefold()], tuple(pairs), place)
