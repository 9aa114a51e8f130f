"""Columns of tables that are added up: per device, of all, as rows of a table, as a chart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.headings import check_columns
from agents.embedded.flow.nouns import files, literal, mention
from agents.embedded.flow.parts import Part
from agents.embedded.flow.places import targets
from agents.embedded.flow.things import ROWS, Before, Entry, FileAt, Files, Made, Target
from agents.embedded.kinds.line import Mention, Piece
from agents.embedded.kinds.pattern import Slots, match
from agents.embedded.outcome import decline
from orchestrator.core.conditions import Compare
from orchestrator.core.plan import StepDependency
from orchestrator.core.tasks import On
from protocol.vocabulary import Json, JsonObject

READ: Final = {"csv": "csv.read", "xlsx": "xlsx.read"}
_SEVERAL: Final = "(sums|totals|numbers|counts|values|results)"
_HERE: Final = "[(beside|next to) (it|that|them)|as well]"
_GOAL: Final = "(to|into|in|as|goes to|goes into|go to|go into|should go to|should go into|belongs in)"


@dataclass(frozen=True)
class Holds(Part):
    """A fact: these devices each have a file; a table with `column`."""

    files: Files

    def build(self, to: Builder) -> None:
        to.realised(self.files)


@dataclass(frozen=True)
class Spare(Part):
    """Another table beside the one that was named, for where that one cannot be read."""

    path: str

    limits = True
    closing = True

    def build(self, to: Builder) -> None:
        if not to.made or to.made[-1].kind != "file" or any(entry.step for entry in to.made[-1].entries):
            raise decline(f"it is not said what {self.path} stands in for", [self.path])
        to.made[-1] = replace(to.made[-1], spare=self.path)


@dataclass(frozen=True)
class Sums(Part):
    """A column of each table, added up where the table is; as rows of a table (`target`) where that is said."""

    column: str
    files: Files | None
    target: Target | None = None
    columns: tuple[str, str] | None = None

    def build(self, to: Builder) -> None:
        of = to.realised(self.files) if self.files is not None else to.before(Before("files", several=True))
        if of.kind != "file":
            raise decline("what is added up is in tables")
        entries = tuple(_summed(to, entry, self.column, of.spare) for entry in of.entries)
        nouns = frozenset(
            {"sums", "totals", "numbers", "results"} | ({"sum", "total", "it"} if len(entries) == 1 else set())
        )
        made = Made("number", entries, nouns, about=self.column)
        to.made.append(made)
        to.answers += [entry.step for entry in entries if entry.step is not None]
        if self.target is not None and self.columns is not None:
            Rows("sums", self.target, self.columns).build(to)


@dataclass(frozen=True)
class Rows(Part):
    """Values of several devices as a table with a row for each."""

    noun: str
    target: Target
    columns: tuple[str, str]

    def build(self, to: Builder) -> None:
        made = to.before(Before(self.noun, several=True))
        path = self.target.path
        if made.kind != "number" or path is None or not path.endswith(".csv"):
            raise decline("it is not clear what the table should hold")
        first, second = self.columns
        check_columns(made, first, second)
        items: list[Json] = [{first: entry.label, second: entry.value} for entry in made.entries]
        for name in to.goals(self.target):
            arguments: JsonObject = {"path": path, "items": items, "columns": [first, second]}
            step = to.step("table", "csv.write", arguments, name)
            to.made.append(Made("file", (Entry(name, name, step, path),), frozenset({"table", "list"})))


@dataclass(frozen=True)
class Draws(Part):
    """Values of several devices as a chart; without a device, where the last file went."""

    noun: str
    kind: str
    target: Target
    beside: bool = False

    def build(self, to: Builder) -> None:
        made = to.before(Before(self.noun, several=True))
        last = [one for one in to.made if one.kind not in ("file", "done")]
        if made is not last[-1]:
            raise decline("it is not clear what should be drawn")
        if made.kind != "number" or self.target.path is None or not self.target.path.endswith(".png"):
            raise decline("it is not clear what should be drawn")
        items: list[Json] = [{"device": entry.label, "value": entry.value} for entry in made.entries]
        path = beside(to, self.target.path) if self.beside else self.target.path
        for name in to.goals(self.target):
            arguments: JsonObject = {"path": path, "kind": self.kind, "items": items}
            step = to.step("draw", "chart.make", arguments, name)
            to.made.append(Made("file", (Entry(name, name, step, path),), frozenset({"chart"})))


@dataclass(frozen=True)
class Whole(Part):
    """The sum of all that was computed for each device, in a file."""

    target: Target
    beside: bool = False

    def build(self, to: Builder) -> None:
        parts = next((made for made in reversed(to.made) if made.kind == "number" and len(made.entries) > 1), None)
        if parts is None or self.target.path is None:
            raise decline("it is not clear what the sum of all is the sum of")
        for name in to.goals(self.target):
            values: list[Json] = [entry.value for entry in parts.entries]
            step = to.step("add", "data.stats", {"items": values}, name, once=True)
            value = f"${{{step}.output.sum}}"
            path = beside(to, self.target.path) if self.beside else self.target.path
            text: JsonObject = {"path": path, "text": f"{value}\n"}
            to.step("write", "file.write", text, name)
            nouns = frozenset({"sum", "total", "whole", "it", "that"})
            to.made.append(Made("number", (Entry("all", name, step, value),), nouns))


def beside(to: Builder, path: str) -> str:
    """The path in the folder of the file that was made last. Raises Stop where it is in one already."""
    last = next((made for made in reversed(to.made) if made.kind == "file"), None)
    folder = last.entries[-1].value.rpartition("/")[0] if last is not None else ""
    if last is not None and folder and path.rpartition("/")[0] == folder:
        return path
    if last is None or "/" in path:
        raise decline(f"it is not clear where {path} should be", [path])
    return f"{folder}/{path}" if folder else path


def _summed(to: Builder, entry: Entry, column: str, spare: str) -> Entry:
    step = _read(to, entry, entry.value)
    items: Json = f"${{{step}.output.items}}"
    edges: tuple[StepDependency, ...] = ()
    if spare:
        failed = StepDependency(step=step, on=On.FAILURE)
        other = _read(to, entry, spare, failed)
        either = tuple(StepDependency(step=one, on=On.COMPLETION) for one in (step, other))
        lists: JsonObject = {"items": [f"${{{step}[*].output.items}}", f"${{{other}[*].output.items}}"]}
        rows = to.step("rows", "data.merge", lists, entry.device, edges=either)
        items = f"${{{rows}.output.items}}"
        # Where neither could be read there is nothing to add up, and nothing is not 0.
        some = Compare.model_validate({"path": "output.count", "op": ">", "value": 0})
        edges = (StepDependency(step=rows, on=On.CONDITION, when=some),)
    stats = to.step("sum", "data.stats", {"items": items, "by": column}, entry.device, edges=edges)
    return Entry(entry.label, entry.device, stats, f"${{{stats}.output.sum}}")


def _read(to: Builder, entry: Entry, path: str, *edges: StepDependency) -> str:
    ending = path.rpartition(".")[2].casefold()
    if ending not in READ:
        raise decline(f"{path} is no table", [path])
    return to.step("read", READ[ending], {"path": path, "limit": ROWS}, entry.device, entry.step, edges=edges)


def sums(piece: Piece) -> Part | None:
    """The clauses of this module, each from its first word to its last."""
    return _holds(piece) or _spare(piece) or _sums(piece) or _rows(piece) or _draws(piece) or _whole(piece)


def _holds(piece: Piece) -> Part | None:
    slots = match("[each of] {d:device} [each] (has|have|keeps|keep) [a|an|the] {f:file} with a column {c:word}", piece)
    if slots is None:
        return None
    return Holds(Files((FileAt(literal(slots, "f"), mention(slots, "d", piece)),)))


def _spare(piece: Piece) -> Part | None:
    slots = match(
        "(if|where) (a|the|any|one|that) [of the] (workbook|workbooks|file|table|one|sheet) (turns out to be|is) "
        "(damaged|broken|corrupt|unreadable|missing) , (use|take|read) the {f:file} (beside|next to) it [instead]",
        piece,
    )
    return None if slots is None else Spare(literal(slots, "f"))


def _sums(piece: Piece) -> Part | None:
    for pattern in (
        "(sum|add|total) [up] the column {c:word} (of|in|from) {files:any}",
        "(compute|calculate|work out|find) the (sum|total) of [the] [column] {c:word} (of|in|from) {files:any}",
    ):
        slots = match(pattern, piece)
        if slots is None:
            continue
        of = files(Piece(piece.line, slots["files"]))
        if of is not None and not any(one.folder for one in of.files):
            return Sums(piece.source(slots["c"]), of)
    slots = match(
        "(write|put|save|list|collect) the (sum|total) of [the] [column] {c:word} (for|of) "
        "(each [of] [device|machine|site|one|them]|{e:device}) "
        f"{_GOAL} {{goal:any}} {{x:opened}} {{a:any}} , {{b:any}} {{y:closed}}",
        piece,
    )
    if slots is None:
        return None
    if "e" in slots and not _every(mention(slots, "e", piece)):
        return None
    target, columns = _target(piece, slots), _columns(piece, slots)
    return None if target is None or columns is None else Sums(piece.source(slots["c"]), None, target, columns)


def _rows(piece: Piece) -> Part | None:
    slots = match(
        f"(write|put|save|list|collect) (the|these|those) {{noun:word}} {_GOAL} {{goal:any}} "
        "{x:opened} {a:any} , {b:any} {y:closed}",
        piece,
    )
    if slots is None or match(_SEVERAL, Piece(piece.line, slots["noun"])) is None:
        return None
    target, columns = _target(piece, slots), _columns(piece, slots)
    noun = slots["noun"][0].text.casefold()
    return None if target is None or columns is None else Rows(noun, target, columns)


def _draws(piece: Piece) -> Part | None:
    slots = match(
        "(draw|plot|chart) (them|these|those|the {noun:word}) [as] (a|one) {kind:word} [chart|graph|diagram] "
        f"{_GOAL} {{goal:any}} {_HERE}",
        piece,
    )
    if slots is None:
        return None
    kind = slots["kind"][0].text.casefold() if "kind" in slots else "bar"
    noun = slots["noun"][0].text.casefold() if "noun" in slots else "numbers"
    target = _target(piece, slots)
    if target is None or kind not in ("bar", "line", "pie"):
        return None
    return Draws(noun, kind, target, _is_beside(piece))


def _whole(piece: Piece) -> Part | None:
    slots = match(
        "[write|put|save] the (whole|total|sum|grand total) [(for|of) all [of them|sites|servers|devices|machines]] "
        f"{_GOAL} {{goal:any}} {_HERE}",
        piece,
    )
    target = None if slots is None else _target(piece, slots)
    return None if target is None else Whole(target, _is_beside(piece))


def _is_beside(piece: Piece) -> bool:
    return match("{any:any} (beside|next to) (it|that|them)", piece) is not None


def _target(piece: Piece, slots: Slots) -> Target | None:
    """`a.csv`, `a.csv on desk`: one file that the slot `goal` names, without its preposition."""
    one = Piece(piece.line, slots["goal"])
    bare = match("{f:file}", one)
    if bare is not None:
        return Target(literal(bare, "f"))
    placed = match("{f:file} on {d:device}", one) or match("{f:file} {d:device}", one)
    if placed is not None:
        place = mention(placed, "d", one)
        by_word = place.there or match("{f:file} on {d:device}", one) is not None
        return Target(literal(placed, "f"), place) if by_word else None
    found = targets(one)
    return found[0] if found is not None and len(found) == 1 else None


def _every(place: Mention) -> bool:
    return place.text.casefold().split()[0] in ("each", "every")


def _columns(piece: Piece, slots: Slots) -> tuple[str, str] | None:
    one = len(slots["a"]) == 1 == len(slots["b"])
    return (piece.source(slots["a"]), piece.source(slots["b"])) if one else None
