"""Requests for a cluster and the steps that they mean. Each passes the checks that every rung's plan must pass."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agents import checks
from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.plan import Plan
from protocol.vocabulary import JsonObject
from tests.agents.embedded.kube.fleet import alone, bound
from tests.support.embedded_fleet import Context

PLANNER = EmbeddedPlanner()
TABLE = [
    json.loads(line)
    for line in (Path(__file__).parent / "requests.jsonl").read_text(encoding="utf-8").splitlines()
    if line
]


def steps(text: str) -> list[tuple[str, JsonObject]] | None:
    """(skill, arguments) of the plan for a request; None where there is none."""
    result = PLANNER.propose(bound(text), Context(alone()))
    return [(step.skill, dict(step.arguments)) for step in result.steps] if isinstance(result, Plan) else None


@pytest.mark.parametrize("row", TABLE, ids=[row["text"][:60] for row in TABLE])
def test_a_request_means_these_steps(row: dict[str, object]) -> None:
    text = str(row["text"])
    result = PLANNER.propose(bound(text), Context(alone()))
    assert isinstance(result, Plan), result
    assert [[step.skill, dict(step.arguments)] for step in result.steps] == row["steps"]
    assert not checks.check(result, bound(text), alone())


LOUD = ("Hey, {} please", "{}, thanks!", "Could you {}?", "pls {}", "{} asap", "hi team, {}")


@pytest.mark.parametrize("frame", LOUD)
@pytest.mark.parametrize(
    "text",
    [
        "scale checkout in shop to 4",
        "restart the deployment checkout in shop",
        "delete the configmap old-settings in shop",
        "show the rollout history of checkout in shop",
        "create a deployment web with image nginx:1.25 in shop",
    ],
)
def test_politeness_changes_nothing(text: str, frame: str) -> None:
    assert steps(frame.format(text)) == steps(text) != None  # noqa: E711 - both must be a plan


@pytest.mark.parametrize(
    "text", ["Scale checkout In shop TO four", "SCALE CHECKOUT IN SHOP TO FOUR", "in shop, scale checkout to 4"]
)
def test_case_and_order_change_nothing(text: str) -> None:
    assert steps(text) == steps("scale checkout in shop to 4") != None  # noqa: E711 - both must be a plan


def test_steps_that_change_something_follow_each_other() -> None:
    result = PLANNER.propose(
        bound("create namespace team-a with a quota of 4 CPUs, then restart web in shop"), Context(alone())
    )
    assert isinstance(result, Plan)
    assert [[edge.step for edge in step.after] for step in result.steps] == [[], ["create-namespace"], ["create-quota"]]


def test_a_developer_role_is_told() -> None:
    result = PLANNER.propose(bound("create a developer role in shop for the user dev-1"), Context(alone()))
    assert isinstance(result, Plan)
    assert "secrets" not in result.steps[0].arguments["kinds"]  # type: ignore[operator]
    assert "no secrets" in result.why
