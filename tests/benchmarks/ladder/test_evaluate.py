"""The evaluation cannot be fooled: what it counts, what it refuses to read, and what it prints of a test part."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import ValidationError

from benchmarks.ladder import run as program
from benchmarks.ladder.evaluate import Item, Result, coverage, evaluate, load, parts, quantile, uncovered
from benchmarks.ladder.fleet import fleet
from orchestrator.core.plan import Clarification, Declined, Plan, Selector, Step

Row = Mapping[str, object]
DISK: Row = {"id": "a", "text": "disk of beta", "expect": "plan", "plans": [["a=system.disk @beta"]]}
MOON: Row = {"id": "b", "text": "fly to the moon", "expect": "declined"}
PHONE: Row = {"id": "c", "text": "disk of the phone", "expect": "asked"}
RIGHT = Plan(steps=(Step(id="x", skill="system.disk", devices=Selector(names=("beta",))),))
OTHER = Plan(steps=(Step(id="x", skill="system.disk", devices=Selector(names=("alpha",))),))
WRITES = Plan(steps=(Step(id="x", skill="file.delete", arguments={"path": "a"}, devices=Selector(names=("beta",))),))
NO, ASK = Declined(reason="no"), Clarification(question="Which one?")


def items(*rows: Row) -> list[Item]:
    return [Item.model_validate_json(json.dumps(dict(row))) for row in rows]


@pytest.mark.parametrize(
    ("row", "result", "verdict"),
    [
        (DISK, RIGHT, "right"),
        (DISK, OTHER, "wrong"),
        (DISK, NO, "declined"),
        (DISK, ASK, "asked"),
        (MOON, NO, "right"),
        (MOON, ASK, "right"),
        (MOON, RIGHT, "wrong"),
        (PHONE, OTHER, "wrong"),
    ],
)
def test_a_verdict(row: Row, result: Result, verdict: str) -> None:
    report = evaluate("dev", items(row), lambda request: result)
    assert {name for name, count in report.verdicts.items() if count} == {verdict}
    assert len(report.wrong) == (verdict == "wrong")


def test_the_shares_of_a_part() -> None:
    said: dict[str, Result] = {"a": OTHER, "d": RIGHT, "b": WRITES, "c": NO}
    rows = items(DISK, {**DISK, "id": "d", "text": "beta's disk"}, MOON, PHONE)
    by_text = {item.text: said[item.id] for item in rows}
    report = evaluate("test", rows, lambda request: by_text[request.text])
    assert (report.in_scope, report.planned_right, report.wrong_share) == (2, 0.5, 0.5)
    assert (report.out_of_scope_accepted, report.wrong_with_write, report.other_refusal) == (1, 1, 1)
    assert [(one.id, one.out_of_scope, one.changes) for one in report.wrong] == [("a", False, False), ("b", True, True)]


@pytest.mark.parametrize(
    "row",
    [
        {"id": "x", "text": "a", "expect": "plan"},
        {"id": "x", "text": "a", "expect": "declined", "plans": [["a=system.disk @beta"]]},
        {"id": "x", "text": "a", "expect": "perhaps"},
        {"id": "x", "text": "a", "expect": "declined", "hint": "no"},
    ],
)
def test_a_line_that_does_not_fit(tmp_path: Path, row: Row) -> None:
    (tmp_path / "dev9.jsonl").write_text(json.dumps(dict(row)))
    with pytest.raises((ValueError, ValidationError)):
        load("dev9", tmp_path)


def test_two_requests_with_one_id(tmp_path: Path) -> None:
    (tmp_path / "dev.jsonl").write_text(f"{json.dumps(dict(MOON))}\n{json.dumps(dict(MOON))}\n")
    with pytest.raises(ValueError, match="two requests b"):
        load("dev", tmp_path)


def test_parts_are_found_by_their_names(tmp_path: Path) -> None:
    for name in ("test2", "dev", "dev2", "test", "notes"):
        (tmp_path / f"{name}.jsonl").write_text("")
    assert parts(folder=tmp_path) == ["dev", "dev2", "test", "test2"]
    assert parts(["test*", "dev2"], tmp_path) == ["dev2", "test", "test2"]
    with pytest.raises(FileNotFoundError, match="nothing"):
        parts(["nothing"], tmp_path)


def test_what_no_request_covers() -> None:
    table = coverage({"dev": items(DISK), "dev2": [], "test": items(MOON)}, ["system.disk", "file.read"])
    assert table["system.disk"] == {"dev": 1, "dev2": 0, "test": 0}
    assert uncovered(table) == {"dev": ["file.read"], "test": ["file.read", "system.disk"]}


def test_every_part_that_is_there_can_be_read_and_speaks_of_skills_that_exist() -> None:
    known = fleet().skills
    for part in parts():
        found = load(part)
        assert found
        assert {skill for item in found for skill in item.skills} <= set(known)


def test_of_a_test_part_only_totals_and_wrong_accepts_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = {"id": "t1", "text": "zorp the blivet on beta", "expect": "plan", "plans": [["a=system.disk @beta"]]}
    (tmp_path / "test.jsonl").write_text(json.dumps(secret))
    wrong = {"id": "d1", "text": "show the uptime of beta", "expect": "declined"}
    (tmp_path / "dev.jsonl").write_text(json.dumps(wrong))
    monkeypatch.setattr("benchmarks.ladder.evaluate.HERE", tmp_path)
    monkeypatch.setattr(program, "parts", lambda names=(): parts(names, tmp_path))
    monkeypatch.setattr(program, "load", lambda part: load(part, tmp_path))
    assert program.main([]) == 1
    shown = capsys.readouterr().out
    assert "wrong accept d1" in shown
    assert "blivet" not in shown
    assert program.main(["test", "--items"]) == 0
    assert "blivet" in capsys.readouterr().out
    assert program.main(["test", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["parts"][0]["verdicts"]["declined"] == 1


def test_a_quantile() -> None:
    assert quantile([], 0.5) == 0.0
    assert quantile([3.0], 0.95) == 3.0
    assert quantile([float(n) for n in range(101)], 0.95) == 95.0
