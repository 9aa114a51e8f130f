"""Requests of several sentences: what only tells is remembered, and demands nothing."""

from __future__ import annotations

import pytest

from agents import checks
from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.plan import Clarification, Plan
from protocol.vocabulary import JsonObject
from tests.agents.embedded.kube.fleet import alone, bound
from tests.support.embedded_fleet import Context

PLANNER = EmbeddedPlanner()


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        (
            "Nobody knew whom to call about crane-api last night (OPS-31). Could you put the annotation owner=dockers "
            "on that deployment? It lives in harbour-a1. Nothing else about it should change.",
            [
                (
                    "kube.annotate",
                    {"kind": "deployment", "name": "crane-api", "namespace": "harbour-a1", "set": {"owner": "dockers"}},
                )
            ],
        ),
        (
            "The landing page went away in May but its config map spring-teaser still lies around in promo-b2. "
            "Marketing confirmed, delete it. All other config maps there are in use!",
            [("kube.delete", {"name": "spring-teaser", "kind": "configmap", "namespace": "promo-b2"})],
        ),
        (
            "Olga merged the new setup this morning and dropped the file into the workspace as deploy/lamps.yaml. "
            "There is no namespace written in it, it belongs in lights-c3. Please apply it.",
            [("kube.apply", {"manifest": "deploy/lamps.yaml", "namespace": "lights-c3"})],
        ),
    ],
)
def test_an_order_may_mean_what_was_told(text: str, steps: list[tuple[str, JsonObject]]) -> None:
    result = PLANNER.propose(bound(text), Context(alone()))
    assert isinstance(result, Plan), result
    assert [(step.skill, dict(step.arguments)) for step in result.steps] == steps
    assert not checks.check(result, bound(text), alone())


@pytest.mark.parametrize(
    "text",
    [
        "The node worker-3 makes noise. Its friend worker-4 does too. Drain it.",
        "The job report-gen in bi-a2 hangs since noon. Delete the pod. Bob said the deployment api-x is fine.",
        "scale web in shop to 3. The port is 8080.",
        "The landing page went away in May but its config map spring-teaser still lies around in promo-b2. Delete it. "
        "Nobody needs it, when the load is low.",
    ],
)
def test_what_is_not_certain_is_no_plan(text: str) -> None:
    result = PLANNER.propose(bound(text), Context(alone()))
    assert not isinstance(result, Plan), result


def test_a_pronoun_of_two_is_asked_back_or_declined() -> None:
    text = "The deployment oven-api in bakery-a1 leaks. The deployment till-api in bakery-a1 does as well. Restart it."
    assert isinstance(PLANNER.propose(bound(text), Context(alone())), Clarification) or not isinstance(
        PLANNER.propose(bound(text), Context(alone())), Plan
    )
