"""Both directions of coverage together, what a person may overrule, and the plans that a grammar accounts for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from agents.covering.backward import backward
from agents.covering.case import Case
from agents.covering.forward import forward
from agents.covering.gap import Gap
from agents.covering.heard import Answers
from agents.embedded.doubt import namesakes
from agents.embedded.kube.fleets import machines
from agents.scrutiny import Look, Told, doubts
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Plan
from protocol.vocabulary import Risk

LEFT_OUT = frozenset({"unused_literal", "unused_device", "unused_word", "unused_condition", "misplaced"})
"""What is missing, or elsewhere: a person who is shown the plan can tell."""
Reads = Callable[[str, Plan, FleetView, str | None, tuple[tuple[str, str], ...]], bool]


@dataclass(frozen=True, slots=True)
class Grammars:
    """Whether a grammar makes just this plan of the request. Each gives every word, literal and device its place."""

    of_devices: Reads
    of_flows: Reads


def check(
    text: str,
    plan: Plan,
    fleet: FleetView,
    grammars: Grammars,
    *,
    client: str | None = None,
    answers: Answers = (),
    attachment: str = "",
    strict: bool = False,
    hidden: frozenset[str] | None = None,
) -> tuple[Gap, ...]:
    """Every gap between a request and a plan for it; none where the plan covers the request exactly.

    `hidden` are devices that no word of the request names; without it the request is read with devices that are named
    like everyday words and without them, and a plan that covers one of these readings covers the request.
    """
    whole, said = fleet, tuple(answers)
    if any(step.skill.startswith("kube.") for step in plan.steps):
        # Imported here: the words of a cluster are needed for plans of a cluster alone.
        from agents.embedded.kube import coverage as kube

        found = tuple(Gap(*gap) for gap in kube.gaps(text, plan, fleet, answers, attachment))
        others = [step for step in plan.steps if not step.skill.startswith("kube.")]
        if found or not others or grammars.of_flows(text, plan, fleet, client, said):
            return found
        # What is done beside the cluster must be asked for, as in any plan.
        case = Case.of(text, plan, machines(fleet), client=client, answers=answers, attachment=attachment)
        return tuple(backward(case, others))
    fleet = machines(fleet)

    def gaps(hidden: frozenset[str]) -> tuple[Gap, ...]:
        case = Case.of(
            text, plan, fleet, client=client, answers=answers, attachment=attachment, hidden=hidden, strict=strict
        )
        told = (*forward(case), *backward(case))
        # A rung's own strict gate looks at words alone; what is in the wrong place is looked for in any rung's plan.
        return told if strict else _graded(case, told or _misplaced(case), more=bool(told))

    found = gaps(hidden or frozenset())
    if found and (
        grammars.of_devices(text, plan, fleet, client, said) or grammars.of_flows(text, plan, whole, client, said)
    ):
        return ()
    doubtful = namesakes(text, fleet) if found and hidden is None else ()
    readings = (frozenset(some) for count in range(len(doubtful)) for some in combinations(doubtful, count + 1))
    return () if any(not gaps(reading) for reading in readings) else found


def _graded(case: Case, gaps: Sequence[Gap], *, more: bool) -> tuple[Gap, ...]:
    """The gaps, and which of them a person may overrule who has seen the plan.

    Never what the plan does without being asked: a change, a command, a device or an argument of one. Nor what it
    leaves out or puts in the wrong place, where it destroys or sends something or the request forbids a change.
    """
    known = [case.heard.specs[step.skill].risk for step in case.plan.steps if step.skill in case.heard.specs]
    destroys = len(known) < len(case.plan.steps) or Risk.DESTRUCTIVE in known
    graded = [replace(gap, grave=destroys or not (gap.mild or gap.code in LEFT_OUT)) for gap in gaps]
    ids = {step.id for step in case.plan.steps}
    whole = all(edge.step in ids for step in case.plan.steps for edge in step.after)
    if more and whole and len(ids) > 1 and not any(gap.grave for gap in graded):
        # What is only left out says nothing about the rest: a plan that is shown has been looked at as a whole.
        graded += [replace(gap, grave=destroys or gap.code not in LEFT_OUT) for gap in _misplaced(case)]
    return tuple(graded)


def _misplaced(case: Case) -> tuple[Gap, ...]:
    """What the plan uses, but not where the request has it."""
    implied = case.leeway.implied if case.leeway is not None else frozenset()
    told = Told(case.heard.text, case.heard.tokens, case.heard.places, case.answers, case.attachment, implied)
    look = Look(told, case.plan, case.heard.specs, case.selected)
    codes = {True: "unexplained_place", False: "misplaced"}
    return tuple(Gap(codes[doubt.grave], doubt.message) for doubt in doubts(look))
