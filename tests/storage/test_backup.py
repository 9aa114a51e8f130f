"""Backups of real records: what they hold, where they may go, and what is refused."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from pathlib import Path

import pytest

from orchestrator.core.events import Event
from orchestrator.core.ports import Store, StoreError
from storage import open_store
from storage.backup import Backup, back_up, look_into
from storage.check import check
from storage.contents import named, save
from storage.places import log_of
from storage.restore import restore
from storage.urls import parse
from tests.support.postgres import execute
from tests.support.records import Left, leave
from tests.support.stores import AT, noted

Told = dict[str, object]


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


async def told(url: str) -> Told:
    """All that a store tells."""
    store = await open_store(url)
    found: Told = {"devices": await store.device_records(), "outbox": await store.outbox()}
    found["runs"] = await store.runs()
    for run in await store.runs():
        found[run.run] = await whole(store, run.run)
    await store.close()
    return found


def behind(found: Told) -> Told:
    """What a restored record tells: its devices know better than it how far they are."""
    records = found["devices"]
    assert isinstance(records, list)
    return {**found, "devices": [record.model_copy(update={"epoch": record.epoch - 1}) for record in records]}


async def whole(store: Store, run: str) -> tuple[list[Event], object, object]:
    return await store.events(run), await store.tasks(run), await store.artifacts(run)


@pytest.fixture
async def left(tmp_path: Path, url: str) -> Left:
    """A record in the database `url`."""
    return await leave(tmp_path / "system", url if url.startswith("postgresql") else f"sqlite:///{url}")


async def made(url: str, file: Path) -> Backup:
    return await back_up(parse(url), file, at=AT)


async def refusal(backup: Path, url: str, *, overwrite: bool = False) -> StoreError:
    with pytest.raises(StoreError) as caught:
        await restore(backup, parse(url), overwrite=overwrite)
    return caught.value


# --- there and back ------------------------------------------------------------------------------------------------


async def test_a_backup_holds_all_and_is_restored_to_either_kind(
    left: Left, url: str, tmp_path: Path, postgres_url: str
) -> None:
    before = await told(url)
    backup = await made(url, tmp_path / "backup")
    assert (backup.made, backup.runs, backup.contents, backup.content_bytes) == (AT, 3, 1, 12)
    assert await look_into(tmp_path / "backup") == backup
    assert (await check(parse(tmp_path / "backup"))).found == []
    fresh = str(tmp_path / "fresh.db")
    for target in {fresh, postgres_url} - {url}:
        held, kept = await restore(tmp_path / "backup", parse(target))
        assert (held, kept) == (backup, None)
        assert await told(target) == behind(before)
        assert (await check(parse(target))).found == []


async def test_a_backup_is_made_while_the_owner_writes(url: str, tmp_path: Path) -> None:
    store = await open_store(url)
    stop = asyncio.Event()
    written = 0

    async def write() -> None:
        nonlocal written
        while not stop.is_set():
            written += 1
            await store.commit(noted("run-1", written))

    writing = asyncio.create_task(write())
    sizes = [(await made(url, tmp_path / f"backup-{number}")).events for number in range(5)]
    stop.set()
    await writing
    await store.close()
    assert sizes == sorted(sizes)
    assert sizes[-1] <= written
    for number, size in enumerate(sizes):
        with sqlite3.connect(tmp_path / f"backup-{number}") as copy:
            assert [seq for (seq,) in copy.execute("SELECT seq FROM events ORDER BY seq")] == list(range(1, size + 1))


async def test_every_row_of_a_long_table_is_copied(url: str, tmp_path: Path) -> None:
    store = await open_store(url)
    await store.commit(noted("run-1", *range(1, 4_001)))
    await store.commit(noted("Run-2", *range(1, 4_002)))
    await store.close()
    assert (await made(url, tmp_path / "backup")).events == 8_001


# --- what is in the way --------------------------------------------------------------------------------------------


async def test_nothing_is_overwritten_unasked(left: Left, url: str, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    await made(url, file)
    with pytest.raises(StoreError) as caught:
        await made(url, file)
    assert caught.value.code == "database_exists"
    assert (await back_up(parse(url), file, at=AT + 1, overwrite=True)).made == AT + 1
    before = await told(url)
    error = await refusal(file, url)
    assert (error.code, "--force" in error.remedy) == ("database_exists", True)
    assert await told(url) == before


async def test_what_is_replaced_in_sqlite_is_kept_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "record.db"
    store = await open_store(path)
    await store.commit(noted("run-1", 1))
    await made(str(path), tmp_path / "backup")
    await store.commit(noted("run-1", 2))
    await store.close()
    _, kept = await restore(tmp_path / "backup", parse(path), overwrite=True)
    assert kept is not None
    assert [await numbers(file) for file in (path, kept)] == [[1], [1, 2]]


async def numbers(path: Path) -> list[int]:
    store = await open_store(path)
    found = [event.seq for event in await store.events("run-1")]
    await store.close()
    return found


async def test_what_is_replaced_in_postgresql_is_gone_at_once_or_not_at_all(postgres_url: str, tmp_path: Path) -> None:
    store = await open_store(postgres_url)
    await store.commit(noted("run-1", 1))
    await made(postgres_url, tmp_path / "backup")
    await store.commit(noted("run-1", 2))
    await store.close()
    spoil(tmp_path / "backup", "UPDATE events SET at = 'never'")
    assert (await refusal(tmp_path / "backup", postgres_url, overwrite=True)).code.startswith(
        ("database_", "unstorable")
    )
    assert execute(postgres_url, "SELECT seq FROM events ORDER BY seq") == [(1,), (2,)]
    spoil(tmp_path / "backup", "UPDATE events SET at = 1")
    execute(postgres_url, "CREATE TABLE checkpoints (thread_id TEXT)")
    execute(postgres_url, "INSERT INTO checkpoints VALUES ('run-1')")
    await restore(tmp_path / "backup", parse(postgres_url), overwrite=True)
    assert execute(postgres_url, "SELECT seq FROM events ORDER BY seq") == [(1,)]
    assert execute(postgres_url, "SELECT * FROM checkpoints") == []


def spoil(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as copy:
        copy.execute(statement)
    copy.close()


async def test_nothing_is_restored_under_a_running_orchestrator(url: str, tmp_path: Path) -> None:
    store = await open_store(url)
    await made(url, tmp_path / "backup")
    assert (await refusal(tmp_path / "backup", url, overwrite=True)).code == "database_busy"
    await store.close()


async def test_an_owner_of_before_a_restore_is_never_taken_for_the_new_one(postgres_url: str, tmp_path: Path) -> None:
    await (await open_store(postgres_url)).close()
    await made(postgres_url, tmp_path / "backup")
    for _ in range(3):
        await (await open_store(postgres_url)).close()
    (before,) = execute(postgres_url, "SELECT value FROM meta WHERE key = 'owner'")
    await restore(tmp_path / "backup", parse(postgres_url), overwrite=True)
    (after,) = execute(postgres_url, "SELECT value FROM meta WHERE key = 'owner'")
    assert int(str(after[0])) > int(str(before[0]))


# --- what is no backup ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "code"),
    [(None, "database_unavailable"), (b"", "database_corrupt"), (b"Dear diary", "database_foreign")],
)
async def test_what_is_no_backup_is_refused(tmp_path: Path, content: bytes | None, code: str) -> None:
    file = tmp_path / "backup"
    if content is not None:
        write(file, content)
    assert (await refusal(file, str(tmp_path / "record.db"))).code == code
    assert listed(tmp_path) == ({"backup"} if content is not None else set())


def write(file: Path, content: bytes) -> None:
    file.write_bytes(content)


def listed(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir() if not file.name.endswith(".lock")}


async def test_a_damaged_backup_is_refused(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "record.db")
    await store.commit(noted("run-1", *range(1, 2_000)))
    await store.close()
    await made(str(tmp_path / "record.db"), tmp_path / "backup")
    damage(tmp_path / "backup")
    assert (await refusal(tmp_path / "backup", str(tmp_path / "fresh.db"))).code == "database_corrupt"
    assert "fresh.db" not in listed(tmp_path)


def damage(file: Path) -> None:
    """Overwrite what lies in the middle."""
    content = bytearray(file.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4096] = b"\xff" * 4096
    file.write_bytes(content)


async def test_there_must_be_something_to_back_up(tmp_path: Path, url: str) -> None:
    with pytest.raises(StoreError) as caught:
        await made(url, tmp_path / "backup")
    assert caught.value.code == "database_unavailable"
    assert listed(tmp_path) == set()


async def test_a_copy_of_the_file_alone_can_be_restored_too(tmp_path: Path) -> None:
    """Of an orchestrator that was stopped: then all of it lies in the one file."""
    store = await open_store(tmp_path / "record.db")
    await store.commit(noted("run-1", 1))
    await store.close()
    shutil.copy(tmp_path / "record.db", tmp_path / "copy")
    held, _ = await restore(tmp_path / "copy", parse(tmp_path / "fresh.db"))
    assert held.events == 1
    assert await numbers(tmp_path / "fresh.db") == [1]


async def test_a_crash_between_the_old_and_the_new_is_not_begun_anew(tmp_path: Path) -> None:
    """The old database is set aside log first; a log that is left alone is refused."""
    path = tmp_path / "record.db"
    write(log_of(path), b"left by a crash")
    await (await open_store(tmp_path / "other.db")).close()
    await made(str(tmp_path / "other.db"), tmp_path / "backup")
    assert (await refusal(tmp_path / "backup", str(path))).code == "database_exists"
    _, kept = await restore(tmp_path / "backup", parse(path), overwrite=True)
    assert kept is not None
    assert log_of(kept).exists()


# --- contents of artifacts -----------------------------------------------------------------------------------------


async def test_contents_are_copied_once_and_verified(tmp_path: Path) -> None:
    url = str(tmp_path / "record.db")
    left = await leave(tmp_path / "system", f"sqlite:///{url}")
    await made(url, tmp_path / "backup")
    source, target = tmp_path / "system" / "data" / "artifacts", tmp_path / "target"
    contents = named(tmp_path / "backup")
    assert contents == [(left.content, 12)]
    first, second = save(contents, source, target), save(contents, source, target)
    assert (first.copied, first.bytes, second.copied, second.there) == (1, 12, 0, 1)
    file = source / left.content[:2] / left.content[2:]
    write(file, b"Content of A")
    assert save(contents, source, tmp_path / "elsewhere").missing == [left.content]
    write(file, b"short")
    assert save(contents, source, tmp_path / "elsewhere").missing == [left.content]
