"""Does in a replay what people did when the run was recorded: approvals, answers, edits, a cancel, another try.

Each is done at its time, and not before what it is about is there. What never comes about is never done: the comparison
will say what is missing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.core import events as e
from orchestrator.core.application import Refusal
from orchestrator.core.events import Event
from orchestrator.core.tasks import Model

if TYPE_CHECKING:
    from orchestrator.app import Asterism

MACHINE = frozenset({"policy", "expiry"})
"""Who resolves approvals by rule."""


class Act(Model):
    """Something that a person did, `at` seconds after the submission. `what` is `approve`, `answer` and so on.

    `subject` is the task of an approval or of a question about a task; `number` counts those of one subject from 0.
    """

    at: float
    what: str
    subject: str = ""
    number: int = 0
    event: Event


def acts_of(events: list[Event], began: float) -> list[Act]:
    """What people did, in its order."""
    found: list[Act] = []
    asked: dict[str, tuple[str, int]] = {}
    for event in events:
        body, at = event.body, event.at - began
        if isinstance(body, (e.ApprovalRequested, e.QuestionAsked)):
            asked[body.id] = _subject(body, asked)
        elif isinstance(body, e.ApprovalResolved) and body.by not in MACHINE:
            subject, number = asked[body.id]
            found.append(Act(at=at, what="approve", subject=subject, number=number, event=event))
        elif isinstance(body, e.QuestionAnswered):
            subject, number = asked[body.id]
            found.append(Act(at=at, what="answer", subject=subject, number=number, event=event))
        elif isinstance(body, e.RunCancelRequested):
            found.append(Act(at=at, what="cancel", event=event))
        elif isinstance(body, e.TaskRetryRequested):
            found.append(Act(at=at, what="retry", event=event))
        elif isinstance(body, e.GraphEdited) and _by_person(event, body):
            found.append(Act(at=at, what="undo" if body.undoes is not None else "edit", event=event))
    return found


def _subject(body: e.ApprovalRequested | e.QuestionAsked, asked: dict[str, tuple[str, int]]) -> tuple[str, int]:
    about = f"approval of {body.task}" if isinstance(body, e.ApprovalRequested) else f"question about {body.task or ''}"
    return about, sum(one[0] == about for one in asked.values())


def _by_person(event: Event, body: e.GraphEdited) -> bool:
    """Neither the request's own plan, nor the supervisor's, nor a check of an outcome that nobody knew."""
    if event.cause == "plan" or body.batch.revises is not None:
        return False
    ours = body.batch.key is not None and (body.batch.key.startswith(f"{event.run}.") or _adds_check(body))
    return not ours


def _adds_check(body: e.GraphEdited) -> bool:
    return any(getattr(getattr(edit, "task", None), "checks", None) is not None for edit in body.batch.edits)


@dataclass
class Director:
    """`take` every event of the replay; `await perform()` beside it."""

    app: Asterism
    run: str
    acts: list[Act]
    elapsed: Callable[[], float]
    note: Callable[[str], None]
    _asked: dict[str, tuple[str, int]] = field(default_factory=dict)
    _open: dict[tuple[str, int], str] = field(default_factory=dict)
    _version: int = 0
    _ended: int = 0
    _moved: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, event: Event) -> None:
        """What has happened in the replay."""
        body = event.body
        if isinstance(body, (e.ApprovalRequested, e.QuestionAsked)):
            self._asked[body.id] = _subject(body, self._asked)
            self._open[self._asked[body.id]] = body.id
        elif isinstance(body, e.GraphEdited):
            self._version = body.batch.base + 1
        elif isinstance(body, e.RunEnded):
            self._ended += 1
        self._moved.set()

    async def perform(self) -> None:
        """One act after the other."""
        retries = 0
        for act in self.acts:
            await asyncio.sleep(max(0.0, act.at - self.elapsed()))
            retries += act.what == "retry"
            while not self._ready(act, retries):
                self._moved.clear()
                await self._moved.wait()
            try:
                await self._do(act)
            except Refusal as error:
                self.note(f"{act.what} could not be done as it was recorded: {error.message} [{error.code}]")

    def _ready(self, act: Act, retries: int) -> bool:
        if act.what in ("approve", "answer"):
            return (act.subject, act.number) in self._open
        if act.what == "retry":
            return self._ended >= retries
        if isinstance(act.event.body, e.GraphEdited):
            return self._version >= act.event.body.batch.base
        return True

    async def _do(self, act: Act) -> None:
        app, run, body = self.app, self.run, act.event.body
        match body:
            case e.ApprovalResolved():
                id = self._open[act.subject, act.number]
                await app.approve(run, id, granted=body.granted, by=body.by)
            case e.QuestionAnswered():
                await app.answer(run, self._open[act.subject, act.number], body.answer, by=body.by)
            case e.RunCancelRequested():
                await app.cancel(run, by=body.by, reason=body.reason)
            case e.TaskRetryRequested():
                await app.retry(run, body.tasks, by=body.by)
            case e.GraphEdited() if body.undoes is not None:
                await app.undo(run, body.undoes, by=body.batch.by)
            case e.GraphEdited():
                await app.edit(run, body.batch, by=body.batch.by)
