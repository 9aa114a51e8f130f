"""Makes a supervisor from settings. Heavy libraries stay out until a run needs them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from os import environ
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agents.plan_cache import PlanCache
from agents.settings import AgentSettings
from agents.supervisor import LeadingSupervisor
from orchestrator.core.plan import Plan, Proposal
from orchestrator.core.ports import Planner, PlanningContext, RevisionContext
from orchestrator.core.requests import Request
from protocol.failpoints import Failpoints

if TYPE_CHECKING:
    from agents.gate import Gate
    from agents.model import ModelPlanner
    from agents.recording import Heard


def build_supervisor(
    settings: AgentSettings | None = None,
    *,
    planners: Sequence[Planner] | None = None,
    environment: Mapping[str, str] = environ,
    failpoints: Failpoints | None = None,
    gate: Callable[[], Gate] | None = None,
    heard: Heard | None = None,
) -> LeadingSupervisor:
    """The supervisor with the embedded rung first and the settings' models after it, in order, as far as switched on.

    `planners`, where given, are the whole ladder. Keys of models are read from `environment`. `gate` makes what
    every request to a model goes through: with it come the ledger, the day's budget and the rules of privacy. `heard`
    is told of every exchange with a server, and of the run that it was for.
    """
    settings = settings or AgentSettings()
    ladder = build_ladder(settings, environment, failpoints, gate, heard) if planners is None else planners
    path = Path(settings.plans) if settings.plans else None
    cache = None if settings.plans is None else PlanCache(path, without=settings.off)
    return LeadingSupervisor(ladder, checkpoints=settings.checkpoints, trace=settings.trace, cache=cache)


def build_ladder(
    settings: AgentSettings,
    environment: Mapping[str, str] = environ,
    failpoints: Failpoints | None = None,
    gate: Callable[[], Gate] | None = None,
    heard: Heard | None = None,
) -> list[Planner]:
    """The rungs that are switched on, the cheapest first."""
    embedded = [] if LateEmbedded.rung in settings.off else [LateEmbedded()]
    return [*embedded, *build_models(settings, environment, failpoints, gate, heard)]


def build_models(
    settings: AgentSettings,
    environment: Mapping[str, str] = environ,
    failpoints: Failpoints | None = None,
    gate: Callable[[], Gate] | None = None,
    heard: Heard | None = None,
) -> list[ModelPlanner]:
    """The rungs that have a server, in order. They share what was found out about servers, and one recording."""
    models = [one for one in settings.models if one.name not in settings.off]
    if not models:
        return []  # and nothing of theirs is loaded
    from agents.capabilities import CapabilityCache
    from agents.gate import Gate
    from agents.model import ModelPlanner

    transport = None
    if settings.record or settings.replay or heard is not None:
        from agents.recording import network

        transport = network(settings.record, settings.replay, heard)
    way = gate() if gate is not None else Gate(environment=environment)
    cache = CapabilityCache(Path(settings.capabilities) if settings.capabilities else None)
    return [
        ModelPlanner(
            one,
            key=environment.get(one.api_key_env or "") or None,
            failpoints=failpoints,
            cache=cache,
            transport=transport,
            gate=way,
        )
        for one in models
    ]


class LateEmbedded:
    """The embedded rung, whose grammar is loaded when it is first asked: a restart with work at hand does not wait."""

    rung: Final = "embedded"
    tier: Final = "embedded"

    def __init__(self) -> None:
        self._planner: Planner | None = None

    async def plan(self, request: Request, context: PlanningContext) -> Proposal:
        """As `EmbeddedPlanner.plan`."""
        if self._planner is None:
            self._planner = await asyncio.to_thread(_rehearsed, request, context)
        return await self._planner.plan(request, context)

    async def revise(self, request: Request, context: RevisionContext) -> Proposal:
        """The fixes that are sure without a model. See `embedded_fixes.py`."""
        from agents.embedded_fixes import fix

        result = fix(context)
        why = result.why if isinstance(result, Plan) else ""
        return Proposal(rung=self.rung, tier=self.tier, result=result, why=why)


def _rehearsed(request: Request, context: PlanningContext) -> Planner:
    """The planner, once it has read a request: its tables and patterns take a second, in which devices are heard."""
    # The check of a plan needs the compiler's libraries, which take as long to import.
    from agents.embedded.planner import EmbeddedPlanner

    planner = EmbeddedPlanner()
    planner.propose(request, context)
    return planner
