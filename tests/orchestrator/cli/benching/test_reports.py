"""`asterism bench report` and `compare` as a user calls them: text in 80 columns, JSON, exit codes, bad files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestrator.cli.benching.results import Results
from orchestrator.cli.main import main
from tests.support.benchmarked import example, results_of, run_of

NAMES = [f"logs-{n}" for n in range(10)]


def written(folder: Path, name: str, results: Results) -> str:
    (folder / name).write_text(results.model_dump_json())
    return str(folder / name)


def everything() -> Results:
    gone = {"success": False, "state": "failed", "rung": None, "why": f"no_plan: {'nobody knows what this is, ' * 9}"}
    wide = {"widest": 2, "width": 2.0, "sequential_s": 2.0, "repeat": 1}
    return results_of(
        *(run_of(name, **wide) for name in NAMES),
        *(run_of(name, **{**wide, "repeat": 2, "cost_usd": None}) for name in NAMES),
        *(run_of(f"web-{n}", repeat=r, **gone) for n in range(20) for r in (1, 2)),
        run_of("logs-1", fault="device-killed", injected={"kills": 1}, seconds=4.0, held=[True, False]),
    )


def test_text_fits_into_80_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, "r.json", everything())
    assert main(["bench", "report", file, file]) == 0
    out = capsys.readouterr().out
    assert [line for line in out.splitlines() if len(line) > 80] == []
    for told in (
        "20 of 60 (33 %)",
        "unknown for 10 runs",
        "pass^2",
        "10 wide tasks, 0 slower",
        "device-killed  1 of 1",
        "Not done, no_plan: 40",
        "and 28 more",
    ):
        assert told in out


def test_tasks_that_were_skipped_are_named_with_the_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    skipped = {f"screen-{n}": "Xvfb not installed: run `make system`" for n in range(12)} | {"tap": "no mosquitto"}
    file = written(tmp_path, "r.json", results_of(run_of("a"), skipped=skipped))
    assert main(["bench", "report", file]) == 0
    out = capsys.readouterr().out
    assert [line for line in out.splitlines() if len(line) > 80] == []
    assert "skipped (Xvfb not installed: run `make system`): screen-0, screen-1," in out.replace("\n", " ")
    assert "skipped (no mosquitto): tap" in out


def test_json_has_all_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "report", written(tmp_path, "r.json", everything()), "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["files"]
    assert (found["suite"], found["total"]["done"], found["saving"]["sequential_s"]) == ("toy", 20, 20.0)
    assert len(found["failures"][0]["failures"]) == 40


@pytest.mark.parametrize(("lost", "code"), [(0, 0), (5, 0), (6, 1)])
def test_comparing_ends_with_1_where_it_is_worse(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lost: int, code: int
) -> None:
    old = written(tmp_path, "old.json", results_of(*(run_of(name) for name in NAMES)))
    new = results_of(*(run_of(name, held=[n >= lost]) for n, name in enumerate(NAMES)))
    assert main(["bench", "compare", old, written(tmp_path, "new.json", new)]) == code
    out = capsys.readouterr().out
    assert ("No significant regression." in out) == (code == 0)
    assert out.count("no longer done: ") == lost
    assert main(["bench", "compare", old, str(tmp_path / "new.json"), "--json"]) == code
    assert len(json.loads(capsys.readouterr().out)["regressions"]) == code


def test_other_tasks_are_not_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = written(tmp_path, "old.json", results_of(run_of("a")))
    new = written(tmp_path, "new.json", results_of(run_of("a"), seed=8))
    assert main(["bench", "compare", old, new]) == 2
    assert "seed 7 and 8" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "{}", '{"format": 99}'])
def test_a_file_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    (tmp_path / "r.json").write_text(text)
    assert main(["bench", "report", str(tmp_path / "r.json")]) == 2
    assert "_results]" in capsys.readouterr().err


@pytest.mark.parametrize(("place", "why"), [("none/out.html", "its folder is missing"), ("", "it is a folder")])
def test_a_page_that_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str, why: str
) -> None:
    file = written(tmp_path, "r.json", everything())
    assert main(["bench", "report", file, "--html", str(tmp_path / place)]) == 2
    err = capsys.readouterr().err
    assert (why in err, "[cannot_write]" in err) == (True, True)


def test_results_that_cannot_be_written_are_not_worked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite = str(example(tmp_path / "mine"))
    assert main(["bench", "run", "--suite", suite, "--out", str(tmp_path / "none" / "r.json")]) == 2
    err = capsys.readouterr().err
    assert ("[cannot_write]" in err, "machines" in err) == (True, False)


def test_no_file_at_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "report"]) == 2
    assert "[usage]" in capsys.readouterr().err
