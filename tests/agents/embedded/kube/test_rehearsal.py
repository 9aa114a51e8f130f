"""Requests to see what a change would do: the plan is that of the order, and writes nothing."""

from __future__ import annotations

import pytest

from agents import checks
from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.plan import Declined, Plan
from tests.agents.embedded.kube.fleet import alone, bound
from tests.support.embedded_fleet import Context

PLANNER = EmbeddedPlanner()


def planned(text: str) -> Plan:
    plan = PLANNER.propose(bound(text), Context(alone()))
    assert isinstance(plan, Plan), (text, plan)
    assert not checks.check(plan, bound(text), alone()), text
    return plan


@pytest.mark.parametrize(
    "text",
    [
        "dry run: scale web in shop to 3",
        "Please do a dry run of scaling web in shop to 3",
        "scale web in shop to 3, dry run only",
        "scale web in shop to 3 (dry-run)",
        "preview: scale web in shop to 3",
        "scale web in shop to 3 but don't apply it yet",
        "scale web in shop to 3 without actually doing it",
        "what would happen if I scaled web in shop to 3?",
        "Show me the diff of scaling web in shop to 3",
        "What would happen if I scaled web in shop to 3? Please don't change anything yet.",
    ],
)
def test_a_dry_run_is_the_order_and_writes_nothing(text: str) -> None:
    plan = planned(text)
    assert plan.dry_run
    assert [(step.skill, step.arguments) for step in plan.steps] == [
        ("kube.scale", {"name": "web", "namespace": "shop", "replicas": 3})
    ]


@pytest.mark.parametrize(
    "text",
    [
        "scale web in shop to 3",
        "restart deployment web in shop. Don't change anything else",
        "delete the pod run-dry-1 in shop",
        "scale deployment preview in shop to 3",
    ],
)
def test_what_only_sounds_like_one_is_none(text: str) -> None:
    assert not planned(text).dry_run


@pytest.mark.parametrize(
    "text", ["dry run: list the pods in shop", "dry run", "what would happen if the node died?", "preview"]
)
def test_a_dry_run_is_of_a_change(text: str) -> None:
    assert isinstance(PLANNER.propose(bound(text), Context(alone())), Declined)


def test_another_rungs_plan_has_to_be_one_too() -> None:
    text = "dry run: scale web in shop to 3"
    plan = planned(text)
    found = checks.check(plan.model_copy(update={"dry_run": False}), bound(text), alone())
    assert "dry run" in str(found)
