"""What an agent keeps on disk: its identity, the highest epoch it has obeyed, and the attempts that may not be lost.

One SQLite file in the state directory, `synchronous=FULL`. All writes that wait become one transaction, in a thread
of their own. A started attempt has a row without a result; a finished one has the encoded `result` message. Nothing is
kept of attempts that can simply be repeated.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from devices.errors import StateError
from devices.events import Key
from devices.executor import encode_result
from protocol.errors import ErrorCode
from protocol.messages import Outcome, TaskError

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS attempts (
    run TEXT, task TEXT, attempt INTEGER, epoch INTEGER NOT NULL, idempotent INTEGER NOT NULL, result BLOB,
    PRIMARY KEY (run, task, attempt)
);
"""
_LOST: Final = "The device's agent was stopped while it ran; how far it came is unknown."
FORGET_S: Final = 0.2
_Write = tuple[str, tuple[object, ...]]


class Outbox:
    """Opened once, by one agent at a time. Raises StateError with what to do."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waiting: list[tuple[_Write, asyncio.Future[None] | None]] = []
        self._writer: asyncio.Task[None] | None = None
        self._later: asyncio.TimerHandle | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._lock = -1
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = _lock(folder / "lock")
            self._database = _connect(folder / "agent.db")
        except OSError as error:
            raise StateError(f"The state directory {folder} cannot be used: {error.strerror}.") from error
        except sqlite3.Error as error:
            os.close(self._lock)
            raise StateError(f"{folder / 'agent.db'} cannot be read ({error}); move it away to start anew.") from error

    # --- facts -----------------------------------------------------------------------------------------------

    def identity(self, make: Callable[[], str]) -> str:
        """The device's lasting identity, made at the first call of all."""
        self._now("INSERT OR IGNORE INTO facts VALUES ('identity', ?)", make())
        return self._fact("identity", "")

    @property
    def epoch(self) -> int:
        return int(self._fact("epoch", "0"))

    def keep_epoch(self, epoch: int) -> None:
        """Remember that commands below `epoch` are refused; soon, not at once."""
        self._queue("INSERT OR REPLACE INTO facts VALUES ('epoch', ?)", str(epoch), wait=False)

    # --- attempts --------------------------------------------------------------------------------------------

    def restore(self) -> tuple[tuple[Key, bytes], ...]:
        """The results that an earlier life left, as encoded messages.

        An attempt that had started and not ended has the result `lost`, which is kept like any; where it was
        idempotent it is forgotten, and so absent from the inventory.
        """
        with self._database as database:
            database.execute("DELETE FROM attempts WHERE result IS NULL AND idempotent")
            unfinished = database.execute("SELECT run, task, attempt, epoch FROM attempts WHERE result IS NULL")
            for run, task, attempt, epoch in unfinished.fetchall():
                error = TaskError(code=ErrorCode.LOST, message=_LOST)
                body = encode_result((run, task, attempt), epoch, Outcome.FAILED, None, error)
                where = "WHERE run = ? AND task = ? AND attempt = ?"
                database.execute(f"UPDATE attempts SET result = ? {where}", (body, run, task, attempt))
        rows = self._database.execute("SELECT run, task, attempt, result FROM attempts ORDER BY rowid").fetchall()
        return tuple(((run, task, attempt), bytes(body)) for run, task, attempt, body in rows)

    async def started(self, key: Key, epoch: int, *, idempotent: bool) -> None:
        """Returns once it is on disk that the attempt starts."""
        await self._queue("INSERT OR REPLACE INTO attempts VALUES (?, ?, ?, ?, ?, NULL)", *key, epoch, idempotent)

    async def finished(self, key: Key, body: bytes) -> None:
        """Returns once the result is on disk."""
        await self._queue("UPDATE attempts SET result = ? WHERE run = ? AND task = ? AND attempt = ?", body, *key)

    def forget(self, key: Key) -> None:
        """The result is recorded elsewhere. Soon, not at once: a crash before it only offers the result again.

        It goes with the next write, or on its own a little later, so that no attempt waits for the disk to forget one.
        """
        self._waiting.append((("DELETE FROM attempts WHERE run = ? AND task = ? AND attempt = ?", key), None))
        if self._later is None:
            self._later = asyncio.get_running_loop().call_later(FORGET_S, self._write)

    async def close(self) -> None:
        """Write what waits, and let another agent use the directory. Safe to call twice."""
        if self._waiting:
            self._write()
        elif self._later is not None:
            self._later.cancel()
        if self._writer is not None:
            await self._writer
        if self._thread is not None:
            self._thread.shutdown()
        self._database.close()
        if self._lock >= 0:  # once: the number may be another file's by now
            os.close(self._lock)
            self._lock = -1

    # --- the writer ------------------------------------------------------------------------------------------

    def _queue(self, statement: str, *values: object, wait: bool = True) -> asyncio.Future[None]:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._waiting.append(((statement, values), done if wait else None))
        self._write()
        return done

    def _write(self) -> None:
        """Have all that waits written."""
        if self._later is not None:
            self._later.cancel()
            self._later = None
        if self._writer is None or self._writer.done():
            self._writer = asyncio.get_running_loop().create_task(self._write_all())

    async def _write_all(self) -> None:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="asterism-outbox")
        while self._waiting:
            batch, self._waiting = self._waiting, []
            failure = await asyncio.get_running_loop().run_in_executor(self._thread, self._commit, batch)
            for _, done in batch:
                if done is not None and not done.done():
                    done.set_result(None) if failure is None else done.set_exception(failure)

    def _commit(self, batch: list[tuple[_Write, asyncio.Future[None] | None]]) -> StateError | None:
        try:
            with self._database as database:
                for (statement, values), _ in batch:
                    database.execute(statement, values)
        except sqlite3.Error as error:
            return StateError(f"The state directory {self._folder} cannot be written: {error}.")
        return None

    def _now(self, statement: str, *values: object) -> None:
        with self._database as database:
            database.execute(statement, values)

    def _fact(self, name: str, default: str) -> str:
        row = self._database.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return default if row is None else str(row[0])


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, check_same_thread=False)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.executescript(_SCHEMA)
    except sqlite3.Error:
        database.close()
        raise
    return database


def _lock(path: Path) -> int:
    """Hold the directory until the process ends. Two agents with one identity would take each other's results."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        with contextlib.suppress(OSError):
            os.close(descriptor)
        raise StateError(f"Another agent runs with the state directory {path.parent}; stop it first.") from None
    return descriptor
