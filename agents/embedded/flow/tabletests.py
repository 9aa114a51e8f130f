"""Conditions over the table that was computed last: its total, one of its groups, the number of its rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.conditions import Condition, gate
from agents.embedded.flow.relation import said
from agents.embedded.flow.saving import current, rows_counted, total
from agents.embedded.flow.things import Entry
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.outcome import decline
from orchestrator.core.plan import StepDependency
from protocol.vocabulary import JsonObject

_MORE: Final = "(more than|over|above|greater than|higher than|larger than)"
_LESS: Final = "(less than|under|below|fewer than|lower than|smaller than)"
_COMES: Final = "(comes|adds up|amounts|sums up|come|add up|amount) to"
_IS: Final = "(is|are|was)"
_COMPARED: Final = (
    (f"(({_COMES}|{_IS}) {_MORE}|exceeds|exceed|(rises|goes) above)", ">"),
    (f"(({_COMES}|{_IS}) {_LESS}|(falls|stays) below)", "<"),
    (f"({_COMES}|{_IS}|reaches) at least", ">="),
    ("(reaches|reach)", ">="),
    (f"({_COMES}|{_IS}) at most", "<="),
)
_ALL: Final = (
    "(everything|all|all of it|all of them|they|the whole lot|it all) [together|in total|altogether|taken together]",
    "the (total|sum|grand total|overall total|overall sum|total sum) [(of|over|for|across) (all [of them] "
    "[{g:plain}]|everything|both|them)]",
)  # fmt: skip


@dataclass(frozen=True)
class Test(Condition):
    """`what`: `total`, `rows`, or a group of this name (`of` the column that it is said to be in)."""

    what: str
    op: str
    value: int | float
    of: str = ""
    other: Condition | None = None
    """What it says where no table was computed."""

    def gates(self, to: Builder) -> tuple[StepDependency, ...]:
        last = next((one.kind for one in reversed(to.made) if one.kind in ("records", "number", "text", "status")), "")
        if self.other is not None and (to.relation is None or last != "records"):
            return self.other.gates(to)
        relation = current(to)
        if self.what == "rows":
            return (gate(rows_counted(to), self.op, self.value),)
        if not relation.value:
            raise decline("it is not clear which column is meant")
        if self.what == "total":
            if self.of and self.of.removesuffix("s") not in {one.removesuffix("s") for one in relation.by}:
                raise decline(f"there is no column {self.of}", [self.of])
            return (gate(total(to, "sum"), self.op, self.value),)
        if len(relation.by) != 1 or (self.of and self.of != relation.by[0]):
            raise decline(f"it is not clear what {self.what} is", [self.what])
        arguments: JsonObject = {"items": relation.items, "by": relation.by[0], "op": "==", "value": self.what}
        step = to.somewhere("one", "data.filter", arguments, relation.device)
        entry = Entry(self.what, relation.device, step, f"${{{step}.output.items[0].{relation.value}}}")
        return (gate(entry, self.op, self.value),)


def tabletest(piece: Piece, other: Condition | None) -> Condition | None:
    """What a condition says of a table from its first word to its last; `other` where there is no table."""
    found = _test(piece)
    return replace(found, other=other) if found is not None else None


def _test(piece: Piece) -> Test | None:
    for compared, op in ((_MORE, ">"), (_LESS, "<"), ("at least", ">="), ("at most", "<=")):
        slots = match(f"there are {compared} {{n:number}} (rows|records|of them|entries|lines)", piece)
        slots = slots or match(
            f"(it|the table|the list|the result) has {compared} {{n:number}} (rows|records|entries)", piece
        )
        if slots is not None and isinstance(slots["n"][0].value, (int, float)):
            return Test("rows", op, slots["n"][0].value)
    for compared, op in _COMPARED:
        for head in _ALL:
            slots = match(f"{head} {compared} {{n:number}}", piece)
            if slots is not None and isinstance(slots["n"][0].value, (int, float)):
                return Test("total", op, slots["n"][0].value, said(slots["g"][0]) if "g" in slots else "")
        slots = match(f"the {{c:plain}} {{g:plain}} {compared} {{n:number}}", piece)
        slots = slots or match(f"the (sum|total|amount) of {{g:plain}} {compared} {{n:number}}", piece)
        if slots is not None and isinstance(slots["n"][0].value, (int, float)):
            return Test(said(slots["g"][0]), op, slots["n"][0].value, said(slots["c"][0]) if "c" in slots else "")
    return None
