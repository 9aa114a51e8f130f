"""Numbers in texts: `"found N", N being how many` becomes a reference once the plan is there."""

from __future__ import annotations

from agents.embedded.flow.asides import HOW_MANY
from agents.embedded.flow.builder import Builder
from agents.embedded.flow.loglines import joined
from agents.embedded.outcome import decline
from orchestrator.core.plan import Step, StepDependency
from orchestrator.core.references import find


def fill(to: Builder) -> frozenset[str]:
    """Puts the number into every text that has a mark for it. Returns these texts as they were. Raises Stop."""
    marked = [
        (id, name, str(text))
        for id, step in to.draft.steps.items()
        for name, text in step.arguments.items()
        if HOW_MANY in str(text)
    ]
    if not marked:
        return frozenset()
    number = _number(to)
    for id, name, text in marked:
        arguments = {**to.draft.steps[id].arguments, name: text.replace(HOW_MANY, number)}
        to.draft.steps[id] = _after(to.draft.steps[id].model_copy(update={"arguments": arguments}))
    return frozenset(text for _, _, text in marked)


def _number(to: Builder) -> str:
    for made in reversed(to.made):
        if made.kind == "lines":
            return f"${{{joined(to, sort=True)}.output.count}}"
        if made.kind == "number" and len(made.entries) == 1:
            return made.entries[0].value
    raise decline("it is not clear what is counted")


def _after(step: Step) -> Step:
    """The step, waiting for all that it refers to."""
    known = {edge.step for edge in step.after}
    new = dict.fromkeys(one.task for one in find(step.arguments) if one.task not in known)
    return step.model_copy(update={"after": (*step.after, *(StepDependency(step=one) for one in new))})
