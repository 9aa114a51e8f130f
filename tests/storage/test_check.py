"""The check of a record: a real one is sound, and whatever is done to it is found."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from storage.check import Findings, check
from storage.urls import parse
from tests.support.postgres import execute
from tests.support.records import Left, leave


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Left]:
    """The file that a real orchestrator left."""
    import asyncio

    folder = tmp_path_factory.mktemp("left")
    left = asyncio.run(leave(folder))
    return (folder / "data" / "asterism.db").read_bytes(), left


@pytest.fixture
def path(record: tuple[bytes, Left], tmp_path: Path) -> Path:
    path = tmp_path / "record.db"
    path.write_bytes(record[0])
    return path


def change(path: Path, statement: str, left: Left) -> None:
    runs = {"succeeded": left.succeeded, "failed": left.failed, "waiting": left.waiting}
    with sqlite3.connect(path) as connection:
        assert connection.execute(statement, runs).rowcount > 0, "the statement changed nothing"
    connection.close()


async def kinds(path: Path) -> set[tuple[str, str]]:
    return {(one.kind, one.run) for one in (await check(parse(path))).found}


async def test_a_record_as_it_was_left_is_sound(path: Path) -> None:
    found = await check(parse(path))
    assert (found.found, found.more, found.runs, found.tasks) == ([], 0, 3, 5)
    assert found.events > 10


@pytest.mark.parametrize(
    ("statement", "kind", "run"),
    [
        ("DELETE FROM events WHERE run = :succeeded AND seq = 3", "gap", "succeeded"),
        ("DELETE FROM events WHERE run = :succeeded", "gap", "succeeded"),
        ("UPDATE events SET body = '{}' WHERE run = :failed AND seq = 2", "unreadable", "failed"),
        (
            "UPDATE events SET body = replace(body, '\"attempt\":1', '\"attempt\":7') "
            "WHERE run = :succeeded AND type = 'attempt_ended'",
            "impossible",
            "succeeded",
        ),
        ("UPDATE runs SET status = 'running' WHERE run = :succeeded", "run_row", "succeeded"),
        ("UPDATE runs SET answer = '' WHERE run = :succeeded", "run_row", "succeeded"),
        ("UPDATE tasks SET attempt = 2 WHERE run = :succeeded AND task = 'write'", "task_row", "succeeded"),
        ("UPDATE tasks SET status = 'succeeded' WHERE run = :failed AND task = 'read'", "task_row", "failed"),
        ("DELETE FROM tasks WHERE run = :succeeded AND task = 'write'", "task_row", "succeeded"),
        ("INSERT INTO outbox VALUES (:succeeded, 'write', 1, 'alpha', 1, '{}', 1)", "outbox", "succeeded"),
        ("DELETE FROM runs WHERE run = :waiting", "orphan", "waiting"),
        ("INSERT INTO egress VALUES ('e1', :failed, 0, '{}', '')", "unreadable", "failed"),
        (
            'INSERT INTO egress VALUES (\'e1\', :failed, 0, \'{"id":"e2","at":0,"rung":"r","tier":"cloud",'
            '"host":"h","purpose":"plan","bytes":1,"sha256":""}\', \'\')',
            "ledger",
            "failed",
        ),
        ("INSERT INTO idempotency VALUES ('a', '', :waiting, 0), ('b', '', :waiting, 0)", "orphan", "waiting"),
    ],
)
async def test_what_was_done_to_it_is_found(
    path: Path, record: tuple[bytes, Left], statement: str, kind: str, run: str
) -> None:
    change(path, statement, record[1])
    assert await kinds(path) == {(kind, getattr(record[1], run))}


async def test_a_dispatch_that_is_gone_is_found(path: Path, record: tuple[bytes, Left]) -> None:
    """As if the attempt had not ended yet."""
    run = record[1].failed
    with sqlite3.connect(path) as connection:
        first = "SELECT min(seq) FROM events WHERE run = ? AND type = 'attempt_ended'"
        connection.execute(f"DELETE FROM events WHERE run = ? AND seq >= ({first})", (run, run))
    connection.close()
    assert ("outbox", run) in await kinds(path)


async def test_a_damaged_page_is_found(path: Path) -> None:
    damage(path)
    assert ("damaged", "") in await kinds(path)


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(content)


async def test_a_record_in_postgresql_is_checked_beside_its_owner(postgres_url: str, tmp_path: Path) -> None:
    left = await leave(tmp_path, postgres_url)
    assert (await check(parse(postgres_url))).found == []
    execute(postgres_url, f"DELETE FROM events WHERE run = '{left.waiting}' AND seq = 1")
    assert [one.kind for one in (await check(parse(postgres_url))).found] == ["gap"]


def test_findings_are_bounded() -> None:
    findings = Findings()
    for _ in range(1_200):
        findings.add("gap", "r1", "entry 1 is missing")
    assert (len(findings.found), findings.more) == (1_000, 200)
