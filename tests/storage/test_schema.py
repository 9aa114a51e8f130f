"""A fresh schema is what the revisions give; databases of others, of the future, or damaged are refused."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

import storage
from orchestrator.core.ports import StoreError
from storage import open_store, schema
from storage.sqlite import transact
from storage.tables import REVISIONS, metadata
from storage.urls import parse
from tests.support.postgres import execute


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "record.db"


def engine(path: Path) -> Engine:
    return create_engine(f"sqlite:///{path}")


def sqlite_tables(path: Path) -> dict[str, tuple[object, ...]]:
    """Columns, keys and indexes of each table, and whether it has row ids."""
    connection = sqlite3.connect(path)
    try:
        rows = connection.execute("SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table'")
        found: dict[str, tuple[object, ...]] = {}
        for name, without_rowid in rows.fetchall():
            columns = connection.execute(f"SELECT * FROM pragma_table_info('{name}')").fetchall()
            indexes = connection.execute(
                f"SELECT name, \"unique\", origin FROM pragma_index_list('{name}') ORDER BY 1"
            ).fetchall()
            fields = [
                connection.execute(f"SELECT * FROM pragma_index_info('{index[0]}')").fetchall() for index in indexes
            ]
            triggers = connection.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ? ORDER BY 1", (name,)
            ).fetchall()
            found[name] = (without_rowid, columns, indexes, fields, triggers)
        return found
    finally:
        connection.close()


def postgres_tables(url: str) -> list[tuple[object, ...]]:
    names = "table_name::text, column_name::text, data_type::text, is_nullable::text, column_default::text"
    columns = (
        f"SELECT {names} FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, ordinal_position"
    )
    indexes = "SELECT tablename::text, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2"
    triggers = "SELECT tgname::text, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"
    return execute(url, columns) + execute(url, indexes) + execute(url, triggers)


def build(url: str, how: Callable[[Connection], None]) -> None:
    async def run() -> None:
        made = create_async_engine(parse(url).url)
        async with made.begin() as connection:
            await connection.run_sync(how)
        await made.dispose()

    asyncio.run(run())


def fresh(connection: Connection) -> None:
    schema.prepare(connection, schema.State.EMPTY)


def test_a_fresh_schema_is_what_the_revisions_give_in_sqlite(tmp_path: Path) -> None:
    for name, how in (("fresh.db", fresh), ("revised.db", schema.upgrade)):
        made = engine(tmp_path / name)
        with made.begin() as connection:
            how(connection)
        with made.connect() as connection:
            assert schema.examine(connection) is schema.State.CURRENT
            assert connection.scalar(text("SELECT version_num FROM alembic_version")) == REVISIONS[-1]
        made.dispose()
    tables = sqlite_tables(tmp_path / "fresh.db")
    assert set(metadata.tables) <= set(tables)
    assert tables == sqlite_tables(tmp_path / "revised.db")


def test_a_fresh_schema_is_what_the_revisions_give_in_postgresql(postgres_url: str) -> None:
    build(postgres_url, fresh)
    made = postgres_tables(postgres_url)
    execute(postgres_url, "DROP SCHEMA public CASCADE")
    execute(postgres_url, "CREATE SCHEMA public")
    build(postgres_url, schema.upgrade)
    assert postgres_tables(postgres_url) == made
    assert len(made) > 40


def fails(connection: Connection) -> None:
    raise ZeroDivisionError


async def test_an_upgrade_that_fails_leaves_sqlite_as_it_was(path: Path) -> None:
    made = create_engine(f"sqlite:///{path}", isolation_level="AUTOCOMMIT")
    with made.connect() as connection:
        with pytest.raises(ZeroDivisionError):
            transact(connection, "BEGIN IMMEDIATE", [schema.upgrade, fails])
        assert schema.examine(connection) is schema.State.EMPTY
        transact(connection, "BEGIN IMMEDIATE", [schema.upgrade])
        assert schema.examine(connection) is schema.State.CURRENT
    made.dispose()


async def test_an_upgrade_that_fails_leaves_postgresql_as_it_was(postgres_url: str) -> None:
    made = create_async_engine(parse(postgres_url).url, isolation_level="AUTOCOMMIT")
    async with made.connect() as connection:
        with pytest.raises(ZeroDivisionError):
            await connection.run_sync(lambda inside: transact(inside, "BEGIN", [schema.upgrade, fails]))
        assert await connection.run_sync(schema.examine) is schema.State.EMPTY
        await connection.run_sync(lambda inside: transact(inside, "BEGIN", [schema.upgrade]))
        assert await connection.run_sync(schema.examine) is schema.State.CURRENT
    await made.dispose()


def test_the_program_knows_every_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(storage.__file__).parent / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    assert tuple(script.revision for script in reversed(list(scripts.walk_revisions()))) == REVISIONS


def test_an_older_schema_is_upgraded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a revision that is made up, after the last."""
    made = engine(path)
    with made.begin() as connection:
        schema.prepare(connection, schema.State.EMPTY)
    upgraded: list[Connection] = []
    monkeypatch.setattr(schema, "REVISIONS", (*REVISIONS, "9999"))
    monkeypatch.setattr(schema, "upgrade", upgraded.append)
    with made.begin() as connection:
        state = schema.examine(connection)
        schema.prepare(connection, state)
    assert state is schema.State.OLDER
    assert len(upgraded) == 1
    made.dispose()


async def test_a_database_of_the_first_revision_gets_a_ledger_and_keeps_its_runs(path: Path) -> None:
    made = engine(path)
    with made.begin() as connection:
        schema.upgrade(connection, "0001")
        connection.execute(text("INSERT INTO runs VALUES ('run-1', 'succeeded', 'hello', 1, 2, 'done', '', '', 0)"))
        assert schema.examine(connection) is schema.State.OLDER
    made.dispose()
    store = await open_store(path)
    try:
        assert [row.answer for row in await store.runs()] == ["done"]
        assert await store.egress() == []
    finally:
        await store.close()


async def test_an_audit_of_the_revision_before_is_kept_and_guarded(path: Path) -> None:
    made = engine(path)
    with made.begin() as connection:
        schema.upgrade(connection, "0005")
        connection.execute(text("INSERT INTO audit VALUES (1, 'e1', 0, 'anna', 'run.submit', 'r1', '{}', '00')"))
    made.dispose()
    await opened(path)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
            connection.execute("DELETE FROM audit")
        assert connection.execute("SELECT id FROM audit").fetchall() == [("e1",)]


async def opened(path: Path) -> None:
    """Open and use it once."""
    store = await open_store(path)
    try:
        assert await store.outbox() == []
    finally:
        await store.close()


def refused(path: Path) -> StoreError:
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(StoreError) as caught:
        asyncio.run(opened(path))
    if path.is_file():
        assert path.read_bytes() == before, "a refused database was changed"
    assert caught.value.remedy
    return caught.value


def make(path: Path, *statements: str) -> None:
    """Our database, then changed by these statements."""
    asyncio.run(opened(path))
    change(path, *statements)


def change(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()


def test_a_newer_schema_is_refused(path: Path) -> None:
    make(path, "UPDATE alembic_version SET version_num = '0042'")
    error = refused(path)
    assert error.code == "database_newer"
    assert "0042" in error.message
    assert "Upgrade Asterism" in error.remedy


def test_tables_of_another_program_are_left_alone(path: Path) -> None:
    change(path, "CREATE TABLE songs (title TEXT)")
    error = refused(path)
    assert error.code == "database_foreign"
    assert "songs" in error.message


def test_tables_that_look_like_ours_are_not_ours(path: Path) -> None:
    change(path, "CREATE TABLE meta (a, b)", "CREATE TABLE alembic_version (version_num)")
    assert refused(path).code == "database_foreign"
    change(path, "DROP TABLE meta", "CREATE TABLE meta (key, value)")
    assert refused(path).code == "database_foreign"


def test_the_supervisors_checkpoints_may_lie_beside_our_tables(path: Path) -> None:
    change(path, "CREATE TABLE checkpoints (thread_id TEXT)", "CREATE TABLE writes (thread_id TEXT)")
    asyncio.run(opened(path))


def test_a_missing_table_is_damage(path: Path) -> None:
    make(path, "DROP TABLE outbox")
    error = refused(path)
    assert error.code == "database_corrupt"
    assert "outbox" in error.message


def test_a_missing_revision_is_damage(path: Path) -> None:
    make(path, "DELETE FROM alembic_version")
    assert refused(path).code == "database_corrupt"


def test_a_file_that_is_no_database_is_foreign(path: Path) -> None:
    path.write_text("Dear diary, today nothing happened. " * 100)
    assert refused(path).code == "database_foreign"


def test_a_folder_is_no_database(path: Path) -> None:
    path.mkdir()
    assert refused(path).code == "database_foreign"


@pytest.mark.parametrize("kept", [7, 500, 4096, 9000])
def test_a_file_that_breaks_off_is_damaged(path: Path, kept: int) -> None:
    make(path, "PRAGMA user_version = 1")
    os.truncate(path, kept)
    assert refused(path).code == "database_corrupt"


def test_an_empty_file_is_a_fresh_database(path: Path) -> None:
    path.touch()
    asyncio.run(opened(path))


async def test_foreign_tables_in_postgresql_are_left_alone(postgres_url: str) -> None:
    execute(postgres_url, "CREATE TABLE songs (title TEXT)")
    with pytest.raises(StoreError) as caught:
        await open_store(postgres_url)
    assert caught.value.code == "database_foreign"


async def test_a_newer_schema_in_postgresql_is_refused(postgres_url: str) -> None:
    store = await open_store(postgres_url)
    await store.close()
    execute(postgres_url, "UPDATE alembic_version SET version_num = '0042'")
    with pytest.raises(StoreError) as caught:
        await open_store(postgres_url)
    assert caught.value.code == "database_newer"


def test_opening_imports_no_alembic(path: Path) -> None:
    program = f"""
import asyncio, sys
from storage import open_store
async def main():
    for _ in range(2):
        store = await open_store({str(path)!r})
        await store.close()
asyncio.run(main())
assert "alembic" not in sys.modules and "asyncpg" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[2], check=True)


def test_a_damaged_page_in_the_middle_is_noticed_at_the_start(path: Path) -> None:
    """SQLite itself would tell of it when it comes to that page, perhaps in a month."""
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) "
    make(path, f"{numbers} INSERT INTO events SELECT 'r', i, 0, '', '', hex(zeroblob(500)) FROM n")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(content)
    assert refused(path).code == "database_corrupt"
