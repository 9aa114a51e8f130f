"""The state of a run: a fold of its events, and nothing else. The same events give the same state, bit for bit (I7).

`apply` believes the log: it derives what follows by rule (which task became ready, which must be skipped) and leaves
those in `ready`, `doomed` and `withdrawn` for the machine to act on. Replaying, nobody looks there.

Which statuses may follow which is the table `TRANSITIONS`; what is absent raises with the task's story.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from pydantic import BaseModel, JsonValue

from orchestrator.core import conditions, events
from orchestrator.core.edits import EditBatch
from orchestrator.core.errors import InvariantError, TransitionError
from orchestrator.core.events import AttemptOutcome, Body, Event, RunError, RunStatus
from orchestrator.core.graph import TaskGraph, Touched
from orchestrator.core.plan import CONFIRMED, Doubtful, Plan
from orchestrator.core.requests import Request
from orchestrator.core.tasks import LIVE, Dependency, On, Task, TaskStatus
from protocol.errors import ErrorCode
from protocol.messages import TaskError, Usage

S = TaskStatus
TRANSITIONS: dict[tuple[S, S], None] = dict.fromkeys(
    [
        (S.PENDING, S.READY),
        (S.PENDING, S.SKIPPED),
        (S.PENDING, S.CANCELLED),
        (S.READY, S.PENDING),
        (S.READY, S.RUNNING),
        (S.READY, S.WAITING),
        (S.READY, S.FAILED),
        (S.READY, S.SKIPPED),
        (S.READY, S.CANCELLED),
        (S.WAITING, S.READY),
        (S.WAITING, S.PENDING),
        (S.WAITING, S.FAILED),
        (S.WAITING, S.CANCELLED),
        (S.RUNNING, S.READY),
        (S.RUNNING, S.SUCCEEDED),
        (S.RUNNING, S.FAILED),
        (S.RUNNING, S.CANCELLED),
        (S.RUNNING, S.UNKNOWN),
        (S.RUNNING, S.CANCELLING),
        (S.CANCELLING, S.SUCCEEDED),
        (S.CANCELLING, S.FAILED),
        (S.CANCELLING, S.CANCELLED),
        (S.CANCELLING, S.UNKNOWN),
        (S.UNKNOWN, S.SUCCEEDED),
        (S.UNKNOWN, S.FAILED),
        (S.UNKNOWN, S.READY),
        (S.UNKNOWN, S.CANCELLED),
        # A person asked for another try.
        (S.FAILED, S.PENDING),
        (S.SKIPPED, S.PENDING),
        (S.CANCELLED, S.PENDING),
    ]
)


@dataclass(slots=True)
class TaskState:
    """One task's state. `attempt` counts from 1; `failures` only the attempts that used up a retry, `hedges` those
    that were given up because they were slow.

    `undecided` is how many incoming edges still wait for their upstream's end, `held` how many were satisfied.
    `at` is when the status was reached, `retry_at` the earliest time of the next attempt, `tried` the devices where
    attempts failed or were slow. `closed` says that the edges out of the task are decided: at once at its end, but for
    a failure that a revision may yet make good. `approval` is the one that is asked for or was given, `under` the one
    under which the last attempt was dispatched. `reported`: its device said that it was done, and a check reads that
    back.
    """

    status: TaskStatus = TaskStatus.PENDING
    attempt: int = 0
    failures: int = 0
    hedges: int = 0
    device: str | None = None
    epoch: int = 0
    undecided: int = 0
    held: int = 0
    at: float = 0.0
    started: float | None = None
    ended: float | None = None
    retry_at: float | None = None
    output: JsonValue = None
    error: TaskError | None = None
    usage: Usage | None = None
    why: str = ""
    approval: str | None = None
    under: str | None = None
    tried: tuple[str, ...] = ()
    closed: bool = False
    reported: bool = False


@dataclass(slots=True)
class Approval:
    """An approval as asked for. `granted` is None while open; `used` once an attempt was dispatched under it."""

    request: events.ApprovalRequested
    granted: bool | None = None
    by: str = ""
    used: bool = False


@dataclass(slots=True)
class RunState:
    """Everything that a run's events say. Read freely; change only through `apply`."""

    run: str
    request: Request = field(default_factory=lambda: Request(text="-"))
    status: RunStatus = RunStatus.PLANNING
    seq: int = 0
    created: float = 0.0
    began: float = 0.0  # when it was submitted, or last retried: deadlines count from here
    retries: int = 0
    updated: float = 0.0
    graph: TaskGraph = field(default_factory=TaskGraph.empty)
    tasks: dict[str, TaskState] = field(default_factory=dict)
    open: int = 0  # tasks that have not ended
    live: int = 0  # tasks with a live attempt
    count: dict[TaskStatus, int] = field(default_factory=lambda: dict.fromkeys(TaskStatus, 0))
    failed: dict[str, None] = field(default_factory=dict)  # failures that nothing has made good
    revising: dict[str, int] = field(default_factory=dict)  # failures that the supervisor looks at: which revision
    refused: dict[str, None] = field(default_factory=dict)  # failures that the supervisor could not mend
    left: dict[str, None] = field(default_factory=dict)  # failures that a retry of other tasks left as they are
    revisions: int = 0
    approvals: dict[str, Approval] = field(default_factory=dict)
    questions: dict[str, events.QuestionAsked] = field(default_factory=dict)
    unsure: dict[str, None] = field(default_factory=dict)  # tasks of unknown outcome
    checks: dict[str, str] = field(default_factory=dict)  # open checks, and the task of which each finds out
    answers: list[tuple[str, str]] = field(default_factory=list)
    confirmed: Doubtful | None = None
    rungs: list[events.RungTried] = field(default_factory=list)
    keys: dict[str, None] = field(default_factory=dict)
    scope: tuple[str, ...] = ()
    touched: dict[int, Touched] = field(default_factory=dict)
    mended: dict[int, str] = field(default_factory=dict)  # versions that made a failure good, and whose
    cancelled_by: str | None = None
    deadline_passed: bool = False
    answer: str = ""
    error: RunError | None = None
    prepared: tuple[EditBatch, TaskGraph, Touched] | None = None  # an edit checked before it is recorded
    ready: deque[str] = field(default_factory=deque)
    doomed: deque[tuple[str, str]] = field(default_factory=deque)  # must be skipped, and why
    withdrawn: deque[str] = field(default_factory=deque)  # no longer to be placed as it was

    @property
    def dry_run(self) -> bool:
        """Whether nothing may be written: the policy says so, or a plan of the run, which may be stricter."""
        plans = [self.request.plan, *(tried.proposal.result for tried in self.rungs if tried.accepted)]
        return self.request.policy.preview_only or any(isinstance(plan, Plan) and plan.dry_run for plan in plans)

    # --- the fold ----------------------------------------------------------------------------------------------

    def apply(self, event: Event) -> None:
        """Take one event in. Raises InvariantError where it is not the next one."""
        if event.run != self.run or event.seq != self.seq + 1:
            raise InvariantError("I7", f"event {event.run}/{event.seq} does not follow {self.run}/{self.seq}")
        self.seq = event.seq
        self.updated = event.at
        _APPLY[event.body.type](self, event.body, event.at)

    def submitted(self, body: events.RunSubmitted, at: float) -> None:
        self.request = body.request
        self.created = self.began = at

    def rung_tried(self, body: events.RungTried, at: float) -> None:
        self.rungs.append(body)
        self.keys[body.key] = None

    def question_asked(self, body: events.QuestionAsked, at: float) -> None:
        self.questions[body.id] = body
        self.keys[body.id] = None
        if body.task is not None:
            self._drop_checks(body.task)

    def question_answered(self, body: events.QuestionAnswered, at: float) -> None:
        asked = self.questions.pop(body.id)
        if asked.task is None:
            self.answers.append((asked.clarification.question, body.answer))
            if asked.clarification.doubtful is not None and body.answer == CONFIRMED:
                self.confirmed = asked.clarification.doubtful

    def graph_edited(self, body: events.GraphEdited, at: float) -> None:
        batch = body.batch
        if self.prepared is not None and self.prepared[0] is batch:
            self.graph, touched = self.prepared[1:]
        else:
            self.graph, touched = self.graph.apply(batch, self.changeable)
        self.prepared = None
        self.touched[self.graph.version] = touched
        if batch.key:
            self.keys[batch.key] = None
        if self.status is RunStatus.PLANNING:
            self.status = RunStatus.RUNNING
        for id, (before, after) in touched.items():
            self._retask(id, before, after, at)
        for id in touched:
            if id in self.tasks:
                self._count_edges(id, at)
        if batch.revises is not None and batch.revises in self.failed:
            self.mended[self.graph.version] = batch.revises
            self.revising.pop(batch.revises, None)
            del self.failed[batch.revises]
            self._close(batch.revises, at)

    def scoped(self, body: events.AnswerScope, at: float) -> None:
        self.scope = body.tasks

    def approval_requested(self, body: events.ApprovalRequested, at: float) -> None:
        self.approvals[body.id] = Approval(body)
        self._move(body.task, S.WAITING, at)
        self.tasks[body.task].approval = body.id

    def approval_resolved(self, body: events.ApprovalResolved, at: float) -> None:
        approval = self.approvals[body.id]
        approval.granted, approval.by = body.granted, body.by
        task = approval.request.task
        if body.granted and self.tasks[task].status is S.WAITING:
            self._move(task, S.READY, at)
            self.ready.append(task)

    def dispatched(self, body: events.TaskDispatched, at: float) -> None:
        self._move(body.task, S.RUNNING, at)
        task = self.tasks[body.task]
        task.attempt, task.device, task.epoch, task.why = body.attempt, body.device, body.epoch, body.why
        task.started, task.retry_at, task.error = at, None, None
        task.under, task.approval = task.approval, None
        if task.under is not None:
            self.approvals[task.under].used = True

    def attempt_ended(self, body: events.AttemptEnded, at: float) -> None:
        task = self.tasks[body.task]
        task.usage, task.error = body.usage, body.error
        if body.retry_at is not None:
            if body.outcome is AttemptOutcome.HEDGED:
                task.hedges += 1
            else:
                task.failures += 1
            self._try_again(body.task, body.retry_at, at)
            return
        if body.outcome is AttemptOutcome.SUCCEEDED:
            task.output = body.output
            self._end(body.task, S.SUCCEEDED, at)
        elif body.outcome is AttemptOutcome.CANCELLED:
            self._end(body.task, S.CANCELLED, at)
        elif body.outcome is AttemptOutcome.UNKNOWN:
            self._move(body.task, S.UNKNOWN, at)
        elif body.outcome is AttemptOutcome.UNCONFIRMED:
            task.output, task.reported = body.output, True
            self._move(body.task, S.UNKNOWN, at)
        else:
            self._end(body.task, S.FAILED, at)

    def _try_again(self, id: str, retry_at: float, at: float) -> None:
        """Another attempt follows, elsewhere where that can be."""
        task = self.tasks[id]
        task.retry_at = retry_at
        if task.device is not None and task.device not in task.tried:
            task.tried = (*task.tried, task.device)
        self._move(id, S.READY, at)
        self.ready.append(id)

    def skipped(self, body: events.TaskSkipped, at: float) -> None:
        self.tasks[body.task].why = body.reason
        self._end(body.task, S.SKIPPED, at)

    def task_failed(self, body: events.TaskFailed, at: float) -> None:
        self.tasks[body.task].error = body.error
        self._end(body.task, S.FAILED, at)

    def cancel_requested(self, body: events.TaskCancelRequested, at: float) -> None:
        status = self.tasks[body.task].status
        self.tasks[body.task].why = body.reason
        if status is S.RUNNING:
            self._move(body.task, S.CANCELLING, at)
        else:
            self._end(body.task, S.CANCELLED, at)

    def unknown_resolved(self, body: events.UnknownResolved, at: float) -> None:
        task = self.tasks[body.task]
        found = "its effect was looked for" if task.reported else "nobody had said what became of the attempt"
        task.why, task.reported = f"{body.resolution} by {body.by}: {found}"[:500], False
        if body.retry_at is not None:
            task.failures += 1
            self._try_again(body.task, body.retry_at, at)
        elif body.resolution == "retry":
            self._move(body.task, S.READY, at)
            self.ready.append(body.task)
        else:
            task.output = body.output
            task.error = None if body.resolution == "succeeded" else body.error or task.error
            self._end(body.task, S.SUCCEEDED if body.resolution == "succeeded" else S.FAILED, at)

    def retry_requested(self, body: events.TaskRetryRequested, at: float) -> None:
        self.status, self.error, self.answer = RunStatus.RUNNING, None, ""
        self.cancelled_by, self.deadline_passed = None, False
        self.began, self.retries = at, self.retries + 1
        self.revising.clear()
        for id in body.tasks:
            self._move(id, S.PENDING, at)
            task = self.tasks[id]
            task.failures, task.error, task.tried, task.retry_at = 0, None, (), None
            task.hedges = 0
            task.started = task.ended = task.output = task.usage = None
            task.approval, task.under, task.why, task.closed = None, None, "", False
            task.reported = False
            self.open += 1
            self.failed.pop(id, None)
            self.refused.pop(id, None)
        self.left = dict.fromkeys(self.failed)
        for id in self.left:  # they fail the run in the end, and hold nothing up
            self.tasks[id].closed = True
        for id in self.graph:
            if self.tasks[id].status is S.PENDING:
                self._count_edges(id, at)

    def revision_requested(self, body: events.RevisionRequested, at: float) -> None:
        self.revisions += 1
        self.revising[body.task] = self.revisions

    def revision_declined(self, body: events.RevisionDeclined, at: float) -> None:
        self.revising.pop(body.task, None)
        self.refused[body.task] = None

    def cancel_run(self, body: events.RunCancelRequested, at: float) -> None:
        self.cancelled_by = body.by
        self.status = RunStatus.CANCELLING
        self.questions.clear()

    def deadline(self, body: events.RunDeadlinePassed, at: float) -> None:
        self.deadline_passed = True
        self.status = RunStatus.CANCELLING
        self.questions.clear()

    def run_ended(self, body: events.RunEnded, at: float) -> None:
        self.status, self.answer, self.error = body.status, body.answer, body.error
        self.questions.clear()

    def nothing(self, body: Body, at: float) -> None:
        """An entry for people; it changes nothing."""

    # --- tasks -------------------------------------------------------------------------------------------------

    def prepare(self, batch: EditBatch, made: tuple[TaskGraph, Touched] | None = None) -> None:
        """Check a batch that is about to be recorded. Raises EditError, and then nothing has changed.

        `made` is what the batch makes of the empty graph, where that is known.
        """
        if made is None or batch.base != 0 or self.graph.version != 0:
            made = self.graph.apply(batch, self.changeable)
        self.prepared = (batch, *made)

    def changeable(self, task: str) -> bool:
        """The task has neither started nor ended (I3)."""
        state = self.tasks[task]
        return state.status in (S.PENDING, S.READY, S.WAITING) and state.attempt == 0

    def record(self, task: str) -> JsonValue:
        """What conditions and references see of a task."""
        state = self.tasks[task]
        error = state.error.model_dump(mode="json") if state.error else None
        return {
            "task": task,
            "status": state.status.value,
            "device": state.device,
            "output": state.output,
            "error": error,
        }

    def _move(self, id: str, to: TaskStatus, at: float) -> None:
        task = self.tasks[id]
        if (task.status, to) not in TRANSITIONS:
            raise TransitionError(id, task.status.value, to.value, self.story(id))
        was_live, is_live = task.status in LIVE, to in LIVE
        if was_live != is_live:
            self.live += 1 if is_live else -1
        if task.status is S.UNKNOWN:
            del self.unsure[id]
            self._drop_questions(id)
        elif to is S.UNKNOWN:
            self.unsure[id] = None
        self.count[task.status] -= 1
        self.count[to] += 1
        task.status, task.at = to, at

    def _drop_questions(self, task: str) -> None:
        """What became of the task's attempt is known, or does not matter any more."""
        for id in [id for id, asked in self.questions.items() if asked.task == task]:
            del self.questions[id]
        self._drop_checks(task)

    def _drop_checks(self, task: str) -> None:
        """Nothing is expected any more of the checks of what became of the task's attempt."""
        for id in [id for id, other in self.checks.items() if other == task]:
            del self.checks[id]

    def _end(self, id: str, to: TaskStatus, at: float) -> None:
        self._move(id, to, at)
        self.open -= 1
        self.tasks[id].ended = at
        fails = to is S.FAILED and self.graph[id].on_failure == "fail"
        if fails:
            self.failed[id] = None
        if not fails or self.denied(id):
            self._close(id, at)
        # Else its edges stay open: a revision may decide them, or the rest is stopped. A no is final.

    def denied(self, id: str) -> bool:
        """Whether the task ended because somebody did not allow it."""
        error = self.tasks[id].error
        return error is not None and error.code is ErrorCode.DENIED

    def _close(self, id: str, at: float) -> None:
        """Decide the edges out of a task that has ended."""
        self.tasks[id].closed = True
        for successor, dependency in self.graph.edges_out(id).items():
            state = self.tasks[successor]
            if state.status is S.PENDING:
                state.undecided -= 1
                state.held += self._satisfied(dependency)
                self._check_ready(successor, at)

    def _retask(self, id: str, before: Task | None, after: Task | None, at: float) -> None:
        """Take a task's edit in: new, gone, or no longer to be placed as it was."""
        if before is None:
            self.tasks[id] = TaskState(at=at)
            self.open += 1
            self.count[S.PENDING] += 1
            if after is not None and after.checks is not None:
                self.checks[id] = after.checks.task
            return
        if self.tasks[id].status in (S.READY, S.WAITING):
            self._move(id, S.PENDING, at)
            self.tasks[id].approval = None
            self.withdrawn.append(id)
        if after is None:
            self.count[self.tasks.pop(id).status] -= 1
            self.open -= 1

    def _count_edges(self, id: str, at: float) -> None:
        state = self.tasks[id]
        state.undecided = state.held = 0
        for dependency in self.graph[id].depends_on:
            if self.tasks[dependency.task].closed:
                state.held += self._satisfied(dependency)
            else:
                state.undecided += 1
        self._check_ready(id, at)

    def _satisfied(self, dependency: Dependency) -> bool:
        status = self.tasks[dependency.task].status
        match dependency.on:
            case On.SUCCESS:
                return status is S.SUCCEEDED
            case On.COMPLETION:
                return True
            case On.FAILURE:
                return status is S.FAILED
            case On.CONDITION:
                assert dependency.when is not None
                return status is S.SUCCEEDED and conditions.holds(dependency.when, self.record(dependency.task))

    def _check_ready(self, id: str, at: float) -> None:
        """Queue the task as ready or doomed once its edges say so."""
        task, state = self.graph[id], self.tasks[id]
        edges = len(task.depends_on)
        broken = edges - state.undecided - state.held
        if (broken and task.join == "all") or (edges and state.undecided == 0 and state.held == 0):
            self.doomed.append((id, self._doom(task)))
        elif state.undecided == 0:
            self._move(id, S.READY, at)
            self.ready.append(id)

    def _doom(self, task: Task) -> str:
        for dependency in task.depends_on:
            status = self.tasks[dependency.task].status
            if self.tasks[dependency.task].closed and not self._satisfied(dependency):
                if dependency.on is On.CONDITION and status is S.SUCCEEDED:
                    if conditions.wants_whole(dependency.when, self.record(dependency.task)):
                        return f"the output of {dependency.task} was cut short, and only the whole would do"
                    return f"the condition on {dependency.task} does not hold"
                return f"{dependency.task} {'did not fail' if dependency.on is On.FAILURE else status.value}"
        return "nothing led to it"

    @property
    def face(self) -> RunStatus:
        """The status as people see it: `waiting` while only a person can bring the run on."""
        if self.status.terminal or self.status is RunStatus.CANCELLING:
            return self.status
        waits = self.questions or self.count[S.WAITING]
        moves = self.live or self.count[S.READY]
        return RunStatus.WAITING if waits and not moves else self.status

    def story(self, id: str) -> str:
        """What is known of a task, in one line, for errors."""
        task = self.tasks[id]
        return (
            f"{task.status} since {task.at}, attempt {task.attempt} on {task.device}, {task.failures} failures, "
            f"undecided {task.undecided}, error {task.error.code if task.error else None}"
        )

    # --- checks ------------------------------------------------------------------------------------------------

    def validate(self) -> None:
        """Walk everything; raises InvariantError. For tests: proportional to the whole run."""
        self.graph.validate()
        if list(self.tasks) != [id for id in self.tasks if id in self.graph] or len(self.tasks) != len(self.graph):
            raise InvariantError("I7", "the graph's tasks and the run's differ")
        if self.open != sum(not task.status.terminal for task in self.tasks.values()):
            raise InvariantError("I6", "the count of open tasks is wrong")
        if self.live != sum(task.status.live for task in self.tasks.values()):
            raise InvariantError("I1", "the count of live attempts is wrong")
        if self.count != {status: sum(task.status is status for task in self.tasks.values()) for status in S}:
            raise InvariantError("I6", "the counts of tasks by status are wrong")
        for name in (*self.failed, *self.revising, *self.refused):
            if self.tasks[name].status is not S.FAILED:
                raise InvariantError("I6", f"{name} counts as a failure; {self.story(name)}")
        for question in self.questions.values():
            if question.task is not None and self.tasks[question.task].status is not S.UNKNOWN:
                raise InvariantError("I6", f"a question is open about {question.task}; {self.story(question.task)}")
        if self.unsure.keys() != {id for id, task in self.tasks.items() if task.status is S.UNKNOWN}:
            raise InvariantError("I6", "the table of tasks of unknown outcome is wrong")
        for check, checked in self.checks.items():
            if self.tasks[checked].status is not S.UNKNOWN or self.graph[check].checks is None:
                raise InvariantError("I6", f"{check} is a check of {checked}; {self.story(checked)}")
        for id, task in self.tasks.items():
            self._validate_task(id, task)

    def _validate_task(self, id: str, task: TaskState) -> None:
        edges = self.graph[id].depends_on
        closed = [d for d in edges if self.tasks[d.task].closed]
        held = sum(self._satisfied(d) for d in closed)
        if task.status is S.PENDING and (task.undecided, task.held) != (len(edges) - len(closed), held):
            raise InvariantError("I5", f"the edge counts of {id} are wrong; {self.story(id)}")
        satisfied = held == len(edges) if self.graph[id].join == "all" else not edges or held > 0
        if (task.status.live or task.status in (S.READY, S.WAITING)) and not satisfied:
            raise InvariantError("I5", f"{id} moves though its dependencies are not satisfied; {self.story(id)}")
        if task.status.live and (task.device is None or task.attempt < 1):
            raise InvariantError("I1", f"{id} is live without an attempt; {self.story(id)}")
        if task.status.terminal != (task.ended is not None):
            raise InvariantError("I6", f"{id} has an end exactly where it has ended; {self.story(id)}")
        if task.closed and not task.status.terminal:
            raise InvariantError("I6", f"{id} is closed before its end; {self.story(id)}")

    def digest(self) -> str:
        """A hash of the whole state, to compare a replay with the original (I7). For tests: it walks everything."""
        queues = ("graph", "prepared", "ready", "doomed", "withdrawn", "touched")
        whole = {item.name: getattr(self, item.name) for item in fields(self) if item.name not in queues}
        whole["graph"] = [
            self.graph.version,
            list(self.graph.tasks),
            {id: self.graph.successors(id) for id in self.graph},
        ]
        whole["touched"] = {version: list(touched.items()) for version, touched in self.touched.items()}
        text = json.dumps(whole, default=_plain, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> object:
    """What `json` cannot write: models and the state's own parts."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: getattr(value, item.name) for item in fields(value)}
    raise TypeError(f"{type(value).__name__} has no place in a run's state")


_APPLY: dict[str, Callable[[RunState, Any, float], None]] = {
    "run_submitted": RunState.submitted,
    "rung_tried": RunState.rung_tried,
    "question_asked": RunState.question_asked,
    "question_answered": RunState.question_answered,
    "graph_edited": RunState.graph_edited,
    "answer_scope": RunState.scoped,
    "edit_rejected": RunState.nothing,
    "approval_requested": RunState.approval_requested,
    "approval_resolved": RunState.approval_resolved,
    "task_dispatched": RunState.dispatched,
    "attempt_ended": RunState.attempt_ended,
    "task_skipped": RunState.skipped,
    "task_failed": RunState.task_failed,
    "task_cancel_requested": RunState.cancel_requested,
    "unknown_resolved": RunState.unknown_resolved,
    "task_retry_requested": RunState.retry_requested,
    "revision_requested": RunState.revision_requested,
    "revision_declined": RunState.revision_declined,
    "run_cancel_requested": RunState.cancel_run,
    "run_deadline_passed": RunState.deadline,
    "run_ended": RunState.run_ended,
}


def fold(run: str, log: Iterable[Event]) -> RunState:
    """The state after a run's whole log. Raises InvariantError or TransitionError where the log is not one."""
    state = RunState(run)
    for event in log:
        state.apply(event)
    settle(state)
    return state


def settle(state: RunState) -> None:
    """After the last event of a log: what was queued for the machine while it was written has been dealt with."""
    state.ready.clear()
    state.withdrawn.clear()
    # Empty after a whole decision: a log that ends within one still has tasks that must be skipped.
    state.doomed = deque(doom for doom in state.doomed if doom[0] in state.tasks and not state.tasks[doom[0]].ended)
