"""One consistent look at a database, beside the orchestrator that may be writing to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from typing import TypeVar

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from orchestrator.core.ports import StoreError
from storage import schema
from storage.faults import make
from storage.places import check_head, refuse_left_over_log
from storage.sqlite import connect, translated
from storage.urls import Location

T = TypeVar("T")


async def snapshot(location: Location, query: Callable[[Connection], T]) -> T:
    """The result of `query` on a connection that sees one state of the database and writes nothing.

    Raises StoreError, also where the database is missing, empty, foreign, newer or older than this program.
    """
    if location.kind == "sqlite":
        return await asyncio.to_thread(_sqlite, location, query)
    if location.kind == "postgresql":
        from storage.postgres import snapshot as on_postgres

        return await on_postgres(location.url, lambda connection: query(_ours(connection)))
    raise make("database_unavailable", "A database in memory can be read by its own process only.", retryable=False)


def _sqlite(location: Location, query: Callable[[Connection], T]) -> T:
    path = location.path.absolute()
    with translated():
        refuse_left_over_log(path)
        if not path.is_file():
            raise nothing(str(path))
        if path.stat().st_size:
            check_head(path)
        engine = create_engine(
            "sqlite://",
            isolation_level="AUTOCOMMIT",
            poolclass=NullPool,
            creator=lambda: connect(path, "rw", 5.0, ("query_only=ON",)),
        )
        with closing(engine.connect()) as connection:
            connection.exec_driver_sql("BEGIN")  # deferred: the first read fixes what is seen
            return query(_ours(connection))


def _ours(connection: Connection) -> Connection:
    state = schema.examine(connection)
    if state is schema.State.EMPTY:
        raise nothing("The database")
    if state is schema.State.OLDER:
        remedy = "Start the orchestrator once: it brings the database up to date."
        raise make("database_unavailable", "An older version wrote this database.", remedy=remedy, retryable=False)
    return connection


def nothing(name: str) -> StoreError:
    """The error of a database that has yet to be made."""
    remedy = "Name the database that the orchestrator uses with --db or ASTERISM_DATABASE."
    return make("database_unavailable", f"{name} holds nothing yet.", remedy=remedy, retryable=False)
