"""Which form an Accept header asks for: weights, the most specific range, and what is refused."""

from __future__ import annotations

import json

import pytest

from orchestrator.api.graphs import render, render_timeline
from orchestrator.api.problems import Problem
from orchestrator.core.project import graph_view
from orchestrator.core.timeline import timeline
from tests.support.runs import Run, task

RUN = Run.of(task("a")).succeed("a")


def chosen(accept: str) -> str:
    _, media_type = render(graph_view(RUN.state), (), None, accept)
    return media_type.partition(";")[0]


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", "application/json"),
        ("text/plain;q=0.4, image/svg+xml;q=0.5", "image/svg+xml"),
        ("application/json;q=0.2, text/vnd.mermaid", "text/vnd.mermaid"),
        ("text/*", "text/plain"),
        ("text/*, text/plain;q=0", "text/vnd.mermaid"),
        ("*/*, application/json;q=0.1", "text/plain"),
        ("text/*;q=0.9, */*;q=0.8, image/svg+xml", "image/svg+xml"),
        ("image/svg+xml, application/json", "image/svg+xml"),
        ("application/json, image/svg+xml", "application/json"),
        ("*/*, image/svg+xml", "image/svg+xml"),
        ("IMAGE/SVG+XML ; Q=0.3", "image/svg+xml"),
        ("text/plain;q=2, image/svg+xml;q=0.1", "image/svg+xml"),
        ("text/plain;q=nan, image/svg+xml;q=0.1", "image/svg+xml"),
    ],
)
def test_the_header_chooses(accept: str, media_type: str) -> None:
    assert chosen(accept) == media_type


def test_a_format_comes_before_the_header() -> None:
    assert render(graph_view(RUN.state), (), "text", "image/png")[1].startswith("text/plain")


def test_a_timeline_is_no_digraph() -> None:
    with pytest.raises(Problem, match="image/svg"):
        render_timeline(timeline("r1", RUN.log), None, "text/vnd.graphviz")
    content, _ = render_timeline(timeline("r1", RUN.log), None, "text/vnd.graphviz, */*;q=0.1")
    assert json.loads(content)["rows"][0]["task"] == "a"
