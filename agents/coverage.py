"""Coverage: whether a plan uses all that the request says, and does nothing that the request does not say.

Forward, every literal (path, glob, quoted text, URL, number, size, duration, percentage), every device mention, every
action word, every negation and every condition of the request must be used. Backward, every device, every literal
argument and every write or destructive skill of the plan must be explained by the request, by an answer of the person,
or by a default that a recipe documents. Works on any rung's plan; `strict` also wants every other content word placed.

This is the door; how it is done stands in `agents.covering`.
"""

from __future__ import annotations

from agents.covering import check as checking
from agents.covering.case import Case
from agents.covering.gap import Gap
from agents.covering.heard import Answers
from agents.embedded.planner import GRAMMARS
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Plan, Step

__all__ = ["Gap", "check", "explained_devices"]
_NOTHING = Plan(steps=(Step(id="nothing", skill="no.skill"),))


def check(
    text: str,
    plan: Plan,
    fleet: FleetView,
    *,
    client: str | None = None,
    answers: Answers = (),
    attachment: str = "",
    strict: bool = False,
) -> tuple[Gap, ...]:
    """Every gap between a request and a plan for it; none where the plan covers the request exactly."""
    return checking.check(
        text, plan, fleet, GRAMMARS, client=client, answers=answers, attachment=attachment, strict=strict
    )


def explained_devices(
    text: str, fleet: FleetView, *, client: str | None = None, answers: Answers = ()
) -> frozenset[str]:
    """The devices that a request speaks of, by name, kind, label or as the client."""
    return Case.of(text, _NOTHING, fleet, client=client, answers=answers).explained_devices()
