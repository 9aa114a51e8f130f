"""`the number` that was counted, as the text of a file: the number alone."""

from __future__ import annotations

import pytest

from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.plan import Plan
from orchestrator.core.requests import Request
from tests.support.embedded_fleet import Context, twelve


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("count the words in notes.txt on alpha and save the number to n.txt", "words"),
        ("how many lines does app.log on beta have? put the number into lines.txt", "lines"),
        ("count the lines in app.log on alpha and write the count to n.txt on beta", "lines"),
        ("count the errors in app.log on alpha and save the number to n.txt", "count"),
        ("write how many WARN lines m.log on alpha has to n.txt on beta", "count"),
        ('how many lines in m.log on alpha contain "late"? write the total to a.txt', "count"),
        ("how many files are in logs on alpha? save the number to n.txt", "count"),
    ],
)
def test_the_number_alone_is_written(text: str, written: str) -> None:
    plan = EmbeddedPlanner().propose(Request(text=text), Context(twelve()))
    assert isinstance(plan, Plan), plan
    assert plan.steps[-1].skill == "file.write"
    [counts, _] = plan.steps
    assert plan.steps[-1].arguments["text"] == f"${{{counts.id}.output.{written}}}\n"
