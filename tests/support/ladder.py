"""Runs over a ladder of scripted rungs, with real checks, machine and supervisor: what their records look like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.checks import sound
from agents.supervisor import LeadingSupervisor
from agents.testing import FakeRunControl
from orchestrator.core.ladder_facts import RunFacts
from orchestrator.core.plan import Clarification, Declined, Plan, Proposal, RungUsage, Step, Tier
from orchestrator.core.ports import PlanningContext
from orchestrator.core.requests import Request
from protocol.messages import TaskError
from protocol.vocabulary import Json, JsonObject
from tests.support.skills import fleet

READ = Plan(steps=(Step(id="read", skill="file.read", arguments={"path": "notes.txt"}),))
WRITE = Plan(steps=(Step(id="write", skill="file.write", arguments={"path": "a", "text": "b"}),))
BAD = Plan(steps=(Step(id="x", skill="no.such"),))
NO = Declined(reason="no", code="not_understood")
ASK = Clarification(question="Which server?")
CALL = RungUsage(seconds=2.0, calls=1, input_tokens=100, output_tokens=10, cost_usd=0.5, bytes_out=300)


@dataclass
class TieredPlanner:
    """A scripted rung of a tier. It gives its replies in order, and the last one for ever."""

    rung: str
    tier: Tier
    replies: Sequence[Plan | Clarification | Declined]
    usage: RungUsage = CALL
    asked: int = 0

    async def plan(self, request: Request, context: PlanningContext) -> Proposal:
        reply = self.replies[min(self.asked, len(self.replies) - 1)]
        self.asked += 1
        return Proposal(rung=self.rung, tier=self.tier, result=reply, usage=self.usage)


def embedded(*replies: Plan | Clarification | Declined) -> TieredPlanner:
    return TieredPlanner("embedded", "embedded", replies, RungUsage(seconds=0.01))


def local(*replies: Plan | Clarification | Declined, usage: RungUsage | None = None) -> TieredPlanner:
    return TieredPlanner("llama", "local", replies, usage or CALL.model_copy(update={"cost_usd": 0.0}))


def cloud(*replies: Plan | Clarification | Declined, usage: RungUsage = CALL) -> TieredPlanner:
    return TieredPlanner("gpt", "cloud", replies, usage)


def works(device: str, skill: str, arguments: JsonObject) -> Json | TaskError:
    return {"path": "a", "text": "b", "size_bytes": 1, "truncated": False}


class Told:
    """One run under way, and what its record says of the ladder."""

    def __init__(
        self, *rungs: TieredPlanner, perform: object = works, request: Request | None = None, run: str = "r1"
    ) -> None:
        self.supervisor = LeadingSupervisor(list(rungs), checkpoints=None, check=sound)
        self.control = FakeRunControl(fleet("alpha", "beta"), perform, run=run)  # type: ignore[arg-type]
        self.control.submit(request or Request.model_validate({"text": "do it", "policy": {"approve": "all"}}))

    async def go(self) -> Told:
        await self.control.drive(self.supervisor)
        return self

    @property
    def facts(self) -> RunFacts:
        facts = RunFacts(self.control.run)
        for event in self.control.events:
            facts.take(event)
        return facts
