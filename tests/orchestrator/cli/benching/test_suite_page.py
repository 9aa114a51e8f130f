"""docs/benchmarks-suites.md: its fields are the models', and its example is a suite that can be run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestrator.cli.benching import schema
from orchestrator.cli.benching.results import read
from orchestrator.cli.benching.suite import load
from orchestrator.cli.main import main
from tests.support.benchmarked import example


def test_the_fields_are_those_of_the_models() -> None:
    assert schema.PAGE.read_text() == schema.page(), "run `make docs`"


def test_every_model_and_every_kind_of_check_is_there() -> None:
    text = schema.fields()
    assert "| `kind` | `desktop`" in text
    assert "kind = numbers" in text
    assert "| `max_writes` | integer from 0 to 1000 | required |" in text


def test_the_example_is_a_suite(tmp_path: Path) -> None:
    (task,) = load(example(tmp_path)).tasks
    assert task.id == "logs-errors"


@pytest.mark.slow
def test_the_example_can_be_validated_and_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, out = str(example(tmp_path / "mine")), tmp_path / "results.json"
    assert main(["bench", "validate", "--suite", folder]) == 0
    assert main(["bench", "run", "--suite", folder, "--planner", "scripted", "--out", str(out)]) == 0
    (result,) = read(out).results
    assert (result.success, result.done, result.writes) == (True, 2, 1)
    assert "1 of 1 tasks, 2 of 2 subtasks" in capsys.readouterr().out
    assert main(["bench", "ablate", "--suite", folder, "--out", str(tmp_path / "each"), "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert list(made) == ["whole", "sequential", "no-editing", "no-placement"]
    assert {name: read(tmp_path / "each" / f"{name}.json").ablation for name in made} == {
        name: name if name != "whole" else "" for name in made
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--task", "web"], "mine has no task or category web"),
        (["--part", "test"], "No task of mine that is asked for is of part test"),
        (["--url", "http://127.0.0.1:1"], "A benchmark starts a whole system of its own"),
        (["--rung", "cloudy"], "--rung: there is no rung cloudy; known: embedded"),
    ],
)
def test_what_cannot_be_run_is_told_before_a_machine_is_started(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "run", "--suite", str(example(tmp_path)), *words]) == 2
    assert said in (told := capsys.readouterr().err)
    assert "[usage]" in told
    assert "machines" not in told
