"""Requests for what devices have and cannot use now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Plan, Step

if TYPE_CHECKING:
    from orchestrator.core.ports import PlanningContext, Tried


class Seen:
    """A `PlanningContext` with another fleet."""

    def __init__(self, context: PlanningContext, fleet: FleetView) -> None:
        self.run: str = context.run
        self.fleet = fleet
        self.tried: Sequence[Tried] = context.tried
        self.answers: Sequence[tuple[str, str]] = context.answers
        self.problems: Sequence[str] = context.problems


def unusable(plan: Plan, fleet: FleetView) -> Step | None:
    """The first step whose skill is withheld where it is to run."""
    for step in plan.steps:
        among = [fleet.devices[name] for name in step.devices.names or fleet.devices if name in fleet.devices]
        named = bool(step.devices.names) and step.devices.mode == "each"
        lacks = [device for device in among if step.skill not in device.skills]
        if any(step.skill in device.withheld for device in lacks) and (named or len(lacks) == len(among)):
            return step
    return None
