"""The two supervisors of the simulation: the real one, with a planner that the scenario writes, and a scripted one.

The real one leads the runs that are not to be revised in a way that the scenario knows beforehand.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from random import Random

from agents.supervisor import LeadingSupervisor
from orchestrator.core.edits import AddTask, EditBatch
from orchestrator.core.plan import Plan, Proposal
from orchestrator.core.ports import Consultation, PlanningContext, RunControl
from orchestrator.core.requests import Request
from orchestrator.core.tasks import Task
from tests.simulation.story import RunSpec

THINKING_S = 0.05
RETRY_S = 0.5
LOOKS = 60  # how often devices are looked for before a plan is made without them


def _number(request: Request) -> int:
    return int(request.text.split()[-1])


class Supervisors:
    """`Supervisor`: hands each run to the one that leads it. `ready` says that every device has been here."""

    def __init__(
        self, runs: Sequence[RunSpec], random: Random, clock: Callable[[], float], ready: Callable[[], bool]
    ) -> None:
        self._runs = runs
        self._scripted = Scripted(runs, random)
        planner = ScenarioPlanner(runs, random, ready)
        # Its place is kept by the record alone: LangGraph's savers have threads.
        self._real = LeadingSupervisor([planner], checkpoints=None, check=lambda *given: (), clock=clock)

    async def consult(self, consultation: Consultation, control: RunControl) -> None:
        spec = self._runs[_number(await control.request(consultation.run))]
        chosen = self._scripted if spec.revise else self._real
        await chosen.consult(consultation, control)


class ScenarioPlanner:
    """A rung that proposes the steps of the run that the request names, after a while."""

    rung = "scenario"

    def __init__(self, runs: Sequence[RunSpec], random: Random, ready: Callable[[], bool]) -> None:
        self._runs = runs
        self._random = random
        self._ready = ready

    async def plan(self, request: Request, context: PlanningContext) -> Proposal:
        await asyncio.sleep(THINKING_S * self._random.random())
        for _ in range(LOOKS):
            if self._ready():
                break
            await asyncio.sleep(RETRY_S)
        return Proposal(rung=self.rung, result=Plan.model_validate({"steps": self._runs[_number(request)].steps}))


class Scripted:
    """A supervisor that does what the scenario says, step by step, with keys, as the real one does."""

    def __init__(self, runs: Sequence[RunSpec], random: Random) -> None:
        self._runs = runs
        self._random = random

    async def consult(self, consultation: Consultation, control: RunControl) -> None:
        run, key = consultation.run, consultation.key
        spec = self._runs[_number(await control.request(run))]
        await self._think()
        if consultation.reason in ("submitted", "answered"):
            await self._plan(run, spec, key, control)
        elif consultation.reason == "failed":
            await self._mend(run, consultation.task or "", spec, key, control)
        else:
            view = await control.view(run)
            await self._think()
            await control.finish(run, f"{len(view.tasks)} tasks", None, key=key)

    async def _plan(self, run: str, spec: RunSpec, key: str, control: RunControl) -> None:
        plan = Plan.model_validate({"steps": spec.steps})
        while True:
            await control.note_rung(run, Proposal(rung="script", result=plan), [], accepted=True, key=f"{key}.rung")
            await self._think()
            result = await control.start(run, plan, by="script", key=f"{key}.start")
            if result.accepted or result.code in ("run_ended",):
                return
            await asyncio.sleep(RETRY_S)  # the devices are not there yet

    async def _mend(self, run: str, task: str, spec: RunSpec, key: str, control: RunControl) -> None:
        graph = await control.graph(run)
        await self._think()
        if not spec.revise or task.startswith("mend"):
            await control.decline(run, task, "there is no other way", key=key)
            return
        made = Task(id=f"mend-{task}", skill="sim.append", arguments={"seconds": 0.05})
        batch = EditBatch(base=graph.version, edits=(AddTask(task=made),), by="script", key=key, revises=task)
        result = await control.edit(run, batch)
        if not result.accepted and result.code != "run_ended":
            await self._mend(run, task, spec, key, control)  # somebody was faster: the base is stale

    async def _think(self) -> None:
        await asyncio.sleep(self._random.random() * THINKING_S)
