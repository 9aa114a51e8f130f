"""`asterism db` on real processes: backups of a running orchestrator, restores that go on, pruning, checks."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.cli.exits import Exit
from tests.support.postgres import execute
from tests.support.processes import Json, Processes, Program, eventually, processes

pytestmark = pytest.mark.slow


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Processes]:
    with processes(tmp_path) as found:
        yield found


@pytest.fixture(params=["sqlite", "postgresql"], scope="session")
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of database; starts the server before the first test that needs it."""
    if request.param == "postgresql":
        request.getfixturevalue("postgres_server")
    return str(request.param)


@pytest.fixture
def db(kind: str, world: Processes, request: pytest.FixtureRequest) -> str:
    """The URL of the database that `up` uses."""
    return str(request.getfixturevalue("postgres_url")) if kind == "postgresql" else f"sqlite:///{world.database}"


def step(id: str, skill: str, *after: str, **arguments: object) -> Json:
    where: Json = {"devices": {"names": ["alpha"]}, "after": [{"step": other} for other in after]}
    return {"id": id, "skill": skill, "arguments": arguments, **where}


def command(world: Processes, *words: str, code: int = 0) -> Program:
    """Run a command to its end."""
    program = world.start(*words)
    assert program.ended() == code, (program.said, program.answered)
    return program


def told(world: Processes, *words: str, code: int = 0) -> Json:
    found: Json = json.loads(command(world, *words, "--json", code=code).answered)
    return found


def stop(program: Program) -> None:
    program.interrupt()
    assert program.ended() == 0


def gated(word: str) -> list[Json]:
    """Three lines in a ledger; the second ends only when the test says so."""
    wait = "while [ ! -e go ]; do sleep 0.02; done"
    return [
        step("one", "file.append", path="ledger", text=f"{word}.one\n"),
        step("two", "shell.run", "one", command=f"echo {word}.two >> ledger; {wait}"),
        step("three", "file.append", "two", path="ledger", text=f"{word}.three\n"),
    ]


def test_a_backup_of_a_running_orchestrator_is_restored_and_goes_on(world: Processes, db: str, tmp_path: Path) -> None:
    """The device has run on meanwhile: its epoch is above the restored one, and its work is adopted, not repeated."""
    up = world.up("--db", db)
    world.device("alpha")
    world.online("alpha")
    done = world.submit(
        step("write", "file.write", path="a", text="a"), step("pub", "artifact.publish", "write", path="a")
    )
    assert world.wait(done)["state"] == "succeeded"
    run = world.submit(*gated("r"))
    ledger = world.workspace("alpha") / "ledger"
    eventually(lambda: ledger.exists() and "two" in ledger.read_text(), "the work did not begin")
    made = told(world, "db", "backup", str(tmp_path / "backup"), "--db", db, "--artifacts")
    assert (made["runs"], made["contents"], made["artifacts"]["copied"]) == (2, 1, 1)  # type: ignore[index]
    command(world, "db", "backup", str(tmp_path / "backup"), "--db", db, code=Exit.CONFIGURATION)
    later = world.submit(step("late", "test.noop"))
    assert world.wait(later)["state"] == "succeeded"
    refused = command(world, "db", "restore", str(tmp_path / "backup"), "--db", db, "--force", code=Exit.CONFIGURATION)
    assert "[database_busy]" in refused.said
    stop(up)
    for _ in range(3):  # the device obeys higher and higher epochs
        up = world.up("--db", db)
        world.online("alpha")
        stop(up)
    refused = command(world, "db", "restore", str(tmp_path / "backup"), "--db", db, code=Exit.CONFIGURATION)
    assert "[database_exists]" in refused.said
    shutil.rmtree(world.folder / "home" / "artifacts")
    restored = told(world, "db", "restore", str(tmp_path / "backup"), "--db", db, "--force")
    assert (restored["runs"], restored["artifacts"]["copied"]) == (2, 1)  # type: ignore[index]
    up = world.up("--db", db)
    world.online("alpha")
    (world.workspace("alpha") / "go").touch()
    assert world.wait(run)["state"] == "succeeded"
    assert ledger.read_text().split() == ["r.one", "r.two", "r.three"]
    assert sorted(one["run"] for one in world.get("/v1/runs")["runs"]) == sorted([done, run])  # type: ignore[attr-defined]
    assert told(world, "db", "check", "--db", db)["sound"] is True
    stop(up)
    world.programs[1].interrupt()


def test_what_was_done_after_the_backup_is_not_done_again_unasked(world: Processes, tmp_path: Path) -> None:
    """It was under way then, and ended since: the record does not know, and the device does not remember."""
    up = world.up()
    world.device("alpha")
    world.online("alpha")
    run = world.submit(*gated("r"))
    ledger = world.workspace("alpha") / "ledger"
    eventually(lambda: ledger.exists() and "two" in ledger.read_text(), "the work did not begin")
    command(world, "db", "backup", str(tmp_path / "backup"))
    (world.workspace("alpha") / "go").touch()
    assert world.wait(run)["state"] == "succeeded"
    stop(up)
    command(world, "db", "restore", str(tmp_path / "backup"), "--force")
    world.up()
    world.online("alpha")
    view = world.wait(run)
    assert view["state"] == "waiting", view
    assert [task["status"] for task in view["tasks"] if task["id"] == "two"] == ["unknown"]  # type: ignore[attr-defined]
    assert Counter(ledger.read_text().split())["r.two"] == 1


def test_pruning_with_and_without_an_orchestrator(world: Processes, db: str) -> None:
    up = world.up("--db", db)
    world.device("alpha")
    world.online("alpha")
    runs = [world.submit(step("a", "test.noop")) for _ in range(3)]
    assert [world.wait(run)["state"] for run in runs] == ["succeeded"] * 3
    waiting = world.submit(step("a", "file.write", path="a", text="a"), approve="ask")
    assert world.wait(waiting)["state"] == "waiting"
    prune = ("db", "prune", "--db", db, "--older-than", "0s")
    assert told(world, "db", "prune", "--db", db, "--older-than", "30d", "--url", world.url)["runs"] == 0
    assert told(world, *prune, "--dry-run", "--url", world.url)["runs"] == 3
    assert told(world, *prune, "--keep", "2", "--url", world.url)["runs"] == 1
    refused = command(world, *prune, code=Exit.CONFIGURATION)  # in use, and not at the default address
    assert "--url" in refused.said
    stop(up)
    assert told(world, *prune, "--keep", "1")["runs"] == 1
    assert told(world, "db", "check", "--db", db) == {
        "sound": True,
        "runs": 2,
        "events": told(world, "db", "check", "--db", db)["events"],
        "tasks": 2,
        "findings": [],
        "more": 0,
    }
    up = world.up("--db", db)
    assert sorted(one["run"] for one in world.get("/v1/runs")["runs"]) == sorted([runs[2], waiting])  # type: ignore[attr-defined]
    stop(up)


def test_a_check_finds_what_is_wrong_and_says_so(world: Processes) -> None:
    up = world.up()
    world.device("alpha")
    world.online("alpha")
    run = world.submit(step("a", "test.noop"))
    assert world.wait(run)["state"] == "succeeded"
    sound = command(world, "db", "check")
    assert "nothing is wrong" in sound.said
    stop(up)
    with sqlite3.connect(world.database) as database:
        database.execute("DELETE FROM events WHERE seq = 3")
    database.close()
    found = command(world, "db", "check", code=Exit.FAILED)
    assert "gap" in found.answered
    assert run in found.answered


def test_a_replaced_orchestrator_ends(world: Processes, postgres_url: str) -> None:
    up = world.up("--db", postgres_url)
    name = postgres_url.rsplit("/", 1)[1]
    execute(postgres_url, "UPDATE meta SET value = '77' WHERE key = 'owner'")
    execute(
        postgres_url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        f"WHERE datname = '{name}' AND application_name LIKE 'asterism writer%'",
    )
    assert up.ended() == Exit.CONFIGURATION
    assert "[database_taken]" in up.said
