from __future__ import annotations

from agents.checks import sound
from orchestrator.core.budget import RunBudget
from orchestrator.core.plan import Plan, Selector, Step
from orchestrator.core.requests import Request, RunPolicy
from tests.support.skills import fleet

EVERYWHERE = Plan(steps=(Step(id="a", skill="system.disk", devices=Selector(mode="each")),))


def codes(tasks: int | None) -> list[str]:
    request = Request(text="how full are the disks?", policy=RunPolicy(budget=RunBudget(tasks=tasks)))
    return [finding.code for finding in sound(EVERYWHERE, request, fleet("alpha", "beta", "gamma"))]


def test_a_fan_out_counts_with_all_its_tasks() -> None:
    assert codes(None) == codes(3) == []
    assert codes(2) == ["over_budget"]
