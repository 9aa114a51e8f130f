"""What tasks say while they run, for people who look on: kept in memory, within bounds, and on no record.

What must last is in a task's result. A log is gone with the process, and sooner where others need the room.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field

from orchestrator.core.views import LogEntry, TaskLog
from protocol.messages import LogLine

OF_TASK = 64_000
OF_ALL = 8_000_000
"""Characters that are kept of one task, and of all together; the oldest go first."""
OVERHEAD = 200
"""What an entry takes besides its text."""


@dataclass(slots=True)
class _Log:
    entries: deque[LogEntry] = field(default_factory=deque)
    size: int = 0
    dropped: int = 0


class TaskLogs:
    """The logs of the tasks that spoke last."""

    def __init__(self, of_task: int = OF_TASK, of_all: int = OF_ALL) -> None:
        self._of_task = of_task
        self._of_all = of_all
        self._logs: OrderedDict[tuple[str, str], _Log] = OrderedDict()
        self._size = 0

    def add(self, said: LogLine, at: float) -> None:
        """`at` is Unix time."""
        key = (said.run, said.task)
        log = self._logs.setdefault(key, _Log())
        self._logs.move_to_end(key)
        log.entries.append(LogEntry(at=at, attempt=said.attempt, stream=said.stream, text=said.text))
        self._grow(log, _size(said.text))
        while log.size > self._of_task and len(log.entries) > 1:
            self._grow(log, -_size(log.entries.popleft().text))
            log.dropped += 1
        while self._size > self._of_all and len(self._logs) > 1:
            _, oldest = self._logs.popitem(last=False)
            self._size -= oldest.size

    def of(self, run: str, task: str) -> TaskLog:
        """What a task has said; empty where it said nothing, or that is gone."""
        log = self._logs.get((run, task), _Log())
        return TaskLog(run=run, task=task, entries=tuple(log.entries), dropped=log.dropped)

    def _grow(self, log: _Log, by: int) -> None:
        log.size += by
        self._size += by


def _size(text: str) -> int:
    return len(text) + OVERHEAD
