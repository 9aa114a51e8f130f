"""The ladder of a replay: the embedded planner for real, models from the recording."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from agents.cascade import tier_of
from agents.factory import LateEmbedded, build_supervisor
from agents.settings import AgentSettings
from agents.supervisor import LeadingSupervisor
from orchestrator.core import events as e
from orchestrator.core.plan import Declined, Proposal, Tier
from orchestrator.core.ports import Clock, Planner, PlanningContext, Reviser, RevisionContext
from orchestrator.core.requests import Request
from orchestrator.core.rungs import ModelSettings
from orchestrator.replaying.recording import Recording

if TYPE_CHECKING:
    from agents.model import ModelPlanner


class Timed:
    """A rung that answers no earlier than when it was recorded: what follows then happens at its own time.

    Planning takes no time of a replay, and a person's or a device's word must not come long after it for that reason.
    """

    def __init__(self, inner: Planner, times: list[float], clock: Clock) -> None:
        self._inner = inner
        self._times = deque(times)
        self._clock = clock

    @property
    def rung(self) -> str:
        return self._inner.rung

    @property
    def tier(self) -> Tier:
        return tier_of(self._inner)

    async def plan(self, request: Request, context: PlanningContext) -> Proposal:
        """As the rung within."""
        proposal = await self._inner.plan(request, context)
        await self._wait()
        return proposal

    async def revise(self, request: Request, context: RevisionContext) -> Proposal:
        """As the rung within, which has to be one that revises."""
        assert isinstance(self._inner, Reviser)
        proposal = await self._inner.revise(request, context)
        await self._wait()
        return proposal

    async def _wait(self) -> None:
        if self._times:
            await asyncio.sleep(max(0.0, self._times.popleft() - self._clock.now()))


class RecordedPlanner:
    """A rung whose exchanges with its server are not in the recording: it says again what is on the run's record."""

    def __init__(self, rung: str, tier: Tier, said: list[Proposal]) -> None:
        self._rung = rung
        self.tier: Tier = tier
        self._plans = deque(one for one in said if one.fixes is None)
        self._fixes = deque(one for one in said if one.fixes is not None)

    @property
    def rung(self) -> str:
        return self._rung

    async def plan(self, request: Request, context: PlanningContext) -> Proposal:
        """The next of its proposals."""
        return self._next(self._plans)

    async def revise(self, request: Request, context: RevisionContext) -> Proposal:
        """The next of its fixes."""
        return self._next(self._fixes)

    def _next(self, left: deque[Proposal]) -> Proposal:
        if left:
            return left.popleft()
        why = Declined(reason="the recording has no further answer of this rung", code="unreachable")
        return Proposal(rung=self._rung, tier=self.tier, result=why)


def supervisor_of(
    recording: Recording, folder: Path, clock: Clock, seconds: Callable[[], float], note: Callable[[str], None]
) -> LeadingSupervisor:
    """Leads the replayed run. Its place is kept nowhere: the run's record alone says where to go on."""
    settings = AgentSettings(checkpoints=None, plans=None)
    return build_supervisor(settings, planners=_ladder(recording, folder, clock, seconds, note))


def _ladder(
    recording: Recording, folder: Path, clock: Clock, seconds: Callable[[], float], note: Callable[[str], None]
) -> list[Planner]:
    """The rungs of the header, and those that the run's record names beside them."""
    said: dict[str, list[Proposal]] = {}
    for event in recording.events:
        if isinstance(event.body, e.RungTried) and event.body.proposal.rung != "embedded":
            said.setdefault(event.body.proposal.rung, []).append(event.body.proposal)
    models = {model.name: model for model in recording.header.models}
    asked = [one for one in models.values() if recording.exchanges and not _cached(said.get(one.name, []))]
    real = {one.rung: one for one in _models(recording, asked, folder, clock, seconds, note)}
    asks = recording.header.rungs
    ladder: list[Planner] = [Timed(LateEmbedded(), _times(recording, "embedded"), clock)]
    for name in dict.fromkeys([*models, *said]):
        tier: Tier = models[name].tier if name in models else said[name][0].tier
        told = RecordedPlanner(name, tier, said.get(name, []))
        ladder.append(real.get(name) or Timed(told, _times(recording, name), clock))
    return [one for one in ladder if not asks or one.rung in asks]


def _times(recording: Recording, rung: str) -> list[float]:
    """When a rung had spoken, each time."""
    tried = [event for event in recording.events if isinstance(event.body, e.RungTried)]
    return [event.at for event in tried if isinstance(event.body, e.RungTried) and event.body.proposal.rung == rung]


def _cached(said: list[Proposal]) -> bool:
    """Whether some of it was remembered from an earlier run, whose exchanges are not here."""
    return any(one.cached for one in said)


def _models(
    recording: Recording,
    asked: list[ModelSettings],
    folder: Path,
    clock: Clock,
    seconds: Callable[[], float],
    note: Callable[[str], None],
) -> list[ModelPlanner]:
    if not asked:
        return []
    from agents.capabilities import CapabilityCache
    from agents.gate import Gate
    from agents.model import ModelPlanner
    from agents.playback import Paced
    from agents.recording import Exchange

    said = [(line.run, Exchange.model_validate(line.exchange)) for line in recording.exchanges]
    listings = [exchange for run, exchange in said if not run]
    played = Paced([exchange for run, exchange in said if run], note, listings)
    known = CapabilityCache(folder / "capabilities.json")
    gate = Gate(now=clock.now)
    return [
        ModelPlanner(one, clock=seconds, now=clock.now, cache=known, transport=lambda: played, gate=gate)
        for one in asked
    ]
