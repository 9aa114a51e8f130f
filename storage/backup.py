"""Backups: a copy of the whole record, made beside the running orchestrator, restored by ourselves.

A backup is one SQLite file of our schema, whatever it was made from: it can be looked at with any SQLite tool, checked
like any database of ours, and restored to SQLite or PostgreSQL. The supervisor's checkpoints are not part of it (the
log is enough to go on from); contents of artifacts are where they are asked for, in a folder beside it.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import (
    Connection,
    Engine,
    RowMapping,
    Table,
    create_engine,
    delete,
    func,
    insert,
    literal,
    select,
    tuple_,
)
from sqlalchemy.pool import NullPool

from storage import schema
from storage.faults import make
from storage.places import check_head
from storage.snapshots import snapshot
from storage.sqlite import connect, integrity_check, translated
from storage.tables import APPLICATION, BACKUP, artifacts, events, meta, metadata, runs, version
from storage.urls import Location

ROWS = 2_000


@dataclass(frozen=True)
class Backup:
    """What a backup holds. `made` is a Unix time; `contents` and `content_bytes` are what its artifacts name."""

    made: float
    kind: str
    runs: int
    events: int
    contents: int
    content_bytes: int


async def back_up(source: Location, target: Path, *, at: float, overwrite: bool = False) -> Backup:
    """Write a backup to `target`, whole or not at all. Raises StoreError, `database_exists` too."""
    _check_target(target, overwrite)
    part = target.with_name(target.name + ".part")
    with translated(), _removed(part):
        with closing_engine(part, "rwc", ("synchronous=OFF", "journal_mode=OFF")) as engine, engine.connect() as copy:
            made = await snapshot(source, lambda connection: _copy(connection, copy, source.kind, at))
            integrity_check(copy)
        sync(part)
        part.replace(target)
        sync(target.parent)
    return made


def _check_target(target: Path, overwrite: bool) -> None:
    if target.is_dir() or not target.parent.is_dir():
        raise make("database_unavailable", f"{target} cannot be a file.", remedy="Name a file in a folder that exists.")
    if target.exists() and not overwrite:
        raise make("database_exists", f"{target} exists.", remedy="Name another file, or add --force to replace it.")


def _copy(source: Connection, copy: Connection, kind: str, at: float) -> Backup:
    copy.exec_driver_sql("BEGIN")
    schema.prepare(copy, schema.State.EMPTY)
    copy_rows(source, copy)
    made = Backup(at, kind, *_counts(copy))
    copy.execute(insert(meta).values(key=BACKUP, value=json.dumps(asdict(made))))
    copy.exec_driver_sql("COMMIT")
    return made


def copy_rows(source: Connection, target: Connection) -> None:
    """Copy every row of ours; the target's own say whose it is and of which revision."""
    for table in metadata.sorted_tables:
        if table is version:
            continue
        if table is meta:
            target.execute(delete(meta))
        for rows in _pages(source, table):
            target.execute(insert(table), [dict(row) for row in rows])


def _pages(source: Connection, table: Table) -> Iterator[Sequence[RowMapping]]:
    """A table's rows, so many at a time: by key, because a driver may hold all of a result in memory."""
    keys = list(table.primary_key)
    query = select(table).order_by(*keys).limit(ROWS)
    page = source.execute(query).mappings().all()
    while page:
        yield page
        last = page[-1]
        behind = tuple_(*keys) > tuple_(*(literal(last[key.name], key.type) for key in keys))
        page = source.execute(query.where(behind)).mappings().all()


def _counts(connection: Connection) -> tuple[int, int, int, int]:
    each = select(artifacts.c.sha256, func.max(artifacts.c.size).label("size")).group_by(artifacts.c.sha256).subquery()
    contents, size = connection.execute(select(func.count(), func.sum(each.c.size)).select_from(each)).one()
    rows = [connection.scalar(select(func.count()).select_from(table)) or 0 for table in (runs, events)]
    return rows[0], rows[1], contents, size or 0


async def look_into(path: Path) -> Backup:
    """What a backup says that it holds, once it has been looked through. Raises StoreError."""
    return await asyncio.to_thread(_look_into, path)


def _look_into(path: Path) -> Backup:
    with translated(), opened(path) as connection:
        integrity_check(connection)
        found = connection.scalar(select(meta.c.value).where(meta.c.key == BACKUP))
        if found is None:
            return Backup(path.stat().st_mtime, "sqlite", *_counts(connection))
        return Backup(**json.loads(found))


@contextmanager
def opened(path: Path) -> Iterator[Connection]:
    """A backup, or a copy of a SQLite database, for reading. Raises StoreError where it is none of ours."""
    if not path.is_file():
        raise make("database_unavailable", f"There is no file {path}.", retryable=False)
    check_head(path)
    with closing_engine(path, "rw", ("query_only=ON",)) as engine, engine.connect() as connection:
        connection.exec_driver_sql("BEGIN")
        if schema.examine(connection) is schema.State.EMPTY:
            raise make("database_foreign", f"{path} is no backup of {APPLICATION.capitalize()}'s: it is empty.")
        yield connection


@contextmanager
def closing_engine(path: Path, mode: str, pragmas: tuple[str, ...] = ()) -> Iterator[Engine]:
    """An engine over one file, with no connection left open behind it."""
    engine = create_engine(
        "sqlite://",
        isolation_level="AUTOCOMMIT",
        poolclass=NullPool,
        creator=lambda: connect(path, mode, 5.0, pragmas),
    )
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _removed(part: Path) -> Iterator[None]:
    """Nothing is left of what was not finished, now or by an earlier try."""
    part.unlink(missing_ok=True)
    try:
        yield
    finally:
        part.unlink(missing_ok=True)


def sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
