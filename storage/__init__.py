"""The durable record: an event log with its projections, in SQLite or PostgreSQL, and the contents of artifacts.

`open_store` is the door; nothing heavy is imported before it is called.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.core.ports import Store
    from protocol.failpoints import Failpoints
    from storage.writer import Sink


def _ignore(code: str | None) -> None:
    """Nobody asked to hear of trouble."""


def make_store(
    url: str | os.PathLike[str],
    *,
    on_trouble: Callable[[str | None], None] = _ignore,
    failpoints: Failpoints | None = None,
) -> Store:
    """A store, not yet opened, for `sqlite:///path`, `postgresql://user@host/name`, `memory:` or a plain path.

    `on_trouble` is called on the event loop with a StoreError's code when writing stops, and with None once it goes on.
    With `failpoints`, the database fails where they say so; a store in memory never does.
    Raises StoreError where the URL cannot be used.
    """
    from storage.urls import parse

    location = parse(url)
    if location.kind == "memory":
        from storage.memory import MemoryStore

        return MemoryStore()
    from storage.sql import SqlStore

    if location.kind == "sqlite":
        from storage.sqlite import SqliteReader, SqliteSink

        sink = _with(failpoints, SqliteSink(location.path))
        return SqlStore(sink, SqliteReader(location.path), on_trouble)
    from storage.postgres import PostgresReader, PostgresSink

    return SqlStore(_with(failpoints, PostgresSink(location.url)), PostgresReader(location.url), on_trouble)


def _with(failpoints: Failpoints | None, sink: Sink) -> Sink:
    if failpoints is None:
        return sink
    from storage.failpoints import FaultySink

    return FaultySink(sink, failpoints)


async def open_store(url: str | os.PathLike[str], *, on_trouble: Callable[[str | None], None] = _ignore) -> Store:
    """As `make_store`, opened on the running event loop. Raises StoreError with a remedy."""
    store = make_store(url, on_trouble=on_trouble)
    await store.open()
    return store
