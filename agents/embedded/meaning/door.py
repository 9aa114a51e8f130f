"""The whole request: each sentence read by the chart, its readings tried in turn; one plan, or a reason for none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Final

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.line import sentences, together
from agents.embedded.flow.order import in_order, measured_only
from agents.embedded.kinds.line import Line, Mention, Piece, line_of
from agents.embedded.kinds.remains import FORBIDDING, left
from agents.embedded.kinds.world import World
from agents.embedded.meaning import facts, giving, nouns, phrases, plains, reads, tablenouns, works
from agents.embedded.meaning import sentences as wholes
from agents.embedded.meaning.bridge import Bridge, Single
from agents.embedded.meaning.chart import TooMuch
from agents.embedded.meaning.doing import do
from agents.embedded.meaning.plain import COMMANDS, whole_lists
from agents.embedded.meaning.state import State
from agents.embedded.meaning.terms import GRAMMAR
from agents.embedded.meaning.text import chart_of, words_of
from agents.embedded.meaning.things import Done, Files, If, Known, Plain, Stands
from agents.embedded.outcome import Stop, decline
from agents.embedded.text import TOKEN_LIMIT, normalise, refuse
from agents.embedded.tokens import Kind
from orchestrator.core.conditions import Compare
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Declined, Plan, StepDependency
from orchestrator.core.references import find
from orchestrator.core.tasks import On

BRIDGED: Final = 70
"""The longest request, in tokens, of which clauses are planned one by one."""
READINGS: Final = 6
"""How many different readings of a request are followed."""
_RULES: Final = (
    giving,
    reads,
    facts,
    works,
    wholes,
    nouns,
    tablenouns,
    phrases,
    plains,
)  # the modules whose rules fill the grammar


def propose(
    text: str, fleet: FleetView, client: str | None, answers: Sequence[tuple[str, str]], single: Single | None = None
) -> Plan | Declined:
    """The one plan that every reading of a request comes to."""
    reason = refuse(text)
    if reason is not None:
        return Declined(reason=reason, code="not_understood")
    world = World(fleet, client, answers)
    line = together(line_of(normalise(text), world), world)
    if len(line.tokens) > TOKEN_LIMIT:
        return Declined(reason="the request is too long", code="not_understood")
    found = _planned(line, fleet, State(Builder(world)))
    if isinstance(found, Plan) or single is None or len(line.tokens) > BRIDGED:
        return found
    other = _planned(line, fleet, State(Builder(world), bridge=Bridge(single, world)))
    return other if isinstance(other, Plan) else found


def _planned(line: Line, fleet: FleetView, state: State) -> Plan | Declined:
    states = [state]
    states[0].to.draft.begin((), ())
    for sentence in sentences(line):
        try:
            states = _read(states, sentence)
        except Stop as stop:
            return _declined(stop)
    plans: list[tuple[Plan, State]] = []
    problem: Stop | None = None
    for state in states:
        try:
            plans.append((_plan(state), state))
        except Stop as stop:
            problem = stop
    if not plans:
        assert problem is not None
        return _declined(problem)
    if any(_essence(plan) != _essence(plans[0][0]) for plan, _ in plans):
        return Declined(reason="the request can be read in several ways", code="not_understood")
    plan, state = plans[0]
    if len(plan.steps) < 2:
        return Declined(reason="a single step is another grammar's", code="not_understood")
    lacking = left(_weighed(line, state), plan, fleet) or _unnamed(line, plan)
    return plan if lacking is None else _declined(decline(lacking))


def _declined(stop: Stop) -> Declined:
    return stop.result if isinstance(stop.result, Declined) else Declined(reason=str(stop), code="not_understood")


def _read(states: Sequence[State], sentence: Piece) -> list[State]:
    """The states after a sentence. Raises Stop where it has no reading that can be done."""
    row = words_of(sentence)
    if not row:
        return list(states)
    bridge = states[0].bridge
    chart = chart_of(GRAMMAR, row)
    chart.plans = bridge.over(sentence.line, row) if bridge is not None else None
    try:
        readings = [meaning for end, meaning in chart.parse("sentence", 0) if end == len(row)]
    except TooMuch:
        readings = []
    if not readings:
        unread = sentence.source(sentence.tokens)[:300]
        raise decline(f"these words are not read: {unread}", [unread])
    found: list[State] = []
    problem: Stop | None = None
    least = (0, 0)
    # `a on alpha, b on beta and c on gamma`: one fact about the three, no three facts, where it can be one.
    # What the rules of this grammar read is not asked of another one.
    for state, reading in sorted(product(states, readings), key=lambda pair: _weight(pair[1])):
        if found and _weight(reading) > least:
            break
        new = state.forked()
        try:
            _do(new, reading)  # type: ignore[arg-type]
        except Stop as stop:
            problem = stop
            continue
        least = _weight(reading)
        if all(_steps(new) != _steps(other) or new.ents != other.ents for other in found):
            found.append(new)
    if not found:
        assert problem is not None
        raise problem
    if len({_steps(one) for one in found}) > READINGS:
        raise decline("the request can be read in too many ways")
    return found[: 4 * READINGS]


def _weight(reading: object) -> tuple[int, int]:
    """How many facts a reading tells, and how many clauses another grammar plans."""
    deeds = [deed for _, deed in reading]  # type: ignore[attr-defined]
    for one in [deed for deed in deeds if isinstance(deed, If)]:
        deeds += [one.condition, *one.then, *one.otherwise]
    plain = sum(isinstance(one, (Done, Stands)) or isinstance(getattr(one, "thing", None), Plain) for one in deeds)
    return sum(isinstance(deed, Known) for deed in deeds), plain


def _do(state: State, steps: Sequence[tuple[object, object]]) -> None:
    for first, second in steps:
        if isinstance(second, Mention):
            state.lead = second
            continue
        if isinstance(second, Files):
            state.leads = second.files
            continue
        before = frozenset(state.to.draft.steps)
        do(state, second)  # type: ignore[arg-type]
        if first:
            state.to.sequence.append((frozenset(state.to.draft.steps) - before, before))
    state.lead, state.leads, state.home = None, (), None


def _plan(state: State) -> Plan:
    if state.owed:
        raise decline("it is not said where what is fetched should go")
    if not state.to.draft.steps:
        raise decline("the request asks for nothing that a skill does")
    in_order(state.to, state.to.sequence)
    _ended_well(state)
    measured_only(state.to)
    whole_lists(state)
    answer = [*state.to.asked, *state.to.draft.answering(state.to.answers)]
    return state.to.draft.plan(answer, "every word of the request has its place in one reading")


def _ended_well(state: State) -> None:
    """What goes on with the files that a command leaves does so only where it ended well."""
    steps = state.to.draft.steps
    well = Compare.model_validate({"path": "output.exit_code", "op": "==", "value": 0})
    for id, step in list(steps.items()):
        used = {one.task for one in find(step.arguments)}
        edges = tuple(
            StepDependency(step=edge.step, on=On.CONDITION, when=well)
            if edge.on is On.SUCCESS and steps[edge.step].skill in COMMANDS and edge.step not in used
            else edge
            for edge in step.after
        )
        steps[id] = step.model_copy(update={"after": edges})


def _steps(state: State) -> str:
    return repr([step.model_dump() for step in state.to.draft.steps.values()])


def _essence(plan: Plan) -> str:
    return repr([(s.id, s.skill, s.arguments, s.devices, s.after, s.join) for s in plan.steps])


def _weighed(line: Line, state: State) -> Line:
    """The line without words that limit, which a rule has read, and without texts and paths that were filled in."""
    filled = state.to.filled
    kept = (token for token in line.tokens if token.text.casefold().replace("’", "'") not in FORBIDDING)
    kept = (t for t in kept if t.kind is not Kind.NUMBER or not t.text.isalpha())
    return replace(line, tokens=tuple(t for t in kept if str(t.value) not in filled and t.text not in filled))


def _unnamed(line: Line, plan: Plan) -> str | None:
    used = {name for step in plan.steps for name in step.devices.names}
    for mention in line.mentions:
        if mention.names and not set(mention.names) & used and not mention.text.isupper():
            return f"no step of the plan is about {mention.text}"
    return None


__all__ = ["Mention", "propose"]
