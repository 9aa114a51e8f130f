"""Some lines of a file are a text: what is kept of them is those lines, and never the file that they are of."""

from __future__ import annotations

import pytest

from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.plan import Plan
from orchestrator.core.requests import Request
from tests.agents.embedded.kinds.fleet import home
from tests.support.embedded_fleet import Context, twelve


@pytest.mark.parametrize(
    ("text", "reads", "where"),
    [
        ("take the first 12 lines of users.csv on alpha and save them as some.csv on beta", "file.head", "beta"),
        ("tail app.log on alpha and put it on beta as end.log", "file.tail", "beta"),
        ("sort names.txt on alpha and save it as sorted.txt on beta", "file.sort", "beta"),
        ("take the first 12 lines of users.csv on alpha and save them as some.csv there", "file.head", "alpha"),
    ],
)
def test_those_lines_alone_are_kept(text: str, reads: str, where: str) -> None:
    # One grammar reads it where all devices are machines, another one where there are phones and boxes too.
    for fleet in (twelve(), home()):
        kept(EmbeddedPlanner().propose(Request(text=text), Context(fleet)), reads, where)


def kept(plan: object, reads: str, where: str) -> None:
    assert isinstance(plan, Plan), plan
    first, last = plan.steps
    assert (first.skill, last.skill, last.devices.names) == (reads, "file.write", (where,))
    assert str(last.arguments["text"]).rstrip("\n") == f"${{{first.id}.output.text}}"


@pytest.mark.parametrize(
    "text",
    [
        "take the first 12 lines of users.csv on alpha and copy them to beta",
        "show the last 3 lines of app.log on alpha and copy them to beta",
    ],
)
def test_lines_are_not_sent_as_a_file(text: str) -> None:
    assert not isinstance(EmbeddedPlanner().propose(Request(text=text), Context(twelve())), Plan)
