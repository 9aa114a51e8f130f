"""Words that narrow, except, condition or put off are never lost, whatever is ordered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.plan import Plan
from protocol.vocabulary import Json
from tests.agents.embedded.kube.fleet import alone, bound
from tests.support.embedded_fleet import Context

PLANNER = EmbeddedPlanner()
ORDERS = (
    "scale web-1 in shop-1 to 3",
    "delete all failed pods in shop-1",
    "cordon node-1",
    "label all pods in shop-1 with a=b",
    "give user bob read access to pods in shop-1",
    "create a quota in shop-1 of 10 pods",
    "expose web-1 in shop-1 on port 80",
)
SPARING = (
    " but not api-2",
    " except api-2",
    " other than api-2",
    ", leave api-2 alone",
    ", api-2 stays as it is",
    " (not api-2)",
    ", skip api-2",
    ". Don't touch api-2.",
)
WAITING = (
    " unless api-2 is busy",
    " only if api-2 is up",
    " once the backup is done",
    " after the backup",
    ", assuming the tests passed",
    ", but only on weekends",
    ", but not yet",
    " at midnight",
    ", but wait for my go",
    " as soon as api-2 is ready",
)
MORE = (" together with api-2", ", same for api-2", ". Do the same for api-2.", " and also api-2")


def steps(text: str) -> list[dict[str, Json]]:
    result = PLANNER.propose(bound(text), Context(alone()))
    return [dict(step.arguments) for step in result.steps] if isinstance(result, Plan) else []


def said(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from said(one)
    elif isinstance(value, list):
        for one in value:
            yield from said(one)
    else:
        yield str(value)


@pytest.mark.slow
@pytest.mark.parametrize("order", ORDERS)
def test_what_is_spared_is_not_changed(order: str) -> None:
    for tail in SPARING:
        for call in steps(order + tail):
            assert "api-2" not in said(call), (order, tail)
            assert "name" in call or "node" in call or "kind" not in call, (order, tail)


@pytest.mark.slow
@pytest.mark.parametrize("order", ORDERS)
def test_nothing_is_done_under_a_condition_or_at_another_time(order: str) -> None:
    for tail in WAITING:
        assert not steps(order + tail), (order, tail)


@pytest.mark.slow
@pytest.mark.parametrize("order", ORDERS)
def test_what_is_added_is_done_or_nothing_is(order: str) -> None:
    for tail in MORE:
        found = steps(order + tail)
        assert not found or any("api-2" in said(call) for call in found), (order, tail)


@pytest.mark.parametrize(
    "text",
    [
        "let bob read everything but secrets in shop",
        "delete all failed pods in shop but not web-0",
        "scale web up 3 in shop",
        "take web in shop down three replicas",
        "set the cpu limit of web in shop to 512Mi",
        "set the memory limit of web in shop to 2",
        "delete finished jobs in shop, skip the job web-1",
    ],
)
def test_what_may_mean_another_thing_is_declined(text: str) -> None:
    assert not steps(text)


@pytest.mark.parametrize("order", ["label all pods in lab-1 {} as b=c", "add the label b=c to all pods in lab-1 {}"])
def test_labels_that_objects_have_choose_them(order: str) -> None:
    (call,) = steps(order.format("with a=b"))
    assert (call["selector"], call["set"]) == ("a=b", {"b": "c"})


def test_what_else_is_ordered_of_a_thing_that_is_made_is_done_too() -> None:
    made, bound_to = steps("create role r-1 in shop with get on pods. Then bind it to user bob")
    assert (made["name"], bound_to["role"], bound_to["user"]) == ("r-1", "r-1", "bob")


@pytest.mark.parametrize("tail", [" (leave the cpu alone)", ", cpu stays"])
def test_a_resource_that_stays_is_none_that_changes(tail: str) -> None:
    (call,) = steps(f"raise the memory limit of web in shop to 512Mi{tail}")
    assert call["limits"] == {"memory": "512Mi"}
