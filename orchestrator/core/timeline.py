"""When what happened in a run, as data: a fold of its events into spans of time, for `render_timeline.py` to draw.

A span follows from the task's status alone, looked at whenever an event may have moved it: ready is `waiting` (or
`backoff`, until its next attempt may begin), waiting is `approval`, live is an `attempt`, unknown is `unknown`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from orchestrator.core import events
from orchestrator.core.errors import InvariantError
from orchestrator.core.events import Event, RunStatus
from orchestrator.core.state import RunState, TaskState
from orchestrator.core.tasks import Model, TaskStatus

SpanKind = Literal["planning", "question", "waiting", "backoff", "approval", "attempt", "unknown"]


class Span(Model):
    """From `start` to `end`, in Unix time; an open one has no end yet. `outcome` is how an attempt ended, or what

    became of an approval: granted, denied, or empty where it lapsed. `attempt` counts from 1, and is 0 of other spans.
    """

    kind: SpanKind
    start: float
    end: float | None = None
    device: str = ""
    attempt: int = 0
    outcome: str = ""


class TimelineRow(Model):
    """One task, with its spans in order. `device` is that of its last attempt, empty where it never ran."""

    task: str
    title: str
    skill: str
    status: TaskStatus
    device: str = ""
    spans: tuple[Span, ...] = ()


class TimelineView(Model):
    """`GET /v1/runs/{id}/timeline`. `spans` are the run's own: planning, and questions to a person.

    Rows go by device, in the order in which devices were first used, then by the time of the first attempt; tasks that
    never ran come last. `end` is the time of the last event.
    """

    run: str
    state: RunStatus
    start: float
    end: float
    spans: tuple[Span, ...] = ()
    rows: tuple[TimelineRow, ...] = ()


@dataclass(slots=True)
class _Track:
    """The spans of one task, or of the run, while they are found. `over` is when an open back-off is to be over."""

    done: list[Span] = field(default_factory=list)
    open: Span | None = None
    over: float = 0.0

    def turn(self, span: Span | None, at: float, outcome: str = "", over: float = 0.0) -> None:
        """What was open ends, and `span` begins, unless it is the same that goes on."""
        if self.open is not None and span is not None and _same(self.open, span):
            return
        if self.open is not None and (at > self.open.start or self.open.kind == "attempt"):
            self.done += self._parts(self.open.model_copy(update={"end": at, "outcome": outcome}), at)
        self.open, self.over = span, over

    def spans(self, now: float) -> tuple[Span, ...]:
        return tuple(self.done) if self.open is None else (*self.done, *self._parts(self.open, now))

    def _parts(self, span: Span, now: float) -> list[Span]:
        """What is left of a back-off after the next attempt may begin is waiting for a device."""
        if span.kind != "backoff" or self.over >= now:
            return [span]
        return [span.model_copy(update={"end": self.over}), Span(kind="waiting", start=self.over, end=span.end)]


def timeline(run: str, log: Iterable[Event]) -> TimelineView:
    """The timeline of a run's whole log, or of its beginning. Raises InvariantError where the log is not one."""
    state = RunState(run)
    tracks: dict[str, _Track] = {}
    own = _Track()
    for event in log:
        named = _named(state, event)
        state.apply(event)
        for id in dict.fromkeys([*named, *_moved(state)]):
            if id in state.tasks:
                task = state.tasks[id]
                track = tracks.setdefault(id, _Track())
                outcome = _outcome(event)
                # What was denied still waits, until the next entry has it fail.
                span = None if outcome == "denied" else _span(task, event.at)
                track.turn(span, event.at, outcome, task.retry_at or 0.0)
        own.turn(_own(state, event, own.open), event.at)
    if state.seq == 0:
        raise InvariantError("I7", f"{run} has no events")
    return TimelineView(
        run=run,
        state=state.face,
        start=state.created,
        end=state.updated,
        spans=own.spans(state.updated),
        rows=tuple(_rows(state, tracks)),
    )


def _rows(state: RunState, tracks: dict[str, _Track]) -> list[TimelineRow]:
    rows = []
    for spec in state.graph.tasks:
        task = state.tasks[spec.id]
        spans = tracks[spec.id].spans(state.updated) if spec.id in tracks else ()
        device = next((span.device for span in reversed(spans) if span.kind == "attempt"), "")
        rows.append(
            TimelineRow(
                task=spec.id, title=spec.title, skill=spec.skill, status=task.status, device=device, spans=spans
            )
        )
    order = sorted(rows, key=_began)
    devices = list(dict.fromkeys(row.device for row in order if row.device))
    return sorted(order, key=lambda row: devices.index(row.device) if row.device else len(devices))


def _began(row: TimelineRow) -> float:
    attempts = (span.start for span in row.spans if span.kind == "attempt")
    return next(attempts, float("inf"))


def _span(task: TaskState, at: float) -> Span | None:
    """The span that a task of this state is in."""
    if task.status is TaskStatus.READY:
        if task.retry_at is not None and task.retry_at > at:
            return Span(kind="backoff", start=at)
        return Span(kind="waiting", start=at)
    if task.status is TaskStatus.WAITING:
        return Span(kind="approval", start=at)
    if task.status.live:
        return Span(kind="attempt", start=at, device=task.device or "", attempt=task.attempt)
    if task.status is TaskStatus.UNKNOWN:
        return Span(kind="unknown", start=at, device=task.device or "")
    return None


def _same(one: Span, other: Span) -> bool:
    return (one.kind, one.device, one.attempt) == (other.kind, other.device, other.attempt)


def _named(state: RunState, event: Event) -> list[str]:
    """The tasks that an event is about, before it is applied."""
    body = event.body
    if isinstance(body, events.ApprovalResolved):
        return [state.approvals[body.id].request.task] if body.id in state.approvals else []
    if isinstance(body, events.TaskRetryRequested):
        return list(body.tasks)
    if isinstance(body, events.RunEnded):
        return list(state.tasks)
    task = getattr(body, "task", None)
    return [task] if isinstance(task, str) else []


def _moved(state: RunState) -> list[str]:
    """The tasks that the last event made ready or took back, as `apply` leaves them."""
    found = [*state.ready, *state.withdrawn, *(id for id, _ in state.doomed)]
    state.ready.clear()
    state.withdrawn.clear()
    state.doomed.clear()
    return found


def _outcome(event: Event) -> str:
    match event.body:
        case events.AttemptEnded(outcome=outcome):
            return outcome.value
        case events.ApprovalResolved(granted=granted):
            return "granted" if granted else "denied"
        case events.UnknownResolved(resolution=resolution):
            return resolution
        case _:
            return ""


def _own(state: RunState, event: Event, open: Span | None) -> Span | None:
    """Planning lasts until there is a graph; a question until it is answered."""
    if state.status.terminal:
        return None
    if any(asked.task is None for asked in state.questions.values()):
        return open if open is not None and open.kind == "question" else Span(kind="question", start=event.at)
    if state.status is RunStatus.PLANNING:
        return open if open is not None and open.kind == "planning" else Span(kind="planning", start=event.at)
    return None
