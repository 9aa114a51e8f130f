"""Where the supervisor's place is kept: LangGraph's own savers, for SQLite, PostgreSQL and memory.

A checkpoint is a convenience: the event log is the truth, and a lost checkpoint loses nothing. So SQLite may defer its
writes (`synchronous=NORMAL`), and a saver that cannot be opened is replaced by memory, with a warning.
"""

from __future__ import annotations

import logging
import re
from contextlib import AsyncExitStack
from pathlib import Path

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver

# How long to wait for a connection, in seconds.
POOL_TIMEOUT_S = 5.0
_log = logging.getLogger("asterism.agents")
_POSTGRES = re.compile(r"^postgres(?:ql)?(?:\+[a-z0-9_]+)?://")
_SQLITE = re.compile(r"^sqlite(?:\+[a-z0-9_]+)?://(?:/(?P<path>.*))?$")


async def open_saver(place: str, stack: AsyncExitStack) -> BaseCheckpointSaver[str]:
    """The saver for a path or URL; what it holds open is closed with `stack`. Empty or `:memory:` is memory."""
    try:
        if _POSTGRES.match(place):
            return await _postgres(_POSTGRES.sub("postgresql://", place), stack)
        found = _SQLITE.match(place)
        path = (found["path"] or "") if found else place
        if path and path != ":memory:":
            return await _sqlite(Path(path), stack)
    except Exception as error:  # noqa: BLE001 - said once; a supervisor without a saved place works from the log
        _log.warning("checkpoints cannot be kept (%s); the supervisor goes on from the event log", type(error).__name__)
    return InMemorySaver()


async def _sqlite(path: Path, stack: AsyncExitStack) -> BaseCheckpointSaver[str]:
    import aiosqlite
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    path.parent.mkdir(parents=True, exist_ok=True)
    connection = await stack.enter_async_context(aiosqlite.connect(path))
    await connection.execute("PRAGMA busy_timeout=2000")
    saver = AsyncSqliteSaver(connection)
    await saver.setup()
    await connection.execute("PRAGMA synchronous=NORMAL")
    return saver


async def _postgres(url: str, stack: AsyncExitStack) -> BaseCheckpointSaver[str]:
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
    from psycopg import AsyncConnection
    from psycopg.rows import DictRow, dict_row
    from psycopg_pool import AsyncConnectionPool

    pool: AsyncConnectionPool[AsyncConnection[DictRow]] = AsyncConnectionPool(
        url,
        kwargs={"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row},
        min_size=0,
        max_size=4,
        timeout=POOL_TIMEOUT_S,
        open=False,
    )
    await pool.open(wait=False)
    stack.push_async_callback(pool.close)
    saver = AsyncPostgresSaver(pool)
    await saver.setup()
    return saver
