"""A planner that answers from a script: for tests, demonstrations and replays."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.core.plan import Clarification, Declined, Plan, Proposal, RungUsage
from orchestrator.core.ports import PlanningContext
from orchestrator.core.requests import Request

Reply = Plan | Clarification | Declined | Exception


class ScriptedPlanner:
    """A `Planner` that gives its replies in order, then the last one for ever. An exception is raised.

    `asked` holds what it was asked: the request's text, and the problems it was told.
    """

    def __init__(self, *replies: Reply, rung: str = "scripted", usage: RungUsage | None = None) -> None:
        if not replies:
            raise ValueError("a scripted planner needs a reply")
        self._rung = rung
        self._replies: Sequence[Reply] = replies
        self._usage = usage or RungUsage()
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    @property
    def rung(self) -> str:
        return self._rung

    async def plan(self, request: Request, context: PlanningContext) -> Proposal:
        reply = self._replies[min(len(self.asked), len(self._replies) - 1)]
        self.asked.append((request.text, tuple(context.problems)))
        if isinstance(reply, Exception):
            raise reply
        return Proposal(rung=self._rung, result=reply, usage=self._usage)
