"""How a conversation shows its runs: the plan before anything is written, then every task as it moves."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Mapping

from orchestrator.cli.output import ago, line, say
from orchestrator.cli.watch import OUTSIDE, Lines, LiveTable, Show
from orchestrator.core import events as e
from orchestrator.core.describe import operation
from orchestrator.core.project import task_views
from orchestrator.core.state import RunState, TaskState
from orchestrator.core.tasks import Task, TaskStatus
from protocol.vocabulary import Risk

PLANNED = 40
ARGUMENTS = 200


def plan_lines(tasks: Iterable[Task], placed: Mapping[str, str] | None = None) -> list[str]:
    """A plan in lines for people, empty where it only reads: nobody has to know before it acts.

    `placed` names the devices of tasks that have one. Sanitised.
    """
    listed = list(tasks)
    if all(task.risk is Risk.READ for task in listed):
        return []
    lines = [_planned(number, task, (placed or {}).get(task.id, "")) for number, task in enumerate(listed, 1)]
    hidden = len(lines) - PLANNED
    return [*lines[:PLANNED], *([f"  ... and {hidden} more: /graph shows them"] if hidden > 0 else [])]


def _planned(number: int, task: Task, device: str) -> str:
    named = device or task.requirements.device
    where = f"on {named}" if named else _where(task)
    after = ", ".join(edge.task for edge in task.depends_on)
    what = operation(task.arguments) if task.arguments else ""
    what = what if len(what) <= ARGUMENTS else what[: ARGUMENTS - 1] + "…"
    mark = "" if task.risk is Risk.READ else f" [{task.risk.value}]"
    parts = (f"  {number}. {task.id}: {task.skill} {where}{mark}", what, f"after {after}" if after else "")
    return line(" ".join(part for part in parts if part))


def _where(task: Task) -> str:
    needs = task.requirements
    if needs.same_device_as is not None:
        return f"where {needs.same_device_as} ran"
    return f"on a {needs.kind.value}" if needs.kind is not None else "on a device that can"


def cells(state: RunState, id: str, task: TaskState, now: float, waits: str = "") -> tuple[str, str, str, str]:
    """A task's id, where and what it is, how long it has taken, and what it waits for, or why it ended badly.

    `waits` is what no event tells, such as a device that is away.
    """
    spec = state.graph[id]
    asked = state.approvals.get(task.approval) if task.approval is not None else None
    device = task.device or (asked.request.device if asked is not None else spec.requirements.device)
    where = f"{spec.skill} on {device}" if device else spec.skill
    took = "" if task.started is None else f"{max(0.0, (task.ended or now) - task.started):.1f} s"
    if task.error is not None:
        return id, where, took, task.error.message
    if task.status is TaskStatus.RUNNING and not waits:
        return id, where, took, f"attempt {task.attempt}" if task.attempt > 1 else ""
    (view,) = task_views(state, only=[id], volatile={id: waits} if waits else None, now=now)
    if view.waiting_for:
        since = f", for {ago(now - task.at)}" if now - task.at >= 1 else ""
        return id, where, took, f"waits for {view.waiting_for}{since}"
    return id, where, took, ""


class _Plans:
    """Says each plan, and each change of it, that would write."""

    def __init__(self, *, again: bool) -> None:
        self._known: dict[str, None] = {}
        self._again = again

    def of(self, state: RunState, event: e.Event) -> list[str]:
        if not isinstance(event.body, e.GraphEdited):
            return []
        fresh = [task for task in state.graph if task not in self._known]
        self._known.update(dict.fromkeys(fresh))
        first = event.body.batch.base == 0
        lines = [] if first and self._again else plan_lines(state.graph[task] for task in fresh)
        return ["plan:" if first else "more to do:", *lines] if lines else []


class ChatLines(Lines):
    """One line for each change, for pipes and terminals that cannot move their cursor."""

    def __init__(self, *, again: bool) -> None:
        self._plans = _Plans(again=again)

    def event(self, event: e.Event) -> None:
        super().event(event)
        for one in self._plans.of(self._state, event):
            say(one)


class ChatTable(LiveTable):
    """Every task in a table that changes in place, with its device, its time, and what it waits for and why."""

    def __init__(self, *, again: bool) -> None:
        super().__init__()
        self._plans = _Plans(again=again)

    def event(self, event: e.Event) -> None:
        for one in self._plans.of(self._state, event):
            say(one)

    def show_cursor(self) -> None:
        """Give it back to the terminal, whatever becomes of the table."""
        self._console.show_cursor(True)

    def row(self, state: RunState, id: str, task: TaskState) -> tuple[str, ...]:
        waits = self._waiting.get(id, "") if task.status in OUTSIDE else ""
        return cells(state, id, task, time.time(), waits)


def choose(*, again: bool) -> Show:
    """The show that fits where stderr goes. `again`: the run, and its plan, was shown before."""
    if sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb":
        return ChatTable(again=again)
    return ChatLines(again=again)
