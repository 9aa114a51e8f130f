"""What a skill cut off is written nowhere as if it were the whole, and nothing is counted in it."""

from __future__ import annotations

import pytest

from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.conditions import WHOLE
from orchestrator.core.plan import Plan, Step
from orchestrator.core.requests import Request
from tests.agents.embedded.kinds.fleet import home
from tests.support.embedded_fleet import Context, twelve

FLEETS = {"machines": twelve, "all kinds": home}


def steps(text: str, fleet: str = "machines") -> tuple[Step, ...]:
    result = EmbeddedPlanner().propose(Request(text=text), Context(FLEETS[fleet]()))
    assert isinstance(result, Plan), result
    return result.steps


@pytest.mark.parametrize(
    "text",
    [
        "sort a.log on alpha and save it on beta as s.log",
        "search app.log on alpha for ERROR and count them by service",
        "show the last 9000 lines of a.log on alpha and save them as t.log on beta",
        "save b.log of alpha on beta as copy.log",
        "append b.log of alpha to all.log on beta",
        "search app.log on alpha for ERROR, count them by service and save a report as r.md on beta",
        'run "ls -la" on alpha and save the output as ls.txt on beta',
    ],
)
@pytest.mark.parametrize("fleet", FLEETS)
def test_what_is_kept_waits_for_the_whole(text: str, fleet: str) -> None:
    first, *rest = steps(text, fleet)
    assert [edge.when for step in rest for edge in step.after if edge.step == first.id] == [WHOLE]


@pytest.mark.parametrize(
    "text",
    [
        "find the 3 biggest files in videos on nova and save the list as big.md on nova",
        "show the last 9 lines of app.log on alpha",
        "write the load of alpha to load.md on beta",
    ],
)
def test_what_is_shown_or_bounded_or_never_cut_does_not(text: str) -> None:
    assert {edge.when for step in steps(text) for edge in step.after} <= {None}


@pytest.mark.parametrize("fleet", FLEETS)
def test_the_output_of_a_command_is_kept_as_it_came(fleet: str) -> None:
    first, last = steps('run "ls -la" on alpha and save the output as ls.txt on beta', fleet)
    assert last.arguments["text"] == f"${{{first.id}.output.stdout}}"
