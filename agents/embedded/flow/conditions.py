"""What every condition of a flow is, its edges and their opposites, and the conditions over pages that were fetched."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.things import Entry, Made
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.outcome import decline
from orchestrator.core.conditions import Compare, Not
from orchestrator.core.conditions import Condition as When
from orchestrator.core.plan import StepDependency
from orchestrator.core.references import whole
from orchestrator.core.tasks import On
from protocol.vocabulary import Json

_ANSWER: Final = "(answer|answers|respond|responds|reply|replies)"
_NOT: Final = (
    f"{_ANSWER} with another [http] [status] [code] than {{s:number}}",
    f"(do not|does not|don't|doesn't) {_ANSWER} with [http] [status] [code] {{s:number}}",
)
_SO: Final = f"{_ANSWER} with [http] [status] [code] {{s:number}}"


class Condition(ABC):
    """Something that holds or does not when the run comes to it."""

    @abstractmethod
    def gates(self, to: Builder) -> tuple[StepDependency, ...]:
        """The edges behind which a step happens only where it holds. Raises Stop."""


@dataclass(frozen=True)
class Statuses(Condition):
    """How many of the pages that were fetched answer with another status than `status`."""

    status: int
    op: str
    count: int

    def gates(self, to: Builder) -> tuple[StepDependency, ...]:
        pages = statuses(to)
        items: list[Json] = [entry.value for entry in pages.entries]
        arguments: dict[str, Json] = {"items": items, "op": "!=", "value": self.status}
        step = to.anywhere("failing", "data.filter", arguments)
        entry = Entry("number", "", step, f"${{{step}.output.count}}")
        to.made.append(Made("number", (entry,), frozenset({"number", "count", "it"})))
        return (gate(entry, self.op, self.count),)


def statuses(to: Builder) -> Made:
    """The pages that were fetched last. Raises Stop."""
    for made in reversed(to.made):
        if made.kind == "status":
            return made
    raise decline("no page was fetched before whose status could be looked at")


def gate(entry: Entry, op: str, value: Json) -> StepDependency:
    """An edge from the step that an entry refers to, behind a comparison of what it refers to."""
    found = whole(entry.value)
    if found is None:
        raise decline("this cannot be compared")
    when = Compare.model_validate({"path": found.path, "op": op, "value": value})
    return StepDependency(step=found.task, on=On.CONDITION, when=when)


def opposite(gates: Sequence[StepDependency]) -> tuple[StepDependency, ...]:
    """The edges behind which a step happens where these do not hold. Raises Stop where several would have to be one."""
    if len(gates) == 1 and gates[0].on in _ENDS:
        return (gates[0].model_copy(update={"on": _ENDS[gates[0].on]}),)
    if len(gates) != 1 or gates[0].when is None:
        raise decline("what should happen otherwise is not clear", ["otherwise"])
    when: When = gates[0].when
    if isinstance(when, Compare) and when.op in _OPPOSITE:
        turned: When = Compare.model_validate({"path": when.path, "op": _OPPOSITE[when.op], "value": when.value})
    else:
        turned = Not.model_validate({"not": when})
    return (gates[0].model_copy(update={"when": turned}),)


_ENDS: Final = {On.SUCCESS: On.FAILURE, On.FAILURE: On.SUCCESS}
_OPPOSITE: Final = {">": "<=", "<": ">=", ">=": "<", "<=": ">", "==": "!=", "!=": "=="}


def of_pages(piece: Piece) -> Condition | None:
    for pattern in _NOT:
        for head, op in (
            (f"{{n:number}} or more [of them|pages] {pattern}", ">="),
            (f"at least {{n:number}} [of them|pages] {pattern}", ">="),
            (f"more than {{n:number}} [of them|pages] {pattern}", ">"),
            (f"(any|any of them|one of them|one or more of them|one or more|some|some of them) {pattern}", ">="),
        ):
            slots = match(head, piece)
            if slots is not None:
                count = slots["n"][0].value if "n" in slots else 1
                status = slots["s"][0].value
                if isinstance(count, int) and isinstance(status, int):
                    return Statuses(status, op, count)
    slots = match(f"(both|both of them|they both|both pages) {_SO}", piece)
    if slots is not None and isinstance(slots["s"][0].value, int):
        return All(slots["s"][0].value, 2)
    slots = match(
        f"(all|they all|all of them|every one of them|all {{n:number}}|all {{m:number}} of them) {_SO}", piece
    )
    if slots is None or not isinstance(slots["s"][0].value, int):
        return None
    number = slots.get("n", slots.get("m"))
    return All(slots["s"][0].value, int(number[0].value or 0) if number else None)


@dataclass(frozen=True)
class All(Condition):
    """All of the pages that were fetched, `of` in number, answer with a status."""

    status: int
    of: int | None

    def gates(self, to: Builder) -> tuple[StepDependency, ...]:
        entries = statuses(to).entries
        if self.of is not None and self.of != len(entries):
            raise decline(f"there are {len(entries)} pages, not {self.of}")
        return tuple(gate(entry, "==", self.status) for entry in entries)
