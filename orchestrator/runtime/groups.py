"""A group: what was decided while the last one was being made durable, and what may be done once this one is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from orchestrator.core import events
from orchestrator.core.commands import Command, Consult, Offer, SendDispatch
from orchestrator.core.edits import AddTask, Edit, ReplaceTask
from orchestrator.core.events import Body, Event
from orchestrator.core.records import EventRow, OutboxRow, RunRow, TaskRow, Transaction
from orchestrator.core.state import RunState
from orchestrator.core.tasks import Task
from protocol.messages import Dispatch

# Events that say nothing about the run as a whole: its row stays as it is.
_TASK_EVENTS = frozenset({"task_dispatched", "attempt_ended", "task_skipped", "task_failed", "task_cancel_requested"})


class Resend(NamedTuple):
    """Send a dispatch that is on record again, to a device that never got it."""

    device: str
    run: str
    message: Dispatch


Work = Command | Resend | Callable[[], None]


def run_of(command: Command | Resend) -> str:
    """The run that a command belongs to."""
    match command:
        case Offer(task=ready):
            return ready.run
        case SendDispatch(message=message):
            return message.run
        case Consult(consultation=asked):
            return asked.run
        case _:
            return command.run


_USUAL = {name: field.get_default(call_default_factory=True) for name, field in Task.model_fields.items()}


@dataclass(slots=True)
class Group:
    """Rows to write, then commands to do, events to publish, and callers to tell."""

    transaction: Transaction = field(default_factory=Transaction)
    commands: list[Work] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    waiters: list[asyncio.Future[None]] = field(default_factory=list)
    runs: dict[str, None] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.transaction or self.commands or self.waiters)

    def add_events(self, state: RunState, new: list[Event]) -> None:
        """The rows of events that were just taken into `state`."""
        rows = self.transaction
        for event in new:
            body = event.body
            text = _text(body)
            rows.events.append(EventRow(state.run, event.seq, event.at, body.type, event.cause, text))
            if body.type in _TASK_EVENTS:
                self._add_task(state, body.task, event.at)  # type: ignore[union-attr,arg-type]
            else:
                self._add_rest(state, event)
        self.events += new
        self.runs[state.run] = None

    def add_dispatch(self, row: OutboxRow) -> None:
        self.transaction.outbox.append(row)

    def _add_task(self, state: RunState, id: str, at: float) -> None:
        task = state.tasks[id]
        self.transaction.tasks.append(TaskRow(state.run, id, task.status._value_, task.attempt, task.device or "", at))

    def _add_rest(self, state: RunState, event: Event) -> None:
        body = event.body
        if isinstance(body, (events.ApprovalRequested, events.UnknownResolved)):
            self._add_task(state, body.task, event.at)
        elif isinstance(body, events.ApprovalResolved):
            self._add_task(state, state.approvals[body.id].request.task, event.at)
        elif isinstance(body, events.TaskRetryRequested):
            for id in body.tasks:
                self._add_task(state, id, event.at)
        self.add_run(state)

    def add_run(self, state: RunState) -> None:
        """The run's row as it stands."""
        error = state.error.model_dump_json() if state.error else ""
        text = state.request.text or (state.request.plan.why if state.request.plan else "")
        self.transaction.runs.append(
            RunRow(
                state.run,
                state.face.value,
                text[:2000],
                state.created,
                state.updated,
                state.answer,
                error,
                state.request.submitted_by,
            )
        )


def _text(body: Body) -> str:
    """The JSON of an event's body. A graph's tasks leave out what is by default: it is four fifths of them."""
    if isinstance(body, events.GraphEdited):
        batch = body.batch
        shell = body.model_copy(update={"batch": batch.model_copy(update={"edits": ()})})
        edits = ",".join([_edit_text(edit) for edit in batch.edits])
        return shell.model_dump_json().replace('"edits":[]', f'"edits":[{edits}]', 1)
    return body.__pydantic_serializer__.to_json(body).decode()


def _edit_text(edit: Edit) -> str:
    if isinstance(edit, (AddTask, ReplaceTask)):
        # Seen at a glance for most; the serializer would compare them one by one, models field by field.
        said = {name for name, value in edit.task.__dict__.items() if value is not _USUAL[name]}
        task = edit.task.__pydantic_serializer__.to_json(edit.task, include=said, exclude_defaults=True).decode()
        return f'{{"op":"{edit.op}","task":{task}}}'
    return edit.model_dump_json()
