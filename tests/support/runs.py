"""Drives one run machine by hand: short words for what happens, short words for what is decided.

Every step checks the state's invariants, and that the log, through JSON and back, gives the same state (I7).
"""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import JsonValue

from orchestrator.core import events, stimuli
from orchestrator.core.commands import (
    Acknowledge,
    Command,
    Consult,
    Decision,
    Ended,
    Offer,
    ReadyTask,
    Release,
    SendCancel,
    SendDispatch,
    SetTimer,
    TimerKind,
    Withdraw,
)
from orchestrator.core.edits import AddTask, Edit, EditBatch
from orchestrator.core.events import BODY, Body, Event
from orchestrator.core.machine import RunMachine
from orchestrator.core.requests import Request, RunPolicy
from orchestrator.core.state import RunState, TaskState, fold
from orchestrator.core.tasks import Dependency, On, Task
from protocol.errors import ErrorCode
from protocol.messages import Dispatch, Outcome, TaskError, Usage
from protocol.vocabulary import Risk

SKILL = "test.echo"


def task(id: str, *after: str | Dependency, **fields: object) -> Task:
    """A task; `after` are ids, or edges. "a!" is on failure of a, "a." on its completion."""
    edges = [_edge(word) if isinstance(word, str) else word for word in after]
    return Task.model_validate({"id": id, "skill": SKILL, "depends_on": tuple(edges), **fields})


def _edge(word: str) -> Dependency:
    match word[-1]:
        case "!":
            return Dependency(task=word[:-1], on=On.FAILURE)
        case ".":
            return Dependency(task=word[:-1], on=On.COMPLETION)
        case _:
            return Dependency(task=word)


def through_json(log: Iterable[Event]) -> list[Event]:
    """The log as a store gives it back: only the bodies' JSON and the columns beside it."""
    return [
        Event(
            run=event.run,
            seq=event.seq,
            at=event.at,
            cause=event.cause,
            body=BODY.validate_json(event.body.model_dump_json()),
        )
        for event in log
    ]


class Run:
    """One run. `now` is its clock, moved by hand. `log` is everything that was decided so far."""

    def __init__(self, *, now: float = 1000.0) -> None:
        self.now = now
        self.machine = RunMachine(RunState("r1"))
        self.log: list[Event] = []
        self.decision = Decision([], [])

    @classmethod
    def of(cls, *tasks: Task, explicit: bool = False, **policy: object) -> Run:
        """A run whose graph is these tasks. Approvals: all are granted, unless `approve` says otherwise."""
        run = cls()
        run.submit(explicit=explicit, **policy)
        run.edit(*(AddTask(task=task) for task in tasks))
        return run

    @property
    def state(self) -> RunState:
        return self.machine.state

    def __getitem__(self, task: str) -> TaskState:
        return self.state.tasks[task]

    def do(self, stimulus: stimuli.Stimulus) -> Run:
        self.decision = self.machine.handle(stimulus, self.now, "test")
        self.log += self.decision.events
        self.check()
        return self

    def check(self) -> None:
        self.state.validate()
        assert [event.seq for event in self.log] == list(range(1, len(self.log) + 1))
        again = fold("r1", through_json(self.log))
        again.validate()
        assert again.digest() == self.state.digest()

    def restart(self) -> Run:
        """The orchestrator was killed and has loaded the run from its log."""
        self.machine = RunMachine(fold("r1", through_json(self.log)))
        return self.do(stimuli.Recovered())

    # --- what happens ------------------------------------------------------------------------------------------

    def submit(self, *, explicit: bool = False, by: str = "", **policy: object) -> Run:
        rules = RunPolicy.model_validate({"approve": "all", **policy})
        plan = {"steps": [{"id": "s", "skill": SKILL}]} if explicit else None
        request = Request.model_validate({"text": "do it", "plan": plan, "policy": rules, "submitted_by": by})
        return self.do(stimuli.Submitted(request))

    def edit(self, *edits: Edit, base: int | None = None, **fields: object) -> Run:
        version = self.state.graph.version if base is None else base
        batch = EditBatch.model_validate({"base": version, "edits": edits, "by": "test", **fields})
        return self.do(stimuli.EditProposed(batch))

    def place(self, *tasks: str, on: str = "alpha", risk: Risk = Risk.READ) -> Run:
        for name in tasks:
            self.do(stimuli.Placed(name, on, 7, risk, "best"))
        return self

    def result(
        self,
        name: str,
        outcome: Outcome,
        output: JsonValue = None,
        error: TaskError | None = None,
        *,
        attempt: int | None = None,
        device: str | None = None,
    ) -> Run:
        task = self.state.tasks.get(name, TaskState())
        number = task.attempt if attempt is None else attempt
        where = device or task.device or "alpha"
        return self.do(stimuli.ResultArrived(name, number, where, outcome, output, error, Usage(seconds=1)))

    def succeed(self, *tasks: str, output: JsonValue = None) -> Run:
        """Place each task where it is not running yet, and let it succeed."""
        for name in tasks:
            if not self[name].status.live:
                self.place(name)
            self.result(name, Outcome.SUCCEEDED, output)
        return self

    def fail(self, name: str, code: ErrorCode = ErrorCode.TOOL_FAILED, *, retryable: bool = False) -> Run:
        if not self[name].status.live:
            self.place(name)
        return self.result(name, Outcome.FAILED, None, TaskError(code=code, message="it broke", retryable=retryable))

    def confirm(self, name: str) -> Run:
        """The device says that the attempt has stopped."""
        return self.result(
            name, Outcome.CANCELLED, None, TaskError(code=ErrorCode.CANCELLED, message="stopped as asked")
        )

    def lose(self, name: str, *, attempt: int | None = None) -> Run:
        number = self[name].attempt if attempt is None else attempt
        return self.do(stimuli.AttemptLost(name, number, "the device went away"))

    def fire(self, kind: TimerKind, name: str = "", *, attempt: int | None = None, after: float = 0.0) -> Run:
        self.now += after
        number = (self[name].attempt if name in self.state.tasks else 0) if attempt is None else attempt
        return self.do(stimuli.TimerFired(kind, name, number))

    def approve(self, id: str = "", *, granted: bool = True) -> Run:
        return self.do(stimuli.ApprovalGiven(id, granted, "ann"))

    def answer(self, answer: str, id: str = "") -> Run:
        return self.do(stimuli.AnswerGiven(id, answer, "ann"))

    def cancel(self) -> Run:
        return self.do(stimuli.CancelAsked("ann"))

    def finish(self, answer: str = "done", error: events.RunError | None = None) -> Run:
        return self.do(stimuli.AnswerWritten(answer, error))

    # --- what was decided --------------------------------------------------------------------------------------

    @property
    def events(self) -> list[str]:
        """The last step's events, in short words."""
        return [brief(event.body) for event in self.decision.events]

    @property
    def commands(self) -> list[str]:
        """The last step's commands, in short words."""
        return [brief_command(command) for command in self.decision.commands]

    @property
    def rejected(self) -> str | None:
        return self.decision.rejected[0] if self.decision.rejected else None

    def dispatch(self) -> Dispatch:
        """The one dispatch of the last step."""
        (message,) = [c.message for c in self.decision.commands if isinstance(c, SendDispatch)]
        return message

    def offered(self) -> ReadyTask:
        """The first task that the last step gave to placement."""
        return next(command.task for command in self.decision.commands if isinstance(command, Offer))

    def statuses(self) -> dict[str, str]:
        return {id: task.status.value for id, task in self.state.tasks.items()}


def has(found: list[str], *wanted: str) -> bool:
    """Whether `wanted` are in `found`, in this order, whatever else is there."""
    rest = iter(found)
    return all(word in rest for word in wanted)


def brief(body: Body) -> str:
    """An event in a few words."""
    match body:
        case events.GraphEdited():
            return f"edited v{body.batch.base + 1}" + (f" undoing v{body.undoes}" if body.undoes else "")
        case events.EditRejected():
            return f"edit rejected: {body.code}"
        case events.ApprovalRequested():
            return f"approval {body.id} of {body.task} on {body.device}"
        case events.ApprovalResolved():
            return f"approval {body.id} {'granted' if body.granted else 'denied'} by {body.by}"
        case events.TaskDispatched():
            return f"{body.task}#{body.attempt} dispatched to {body.device}"
        case events.AttemptEnded():
            again = f", again at {body.retry_at:g}" if body.retry_at is not None else ""
            return f"{body.task}#{body.attempt} {body.outcome.value}{again}"
        case events.TaskSkipped():
            return f"{body.task} skipped: {body.reason}"
        case events.TaskFailed():
            return f"{body.task} failed: {body.error.code.value}"
        case events.TaskCancelRequested():
            return f"{body.task} to stop: {body.reason}"
        case events.UnknownResolved():
            return f"{body.task} {body.resolution} by {body.by}"
        case events.TaskRetryRequested():
            return f"retry of {', '.join(body.tasks)}"
        case events.RevisionRequested():
            return f"revision of {body.task}"
        case events.RevisionDeclined():
            return f"no revision of {body.task}"
        case events.QuestionAsked():
            return f"asked {body.id}"
        case events.QuestionAnswered():
            return f"answered {body.id}: {body.answer}"
        case events.RunEnded():
            return f"run {body.status.value}" + (f": {body.error.code}" if body.error else "")
        case _:
            return body.type


def brief_command(command: Command) -> str:
    """A command in a few words."""
    match command:
        case Offer(task=ready):
            return f"offer {ready.task}"
        case Withdraw():
            return f"withdraw {command.task}"
        case Release():
            return f"release {command.task}@{command.device}{' ok' if command.succeeded else ''}"
        case SendDispatch():
            return f"send {command.message.task}#{command.message.attempt} to {command.device}"
        case SendCancel():
            return f"stop {command.task}#{command.attempt} on {command.device}"
        case Acknowledge():
            return f"ack {command.task}#{command.attempt}"
        case SetTimer():
            return f"timer {command.kind.value} {command.task} at {command.at:g}".replace("  ", " ")
        case Consult(consultation=asked):
            return f"consult {asked.reason} {asked.task or ''}".strip()
        case Ended():
            return "end"
