"""Results of benchmarks, made up, and a small suite."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from orchestrator.cli.benching import schema
from orchestrator.cli.benching.results import Results, TaskResult, Verdict


def run_of(task: str, *, held: Sequence[bool] = (True, True), **fields: object) -> TaskResult:
    """A run of a task with checks that hold or not; done where all hold."""
    checks = tuple(Verdict(name=f"check {n}", why="" if one else "it does not") for n, one in enumerate(held, 1))
    why = "; ".join(f"{one.name}: {one.why}" for one in checks if one.why)
    given: dict[str, object] = {
        "task": task, "category": task.split("-")[0], "level": 1, "part": "dev", "success": all(held), "why": why,
        "checks": checks, "seconds": 1.0, "state": "succeeded", "rung": "embedded", "run": "r1",
    }  # fmt: skip
    return TaskResult.model_validate(given | fields)


def results_of(*runs: TaskResult, **fields: object) -> Results:
    given: dict[str, object] = {
        "suite": "toy", "version": 1, "seed": 7, "asterism": "0.1.0", "planner": "embedded", "began": 1.7e9,
        "seconds": 12.0, "cpus": 2, "python": "3.11.7", "results": runs,
    }  # fmt: skip
    return Results.model_validate(given | fields)


def example(folder: Path) -> Path:
    """The suite that the page shows, as files."""
    text = schema.PAGE.read_text()
    files = re.findall(r"^`([\w./]+\.toml)`:\n\n```toml\n(.*?)^```", text, re.M | re.S)
    for name, body in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(body)
    assert [name for name, _ in files] == ["suite.toml", "tasks/logs/errors.toml"]
    return folder
