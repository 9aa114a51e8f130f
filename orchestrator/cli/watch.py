"""How a run is shown on stderr while it goes: a live table on a terminal, else one line per change, or nothing."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

from orchestrator.cli.output import dump_line, line, say
from orchestrator.core import events as e
from orchestrator.core.describe import MARKS, describe
from orchestrator.core.state import RunState, TaskState
from orchestrator.core.tasks import TaskStatus

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

REFRESH_S = 0.125
_STYLES = {
    TaskStatus.RUNNING: "blue",
    TaskStatus.SUCCEEDED: "green",
    TaskStatus.FAILED: "red",
    TaskStatus.WAITING: "yellow",
    TaskStatus.UNKNOWN: "yellow",
}
OUTSIDE = (TaskStatus.READY, TaskStatus.RUNNING, TaskStatus.CANCELLING)
"""Where a task may wait for its device, which no event tells."""
_FIRST = (TaskStatus.WAITING, TaskStatus.UNKNOWN, TaskStatus.RUNNING, TaskStatus.CANCELLING, TaskStatus.FAILED)


class Show(Protocol):
    """Shows a run. `paused` makes room for a prompt."""

    def begin(self, state: RunState) -> None: ...

    def event(self, event: e.Event) -> None: ...

    def waits(self, now: Mapping[str, str]) -> None:
        """What tasks wait for now that no event tells, by id: a device that is away."""
        ...

    def paused(self) -> contextlib.AbstractContextManager[None]: ...

    def finish(self) -> None: ...


class Lines:
    """One line on stderr for each change."""

    def begin(self, state: RunState) -> None:
        self._state = state
        self._told: set[tuple[str, str]] = set()
        say(f"run {state.run}")

    def event(self, event: e.Event) -> None:
        mark = MARKS.get(type(event.body))
        if isinstance(event.body, e.ApprovalRequested) and self._state.request.policy.approve == "all":
            mark = "change"
        if mark is not None:
            say(f"{mark}: {describe(event.body)}")

    def waits(self, now: Mapping[str, str]) -> None:
        """Once for each reason."""
        for task, what in now.items():
            if (task, what) not in self._told:
                self._told.add((task, what))
                say(f"waits: {line(task)} for {line(what)}")

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        yield

    def finish(self) -> None:
        pass


class JsonLines(Lines):
    """Each event as a line of JSON on stdout, and nothing on stderr."""

    def begin(self, state: RunState) -> None:
        pass

    def event(self, event: e.Event) -> None:
        dump_line(event)

    def waits(self, now: Mapping[str, str]) -> None:
        pass


class LiveTable(Lines):
    """The tasks as a table that changes in place; those that move or need something come first."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live

        self._console = Console(stderr=True)
        self._live: Live = Live(console=self._console, auto_refresh=False)
        self._refreshing: asyncio.Task[None] | None = None
        self._waiting: Mapping[str, str] = {}

    def begin(self, state: RunState) -> None:
        super().begin(state)
        self._live.start()
        self._refreshing = asyncio.ensure_future(self._refresh())

    def event(self, event: e.Event) -> None:
        pass

    def waits(self, now: Mapping[str, str]) -> None:
        self._waiting = now

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        self._live.update(self._table(), refresh=True)  # what stays above the prompt is what it is about
        self._live.stop()
        try:
            yield
        finally:
            self._live.start()

    def finish(self) -> None:
        if self._refreshing is not None:
            self._refreshing.cancel()
            self._live.update(self._table(), refresh=True)
            self._live.stop()

    async def _refresh(self) -> None:
        while True:
            if self._live.is_started:
                self._live.update(self._table(), refresh=True)
            await asyncio.sleep(REFRESH_S)

    def row(self, state: RunState, id: str, task: TaskState) -> tuple[str, ...]:
        """A task's cells behind its status."""
        waits = self._waiting.get(id) if task.status in OUTSIDE else None
        return id, f"waits for {waits}" if waits else _about(state, id, task)

    def _table(self) -> Table:
        from rich.table import Table
        from rich.text import Text

        state = self._state
        table = Table(box=None, pad_edge=False, show_header=False)
        tasks = sorted(state.tasks.items(), key=lambda item: item[1].status not in _FIRST)
        room = max(3, self._console.size.height - 4)
        for id, task in tasks[:room]:
            status = Text(task.status, style=_STYLES.get(task.status, "dim"))
            first, *more_cells = self.row(state, id, task)
            table.add_row(status, Text(line(first)), *(Text(line(cell), style="dim") for cell in more_cells))
        hidden = len(tasks) - room
        more = f", {hidden} more tasks" if hidden > 0 else ""
        table.add_row(Text(state.face, style="bold"), Text(f"{state.open} of {len(tasks)} open{more}"), "")
        return table


def _about(state: RunState, id: str, task: TaskState) -> str:
    where = f"{state.graph[id].skill} on {task.device}" if task.device else state.graph[id].skill
    if task.error is not None:
        return f"{where}: {task.error.message}"
    if task.started is not None:
        return f"{where}, {(task.ended or time.time()) - task.started:.1f} s"
    return where


def choose(*, jsonl: bool) -> Show:
    """The show that fits: what is asked for, and where stderr goes."""
    if jsonl:
        return JsonLines()
    if sys.stderr is not None and sys.stderr.isatty():
        return LiveTable()
    return Lines()
