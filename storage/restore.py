"""Putting a backup in the place of a record. What was there is kept beside it (SQLite), or given up (PostgreSQL).

Time goes back: what was done after the backup was made is not on record any more. So the restored record says of each
device that it has obeyed one epoch less than was known: its next connect shows the record to be behind, and what it had
at work and does not have any more is then not sent again, but taken for lost (`Known.ahead`).
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select, update

from storage import operations, queries, schema
from storage.backup import Backup, closing_engine, copy_rows, look_into, opened, sync
from storage.faults import make
from storage.ownership import OwnerLock
from storage.places import log_of
from storage.sqlite import integrity_check, translated
from storage.tables import BACKUP, OWNER, devices, meta, metadata, runs, version
from storage.urls import Location

KEEP = "Stop here, or add --force to replace what is there."


async def restore(backup: Path, target: Location, *, overwrite: bool = False) -> tuple[Backup, Path | None]:
    """Make `target` hold what the backup holds: what that is, and where what was there before is kept, if it is.

    Raises StoreError: `database_busy` while an orchestrator uses the target, `database_exists` where it holds something
    and `overwrite` was not asked for, and what is wrong with the backup. The target is then as it was.
    """
    held = await look_into(backup)
    if target.kind == "sqlite":
        return held, await asyncio.to_thread(_to_sqlite, backup, target.path.absolute(), overwrite)
    if target.kind == "postgresql":
        from storage.postgres import exclusively

        await exclusively(target.url, lambda connection: _to_postgres(backup, connection, overwrite))
        return held, None
    raise make("database_unavailable", "A database in memory has nothing to restore to.", retryable=False)


# --- SQLite ----------------------------------------------------------------------------------------------------


def _to_sqlite(backup: Path, target: Path, overwrite: bool) -> Path | None:
    if not target.parent.is_dir():
        raise make("database_unavailable", f"The folder {target.parent} is missing.", remedy="Create it first.")
    lock = OwnerLock(target)
    lock.acquire()
    part = target.with_name(target.name + ".restoring")
    try:
        there = [file for file in (target, log_of(target)) if file.exists() and file.stat().st_size]
        if there and not overwrite:
            raise make("database_exists", f"{target} holds a database.", remedy=KEEP)
        part.unlink(missing_ok=True)
        with translated():
            _rebuild(backup, part)
            kept = _set_aside(target) if there else None
            part.replace(target)
            sync(target.parent)
        return kept
    finally:
        part.unlink(missing_ok=True)
        lock.release()


def _rebuild(backup: Path, part: Path) -> None:
    pragmas = ("auto_vacuum=INCREMENTAL", "synchronous=OFF", "journal_mode=OFF")
    with closing_engine(part, "rwc", pragmas) as engine, engine.connect() as copy, opened(backup) as source:
        copy.exec_driver_sql("BEGIN")
        _fill(source, copy)
        copy.exec_driver_sql("COMMIT")
        integrity_check(copy)
    sync(part)


def _set_aside(target: Path) -> Path:
    """Move the old database away, its log first: what a crash leaves in between is refused, not begun anew."""
    kept = target.with_name(f"{target.name}.replaced-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}")
    for ending in ("-shm", "-wal", ""):
        file = target.with_name(target.name + ending)
        if file.exists():
            file.rename(kept.with_name(kept.name + ending))
    return kept


# --- PostgreSQL ------------------------------------------------------------------------------------------------


def _to_postgres(backup: Path, connection: Connection, overwrite: bool) -> None:
    """All in the caller's transaction."""
    state = schema.examine(connection)
    schema.prepare(connection, state)
    used = connection.scalar(select(runs.c.run).limit(1)) is not None or queries.owner(connection) > 0
    if state is not schema.State.EMPTY and used and not overwrite:
        raise make("database_exists", "The database holds a record.", remedy=KEEP)
    before = queries.owner(connection)
    connection.exec_driver_sql("ALTER TABLE audit DISABLE TRIGGER audit_no_change")  # the backup's takes its place
    for table in metadata.sorted_tables:
        if table is not version:
            connection.execute(delete(table))
    connection.exec_driver_sql("ALTER TABLE audit ENABLE TRIGGER audit_no_change")
    for name in sorted(schema.neighbours(connection)):
        connection.exec_driver_sql(f"DELETE FROM {name}")
    with opened(backup) as source:
        _fill(source, connection, before)


# --- both ------------------------------------------------------------------------------------------------------


def _fill(source: Connection, target: Connection, owner: int = 0) -> None:
    """Copy the backup's rows. An owner of before must never take itself for the one that comes next."""
    if schema.examine(source) is not schema.State.CURRENT:
        raise make(
            "database_unavailable",
            "An older version made this backup.",
            remedy="Restore it with that version, and start this one on it: it brings the database up to date.",
            retryable=False,
        )
    if target.dialect.name == "sqlite":
        schema.prepare(target, schema.State.EMPTY)
    copy_rows(source, target)
    target.execute(delete(meta).where(meta.c.key == BACKUP))
    target.execute(update(devices).where(devices.c.epoch > 0).values(epoch=devices.c.epoch - 1))
    if owner > queries.owner(target):
        target.execute(delete(meta).where(meta.c.key == OWNER))
        target.execute(insert(meta).values(key=OWNER, value=str(owner)))
    operations.take_over(target)
