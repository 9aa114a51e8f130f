"""Numbers from graphs and views."""

from __future__ import annotations

import pytest

from orchestrator.cli.benching import metrics
from orchestrator.core.views import GraphView, RunView


def graph(**edges: str) -> GraphView:
    """Each task with the tasks that it depends on, by letters."""
    tasks = [
        {"id": name, "title": name, "skill": "a.b", "depends_on": [{"task": one} for one in above]}
        for name, above in edges.items()
    ]
    return GraphView.model_validate({"run": "r", "version": 1, "tasks": tasks, "status": {}})


@pytest.mark.parametrize(
    ("edges", "width", "widest"),
    [
        ({}, 0.0, 0),
        ({"a": ""}, 1.0, 1),
        ({"a": "", "b": "a", "c": "b"}, 1.0, 1),
        ({"a": "", "b": "", "c": "ab"}, 1.5, 2),
        ({"a": "", "b": "a", "c": "a", "d": "a", "e": "bcd"}, 5 / 3, 3),
    ],
)
def test_width(edges: dict[str, str], width: float, widest: int) -> None:
    assert metrics.width(graph(**edges)) == pytest.approx(width)
    assert metrics.widest(graph(**edges)) == widest


def test_a_cycle_is_refused() -> None:
    with pytest.raises(ValueError, match="cycle"):
        metrics.width(graph(a="b", b="a"))


def view(*spans: tuple[float, float], device: str = "d") -> RunView:
    tasks = [
        {
            "id": f"t{number}",
            "title": "",
            "skill": "a.b",
            "risk": "read",
            "status": "succeeded",
            "device": device,
            "started": began,
            "ended": ended,
            "output": {"artifact": {"sha256": "ab" * 32, "size": 5}},
        }
        for number, (began, ended) in enumerate(spans)
    ]
    fields = {"run": "r", "state": "succeeded", "text": "", "created": 0.0, "updated": 0.0, "tasks": tasks}
    return RunView.model_validate(fields)


def test_parallelism_is_work_by_busy_time() -> None:
    assert metrics.parallelism(view()) == 0.0
    assert metrics.parallelism(view((0, 1), (1, 2))) == 1.0
    assert metrics.parallelism(view((0, 2), (0, 2))) == 2.0
    assert metrics.parallelism(view((0, 1), (5, 6), (5, 6))) == 1.5


def test_seconds_by_device_and_bytes_once() -> None:
    assert metrics.device_seconds(view((0, 1), (2, 4))) == {"d": 3.0}
    assert metrics.bytes_moved(view((0, 1), (2, 4))) == 5
