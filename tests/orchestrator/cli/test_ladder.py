"""`asterism ladder` against a served application, and the points in time that it takes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.cli.exits import CommandError
from orchestrator.cli.ladder import _show
from orchestrator.cli.spans import moment
from orchestrator.core.ladder_report import RungView
from tests.support.cli import Background, background, call

Out = pytest.CaptureFixture[str]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Background]:
    for name in ("ASTERISM_TOKEN", "ASTERISM_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with background() as running:
        monkeypatch.setenv("ASTERISM_URL", running.url)
        yield running


def submit(capsys: Out, *words: str) -> str:
    call("run", *words, "--json")
    run: str = json.loads(capsys.readouterr().out)["run"]
    return run


def test_the_report(served: Background, capsys: Out) -> None:
    run = submit(capsys, "echo hello")
    submit(capsys, "dance")
    assert call("ladder", "report", "--json") == 0
    over = json.loads(capsys.readouterr().out)
    assert (over["runs"]["asked"], over["runs"]["planned"], over["runs_at_home"]["share"]) == (2, 1, 1.0)
    assert call("ladder", "report", run, "--json") == 0
    assert json.loads(capsys.readouterr().out)["runs"]["asked"] == 1
    assert call("ladder", "report", "--since", "1h") == 0
    text = capsys.readouterr().out
    assert "runs: 2 asked in words (1 planned, 1 succeeded, 1 failed" in text
    assert "cloud calls: 0 made, no cloud rung is configured" in text
    assert "unspecified 1" in text
    assert call("ladder", "report", "--until", "1h") == 0
    assert "runs: 0 asked" in capsys.readouterr().out


def test_the_rungs(served: Background, capsys: Out) -> None:
    assert call("ladder", "list") == 0
    assert "script" in capsys.readouterr().out
    assert call("ladder", "list", "--json") == 0
    assert json.loads(capsys.readouterr().out)["rungs"][0]["rung"] == "script"


def test_rungs_that_are_switched_off_say_so(capsys: Out) -> None:
    _show(
        [
            RungView(rung="llama", tier="local", host="h:1", breaker="closed"),
            RungView(rung="embedded", tier="embedded", switched_off=True),
        ]
    )
    asked, off = capsys.readouterr().out.splitlines()[1:]
    assert "closed" in asked
    assert off.split() == ["embedded", "embedded", "switched", "off", "never"]


def test_a_probe(served: Background, capsys: Out) -> None:
    assert call("ladder", "probe", "script", "--json") == 0
    assert json.loads(capsys.readouterr().out)["rungs"][0]["capabilities"] == {"reachable": True}
    assert call("ladder", "probe") == 0
    assert "embedded planner alone" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ("report", "r404"),
        ("report", "r1", "--since", "1d"),
        ("report", "--since", "yesterday"),
        ("report", "--since", "1h", "--until", "2h"),
        ("probe", "nobody"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_told(served: Background, capsys: Out, words: tuple[str, ...]) -> None:
    assert call("ladder", *words, "--json") == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] in ("usage", "not_found", "bad_request")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        (None, None),
        ("7d", 1_000_000 - 604_800),
        ("12h ago", 1_000_000 - 43_200),
        ("90w", 0.0),
        ("1970-01-02", 86_400.0),
        ("1970-01-02T01:00+01:00", 86_400.0),
        ("12.5", 12.5),
    ],
)
def test_moments(text: str | None, at: float | None) -> None:
    assert moment(text, 1_000_000) == at


@pytest.mark.parametrize("text", ["", "7y", "-1", "1969-01-01", "99999-01-01", "nan", "1e99", "9" * 40])
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(CommandError) as raised:
        moment(text, 0)
    assert raised.value.code == "usage"
