"""Conditions to the gates behind which steps happen."""

from __future__ import annotations

from typing import Final

from agents.embedded.flow.conditions import gate
from agents.embedded.flow.things import Entry
from agents.embedded.flow.versus import compared
from agents.embedded.kinds.world import STATES
from agents.embedded.meaning import plain
from agents.embedded.meaning.state import Ent, State
from agents.embedded.meaning.things import Compared, Condition, Equal, Failed, Good, Holds, Ref, Share, Stands
from agents.embedded.meaning.values import one, value
from agents.embedded.outcome import decline
from orchestrator.core.plan import StepDependency
from orchestrator.core.references import find
from orchestrator.core.tasks import On
from protocol.vocabulary import JsonObject

_FAILING: Final = ("http.download", "http.fetch", "artifact.save", "file.copy", "phone.push", "phone.pull")


def gates(state: State, condition: Condition) -> tuple[StepDependency, ...]:
    """The edges behind which something happens only where a condition holds. Raises Stop."""
    if isinstance(condition, Stands):
        return plain.gates(state, condition.of)
    if isinstance(condition, Share):
        found = state.find(condition.of, "record", "number")
        if found.kind == "record":
            found = plain.measured(found, state)
        return (gate(one(found), condition.op, condition.value),)
    if isinstance(condition, Good):
        if state.to.verified is None:
            raise decline("no backup was checked before")
        return (gate(state.to.verified, "==", condition.good),)
    if isinstance(condition, Equal):
        if state.compared is None:
            raise decline("nothing was compared before")
        return (gate(state.compared, "==", condition.equal),)
    if isinstance(condition, Holds):
        file = one(value(state, condition.of))
        arguments: JsonObject = {"path": file.value, "pattern": condition.text}
        step = state.to.step("look", "file.search", arguments, file.device, file.step)
        entry = Entry(file.label, file.device, step, f"${{{step}.output.count}}")
        return (gate(entry, ">" if condition.holds else "==", 0),)
    if isinstance(condition, Failed):
        runs = [id for id, step in state.to.draft.steps.items() if step.skill in plain.COMMANDS]
        spoken = {*state.last, *(one.task for id in state.last for one in find(state.to.draft.steps[id].arguments))}
        if len(runs) == 1 and not condition.still and runs[0] in spoken:
            # A command that ends badly has been run all the same.
            return (gate(Entry("run", "", runs[0], f"${{{runs[0]}.output.exit_code}}"), "!=", 0),)
        last = state.last
        if condition.still:
            last = tuple(id for id, step in state.to.draft.steps.items() if step.skill.startswith("http."))
        known = len(last) == 1 and (state.to.draft.steps[last[0]].skill in _FAILING or last[0] in state.changed)
        if not known:
            raise decline("it is not clear what could fail")
        return (StepDependency(step=last[0], on=On.FAILURE),)
    if isinstance(condition, Compared):
        thing = condition.thing
        found = state.find(thing, "number") if isinstance(thing, Ref) else value(state, thing)
        if isinstance(condition.value, Ref):
            return _versus(state, found, condition.op, condition.value)
        if found.kind != "number" or (isinstance(condition.value, str) and condition.value.casefold() not in STATES):
            raise decline("this cannot be compared")
        return (gate(one(found), condition.op, condition.value),)
    raise decline("this condition is not read")


def _versus(state: State, found: Ent, op: str, other: Ref) -> tuple[StepDependency, ...]:
    """One value against another: both are numbers when they are read, texts of files too."""
    known = [ent for ent in state.ents if ent.entries != found.entries]
    values = one(found), one(State(state.to, known).find(other, "number", "text"))
    if found.kind not in ("number", "text"):
        raise decline("this cannot be compared")
    return (compared(state.to, values[0], op, values[1]),)


def each_gate(entry: Entry, condition: Compared) -> StepDependency:
    assert not isinstance(condition.value, Ref)
    return gate(entry, condition.op, condition.value)
