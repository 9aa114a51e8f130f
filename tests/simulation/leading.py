"""The real supervisor in the simulation: its steps, keys and revisions, with a planner that the scenario writes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from agents.supervisor import LeadingSupervisor
from orchestrator.core.plan import Plan, Proposal
from orchestrator.core.ports import PlanningContext
from orchestrator.core.requests import Request
from tests.simulation.scenario import RunSpec

THINKING_S = 0.05


class ScenarioPlanner:
    """A rung that proposes the steps of the run that the request names, after a while."""

    rung = "scenario"

    def __init__(self, runs: Sequence[RunSpec], chance: Callable[[], float]) -> None:
        self._runs = runs
        self._chance = chance

    async def plan(self, request: Request, context: PlanningContext) -> Proposal:
        await asyncio.sleep(THINKING_S * self._chance())
        steps = self._runs[int(request.text.split()[-1])].steps
        return Proposal(rung=self.rung, result=Plan.model_validate({"steps": steps}))


def leading(runs: Sequence[RunSpec], chance: Callable[[], float], clock: Callable[[], float]) -> LeadingSupervisor:
    """A supervisor whose place is kept by the record alone; LangGraph's savers have threads of their own."""
    planner = ScenarioPlanner(runs, chance)
    return LeadingSupervisor([planner], checkpoints=None, check=lambda plan, request, fleet, answers: (), clock=clock)
