"""PostgreSQL: asyncpg under SQLAlchemy. The writer's connection lives in a loop of the writer's own thread.

The writer holds an advisory lock for as long as its connection lives: a second orchestrator on the same database is
refused, and after a lost connection the old server process is known to be gone before anything is written again. Each
owner takes a number, higher than the last: one that lost its connection, and with it the lock, writes no more once
another has been there.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from itertools import count
from typing import Any, TypeVar

from sqlalchemy import Connection, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from orchestrator.core.ports import StoreError
from orchestrator.core.records import Transaction
from storage import operations, queries, schema
from storage.faults import make, store_error
from storage.groups import Group
from storage.ownership import busy
from storage.sqlite import transact, translated
from storage.statements import postgres_group
from storage.tables import outbox
from storage.writer import Operation

T = TypeVar("T")

LOCK = 0x4173746572  # "Aster"
CONNECT_S = 5.0
COMMAND_S = 15.0
TAKE_OVER_S = 3.0
"""How long a new owner waits for the server to notice that the last one died."""
READERS = 4


class PostgresSink:
    """The writing end; see `writer.Sink`."""

    def __init__(self, url: str) -> None:
        self._engine = _engine(url, "writer", pooled=False)
        self._connection: AsyncConnection | None = None
        self._runner: asyncio.Runner | None = None
        self._made = count(1)
        self._owner: int | None = None
        self._statement = postgres_group()

    def open(self) -> None:
        self._runner = asyncio.Runner()
        self._run(self._prepare())

    def write(self, transactions: Sequence[Transaction]) -> None:
        with translated():
            parameters = Group(transactions, self._made).parameters()
        # Outside of a transaction: the statement is its own.
        self._run(self._execute(lambda connection: connection.exec_driver_sql(self._statement, parameters)))

    def holds(self, transaction: Transaction) -> bool:
        return self._run(self._execute(lambda connection: queries.same_event(connection, transaction.events[0])))

    def call(self, work: Sequence[Operation[object]]) -> list[object]:
        return self._run(self._execute(lambda connection: transact(connection, "BEGIN", work)))

    def probe(self, *, writing: bool) -> None:
        self.call([operations.touch] if writing else [])

    def close(self) -> None:
        if self._runner is not None:
            with suppress(StoreError):
                self._run(self._disconnect())
            self._runner.close()
            self._runner = None

    def _run(self, work: Coroutine[object, object, T]) -> T:
        assert self._runner is not None
        with translated():
            return self._runner.run(work)

    async def _prepare(self) -> None:
        self._owner = None
        connection = await self._connect(TAKE_OVER_S)
        if await connection.run_sync(schema.examine) is not schema.State.CURRENT:
            prepare: list[Operation[object]] = [lambda inside: schema.prepare(inside, schema.examine(inside))]
            await connection.run_sync(lambda inside: transact(inside, "BEGIN", prepare))
        highest = await connection.scalar(select(func.max(outbox.c.made)))
        self._made = count(1 + (highest or 0))
        self._owner = await connection.run_sync(operations.take_over)

    async def _execute(self, work: Callable[[Connection], T]) -> T:
        connection = self._connection or await self._connect(0)
        try:
            return await connection.run_sync(work)
        except BaseException as error:
            if store_error(error).code.startswith("database_"):
                await self._disconnect()
            raise

    async def _connect(self, patience: float) -> AsyncConnection:
        connection = await self._engine.connect()
        try:
            await _take_lock(connection, patience)
            if self._owner is not None and await connection.run_sync(queries.owner) != self._owner:
                raise _taken()
        except BaseException:
            await connection.close()
            raise
        self._connection = connection
        return connection

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            # Never handed back and used again: what state it is in is not known.
            with suppress(Exception):
                await connection.invalidate()
            with suppress(Exception):
                await connection.close()


async def snapshot(url: str, query: Callable[[Connection], T]) -> T:
    """The result of `query` on a connection that sees one state of the database and writes nothing."""
    engine = _engine(url, "reader", pooled=False)
    try:
        with translated():
            async with engine.connect() as connection:
                await connection.exec_driver_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                return await connection.run_sync(query)
    finally:
        await engine.dispose()


async def exclusively(url: str, work: Callable[[Connection], T]) -> T:
    """The result of `work`, in one transaction, while no orchestrator may use the database."""
    engine = _engine(url, "writer", pooled=False)
    try:
        with translated():
            async with engine.connect() as connection:
                await _take_lock(connection, 0)
                await connection.exec_driver_sql("BEGIN")
                done = await connection.run_sync(work)
                await connection.exec_driver_sql("COMMIT")
                return done
    finally:
        await engine.dispose()


class PostgresReader:
    """Reads on a small pool of connections, in the loop that asks."""

    def __init__(self, url: str) -> None:
        self._engine = _engine(url, "reader", pooled=True)

    async def read(self, query: Callable[[Connection], T]) -> T:
        with translated():
            async with self._engine.connect() as connection:
                return await connection.run_sync(query)

    async def close(self) -> None:
        await self._engine.dispose()


def _engine(url: str, role: str, *, pooled: bool) -> AsyncEngine:
    settings = {
        "application_name": f"asterism {role} {os.getpid()}",
        # Whatever the server's or the user's own settings say: a commit is on the disk.
        "synchronous_commit": "on",
        # The planner takes JSON's row counts for large and would compile each statement.
        "jit": "off",
    }
    arguments = {"timeout": CONNECT_S, "command_timeout": COMMAND_S, "server_settings": settings}
    options: dict[str, Any] = {"pool_size": READERS, "pool_pre_ping": True} if pooled else {"poolclass": NullPool}
    with translated():
        return create_async_engine(url, isolation_level="AUTOCOMMIT", connect_args=arguments, **options)


def _taken() -> StoreError:
    return make(
        "database_taken",
        "Another orchestrator has used this database while this one was cut off from it.",
        remedy="This one ends. Let one orchestrator at a time use a database.",
    )


async def _take_lock(connection: AsyncConnection, patience: float) -> None:
    """Raises StoreError(`database_busy`), naming the owner."""
    loop = asyncio.get_running_loop()
    give_up = loop.time() + patience
    while not await connection.scalar(select(func.pg_try_advisory_lock(LOCK))):
        if loop.time() >= give_up:
            raise busy(await _owner(connection))
        await asyncio.sleep(0.05)


async def _owner(connection: AsyncConnection) -> str:
    query = """SELECT a.application_name, a.client_addr::text AS address
    FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'advisory' AND l.granted AND l.objid::bigint = $1 AND l.database = a.datid LIMIT 1"""
    row = (await connection.exec_driver_sql(query, (LOCK & 0xFFFFFFFF,))).mappings().one_or_none()
    if row is None:
        return "another process"
    process = str(row["application_name"]).rsplit(" ", 1)[-1]
    return f"process {process} on {row['address'] or 'this machine'}"
