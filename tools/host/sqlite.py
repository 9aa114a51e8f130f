"""SQLite for `sql.*`: files of the workspace, opened to read only unless a statement was approved."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

from protocol.errors import ErrorCode
from protocol.vocabulary import Json
from tools.context import ToolContext, check_cancelled
from tools.errors import ToolError, printable
from tools.host.declared import Database
from tools.host.statements import Take

STEPS: Final = 20_000
"""Instructions of SQLite's machine between two looks at the clock and at `cancelled`."""
BUSY_S: Final = 10.0
_PRAGMAS: Final = frozenset(
    [
        "table_info",
        "table_xinfo",
        "table_list",
        "index_list",
        "index_info",
        "index_xinfo",
        "foreign_key_list",
        "database_list",
        "user_version",
        "application_id",
        "encoding",
        "page_count",
        "page_size",
        "freelist_count",
        "schema_version",
        "compile_options",
        "collation_list",
        "integrity_check",
        "quick_check",
        "foreign_key_check",
    ]
)
_DENIED_ALWAYS: Final = frozenset((sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH))


@contextmanager
def _opened(context: ToolContext, database: Database, write: bool) -> Iterator[tuple[sqlite3.Connection, float]]:
    """A connection that can see one file, and when it must end."""
    if database.ours:
        with _connected(context, Path(database.path), write) as found:
            yield found
        return
    with context.workspace.locate(database.path, write=write) as place:
        new = place.kind() is None
        if new and not write:
            raise ToolError(ErrorCode.NOT_FOUND, f"there is no database `{place.path}`")
        if not new and place.kind() != stat.S_IFREG:
            raise ToolError(ErrorCode.BAD_ARGUMENTS, f"`{place.path}` is no file")
        # By name, for SQLite makes its journal beside it. The walk above has followed every link.
        try:
            with _connected(context, context.workspace.root / place.path, write) as found:
                yield found
        except BaseException:
            if new and place.kind() is not None and place.stat().st_size == 0:
                os.unlink(place.name, dir_fd=place.folder)
            raise


@contextmanager
def _connected(context: ToolContext, path: Path, write: bool) -> Iterator[tuple[sqlite3.Connection, float]]:
    deadline = time.monotonic() + context.limits.seconds
    uri = f"file:{quote(str(path))}?mode={'rwc' if write else 'ro'}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_S, check_same_thread=False)
    try:
        if not write:
            connection.execute("PRAGMA query_only = ON")
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 64 << 20)
        connection.set_authorizer(_allow)
        connection.set_progress_handler(lambda: context.cancelled.is_set() or time.monotonic() > deadline, STEPS)
        yield connection, deadline
    finally:
        connection.close()


def _allow(action: int, first: str | None, second: str | None, *_: object) -> int:
    """No other file, no code, and no setting that would lift what holds the connection."""
    pragma = action == sqlite3.SQLITE_PRAGMA and (first or "").lower() not in _PRAGMAS
    loads = action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in ("load_extension", "fts3_tokenizer")
    denied = action in _DENIED_ALWAYS or pragma or loads
    return sqlite3.SQLITE_DENY if denied else sqlite3.SQLITE_OK


def run(
    context: ToolContext, database: Database, statement: str, parameters: Sequence[Json], take: Take, *, write: bool
) -> int:
    """Run one statement; how many rows it changed. Rows go to `take`. All or nothing."""
    deadline = float("inf")
    try:
        with _opened(context, database, write) as (connection, deadline):
            if write:
                connection.execute("BEGIN IMMEDIATE")
            before = connection.total_changes
            cursor = connection.execute(statement, [_bound(one) for one in parameters])
            names = [str(one[0]) for one in cursor.description or ()]
            for row in cursor:
                check_cancelled(context)
                if not take(names, row) and not write:
                    break
            if write and connection.in_transaction:
                changed = connection.total_changes - before
                connection.execute("COMMIT")
                return changed
            return 0
    except sqlite3.Error as error:
        check_cancelled(context)
        raise _told(error, deadline) from None
    except (sqlite3.Warning, OverflowError, ValueError) as error:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"SQLite says: {printable(str(error))}") from None


def _bound(one: Json) -> str | int | float | None:
    if isinstance(one, (dict, list)):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "`parameters` are texts, numbers, true, false and null")
    return one


def _told(error: sqlite3.Error, deadline: float) -> ToolError:
    said = printable(str(error))
    if "interrupted" in said and time.monotonic() > deadline:
        return ToolError(ErrorCode.TIMEOUT, "the statement took longer than the task may: narrow it")
    if "locked" in said or "busy" in said:
        return ToolError(ErrorCode.UNAVAILABLE, "another program is writing to the database: try again", retryable=True)
    if "not authorized" in said or "prohibited" in said:
        return ToolError(ErrorCode.DENIED, "a statement may not attach files, load code, or change settings")
    if "readonly" in said or "read-only" in said or "query_only" in said:
        return ToolError(ErrorCode.DENIED, "this is opened to read only: `sql.execute` changes data")
    if "not a database" in said or "malformed" in said:
        return ToolError(ErrorCode.BAD_ARGUMENTS, f"this is no SQLite database that can be read: {said}")
    code = ErrorCode.BAD_ARGUMENTS if isinstance(error, sqlite3.ProgrammingError) else ErrorCode.TOOL_FAILED
    return ToolError(code, f"SQLite says: {said}")
