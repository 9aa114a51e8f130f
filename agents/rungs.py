"""The rungs as they are now, for people: tier, host, breaker, what a probe found. Nothing is sent but by `probe`."""

from __future__ import annotations

from urllib.parse import urlsplit

from agents.capabilities import Capabilities
from agents.cascade import tier_of
from agents.errors import ExchangeError
from agents.model import ModelPlanner
from orchestrator.core.ladder_report import RungView
from orchestrator.core.ports import Planner

__all__ = ["ExchangeError", "probe", "rung_view"]


async def rung_view(planner: Planner) -> RungView:
    """The rung with what is known of its server without asking it."""
    if not isinstance(planner, ModelPlanner):
        return RungView(rung=planner.rung, tier=tier_of(planner))
    return _served(planner, await planner.known())


async def probe(planner: Planner) -> RungView | None:
    """The rung after its server was asked what it can; None where it has none. Raises ExchangeError."""
    if not isinstance(planner, ModelPlanner):
        return None
    return _served(planner, await planner.capabilities(force=True))


def _served(planner: ModelPlanner, known: Capabilities | None) -> RungView:
    settings = planner.settings
    return RungView(
        rung=planner.rung,
        tier=planner.tier,
        model=settings.model,
        host=urlsplit(settings.base_url).netloc.rpartition("@")[2],
        breaker=planner.channel.breaker.state.value,
        capabilities=known.model_dump(mode="json", exclude={"at", "models"}) if known is not None else None,
        probed=known.at if known is not None else None,
    )
