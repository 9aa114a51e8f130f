"""The suite on real processes: what it finds, that it finds planted harm, and that it leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from orchestrator.cli.faulting.profiles import PROFILES, Profile, Stage, chosen, transient_loss
from orchestrator.cli.faulting.suite import Suite
from orchestrator.cli.faulting.world import Temporary, until
from protocol.failpoints import Mode
from tests.support.cli import call, environment
from tests.support.processes import Processes, below, eventually, processes

pytestmark = pytest.mark.slow


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the suite makes its folders."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def left(folder: Path) -> tuple[list[str], list[Path]]:
    """Processes and folders that were left behind."""
    return below(folder), list(folder.glob("asterism-faults-*"))


def test_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("faults", "--list") == 0
    shown = capsys.readouterr().out
    assert len(PROFILES) == 9
    assert all(profile.name in shown and profile.about in shown for profile in PROFILES)


def test_profiles_of_a_running_system_kill_nothing() -> None:
    names = [profile.name for profile in chosen((), temporary=False)]
    assert names == ["transient-loss", "slow-device", "flapping", "database-busy", "message-loss"]


@pytest.mark.parametrize(
    ("words", "exit"),
    [
        (["--profile", "nonsense"], 2),
        (["--runs", "0"], 2),
        (["--url", "http://127.0.0.1:9"], 5),
        (["--url", "http://127.0.0.1:9", "--yes", "--profile", "crash-in-task"], 2),
        (["--url", "http://127.0.0.1:9", "--yes"], 3),
    ],
)
def test_what_is_refused(words: list[str], exit: int) -> None:
    assert call("faults", *words) == exit


def test_a_clean_end_is_told_as_json(temporary: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profiles = ["--profile", "orchestrator-restart", "--profile", "model-outage", "--profile", "crash-in-task"]
    assert call("faults", *profiles, "--runs", "2", "--seed", "5", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["ok"], report["seed"], len(report["profiles"])) == (True, 5, 3)
    for one in report["profiles"]:
        assert (one["verdict"], one["recovered"], one["lost"], one["doubled"]) == ("ok", 2, [], [])
        assert sum(one["faults"].values()) > 0
    assert left(temporary) == ([], [])


async def test_harm_that_was_planted_is_found(temporary: Path) -> None:
    """A line written twice, one that was taken away, and faults that never came."""

    async def twice(stage: Stage) -> None:
        await transient_loss(stage)
        ledger = await _a_line(stage)
        with ledger.open("a") as opened:
            opened.write(ledger.read_text())

    async def never(stage: Stage) -> None:
        await transient_loss(stage)
        (await _a_line(stage)).write_text("")

    async def idle(stage: Stage) -> None:
        pass

    async def broken(stage: Stage) -> None:
        stage.own.kill_orchestrator()
        await stage.fault("store.write", Mode.BUSY)

    async with Temporary() as world:
        suite = Suite(world, runs=1, seed=1)
        found = [
            (await suite.profile(Profile(act.__name__, "", act, "pinned"))).verdict
            for act in (twice, never, idle, broken)
        ]
    assert found == ["doubled", "lost", "no fault", "broken"]
    assert left(temporary) == ([], [])


async def _a_line(stage: Stage) -> Path:
    """The ledger of a device once this pass has written to it."""
    device = stage.own.devices["alpha"].device
    ledger = device.workspace / stage.world.place.ledger
    before = ledger.read_text()
    await stage.busy("alpha")

    async def written() -> bool:
        return ledger.read_text() != before

    await until(written)
    return ledger


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Processes]:
    with processes(tmp_path) as found:
        yield found


def test_a_running_system(world: Processes, capsys: pytest.CaptureFixture[str]) -> None:
    world.up("--faults")
    world.device("alpha")
    world.device("beta")
    world.online("alpha", "beta")
    words = ["--profile", "database-busy", "--profile", "transient-loss", "--runs", "2", "--json"]
    assert call("faults", "--url", world.url, "--yes", *words) == 0, capsys.readouterr().err
    report = json.loads(capsys.readouterr().out)
    assert (report["system"], [one["verdict"] for one in report["profiles"]]) == ("running", ["ok", "ok"])
    assert world.get("/v1/faults")["enabled"] == []
    assert [path for name in ("alpha", "beta") for path in world.workspace(name).iterdir()] == []


def test_a_system_that_allows_none(world: Processes, capsys: pytest.CaptureFixture[str]) -> None:
    world.up()
    assert call("faults", "--url", world.url, "--yes", "--json") == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "faults_off"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_interrupted_it_leaves_nothing_running(tmp_path: Path, number: int) -> None:
    (tmp_path / "tmp").mkdir()
    env = environment(tmp_path / "home", TMPDIR=str(tmp_path / "tmp"))
    command = [sys.executable, "-m", "orchestrator.cli.main", "faults", "--profile", "slow-device"]
    process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    assert process.stderr is not None
    while "slow-device:" not in (line := process.stderr.readline()):
        assert line, "it ended too early"
    assert len(psutil.Process(process.pid).children(recursive=True)) >= 4
    os.kill(process.pid, number)
    code = process.wait(30)
    process.stderr.close()
    assert code == (-signal.SIGKILL if number == signal.SIGKILL else 8)
    eventually(lambda: below(tmp_path) == [], "its processes live on")
    if number != signal.SIGKILL:
        assert list((tmp_path / "tmp").glob("asterism-faults-*")) == []
