"""What outlives the process: rules, schedules, recordings, messages that wait, and the journal. One SQLite file.

The journal is numbered from 1 on, and no number is used twice: who reads on from the last number that it has gets
every entry once. It is bounded: the oldest entries go first, and a reader is told how many it missed.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from protocol.errors import ErrorCode
from protocol.vocabulary import JsonObject
from tools.errors import ToolError

T = TypeVar("T")
JOURNAL: Final = 20_000
JOURNAL_BYTES: Final = 8 << 20
WAITING: Final = 1_000
WAITING_BYTES: Final = 4 << 20
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS things (
    kind TEXT, name TEXT, body TEXT NOT NULL, state TEXT NOT NULL DEFAULT '{}', PRIMARY KEY (kind, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS journal (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS waiting (
    number INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, payload BLOB NOT NULL, retain INTEGER NOT NULL,
    until REAL NOT NULL, sending INTEGER NOT NULL DEFAULT 0
);
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal. `at` in Unix seconds, by this box's clock."""

    number: int
    at: float
    kind: str
    body: JsonObject


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that the broker has not got yet; after `until` (Unix seconds) it is of no use."""

    number: int
    topic: str
    payload: bytes
    retain: bool
    until: float
    sending: bool


class Store:
    """Raises ToolError(UNAVAILABLE) where the disk cannot be used; every write is on it when the call returns."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turn = asyncio.Lock()
        self._bytes = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._database = sqlite3.connect(path, check_same_thread=False)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.execute("PRAGMA cache_size = -256")
            self._database.executescript(_SCHEMA)
            self._bytes = int(self._one("SELECT coalesce(sum(length(body)), 0) FROM journal"))
        except (sqlite3.Error, OSError) as error:
            raise self._failed(error) from None

    def close(self) -> None:
        self._database.close()

    def _failed(self, error: Exception) -> ToolError:
        message = f"the state file {self._path} cannot be used: {error}; make room, or move it away to start anew"
        return ToolError(ErrorCode.UNAVAILABLE, message, retryable=True)

    def _one(self, statement: str, *values: object) -> float:
        found: float = self._database.execute(statement, values).fetchone()[0]
        return found

    async def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """In a thread, one at a time, all or nothing; not given up half-way when the caller is cancelled."""

        def run() -> T:
            with self._database as database:
                return work(database)

        async with self._turn:
            running = asyncio.ensure_future(asyncio.to_thread(run))
            try:
                return await asyncio.shield(running)
            except asyncio.CancelledError:
                await asyncio.wait([running])
                raise
            except sqlite3.Error as error:
                raise self._failed(error) from None

    # --- rules, schedules, recordings ------------------------------------------------------------------------

    async def keep(self, kind: str, name: str, body: JsonObject, *, limit: int) -> None:
        """Keep a thing under its name. Raises ToolError: ALREADY_EXISTS, UNAVAILABLE (`limit` are there)."""

        def work(database: sqlite3.Connection) -> None:
            if database.execute("SELECT 1 FROM things WHERE kind = ? AND name = ?", (kind, name)).fetchone():
                raise ToolError(ErrorCode.ALREADY_EXISTS, f"there is a {kind} `{name}` already: remove it first")
            if self._one("SELECT count(*) FROM things WHERE kind = ?", kind) >= limit:
                raise ToolError(ErrorCode.UNAVAILABLE, f"this device keeps at most {limit}: remove a {kind} first")
            database.execute("INSERT INTO things (kind, name, body) VALUES (?, ?, ?)", (kind, name, json.dumps(body)))

        await self._do(work)

    async def update(self, kind: str, name: str, state: JsonObject) -> None:
        """Where a thing stands; one that is gone is no error."""
        change = "UPDATE things SET state = ? WHERE kind = ? AND name = ?"
        await self._do(lambda database: database.execute(change, (json.dumps(state), kind, name)))

    async def drop(self, kind: str, name: str) -> bool:
        """Whether it was there."""
        remove = "DELETE FROM things WHERE kind = ? AND name = ?"
        return bool(await self._do(lambda database: database.execute(remove, (kind, name)).rowcount))

    async def things(self, kind: str) -> list[tuple[str, JsonObject, JsonObject]]:
        """Name, body and state of each, in name order."""
        ask = "SELECT name, body, state FROM things WHERE kind = ? ORDER BY name"
        rows = await self._do(lambda database: database.execute(ask, (kind,)).fetchall())
        return [(name, json.loads(body), json.loads(state)) for name, body, state in rows]

    # --- the journal -----------------------------------------------------------------------------------------

    async def note(self, at: float, kind: str, body: JsonObject) -> int:
        """Write an entry; its number. The oldest go where there are too many."""
        text = json.dumps(body)

        def work(database: sqlite3.Connection) -> int:
            added = database.execute("INSERT INTO journal (at, kind, body) VALUES (?, ?, ?)", (at, kind, text))
            number = int(added.lastrowid or 0)
            size = self._bytes + len(text)
            if size > JOURNAL_BYTES or number % 100 == 0:
                database.execute("DELETE FROM journal WHERE number <= ?", (number - JOURNAL,))
                size = int(self._one("SELECT sum(length(body)) FROM journal"))
                if size > JOURNAL_BYTES:
                    middle = self._one("SELECT (min(number) + max(number)) / 2 FROM journal")
                    database.execute("DELETE FROM journal WHERE number < ?", (middle,))
                    size = int(self._one("SELECT sum(length(body)) FROM journal"))
            self._bytes = size
            return number

        return await self._do(work)

    async def journal(self, after: int, limit: int, kind: str | None = None) -> tuple[list[Entry], int, int]:
        """The entries after a number, oldest first; how many of them are gone; and the last number of all."""

        def work(database: sqlite3.Connection) -> tuple[list[Entry], int, int]:
            first, last = database.execute("SELECT min(number), max(number) FROM journal").fetchone()
            which = "number > ?1 AND (?2 IS NULL OR kind = ?2)"
            ask = f"SELECT number, at, kind, body FROM journal WHERE {which} ORDER BY number LIMIT ?3"
            rows = database.execute(ask, (after, kind, limit)).fetchall()
            entries = [Entry(number, at, kind, json.loads(body)) for number, at, kind, body in rows]
            return entries, max(0, (first or 1) - after - 1), last or 0

        return await self._do(work)

    # --- messages that wait for the broker -------------------------------------------------------------------

    async def wait(self, topic: str, payload: bytes, *, retain: bool, until: float) -> int:
        """Keep a message for later; its number. Raises ToolError(UNAVAILABLE) where too much waits already."""

        def work(database: sqlite3.Connection) -> int:
            count, size = database.execute("SELECT count(*), coalesce(sum(length(payload)), 0) FROM waiting").fetchone()
            if count >= WAITING or size + len(payload) > WAITING_BYTES:
                message = "too many messages wait for the broker already: let it come back first"
                raise ToolError(ErrorCode.UNAVAILABLE, message, retryable=True)
            add = "INSERT INTO waiting (topic, payload, retain, until) VALUES (?, ?, ?, ?)"
            return int(database.execute(add, (topic, payload, retain, until)).lastrowid or 0)

        return await self._do(work)

    async def waiting(self) -> list[Waiting]:
        """All that waits, oldest first."""
        ask = "SELECT number, topic, payload, retain, until, sending FROM waiting ORDER BY number"
        rows = await self._do(lambda database: database.execute(ask).fetchall())
        return [Waiting(n, topic, bytes(data), bool(r), until, bool(s)) for n, topic, data, r, until, s in rows]

    async def begin_sending(self, number: int) -> None:
        """From now on the message may have gone out: after a crash it is not sent again."""
        await self._do(lambda database: database.execute("UPDATE waiting SET sending = 1 WHERE number = ?", (number,)))

    async def put_back(self, number: int) -> None:
        """It did not go out after all."""
        await self._do(lambda database: database.execute("UPDATE waiting SET sending = 0 WHERE number = ?", (number,)))

    async def done_sending(self, number: int) -> None:
        await self._do(lambda database: database.execute("DELETE FROM waiting WHERE number = ?", (number,)))
