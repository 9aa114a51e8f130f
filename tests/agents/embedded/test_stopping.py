"""Stopping processes: more than one only where the request says so."""

from __future__ import annotations

import pytest

from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.plan import Plan
from orchestrator.core.requests import Request
from tests.support.embedded_fleet import Context, twelve


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("stop the python process on alpha", {"name": "python"}),
        ("stop the python processes on alpha", {"name": "python"}),
        ("kill nginx on beta", {"name": "nginx"}),
        ("stop the nginx process on all servers", {"name": "nginx"}),
        ("stop the nginx process on every server", {"name": "nginx"}),
        ("kill any chrome processes on beta", {"name": "chrome"}),
        ("stop all processes named python on alpha", {"name": "python", "all": True}),
        ("stop every python process on alpha", {"name": "python", "all": True}),
        ("kill all chrome processes on every server", {"name": "chrome", "all": True}),
        ("stop the process 4321 on gate", {"pid": 4321}),
    ],
)
def test_all_only_where_it_is_said(text: str, arguments: dict[str, object]) -> None:
    result = EmbeddedPlanner().propose(Request(text=text), Context(twelve()))
    assert isinstance(result, Plan), result
    assert [(step.skill, step.arguments) for step in result.steps] == [("process.stop", arguments)]
