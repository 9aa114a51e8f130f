"""SQLite's own troubles: locked, full, read-only, missing, owned by another process, killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from orchestrator.core.ports import StoreError
from orchestrator.core.records import Transaction
from storage import make_store, open_store
from storage import writer as writer_module
from storage.places import log_of
from storage.sql import SqlStore
from storage.sqlite import SqliteReader, SqliteSink
from tests.support.stores import dispatched, ended, noted, run_row, seqs, submit_all

ROOT = Path(__file__).parents[2]


class Troubles:
    """What a store reported, and a way to wait for it."""

    def __init__(self) -> None:
        self.codes: list[str | None] = []
        self._news = asyncio.Event()

    def __call__(self, code: str | None) -> None:
        self.codes.append(code)
        self._news.set()

    async def wait_for(self, code: str | None) -> None:
        while code not in self.codes:
            self._news.clear()
            await self._news.wait()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "record.db"


@pytest.fixture
async def troubles() -> Troubles:
    return Troubles()


@pytest.fixture
async def store(path: Path, troubles: Troubles) -> AsyncIterator[SqlStore]:
    store = SqlStore(SqliteSink(path, busy_s=0.01), SqliteReader(path), troubles)
    await store.open()
    yield store
    await store.close()


async def refusal(path: Path | str) -> StoreError:
    with pytest.raises(StoreError) as caught:
        await open_store(path)
    return caught.value


async def test_a_commit_is_synced(store: SqlStore) -> None:
    settings = await store.writer.call(
        lambda connection: [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")
        ]
    )
    assert settings == ["wal", 2]


# --- locked --------------------------------------------------------------------------------------------------------


async def test_writing_waits_for_a_locked_database_and_says_so(store: SqlStore, path: Path, troubles: Troubles) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writing = asyncio.create_task(store.commit(noted("run-1", 1)))
    await troubles.wait_for("database_busy")
    assert not writing.done()
    assert await seqs(store, "run-1") == []
    other.execute("ROLLBACK")
    await writing
    await troubles.wait_for(None)
    other.close()
    assert troubles.codes == ["database_busy", None]
    assert await seqs(store, "run-1") == [1]


async def test_what_is_queued_in_front_of_a_lock_keeps_its_order(
    store: SqlStore, path: Path, troubles: Troubles
) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    first = asyncio.create_task(submit_all(store, dispatched("run-1", 1, "a"), noted("run-1", 2)))
    await troubles.wait_for("database_busy")
    second = asyncio.create_task(submit_all(store, ended("run-1", 3, "a"), noted("run-1", 2), noted("run-1", 4)))
    await asyncio.sleep(0)
    other.execute("COMMIT")
    other.close()
    assert await first == [None, None]
    assert [error and error.code for error in await second] == [None, "conflict", None]
    assert await store.outbox() == []


@pytest.mark.slow
async def test_a_lock_that_does_not_go_away_does_not_stop_the_end(path: Path, troubles: Troubles) -> None:
    store = SqlStore(SqliteSink(path, busy_s=0.01), SqliteReader(path), troubles)
    await store.open()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    ends = asyncio.create_task(submit_all(store, noted("run-1", 1)))
    await troubles.wait_for("database_busy")
    await store.close()
    (error,) = await ends
    other.close()
    assert error is not None
    assert error.code == "database_busy"


async def test_a_lock_while_opening_is_refused(path: Path) -> None:
    store = await open_store(path)
    await store.close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA journal_mode=DELETE")
    other.execute("BEGIN EXCLUSIVE")
    error = await refusal(path)
    other.close()
    assert (error.code, error.retryable) == ("database_busy", True)


# --- full, read-only, missing --------------------------------------------------------------------------------------


async def test_writing_waits_for_room_on_a_full_disk(store: SqlStore, troubles: Troubles) -> None:
    pages = await store.writer.call(lambda connection: connection.exec_driver_sql("PRAGMA page_count").scalar_one())
    await store.writer.call(
        lambda connection: connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 8}").scalar_one()
    )
    big = Transaction(runs=[run_row("run-1", text="x" * 200_000)], events=noted("run-1", 1).events)
    writing = asyncio.create_task(store.commit(big))
    await troubles.wait_for("database_full")
    assert not writing.done()
    assert await store.run("run-1") is None
    await on_the_writers_connection(store, "PRAGMA max_page_count=1000000")  # the limit is the connection's
    await writing
    await troubles.wait_for(None)
    assert await seqs(store, "run-1") == [1]


async def test_writing_waits_until_it_may_write_again(store: SqlStore, troubles: Troubles) -> None:
    await on_the_writers_connection(store, "PRAGMA query_only=ON")
    writing = asyncio.create_task(store.commit(noted("run-1", 1)))
    await troubles.wait_for("database_read_only")
    assert not writing.done()
    await on_the_writers_connection(store, "PRAGMA query_only=OFF")
    await writing
    await troubles.wait_for(None)
    assert await seqs(store, "run-1") == [1]


# --- moved away ----------------------------------------------------------------------------------------------------


async def test_nothing_is_told_to_be_durable_that_went_into_a_file_that_was_moved(
    store: SqlStore, path: Path, troubles: Troubles
) -> None:
    """SQLite itself writes on into it, and the next start would find nothing of that."""
    await store.commit(noted("run-1", 1))
    assert await seqs(store, "run-1") == [1]
    move_away(path)
    writing = asyncio.create_task(store.commit(noted("run-1", 2)))
    await troubles.wait_for("database_unavailable")
    assert not writing.done()
    assert await seqs(store, "run-1") == [1]
    move_back(path)
    await writing
    await troubles.wait_for(None)
    assert await seqs(store, "run-1") == [1, 2]


async def test_another_file_in_its_place_is_not_written(store: SqlStore, path: Path, troubles: Troubles) -> None:
    move_away(path)
    write_text(path, "")
    writing = asyncio.create_task(store.commit(noted("run-1", 1)))
    await troubles.wait_for("database_unavailable")
    assert read_text(path) == ""
    move_back(path)
    await writing
    assert await seqs(store, "run-1") == [1]


async def test_reading_makes_no_file_in_place_of_one_that_is_gone(store: SqlStore, path: Path) -> None:
    move_away(path)
    with pytest.raises(StoreError) as caught:
        await store.runs()
    assert caught.value.code == "database_unavailable"
    move_back(path)  # onto nothing
    assert await store.runs() == []


def move_away(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))


def move_back(path: Path) -> None:
    assert not path.exists() or read_text(path) == ""
    path.with_name("elsewhere").rename(path)


async def test_a_move_is_noticed_while_nothing_is_written(
    path: Path, troubles: Troubles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "PROBE_S", 0.01)
    store = SqlStore(SqliteSink(path), SqliteReader(path), troubles)
    await store.open()
    move_away(path)
    await troubles.wait_for("database_unavailable")
    move_back(path)
    await troubles.wait_for(None)
    await store.close()


async def test_a_lost_write_ahead_log_is_saved_by_stopping(path: Path, troubles: Troubles) -> None:
    store = SqlStore(SqliteSink(path), SqliteReader(path), troubles)
    await store.open()
    await store.commit(noted("run-1", 1))
    log_of(path).unlink()
    writing = asyncio.create_task(submit_all(store, noted("run-1", 2)))
    await troubles.wait_for("database_unavailable")
    await store.close()
    (error,) = await writing
    assert error is not None
    assert "in good order" in error.remedy
    again = await open_store(path)
    assert await seqs(again, "run-1") == [1]
    await again.close()


@pytest.mark.parametrize("left", ["missing", "empty"])
async def test_a_write_ahead_log_without_its_database_is_not_thrown_away(path: Path, left: str) -> None:
    write_text(log_of(path), "what was recorded last")
    if left == "empty":
        write_text(path, "")
    error = await refusal(path)
    assert (error.code, error.retryable) == ("database_corrupt", False)
    assert "move record.db-wal away" in error.remedy
    assert read_text(log_of(path)) == "what was recorded last"


# --- full ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB, where this machine allows one to be mounted."""
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], check=False).returncode:
        pytest.skip("mounting is not allowed here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill(file: Path) -> None:
    with file.open("wb", buffering=0) as opened, contextlib.suppress(OSError):
        while opened.write(b"x" * 4096):
            pass


async def test_a_disk_that_is_full_and_then_is_not(small_disk: Path, troubles: Troubles) -> None:
    path = small_disk / "record.db"
    store = SqlStore(SqliteSink(path), SqliteReader(path), troubles)
    await store.open()
    fill(small_disk / "filler")
    work = [
        Transaction(runs=[run_row(f"run-{n}", text="x" * 2000)], events=noted(f"run-{n}", 1).events) for n in range(50)
    ]
    writing = asyncio.create_task(submit_all(store, *work))
    await troubles.wait_for("database_full")
    assert not writing.done()
    (small_disk / "filler").unlink()
    assert await writing == [None] * 50
    await troubles.wait_for(None)
    assert [await seqs(store, f"run-{n}") for n in range(50)] == [[1]] * 50
    await store.close()


async def on_the_writers_connection(store: SqlStore, statement: str) -> None:
    """Under the writer's feet."""
    sink = store.writer._sink
    assert isinstance(sink, SqliteSink)
    connection = sink._connection
    assert connection is not None
    await asyncio.to_thread(lambda: connection.connection.cursor().execute(statement).fetchall())


@pytest.fixture
def unprivileged() -> Iterator[None]:
    """Root may write everywhere: be nobody for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    yield
    os.seteuid(0)


async def test_a_file_without_the_right_to_write(path: Path, request: pytest.FixtureRequest) -> None:
    store = await open_store(path)
    await store.close()
    make_readable_only(path)
    request.getfixturevalue("unprivileged")
    error = await refusal(path)
    assert (error.code, error.retryable) == ("database_read_only", False)
    assert "right to write" in error.remedy


async def test_a_folder_without_the_right_to_write(path: Path, request: pytest.FixtureRequest) -> None:
    make_readable_only(path)
    request.getfixturevalue("unprivileged")
    assert (await refusal(path)).code == "database_read_only"


def make_readable_only(path: Path) -> None:
    for parent in list(path.parents)[:3]:
        parent.chmod(0o755)
    path.parent.chmod(0o555)
    if path.exists():
        path.chmod(0o444)


async def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    error = await refusal(f"sqlite:///{tmp_path / 'missing' / 'record.db'}")
    assert (error.code, error.retryable) == ("database_unavailable", False)
    assert str(tmp_path / "missing") in error.message
    assert "Create the folder" in error.remedy


# --- one owner -----------------------------------------------------------------------------------------------------


async def test_a_second_owner_is_refused_and_told_of_the_first(store: SqlStore, path: Path) -> None:
    error = await refusal(path)
    assert error.code == "database_busy"
    assert f"process {os.getpid()}" in error.message
    assert f"Stop process {os.getpid()}" in error.remedy
    await store.commit(noted("run-1", 1))


async def test_closing_makes_room_for_the_next_owner(store: SqlStore, path: Path) -> None:
    await store.close()
    again = await open_store(path)
    await again.close()


async def test_a_failed_opening_holds_nothing(path: Path) -> None:
    write_text(path, "not a database, but long enough to be looked at")
    store = make_store(path)
    for _ in range(2):
        with pytest.raises(StoreError) as caught:
            await store.open()
        assert caught.value.code == "database_foreign"
    write_text(path, "")
    await store.open()
    assert await store.open_runs() == []
    await store.close()


def write_text(path: Path, text: str) -> None:
    path.write_text(text)


def read_text(path: Path) -> str:
    return path.read_text()


# --- killed --------------------------------------------------------------------------------------------------------

CHILD = """
import asyncio, sys
from storage import open_store
from tests.support.stores import dispatched, noted

async def main():
    store = await open_store(sys.argv[1])
    seq = 0
    def submit():
        nonlocal seq
        seq += 1
        mine = seq
        work = dispatched("run-1", mine, f"task-{mine}")
        store.submit(work, lambda error: (print(mine, error, flush=True), submit()))
    for _ in range(50):
        submit()
    await asyncio.Event().wait()

asyncio.run(main())
"""


def start(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", CHILD, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def read_lines(child: subprocess.Popen[str], number: int) -> list[str]:
    assert child.stdout is not None
    return [child.stdout.readline() for _ in range(number)]


@pytest.mark.slow
@pytest.mark.parametrize("told", [1, 300, 3000])
async def test_what_was_told_to_be_durable_survives_kill_9(path: Path, told: int) -> None:
    with start(path) as child:
        lines = read_lines(child, told)
        child.send_signal(signal.SIGKILL)
        assert child.stdout is not None
        lines += [line for line in child.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    assert all(line.split()[1] == "None" for line in lines)
    last = max(int(line.split()[0]) for line in lines)
    store = await open_store(path)  # The owner's lock went with it.
    found = await seqs(store, "run-1")
    tasks, outbox = await store.tasks("run-1"), await store.outbox()
    await store.close()
    assert found == list(range(1, len(found) + 1))
    assert len(found) >= last
    assert {row.task for row in tasks} == {f"task-{seq}" for seq in found}
    assert [row.task for row in outbox] == [f"task-{seq}" for seq in found]


@pytest.mark.slow
async def test_a_live_owner_in_another_process_is_named(path: Path) -> None:
    with start(path) as child:
        read_lines(child, 1)
        error = await refusal(path)
        child.kill()
    assert error.code == "database_busy"
    assert str(child.pid) in error.message


# --- devices that connect meanwhile --------------------------------------------------------------------------------


async def test_a_device_is_told_that_the_record_is_in_trouble(
    store: SqlStore, path: Path, troubles: Troubles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It connects again later; a work that waits for the record does not keep it in the dark for as long."""
    monkeypatch.setattr(writer_module, "CALL_PATIENCE_S", 0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writing = asyncio.create_task(store.commit(noted("run-1", 1)))
    await troubles.wait_for("database_busy")
    with pytest.raises(StoreError) as caught:
        await store.register_device("alpha", "id-alpha", "server", "{}", 1.0)
    assert caught.value.code == "database_busy"
    other.execute("ROLLBACK")
    other.close()
    await writing
    assert await store.register_device("alpha", "id-alpha", "server", "{}", 2.0) == 1


async def test_who_has_gone_away_meanwhile_is_not_registered(store: SqlStore, path: Path, troubles: Troubles) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    first, gone, last = [
        asyncio.create_task(store.register_device(name, f"id-{name}", "server", "{}", 1.0))
        for name in ("first", "gone", "last")
    ]
    await asyncio.sleep(0)  # each asks
    gone.cancel()
    await troubles.wait_for("database_busy")
    other.execute("ROLLBACK")
    other.close()
    assert (await first, await last) == (1, 1)
    assert [record.name for record in await store.device_records()] == ["first", "last"]
