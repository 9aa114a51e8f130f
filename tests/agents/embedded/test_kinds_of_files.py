"""A copy or a text gets no name that says it is a document of another kind."""

from __future__ import annotations

import pytest

from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.plan import Declined, Plan
from orchestrator.core.requests import Request
from tests.support.embedded_fleet import Context, twelve


@pytest.mark.parametrize(
    ("text", "planned"),
    [
        ("save a.csv of alpha on beta as b.xlsx", False),
        ("save a.csv of alpha as b.pdf on beta", False),
        ("copy a.csv from alpha to beta as b.xlsx", False),
        ("sort a.txt on alpha and save it on beta as b.docx", False),
        ("copy a.csv from alpha to beta as b.txt", True),
        ("copy a.xlsx from alpha to beta as b.xlsx", True),
        ("save a.log of alpha on beta as b.txt", True),
    ],
)
def test_a_document_is_made_by_no_copy(text: str, planned: bool) -> None:
    result = EmbeddedPlanner().propose(Request(text=text), Context(twelve()))
    assert isinstance(result, Plan if planned else Declined), result
