"""The database is locked, full, read-only or gone while real processes work: they stop accepting, and go on."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx2
import pytest

from orchestrator.cli.exits import Exit
from tests.support.cli import call
from tests.support.postgres import binaries, cluster, execute
from tests.support.processes import Json, Processes, eventually, processes

pytestmark = pytest.mark.slow
RUNS = 3
KILL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'asterism %'"
Break = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Processes]:
    with processes(tmp_path) as found:
        yield found


def step(id: str, skill: str, *after: str, **arguments: object) -> Json:
    where: Json = {"devices": {"names": ["alpha"]}, "after": [{"step": other} for other in after]}
    return {"id": id, "skill": skill, "arguments": arguments, **where}


def work(word: str) -> list[Json]:
    """Lines in a ledger, none of which may be written twice; the second ends only when the test says so."""
    wait = "while [ ! -e go ]; do sleep 0.02; done"
    return [
        step("one", "file.append", path="ledger", text=f"{word}.one\n"),
        step("two", "shell.run", "one", command=f"echo {word}.two >> ledger; {wait}"),
        step("three", "file.append", "two", path="ledger", text=f"{word}.three\n"),
    ]


def ready(world: Processes) -> tuple[int, list[str]]:
    answer = httpx2.get(f"{world.url}/readyz", timeout=30)
    return answer.status_code, answer.json()["problems"]


def suffers(world: Processes, broken: Break, code: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Runs are under way when the trouble comes; their tasks end while it lasts."""
    world.device("alpha")
    world.online("alpha")
    runs = [world.submit(*work(f"r{number}")) for number in range(RUNS)]
    ledger = world.workspace("alpha") / "ledger"
    eventually(lambda: ledger.exists() and ledger.read_text().count("two") == RUNS, "the work did not begin")
    with broken():
        (world.workspace("alpha") / "go").touch()
        eventually(lambda: ready(world) == (503, [code]), f"{code} was not noticed")
        refuses(world, code, capsys)
    eventually(lambda: ready(world) == (200, []), "the end of the trouble was not noticed")
    runs.append(world.submit(*work(f"r{RUNS}")))
    for run in runs:
        assert world.wait(run)["state"] == "succeeded"
        told_once(run, world, capsys)
    words = [f"r{number}.{word}" for number in range(RUNS + 1) for word in ("one", "two", "three")]
    assert Counter(ledger.read_text().split()) == dict.fromkeys(words, 1)
    assert len(world.get("/v1/runs")["runs"]) == RUNS + 1  # type: ignore[arg-type]


def refuses(world: Processes, code: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is accepted, and every face says so."""
    body = {"plan": {"steps": work("refused")}, "policy": {"approve": "all"}}
    answer = httpx2.post(f"{world.url}/v1/runs", json=body, timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    assert code in answer.json()["detail"]
    assert answer.headers["retry-after"]
    capsys.readouterr()
    assert call("run", "say hello", "--url", world.url) == Exit.CONFIGURATION
    assert "[not_ready]" in capsys.readouterr().err
    assert call("doctor", "--json", "--url", world.url) == Exit.CONFIGURATION
    findings = json.loads(capsys.readouterr().out)["findings"]
    (found,) = (one for one in findings if one["check"] == "orchestrator")
    assert (found["state"], code in found["says"], found["remedy"] != "") == ("bad", True, True)


def told_once(run: str, world: Processes, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert call("events", run, "--json", "--url", world.url) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    for kind in ("task_dispatched", "attempt_ended"):
        told = Counter((body["task"], body["attempt"]) for body in (e["body"] for e in events) if body["type"] == kind)
        assert told == {(task, 1): 1 for task in ("one", "two", "three")}, (run, kind)
    assert call("replay", run, "--json", "--url", world.url) == 0
    assert json.loads(capsys.readouterr().out)["same"] is True


# --- SQLite --------------------------------------------------------------------------------------------------------


def test_sqlite_is_locked_by_another_program(world: Processes, capsys: pytest.CaptureFixture[str]) -> None:
    @contextmanager
    def locked() -> Iterator[None]:
        other = sqlite3.connect(world.database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
        other.close()

    world.up()
    suffers(world, locked, "database_busy", capsys)


def test_sqlite_is_moved_away_for_a_while(world: Processes, capsys: pytest.CaptureFixture[str]) -> None:
    @contextmanager
    def moved() -> Iterator[None]:
        away = world.database.with_name("away.db")
        world.database.rename(away)
        yield
        away.rename(world.database)

    world.up()
    suffers(world, moved, "database_unavailable", capsys)


def test_sqlites_disk_is_full_for_a_while(world: Processes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:

        @contextmanager
        def full() -> Iterator[None]:
            with (disk / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
                while file.write(b"x" * 4096):
                    pass
            yield
            (disk / "filler").unlink()

        world.up("--db", f"sqlite:///{disk}/record.db")
        suffers(world, full, "database_full", capsys)
        world.programs[0].interrupt()
        assert world.programs[0].ended() == 0
    finally:
        for program in world.programs:
            program.kill()
        subprocess.run(["umount", "-l", disk], check=True)


# --- PostgreSQL ----------------------------------------------------------------------------------------------------


@pytest.mark.skipif(binaries() is None, reason="PostgreSQL's server is not installed")
def test_postgresql_crashes_and_is_started_again(world: Processes, capsys: pytest.CaptureFixture[str]) -> None:
    with cluster() as server:

        @contextmanager
        def stopped() -> Iterator[None]:
            server.stop()
            yield
            server.start()

        world.up("--db", server.server.admin)
        suffers(world, stopped, "database_unavailable", capsys)
        world.programs[0].interrupt()
        assert world.programs[0].ended() == 0


def test_postgresql_is_read_only_for_a_while(
    world: Processes, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    admin, name = postgres_url.rsplit("/", 1)

    @contextmanager
    def read_only() -> Iterator[None]:
        execute(f"{admin}/postgres", f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        execute(f"{admin}/postgres", KILL)
        yield
        execute(f"{admin}/postgres", f"ALTER DATABASE {name} RESET default_transaction_read_only")
        execute(f"{admin}/postgres", KILL)

    world.up("--db", postgres_url)
    suffers(world, read_only, "database_read_only", capsys)
    world.programs[0].interrupt()
    assert world.programs[0].ended() == 0


def insist(world: Processes, word: str) -> str:
    """Submit until it is accepted, as a client would: the same key every time, because a refusal may be uncertain."""
    body = {"plan": {"steps": work(word)}, "policy": {"approve": "all"}}
    answer = httpx2.Response(503)

    def accepted() -> bool:
        nonlocal answer
        answer = httpx2.post(f"{world.url}/v1/runs", json=body, headers={"Idempotency-Key": word}, timeout=30)
        assert answer.status_code in (200, 201, 503), answer.text
        return answer.status_code != 503

    eventually(accepted, "it did not go on")
    return str(answer.json()["run"])


def test_postgresqls_connections_are_cut_again_and_again(
    world: Processes, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world.up("--db", postgres_url)
    world.device("alpha")
    world.online("alpha")
    (world.workspace("alpha") / "go").touch()
    runs = []
    for number in range(10):
        runs.append(insist(world, f"r{number}"))
        execute(postgres_url, KILL)
    for run in runs:
        assert world.wait(run)["state"] == "succeeded"
        told_once(run, world, capsys)
    assert len(world.get("/v1/runs")["runs"]) == 10  # type: ignore[arg-type]
    ledger = (world.workspace("alpha") / "ledger").read_text().split()
    assert Counter(ledger) == {f"r{number}.{word}": 1 for number in range(10) for word in ("one", "two", "three")}
    world.programs[0].interrupt()
    assert world.programs[0].ended() == 0
