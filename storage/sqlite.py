"""SQLite: write-ahead log, `synchronous=FULL`, one writing connection in the writer's thread, readers beside it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool, QueuePool

from orchestrator.core.ports import StoreError
from orchestrator.core.records import Transaction
from storage import queries, schema
from storage.faults import make, store_error
from storage.groups import Group
from storage.ownership import OwnerLock
from storage.statements import sqlite_group
from storage.tables import outbox
from storage.writer import Operation

T = TypeVar("T")

MAGIC = b"SQLite format 3\0"
BUSY_S = 0.5
"""How long SQLite itself waits for another program's lock; the writer then waits on, and says so."""
READERS = 2
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
        self._engine = _engine(self._path, busy_s, _PRAGMAS)
        self._connection: Connection | None = None
        self._made = count(1)
        view, trigger, self._write_group = sqlite_group()
        self._setup = (view, trigger)

    def open(self) -> None:
        with translated():
            _look_at(self._path)
            self._lock.acquire()
            connection = self._connection = self._engine.connect()
            state = schema.examine(connection)
            # Only now: it changes the file, which must be ours.
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            if state is not schema.State.CURRENT:
                self.call([lambda inside: schema.prepare(inside, schema.examine(inside))])
            self.call([])  # begins to write: who holds the file against us is told of now, not at the first run
            for statement in self._setup:
                connection.exec_driver_sql(statement)
            self._made = count(1 + (connection.scalar(select(func.max(outbox.c.made))) or 0))

    def write(self, transactions: Sequence[Transaction]) -> None:
        with translated():
            # Outside of a transaction: the statement begins and commits its own, in one step.
            self._open.exec_driver_sql(self._write_group, Group(transactions, self._made).parameters())

    def holds(self, transaction: Transaction) -> bool:
        with translated():
            return queries.same_event(self._open, transaction.events[0])

    def call(self, operations: Sequence[Operation[object]]) -> list[object]:
        with translated():
            return transact(self._open, "BEGIN IMMEDIATE", operations)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
        self._engine.dispose()
        self._lock.release()

    @property
    def _open(self) -> Connection:
        if self._connection is None:
            raise make("database_unavailable", "The store is not open.", retryable=False)
        return self._connection


class SqliteReader:
    """Reads on connections of their own, in a few threads, so that neither the loop nor the writer waits."""

    def __init__(self, path: Path) -> None:
        self._engine = _engine(path.absolute(), 5.0, ("query_only=ON",), pooled=True)
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


def transact(connection: Connection, begin: str, operations: Sequence[Operation[object]]) -> list[object]:
    """Run operations in one transaction on a connection that commits by itself."""
    connection.exec_driver_sql(begin)
    try:
        results = [operation(connection) for operation in operations]
        connection.exec_driver_sql("COMMIT")
    except BaseException:
        with suppress(SQLAlchemyError):  # The failure itself may have ended the transaction.
            connection.exec_driver_sql("ROLLBACK")
        raise
    return results


def _engine(path: Path, busy_s: float, pragmas: Sequence[str], *, pooled: bool = False) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        isolation_level="AUTOCOMMIT",
        poolclass=QueuePool if pooled else NullPool,
        connect_args={"timeout": busy_s, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _set_pragmas(connection: object, _record: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]  # DBAPI connections have no type of their own
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def _look_at(path: Path) -> None:
    """Refuse what SQLite would refuse with less to say. Raises StoreError."""
    folder = path.parent
    if not folder.is_dir():
        remedy = f"Create the folder {folder}, or name another database with --db."
        raise make(
            "database_unavailable", f"The folder of the database, {folder}, is missing.", remedy=remedy, retryable=False
        )
    if path.is_dir():
        raise make("database_foreign", f"{path} is a folder, not a database.")
    exists = path.exists()
    if not os.access(path if exists else folder, os.W_OK) or (exists and not os.access(folder, os.W_OK)):
        raise make("database_read_only", f"{path} cannot be written by this user.")
    if exists:
        _check_magic(path)


def _check_magic(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(len(MAGIC))
    if not head or head == MAGIC:
        return
    if MAGIC.startswith(head):
        raise _damaged(path)
    raise make("database_foreign", f"{path} is not a database.")


def _damaged(path: Path) -> StoreError:
    return make("database_corrupt", f"{path} breaks off in its first bytes.")
