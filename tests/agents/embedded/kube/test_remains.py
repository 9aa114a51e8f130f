"""Pieces that stand apart from an order: what narrows or adds to it is never lost, what only tells is passed over."""

from __future__ import annotations

import pytest

from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.plan import Declined, Plan
from tests.agents.embedded.kube.fleet import alone, bound
from tests.support.embedded_fleet import Context

ORDERS = (
    "restart deployment web in shop",
    "scale web in shop to 4",
    "set LOG_LEVEL=debug on deployment api in shop",
    "cordon node-1",
    "delete the pod web-1 in shop",
    "suspend the cron job report in shop",
)
NARROWING = (
    "in zebra",
    "for the blue ones",
    "as the user bob",
    "with cluster-admin",
    "with force",
    "with priority high",
    "with a timeout of 5 minutes",
    "twice",
    "slowly, one at a time",
    "tomorrow at 5pm",
    "starting Monday",
    "every night at 3",
    "when the load is low",
    "after the backup has finished",
    "if there are more than 3 pods",
    "unless somebody is logged in",
    "on the cluster prod-2",
    "in the context staging",
    "and for worker too",
    "also in the other namespace",
    "and the same for the staging namespace",
    "and then delete the old one",
    "and undo it in an hour",
    "and send me an email",
    "just show me the yaml",
    "but leave it paused",
    "named zebra",
    "one at a time",
    "using the canary strategy",
    "on the other cluster",
    "but leave two of them",
    "from the backup",
    "every night",
    "after asking bob",
)
TELLING = (
    "please",
    "thx",
    "the sale starts at noon",
    "our customers wait for it",
    "because the certificates were renewed",
    "for the demo",
    "leave everything else as it is",
    "nobody else is affected",
    "right now",
)
PLANNER = EmbeddedPlanner()


def planned(text: str) -> Plan | Declined:
    found = PLANNER.propose(bound(text), Context(alone()))
    assert isinstance(found, (Plan, Declined)), found
    return found


@pytest.mark.parametrize("piece", NARROWING)
def test_what_narrows_an_order_is_never_lost(piece: str) -> None:
    for order in ORDERS:
        for text in (f"{order}, {piece}.", f"{piece}: {order}"):
            found = planned(text)
            plain = planned(order)
            assert isinstance(plain, Plan)
            assert isinstance(found, Declined) or found.steps != plain.steps, text


@pytest.mark.parametrize("piece", NARROWING)
def test_nor_is_it_behind_a_sheet(piece: str) -> None:
    found = planned(f"create a service account builder in shop, {piece}.")
    assert isinstance(found, Declined) or len(found.steps) > 1 or "zebra" in str(found.steps), piece


@pytest.mark.parametrize("piece", TELLING)
def test_what_only_tells_demands_nothing(piece: str) -> None:
    for order in ORDERS:
        text = f"{order}, {piece}."
        found, plain = planned(text), planned(order)
        assert isinstance(found, Plan), (text, found)
        assert isinstance(plain, Plan)
        assert [(one.skill, one.arguments) for one in found.steps] == [
            (one.skill, one.arguments) for one in plain.steps
        ]


def test_the_namespace_is_the_one_that_the_rest_is_in() -> None:
    found = planned("in payroll scale api to 0 and label the namespace with frozen=yes")
    assert isinstance(found, Plan)
    assert [(one.skill, one.arguments.get("kind"), one.arguments["name"]) for one in found.steps] == [
        ("kube.scale", None, "api"),
        ("kube.label", "namespace", "payroll"),
    ]


def test_once_is_not_twice() -> None:
    found = planned("start the cron job nightly-sync of data-hub right now, once, as job nightly-sync-test")
    assert isinstance(found, Declined) or len(found.steps) == 1
