"""Tables that were computed, as files: with columns and an order, as a chart, in a report, as one number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.columns import Computed
from agents.embedded.flow.headings import check_columns
from agents.embedded.flow.layout import AS_IT_IS, Goal, Layout, goal, place_of
from agents.embedded.flow.line import part
from agents.embedded.flow.parts import Part
from agents.embedded.flow.relating import grouping, rows, summary
from agents.embedded.flow.relation import NOUNS, column, known_columns, said
from agents.embedded.flow.sums import beside
from agents.embedded.flow.things import Entry, Made, Relation, Target
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.outcome import decline
from agents.embedded.wordset import words
from protocol.vocabulary import Json, JsonObject

_PUT: Final = (
    "(put|write|save|store|keep|export|list|collect|give me|give|i need|i want|i would like|i'd like|we need|we "
    "want|leave|"
    "file|place|gather|take|bring|drop|send)"
)
_IT: Final = (
    "(it|them|that|this|those|these|the [new|resulting|merged|combined|summed] "
    "(result|results|outcome|table|list|sums|totals|numbers|counts|rows|records|lot|whole|values|averages|groups))"
)
_GOES: Final = (
    "(goes|go|should go|must go|should be written|should be saved|should be put|is to be saved|are to be "
    "saved|is to be "
    "written|belongs|belong|is wanted|are wanted|is to go|are to go|is needed|are needed)"
)
_TABLES: Final = {"csv": "csv.write", "xlsx": "xlsx.write"}
_BACK: Final = words("them these those all both it that the this each everything")
_KINDS: Final = ("bar", "line", "pie", "scatter", "histogram")


@dataclass(frozen=True)
class Saves(Part):
    """A table into a file. `what` computes it; else it is the one that was computed last."""

    goal: Goal
    what: Part | None = None

    limits = True

    def build(self, to: Builder) -> None:
        if self.what is not None:
            self.what.build(to)
        relation = current(to, self.goal.layout)
        arranged(to, relation, self.goal.layout)
        target = _near(to, self.goal)
        for name in devices(to, target):
            _written(to, relation, str(target.path), name, bool(self.goal.layout.columns))


def saved(to: Builder, goals: Sequence[Target], layout: Layout) -> bool:
    """Whether a table was what came last; then it is written to all of these."""
    last = next((one for one in reversed(to.made) if one.kind == "records" or _several(one)), None)
    if last is None or last.kind != "records":
        return False
    for one in goals:
        Saves(Goal(one, layout)).build(to)
    return True


def _near(to: Builder, found: Goal) -> Target:
    if not found.near or found.target.path is None:
        return found.target
    return replace(found.target, path=beside(to, found.target.path))


def devices(to: Builder, target: Target) -> tuple[str, ...]:
    """Where a file goes. Raises Stop where no device was named, for it or before."""
    names = to.goals(target)
    if not all(names):
        raise decline(f"it is not said where {target.path} should be", [str(target.path)])
    return names


def current(to: Builder, layout: Layout = AS_IT_IS) -> Relation:
    """The table that was computed last, or that of values that were measured on devices. Raises Stop."""
    made = next((one for one in reversed(to.made) if one.kind == "records" or _several(one)), None)
    if made is not None and made.kind == "records" and len(made.entries) == 1:
        [entry] = made.entries
        if to.relation is None or to.relation.origin != entry.value:
            to.relation = Relation(entry.value, (), device=entry.device, origin=entry.value)
        return to.relation
    if made is None or made.kind == "records" or len(made.entries) < 2 or len(layout.columns) != 2:
        raise decline("it is not clear which table is meant")
    first, second = layout.columns
    check_columns(made, first, second)
    items: list[Json] = [{first: entry.label, second: entry.value} for entry in made.entries]
    to.relation = Relation(items, layout.columns, second)
    return to.relation


def _several(made: Made) -> bool:
    return made.kind in ("number", "text", "status") and len(made.entries) > 1


def arranged(to: Builder, relation: Relation, layout: Layout) -> None:
    """The table with these columns in this order. Raises Stop where it has no such columns."""
    step = to.draft.steps.get(relation.step)
    if layout.columns and layout.columns != relation.columns:
        _renamed(to, relation, layout.columns)
    if not layout.order:
        return
    if not layout.by and not relation.value:
        raise decline("it is not said by which column the table is ordered")
    known = relation.columns
    by = column(layout.by, known) if layout.by and known else layout.by or relation.value
    if step is not None and by == relation.value and not _used(to, relation.step) and "order" not in step.arguments:
        _set(to, relation.step, {"order": layout.order})
        return
    ranked: JsonObject = {"items": relation.items, "by": by, "order": layout.order, "keep_empty": True}
    sorted_ = to.somewhere("sort", "data.rank", ranked, relation.device)
    relation.items, relation.step = f"${{{sorted_}.output.items}}", ""


def _renamed(to: Builder, relation: Relation, columns: tuple[str, ...]) -> None:
    """Another name for the column with the numbers, or fewer columns, in another order."""
    if relation.columns and set(columns) <= set(relation.columns) and not relation.value:
        step = to.somewhere(
            "columns", "data.select", {"items": relation.items, "columns": list(columns)}, relation.device
        )
        relation.items, relation.columns = f"${{{step}.output.items}}", columns
        return
    by = [one for one in columns if one in relation.by]
    new = [one for one in columns if one not in by]
    if (
        len(columns) != len(relation.columns)
        or len(by) != len(relation.by)
        or len(new) > 1
        or columns[-1:] != (*new, relation.value)[:1]
    ):
        raise decline(f"it is not clear what the columns {' and '.join(columns)} should hold", list(columns))
    if not new:
        return
    if relation.step not in to.draft.steps or _used(to, relation.step):
        given: JsonObject = {"items": relation.items, "rename": {relation.value: new[0]}}
        step = to.somewhere("columns", "data.select", given, relation.device)
        relation.items, relation.step = f"${{{step}.output.items}}", ""
    else:
        _set(to, relation.step, {"name": new[0]})
        if relation.guessed and new[0] == f"{relation.value}s":
            _set(to, relation.step, {"of": new[0]})  # `the hours per floor`, and a column hours: it is no hour
    relation.columns, relation.value = columns, new[0]


def _used(to: Builder, step: str) -> bool:
    return step in to.draft.used()


def _set(to: Builder, id: str, more: JsonObject) -> None:
    step = to.draft.steps[id]
    to.draft.steps[id] = step.model_copy(update={"arguments": {**step.arguments, **more}})


def _written(to: Builder, relation: Relation, path: str, device: str, layout: bool) -> None:
    form = path.rpartition(".")[2].casefold()
    if form not in _TABLES:
        raise decline(f"{path} is no file for a table", [path])
    arguments: JsonObject = {"path": path, "items": relation.items}
    if relation.columns:
        arguments["columns"] = list(relation.columns)
    step = to.step("table", _TABLES[form], arguments, device)
    nouns = frozenset({"table", "it", "list", "file", "workbook", "copy"})
    to.made.append(Made("file", (Entry(device, device, step, path),), nouns))


@dataclass(frozen=True)
class Charts(Part):
    """The table that was computed last as a chart; `x` and `y` its columns where they are said."""

    kind: str
    goal: Goal
    y: str = ""
    x: str = ""

    def build(self, to: Builder) -> None:
        relation = current(to)
        known = relation.columns
        y = column(self.y, known) if self.y else relation.value
        x = column(self.x, known) if self.x else (relation.by or ("",))[0]
        if self.goal.target.path is None or not self.goal.target.path.casefold().endswith(".png") or not x or not y:
            raise decline("it is not clear what should be drawn, and where")
        target = _near(to, self.goal)
        for name in devices(to, target):
            chart(to, relation, self.kind, x, y, str(target.path), name)


def chart(to: Builder, relation: Relation, kind: str, x: str, y: str, path: str, device: str) -> str:
    arguments: JsonObject = {"path": path, "items": relation.items, "kind": kind, "x": x, "y": [y]}
    step = to.step("draw", "chart.make", arguments, device)
    to.made.append(Made("file", (Entry(device, device, step, path),), frozenset({"chart", "picture", "it", "graph"})))
    return step


@dataclass(frozen=True)
class Counted(Part):
    """How many rows the table has, in a file."""

    goal: Goal

    def build(self, to: Builder) -> None:
        entry = rows_counted(to)
        target = _near(to, self.goal)
        for name in devices(to, target):
            step = to.step("write", "file.write", {"path": str(target.path), "text": f"{entry.value}\n"}, name)
            to.made.append(Made("file", (Entry(name, name, step, str(target.path)),), frozenset({"file"})))


def rows_counted(to: Builder) -> Entry:
    relation = current(to)
    step = to.somewhere("rows", "data.merge", {"items": [relation.items]}, relation.device)
    return Entry("number", relation.device, step, f"${{{step}.output.count}}")


@dataclass(frozen=True)
class Totals(Part):
    """The sum, the mean and the like of a column of the table, in a file."""

    measure: str
    column: str
    goal: Goal

    def build(self, to: Builder) -> None:
        if to.relation is None:
            last = next((made.entries for made in reversed(to.made) if made.kind == "file"), ())
            known = known_columns(to, last)
            Computed(
                STATS[self.measure], column(self.column, known, exact=not known), self.goal.target, self.goal.near
            ).build(to)
            return
        entry = total(to, self.measure, self.column)
        target = _near(to, self.goal)
        for name in devices(to, target):
            step = to.step("write", "file.write", {"path": str(target.path), "text": f"{entry.value}\n"}, name)
            to.made.append(Made("file", (Entry(name, name, step, str(target.path)),), frozenset({"file"})))


STATS: Final = {
    "sum": "sum", "total": "sum", "average": "average", "mean": "average", "median": "median", "maximum": "maximum",
    "highest": "maximum", "minimum": "minimum", "lowest": "minimum",
}  # fmt: skip


def total(to: Builder, measure: str, of: str = "") -> Entry:
    relation = current(to)
    by = column(of, relation.columns) if of else relation.value
    if not by:
        raise decline("it is not said of which column", [measure])
    step = to.somewhere("total", "data.stats", {"items": relation.items, "by": by}, relation.device)
    return Entry(measure, relation.device, step, f"${{{step}.output.{STATS[measure]}}}")


def saving(piece: Piece) -> Part | None:
    """The clauses of this module, each from its first word to its last."""
    if named(piece, ".txt") and (found := _totals(piece) or _counted(piece)) is not None:
        return found
    if named(piece, ".png"):
        return _charts(piece)
    return (_saves(piece) if named(piece, ".csv", ".xlsx") else None) or _arranges(piece)


def named(piece: Piece, *endings: str) -> bool:
    """Whether a file of this kind is named: nothing else is worth trying all cuts for."""
    return any(str(token.value or "").casefold().endswith(endings) for token in piece.tokens)


def _saves(piece: Piece) -> Part | None:
    slots = match(f"{_PUT} {_IT} {{goal:any}}", piece)
    if slots is not None:
        found = goal(Piece(piece.line, slots["goal"]))
        return Saves(found) if found is not None and _is_table(found) else None
    slots = match(f"{_PUT} {{goal:any}}", piece)
    if slots is None:
        return _goes(piece)
    whole = Piece(piece.line, slots["goal"])
    bare = goal(whole)
    if bare is not None and _is_table(bare) and bare.layout.columns:
        return Saves(bare)
    for cut in range(2, len(whole.tokens) - 1):
        what = _computed(part(whole, 0, cut))
        found = goal(part(whole, cut, len(whole.tokens))) if what is not None else None
        if what is not None and found is not None and _is_table(found):
            return Saves(found, what)
    return _goes(piece)


def _computed(piece: Piece) -> Part | None:
    return rows(piece) or summary(piece)


def _is_table(found: Goal) -> bool:
    return found.target.path is not None and found.target.path.rpartition(".")[2].casefold() in _TABLES


def _goes(piece: Piece) -> Part | None:
    """`the result goes into a.csv on desk`; `sum up the amounts per country into a.csv on desk`."""
    slots = match(f"{_IT} {_GOES} {{goal:any}}", piece)
    if slots is not None:
        found = goal(Piece(piece.line, slots["goal"]))
        return Saves(found) if found is not None and _is_table(found) else None
    for cut in range(3, len(piece.tokens) - 1):
        rest = part(piece, cut, len(piece.tokens))
        going = match(f"{_GOES} {{goal:any}}", rest)
        head = part(piece, 0, cut)
        what = summary(head) or rows(head) if going is not None else grouping(head)
        found = goal(Piece(piece.line, going["goal"]) if going is not None else rest) if what is not None else None
        if found is not None and _is_table(found):
            return Saves(found, what)
    return None


def _arranges(piece: Piece) -> Part | None:
    """`sort it by name`, `drop all rows whose state is "left"`."""
    slots = match("(drop|remove|leave out|throw out|skip) {w:any}", piece)
    if slots is not None:
        return rows(Piece(piece.line, slots["w"]), dropped=True)
    slots = match("(keep|take|select|find|pick|get|fetch|extract) {w:any}", piece)
    if slots is not None:
        return rows(Piece(piece.line, slots["w"]))
    slots = match(
        "(sort|order|rank) (it|them|those|these|what remains|what is left|the "
        "(rest|rows|table|result|records|remaining rows)) {o:any}",
        piece,
    )
    if slots is not None:
        from agents.embedded.flow.layout import sorting

        layout = sorting(Piece(piece.line, slots["o"]))
        return Sorts(layout) if layout is not None else None
    return None


@dataclass(frozen=True)
class Sorts(Part):
    """The table that was computed last in an order."""

    layout: Layout

    def build(self, to: Builder) -> None:
        relation = current(to)
        arranged(to, relation, self.layout)
        device = relation.device
        relation.origin = str(relation.items)
        to.made.append(Made("records", (Entry("table", device, None, str(relation.items)),), NOUNS))


def _charts(piece: Piece) -> Part | None:
    kind = "{kind:plain} (chart|graph|diagram|plot)"
    draw = "(draw|plot|chart|make|create|add|i want|i need|put|and|with)"
    of = "[of (it|that|them|this|the table|the result|the totals|the sums|the numbers|those)]"
    for pattern in (
        f"[{draw}] [me] (a|an|one|as a) {kind} {of} {{goal:any}}",
        f"[{draw}] [me] (a|an) {kind} of [the] {{y:plain}} (by|per|over|against|for each) [the] {{x:plain}} "
        f"{{goal:any}}",
        f"(draw|plot|chart|show) (it|that|them|this|the table|the result|the totals|the sums|the numbers|those) "
        f"as (a|an|one) {kind} {{goal:any}}",
        f"(draw|plot|chart|show) (it|that|them|this|the table|the result|the totals) {{goal:any}} as (a|an) {kind}",
    ):
        slots = match(pattern, piece)
        if slots is None or slots["kind"][0].text.casefold() not in _KINDS:
            continue
        place = _chart_goal(Piece(piece.line, slots["goal"]))
        if place is not None:
            y, x = (said(slots[one][0]) if one in slots else "" for one in ("y", "x"))
            return Charts(slots["kind"][0].text.casefold(), place, y, x)
    return None


def _chart_goal(piece: Piece) -> Goal | None:
    """`next to it as a.png`, `there as a.png`, `a.png on desk`."""
    slots = match("[of it] {there:device} (as|in|into|called|named) {f:file}", piece)
    if slots is not None and not piece.line.mentions[int(slots["there"][0].value or 0)].there:
        return None
    if slots is not None:
        piece = Piece(piece.line, (*slots["f"], *slots["there"]))
    found = place_of(piece)
    if found is None or found[0].path is None or not found[0].path.casefold().endswith(".png"):
        return None
    return Goal(found[0], Layout(), found[1])


def _counted(piece: Piece) -> Part | None:
    slots = match(
        f"[{_PUT}] (the number of (them|those|these|rows|records|the rows)|how many (there are|they are|rows "
        f"there are|of them there are)|their number) {{goal:any}}",
        piece,
    )
    place = place_of(Piece(piece.line, slots["goal"])) if slots is not None else None
    return (
        Counted(Goal(place[0], Layout(), place[1]))
        if place is not None and place[0].path is not None and place[0].path.endswith(".txt")
        else None
    )


def _totals(piece: Piece) -> Part | None:
    slots = match(f"{_PUT} the {{m:plain}} (of|in) [the] [column] {{c:plain}} {{goal:any}}", piece)
    if slots is None or slots["m"][0].text.casefold() not in STATS or said(slots["c"][0]).casefold() in _BACK:
        return None
    place = place_of(Piece(piece.line, slots["goal"]))
    if place is None or place[0].path is None or not place[0].path.endswith(".txt"):
        return None
    return Totals(slots["m"][0].text.casefold(), said(slots["c"][0]), Goal(place[0], Layout(), place[1]))
