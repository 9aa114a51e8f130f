"""The rungs as they are now, for people: tier, host, breaker, what a probe found. Nothing is sent but by `probe`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agents.capabilities import Capabilities
from agents.cascade import tier_of
from agents.errors import ExchangeError
from agents.settings import AgentSettings, ModelSettings
from orchestrator.core.ladder_report import RungView
from orchestrator.core.ports import Planner

if TYPE_CHECKING:
    from agents.model import ModelPlanner

__all__ = ["ExchangeError", "off_views", "probe", "rung_view"]


async def rung_view(planner: Planner) -> RungView:
    """The rung with what is known of its server without asking it."""
    model = _model(planner)
    if model is None:
        return RungView(rung=planner.rung, tier=tier_of(planner))
    return _served(model, await model.known())


def off_views(settings: AgentSettings) -> list[RungView]:
    """The rungs that are switched off, with what their settings say."""
    models = {model.name: model for model in settings.models}
    return [_off(name, models.get(name)) for name in settings.off]


def _off(name: str, model: ModelSettings | None) -> RungView:
    if model is None:
        return RungView(rung=name, tier="embedded", switched_off=True)
    host = urlsplit(model.base_url).netloc.rpartition("@")[2]
    return RungView(rung=name, tier=model.tier, model=model.model, host=host, switched_off=True)


async def probe(planner: Planner) -> RungView | None:
    """The rung after its server was asked what it can; None where it has none. Raises ExchangeError."""
    model = _model(planner)
    return None if model is None else _served(model, await model.capabilities(force=True))


def _model(planner: Planner) -> ModelPlanner | None:
    """The planner as a model's rung. Where none was made, what they are made of is not even loaded."""
    if "agents.model" not in sys.modules:
        return None
    from agents.model import ModelPlanner

    return planner if isinstance(planner, ModelPlanner) else None


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
