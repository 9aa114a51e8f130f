"""Pruning on disk: room that is given back, and a crash in the middle of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Connection

from orchestrator.core.events import RunCancelRequested
from orchestrator.core.records import Transaction
from storage import open_store, prune
from storage.check import check
from storage.sql import SqlStore
from storage.urls import parse
from tests.support.stores import AT, event_row, noted, run_row, seqs

LONG = RunCancelRequested(by="x", reason="y" * 400)


@pytest.fixture(params=["sqlite", "postgresql"], scope="session")
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of database; starts the server before the first test that needs it."""
    if request.param == "postgresql":
        request.getfixturevalue("postgres_server")
    return str(request.param)


@pytest.fixture
def url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of this test's own."""
    return str(request.getfixturevalue("postgres_url")) if kind == "postgresql" else str(tmp_path / "other.db")


async def filled(url: str, runs: int, entries: int) -> SqlStore:
    store = await open_store(url)
    assert isinstance(store, SqlStore)
    for number in range(runs):
        run = f"run-{number}"
        await store.commit(
            Transaction(
                runs=[run_row(run, "succeeded", created=AT + number)],
                events=[event_row(run, seq, LONG) for seq in range(1, entries + 1)],
            )
        )
    return store


async def test_room_is_given_back_to_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "record.db"
    store = await filled(str(path), 4, 5_000)
    await store.writer.call(lambda connection: None)
    await pages(store, "PRAGMA wal_checkpoint(TRUNCATE)")
    before = size(path)
    await store.prune(["run-0", "run-1", "run-2"], AT)
    assert await pages(store, "PRAGMA freelist_count") < 2_000
    await pages(store, "PRAGMA wal_checkpoint(TRUNCATE)")
    assert size(path) < before / 2
    await store.close()


def size(path: Path) -> int:
    return path.stat().st_size


async def pages(store: SqlStore, pragma: str) -> int:
    """The first number that a pragma answers; on the reading side, where no transaction is in its way."""

    def ask(connection: Connection) -> int:
        connection.exec_driver_sql("PRAGMA query_only=OFF")
        found = connection.exec_driver_sql(pragma).scalar_one()
        connection.exec_driver_sql("PRAGMA query_only=ON")
        return int(found)

    return await store._read(ask)


async def test_what_a_crash_left_of_a_pruning_is_finished_by_the_next(url: str) -> None:
    store = await filled(url, 2, 6_000)
    await store.writer.call(lambda connection: prune.begin(connection, ["run-0"], AT))
    removed, rest = await store.writer.call(prune.go_on)
    assert (removed, rest.runs) == (5_000, ["run-0"])
    await store.close()
    assert {one.kind for one in (await check(parse(url))).found} >= {"orphan"}
    again = await open_store(url)
    assert await seqs(again, "run-0") == list(range(5_001, 6_001))  # from the first on: no log that could be folded
    finished = await again.prune([], AT)
    assert (finished.runs, finished.rows) == ((), 1_000)
    assert await seqs(again, "run-0") == []
    assert len(await seqs(again, "run-1")) == 6_000
    await again.close()


async def test_a_key_whose_run_never_began_goes_after_its_time(url: str) -> None:
    store = await open_store(url)
    await store.remember_request("old", "d", "never", AT)
    await store.remember_request("new", "d", "not yet", AT + 10)
    await store.commit(noted("run-1", 1))
    await store.prune([], AT + 5)
    assert await store.remember_request("old", "e", "another", AT) == ("e", "another")
    assert await store.remember_request("new", "e", "another", AT) == ("d", "not yet")
    await store.close()
