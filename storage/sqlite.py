"""SQLite: write-ahead log, `synchronous=FULL`, one writing connection in the writer's thread, readers beside it.

SQLite itself writes on into a file that was moved or removed under it, and nobody would find there what it was told is
durable. So before and after each write the file's place is looked at (`places.Place`).
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool, QueuePool

from orchestrator.core.records import Transaction
from storage import operations, queries, schema
from storage.faults import make, store_error
from storage.groups import Group
from storage.ownership import OwnerLock
from storage.places import Place, look_at, uri
from storage.statements import sqlite_group
from storage.tables import outbox
from storage.writer import Operation

T = TypeVar("T")

BUSY_S = 0.5
"""How long SQLite itself waits for another program's lock; the writer then waits on, and says so."""
READERS = 2
CHECKED_BYTES = 16 << 20
"""A database up to this size is looked through at every start, in some 50 ms; `asterism db check` is for others."""
_PRAGMAS = (
    "synchronous=FULL",
    # 16 MiB between checkpoints: each costs two more syncs, in the middle of a commit.
    "wal_autocheckpoint=4000",
    "journal_size_limit=67108864",
    "cache_size=-32768",
    "temp_store=MEMORY",
)


@contextmanager
def translated() -> Iterator[None]:
    """Whatever goes wrong inside is raised as a StoreError."""
    try:
        yield
    except Exception as error:
        raise store_error(error) from error


class SqliteSink:
    """The writing end; see `writer.Sink`."""

    def __init__(self, path: Path, *, busy_s: float = BUSY_S) -> None:
        self._path = path.absolute()
        self._lock = OwnerLock(self._path)
        self._place: Place | None = None
        self._engine = _engine(self._path, "rwc", busy_s, _PRAGMAS)
        self._connection: Connection | None = None
        self._made = count(1)
        view, trigger, self._write_group = sqlite_group()
        self._setup = (view, trigger)

    def open(self) -> None:
        with translated():
            look_at(self._path)
            self._lock.acquire()
            connection = self._connection = self._engine.connect()
            state = schema.examine(connection)
            if state is schema.State.EMPTY:
                # Takes effect before the first table only: pruning can then give room back, a little at a time.
                connection.exec_driver_sql("PRAGMA auto_vacuum=INCREMENTAL")
            elif self._path.stat().st_size <= CHECKED_BYTES:
                quick_check(connection)
            # Only now: it changes the file, which must be ours.
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            if state is not schema.State.CURRENT:
                self.call([lambda inside: schema.prepare(inside, schema.examine(inside))])
            self.call([])  # begins to write: who holds the file against us is told of now, not at the first run
            for statement in self._setup:
                connection.exec_driver_sql(statement)
            self._made = count(1 + (connection.scalar(select(func.max(outbox.c.made))) or 0))
            self._place = Place(self._path)

    def write(self, transactions: Sequence[Transaction]) -> None:
        with translated():
            # Outside of a transaction: the statement begins and commits its own, in one step.
            self._open.exec_driver_sql(self._write_group, Group(transactions, self._made).parameters())
            self._check_place()

    def holds(self, transaction: Transaction) -> bool:
        with translated():
            return queries.same_event(self._open, transaction.events[0])

    def call(self, work: Sequence[Operation[object]]) -> list[object]:
        with translated():
            results = transact(self._open, "BEGIN IMMEDIATE", work)
            self._check_place()
            return results

    def probe(self, *, writing: bool) -> None:
        self.call([operations.touch] if writing else [])

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
        self._engine.dispose()
        self._place = None
        self._lock.release()

    @property
    def _open(self) -> Connection:
        if self._connection is None:
            raise make("database_unavailable", "The store is not open.", retryable=False)
        self._check_place()
        return self._connection

    def _check_place(self) -> None:
        if self._place is not None:
            self._place.check()


class SqliteReader:
    """Reads on connections of their own, in a few threads, so that neither the loop nor the writer waits."""

    def __init__(self, path: Path) -> None:
        # Never makes the file: one that is gone for a while must not find another in its place.
        self._engine = _engine(path.absolute(), "rw", 5.0, ("query_only=ON",), pooled=True)
        self._threads: ThreadPoolExecutor | None = None

    async def read(self, query: Callable[[Connection], T]) -> T:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, query)

    async def close(self) -> None:
        threads, self._threads = self._threads, None
        if threads is not None:
            await asyncio.to_thread(threads.shutdown)
        self._engine.dispose()

    def _read(self, query: Callable[[Connection], T]) -> T:
        with translated(), self._engine.connect() as connection:
            return query(connection)


def transact(connection: Connection, begin: str, work: Sequence[Operation[object]]) -> list[object]:
    """Run operations in one transaction on a connection that commits by itself."""
    connection.exec_driver_sql(begin)
    try:
        results = [operation(connection) for operation in work]
        connection.exec_driver_sql("COMMIT")
    except BaseException:
        with suppress(SQLAlchemyError):  # The failure itself may have ended the transaction.
            connection.exec_driver_sql("ROLLBACK")
        raise
    return results


def quick_check(connection: Connection) -> None:
    """Look through every page. Raises StoreError(`database_corrupt`)."""
    _check(connection, "quick_check(1)")


def integrity_check(connection: Connection) -> None:
    """As `quick_check`, and whether the indexes say the same as their tables. Raises StoreError(`database_corrupt`)."""
    _check(connection, "integrity_check(1)")


def _check(connection: Connection, pragma: str) -> None:
    found = connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one()
    if found != "ok":
        first = str(found).strip().splitlines()[-1]
        raise make("database_corrupt", f"The database is damaged: {first}.")


def connect(path: Path, mode: str, busy_s: float, pragmas: Sequence[str] = ()) -> sqlite3.Connection:
    """A connection that commits by itself. `mode` is SQLite's: `ro`, `rw`, or `rwc`, which makes the file."""
    connection = sqlite3.connect(
        uri(path, mode), timeout=busy_s, isolation_level=None, check_same_thread=False, uri=True
    )
    try:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


def _engine(path: Path, mode: str, busy_s: float, pragmas: Sequence[str], *, pooled: bool = False) -> Engine:
    return create_engine(
        "sqlite://",
        isolation_level="AUTOCOMMIT",
        poolclass=QueuePool if pooled else NullPool,
        creator=lambda: connect(path, mode, busy_s, pragmas),
    )
