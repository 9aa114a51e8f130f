"""What tasks say while they run, for people who look on: kept within bounds, on record a moment after it came.

Memory holds all that is kept, and the record the same, redacted: a look costs no read, and a start reads it back. What
came within the last moment before a crash is lost, and no task waits for it: what must last is in a task's result.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict, deque
from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import takewhile
from typing import cast

import structlog

from orchestrator.core.ports import Sayings, StoreError
from orchestrator.core.records import LogChange, LogRow
from orchestrator.core.redact import redact
from orchestrator.core.views import LogEntry, Stream, TaskLog
from protocol.messages import LogLine

log = structlog.get_logger("asterism.logs")

OF_TASK = 64_000
OF_ALL = 8_000_000
"""Characters that are kept of one task, and of all together; the oldest go first."""
OVERHEAD = 200
"""What an entry takes besides its text."""
PAUSE_S, LONGEST_PAUSE_S = 0.2, 10.0
"""What came within so long is written together; the longest, while the record is in trouble."""
CLOSE_PATIENCE_S = 2.0
ROWS = 2_000
"""Entries that are written in one transaction, about: other work waits for no longer than they take."""

Key = tuple[str, str]


@dataclass(slots=True)
class _Log:
    """`saved`: the number up to which entries are on record."""

    entries: deque[LogRow] = field(default_factory=deque)
    size: int = 0
    last: int = 0
    saved: int = 0

    @property
    def first(self) -> int:
        return self.entries[0].seq

    def unsaved(self) -> list[LogRow]:
        return list(takewhile(lambda row: row.seq > self.saved, reversed(self.entries)))[::-1]


class TaskLogs:
    """The logs of the tasks that spoke last. `open` before the first is added, `close` before the store is."""

    def __init__(self, store: Sayings, of_task: int = OF_TASK, of_all: int = OF_ALL) -> None:
        self._store = store
        self._of_task = of_task
        self._of_all = of_all
        self._logs: OrderedDict[Key, _Log] = OrderedDict()
        self._size = 0
        # What the record must be told of: logs that are gone, or have new entries.
        self._unsaved: OrderedDict[Key, None] = OrderedDict()
        self._saving: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    async def open(self) -> None:
        """Read back what is on record. Raises StoreError."""
        for row in await self._store.task_logs():
            self._keep(row)
        for key, known in sorted(self._logs.items(), key=lambda one: one[1].entries[-1].at):
            known.saved = known.last
            self._logs.move_to_end(key)
        self._make_room()

    async def close(self) -> None:
        """Write what is not on record yet, as far as it can be now."""
        self._closing.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_PATIENCE_S):
                await (self._saving or self.save())

    def add(self, said: LogLine, at: float) -> None:
        """`at` is Unix time."""
        key = (said.run, said.task)
        known = self._logs.get(key)
        number = 1 if known is None else known.last + 1
        known = self._keep(LogRow(*key, number, at, said.attempt, said.stream, said.text))
        while known.size > self._of_task and len(known.entries) > 1:
            self._grow(known, -_size(known.entries.popleft()))
        self._logs.move_to_end(key)
        self._make_room()
        self._unsaved[key] = None
        if self._saving is None and not self._closing.is_set():
            self._saving = asyncio.get_running_loop().create_task(self._go_on_saving())

    def of(self, run: str, task: str) -> TaskLog:
        """What a task has said, redacted; empty where it said nothing, or that is gone."""
        known = self._logs.get((run, task))
        if known is None:
            return TaskLog(run=run, task=task)
        entries = tuple(
            LogEntry(at=row.at, attempt=row.attempt, stream=cast("Stream", row.stream), text=redact(row.text))
            for row in known.entries
        )
        return TaskLog(run=run, task=task, entries=entries, dropped=known.first - 1)

    def forget(self, runs: Collection[str]) -> None:
        """These runs are deleted, with their logs on record."""
        for key in [key for key in self._logs if key[0] in runs]:
            self._size -= self._logs.pop(key).size
        for key in [key for key in self._unsaved if key[0] in runs]:
            del self._unsaved[key]

    def _keep(self, row: LogRow) -> _Log:
        known = self._logs.setdefault((row.run, row.task), _Log())
        known.entries.append(row)
        known.last = row.seq
        self._grow(known, _size(row))
        return known

    def _make_room(self) -> None:
        while self._size > self._of_all and len(self._logs) > 1:
            key, oldest = self._logs.popitem(last=False)
            self._size -= oldest.size
            self._unsaved[key] = None

    def _grow(self, known: _Log, by: int) -> None:
        known.size += by
        self._size += by

    # --- the record --------------------------------------------------------------------------------------------

    async def _go_on_saving(self) -> None:
        pause = PAUSE_S
        try:
            while self._unsaved:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._closing.wait()
                saved = await self.save()
                if self._closing.is_set():
                    return
                pause = PAUSE_S if saved else min(2 * pause, LONGEST_PAUSE_S)
        finally:
            self._saving = None

    async def save(self) -> bool:
        """Write what is not on record, some thousand entries at a time: whether it was taken."""
        while self._unsaved:
            told: list[tuple[Key, _Log | None, LogChange]] = []
            rows = 0
            while self._unsaved and rows < ROWS:
                key, _ = self._unsaved.popitem(last=False)
                known = self._logs.get(key)
                change = _change(key, known)
                told.append((key, known, change))
                rows += 1 + len(change.rows)
            try:
                await self._store.write_task_logs([change for _, _, change in told])
            except StoreError as error:
                log.warning("what tasks said is not on record yet", code=error.code)
                self._unsaved.update((key, None) for key, _, _ in told)
                return False
            for _, known, change in told:
                if known is not None:
                    known.saved = change.rows[-1].seq if change.rows else known.saved
        return True


def _change(key: Key, known: _Log | None) -> LogChange:
    if known is None:
        return LogChange(*key, first=1, after=0)
    rows = tuple(row._replace(text=redact(row.text)) for row in known.unsaved())
    return LogChange(*key, first=known.first, after=known.saved, rows=rows)


def _size(row: LogRow) -> int:
    return len(row.text) + OVERHEAD
