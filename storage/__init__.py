"""The durable record: an event log with its projections, in SQLite or PostgreSQL, and the contents of artifacts.

`open_store` is the door; nothing heavy is imported before it is called.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.core.ports import Store


def _ignore(code: str | None) -> None:
    """Nobody asked to hear of trouble."""


def make_store(url: str | os.PathLike[str], *, on_trouble: Callable[[str | None], None] = _ignore) -> Store:
    """A store, not yet opened, for `sqlite:///path`, `postgresql://user@host/name`, `memory:` or a plain path.

    `on_trouble` is called on the event loop with a StoreError's code when writing stops, and with None once it goes on.
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

        return SqlStore(SqliteSink(location.path), SqliteReader(location.path), on_trouble)
    from storage.postgres import PostgresReader, PostgresSink

    return SqlStore(PostgresSink(location.url), PostgresReader(location.url), on_trouble)


async def open_store(url: str | os.PathLike[str], *, on_trouble: Callable[[str | None], None] = _ignore) -> Store:
    """As `make_store`, opened on the running event loop. Raises StoreError with a remedy."""
    store = make_store(url, on_trouble=on_trouble)
    await store.open()
    return store
