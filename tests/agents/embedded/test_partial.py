"""What a refusal hands on: the plan of what comes before the first demand without a place."""

from __future__ import annotations

import pytest

from agents.checks import sound
from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.plan import Clarification, Declined, Plan
from orchestrator.core.requests import Request
from tests.support.embedded_fleet import Context, twelve


def propose(text: str) -> Plan | Clarification | Declined:
    return EmbeddedPlanner().propose(Request(text=text), Context(twelve()))


@pytest.mark.parametrize(
    ("placed", "rest"),
    [
        ("show the disk usage on alpha", ". Transmogrify the flux on beta"),
        ("count the ERROR lines in app.log on every server", " and then translate the poem into Latin"),
        ("show the uptime of alpha. list the files in the folder logs on desk", ". Deploy the frobnicator on kube"),
    ],
)
def test_the_demands_before_the_first_unplaced_one_are_a_plan(placed: str, rest: str) -> None:
    whole, result = propose(placed), propose(placed + rest)
    assert isinstance(whole, Plan)
    assert isinstance(result, Declined)
    assert result.partial is not None
    assert result.partial.steps == whole.steps
    assert result.unplaced
    assert not sound(result.partial, Request(text=placed), twelve())


@pytest.mark.parametrize(
    "text",
    [
        "transmogrify the flux on beta",
        "transmogrify the flux on beta and then show the disk usage on alpha",
        "show the disk usage on every server but leave out the frobnicated ones",
        "delete old.log on alpha, only the frobnicated part",
        "delete old.log on alpha unless the frobnicator objects",
        "show the uptime and transmogrify the flux on beta",
        "delete the file and send the flux to the moon",
    ],
)
def test_what_the_rest_may_limit_is_not_placed(text: str) -> None:
    result = propose(text)
    assert not isinstance(result, Plan)
    assert not isinstance(result, Declined) or result.partial is None
