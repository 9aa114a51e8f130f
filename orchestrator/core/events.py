"""The entries of the event log: the only truth about a run. Past tense, immutable, one union discriminated by `type`.

`fold`ing a run's events through `RunState` gives its state, bit for bit. What follows from an entry by rule alone
(a task that becomes ready) is not an entry of its own; what a person would look for (a skip, a cancel) is.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from orchestrator.core.edits import EditBatch
from orchestrator.core.plan import Clarification, Proposal
from orchestrator.core.requests import Request
from orchestrator.core.tasks import Model
from protocol.messages import TaskError, Usage
from protocol.vocabulary import Identifier, Json, JsonObject, LongText, Name, Risk, Sha256, ShortText


class RunStatus(StrEnum):
    """`planning`: no graph yet. `waiting`: nothing moves until a person approves or answers."""

    PLANNING = "planning"
    RUNNING = "running"
    WAITING = "waiting"
    CANCELLING = "cancelling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def terminal(self) -> bool:
        return self in (RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED)


class RunError(Model):
    """`code` is stable and maps to an exit code (see docs/errors.md); the message says what to do next."""

    code: ShortText
    message: LongText
    details: JsonObject = {}


class RunSubmitted(Model):
    type: Literal["run_submitted"] = "run_submitted"
    request: Request


class RungTried(Model):
    """A planner rung spoke: a plan (accepted or not), a question, or what it could not place."""

    type: Literal["rung_tried"] = "rung_tried"
    key: Identifier
    proposal: Proposal
    accepted: bool
    problems: tuple[LongText, ...] = ()


class QuestionAsked(Model):
    """`task` is set where the question is what became of that task's attempt."""

    type: Literal["question_asked"] = "question_asked"
    id: Identifier
    clarification: Clarification
    task: Identifier | None = None


class QuestionAnswered(Model):
    type: Literal["question_answered"] = "question_answered"
    id: Identifier
    answer: ShortText
    by: ShortText = ""


class GraphEdited(Model):
    """The graph went from version `batch.base` to `batch.base + 1`. `undoes` names the version taken back."""

    type: Literal["graph_edited"] = "graph_edited"
    batch: EditBatch
    undoes: int | None = None


class AnswerScope(Model):
    """Which tasks answer the request, from the accepted plan."""

    type: Literal["answer_scope"] = "answer_scope"
    tasks: tuple[Identifier, ...]


class EditRejected(Model):
    type: Literal["edit_rejected"] = "edit_rejected"
    by: ShortText
    code: ShortText
    reason: LongText


class ApprovalRequested(Model):
    """`digest` binds run, task, attempt, skill, resolved arguments and device; it serves once, until `expires`."""

    type: Literal["approval_requested"] = "approval_requested"
    id: Identifier
    task: Identifier
    device: Name
    skill: ShortText
    arguments: JsonObject
    risk: Risk
    digest: Sha256
    expires: float


class ApprovalResolved(Model):
    type: Literal["approval_resolved"] = "approval_resolved"
    id: Identifier
    granted: bool
    by: ShortText


class TaskDispatched(Model):
    """An attempt began on the record: written before it is sent. `epoch` is the device's session epoch."""

    type: Literal["task_dispatched"] = "task_dispatched"
    task: Identifier
    attempt: int
    device: Name
    epoch: int
    why: ShortText = ""


class AttemptOutcome(StrEnum):
    """`lost`: the device went away and the attempt may be repeated. `unknown`: it went away and it may not.

    `hedged`: it was slow, and was given up for another device; that uses up no retry. `unconfirmed`: its device says
    that it was done, and a check reads that back.
    """

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"
    UNKNOWN = "unknown"
    HEDGED = "hedged"
    UNCONFIRMED = "unconfirmed"


class AttemptEnded(Model):
    """The one end of an attempt. `retry_at` is set where another attempt follows, not before that time."""

    type: Literal["attempt_ended"] = "attempt_ended"
    task: Identifier
    attempt: int
    outcome: AttemptOutcome
    output: Json = None
    error: TaskError | None = None
    usage: Usage = Usage()
    retry_at: float | None = None


class TaskSkipped(Model):
    type: Literal["task_skipped"] = "task_skipped"
    task: Identifier
    reason: ShortText


class TaskFailed(Model):
    """A task failed without an attempt: no device in time, arguments that do not resolve, an approval denied."""

    type: Literal["task_failed"] = "task_failed"
    task: Identifier
    error: TaskError


class TaskCancelRequested(Model):
    """The task must stop: at once where nothing runs, else as soon as its device has said so."""

    type: Literal["task_cancel_requested"] = "task_cancel_requested"
    task: Identifier
    reason: ShortText


class UnknownResolved(Model):
    """A person, a check, a policy or a late word settled the fate of an attempt whose outcome was unknown.

    `retry_at` is set where a check found that it was not done: the next attempt uses up a retry, as after a failure.
    """

    type: Literal["unknown_resolved"] = "unknown_resolved"
    task: Identifier
    resolution: Literal["succeeded", "failed", "retry"]
    by: ShortText
    output: Json = None
    error: TaskError | None = None
    retry_at: float | None = None


class TaskRetryRequested(Model):
    """A person asked for a failed, skipped or cancelled task to be tried again."""

    type: Literal["task_retry_requested"] = "task_retry_requested"
    tasks: tuple[Identifier, ...]
    by: ShortText


class RevisionRequested(Model):
    """A failure went to the supervisor, which may mend the graph before the run fails."""

    type: Literal["revision_requested"] = "revision_requested"
    task: Identifier


class RevisionDeclined(Model):
    type: Literal["revision_declined"] = "revision_declined"
    task: Identifier
    reason: ShortText


class RunCancelRequested(Model):
    type: Literal["run_cancel_requested"] = "run_cancel_requested"
    by: ShortText
    reason: ShortText = ""


class RunDeadlinePassed(Model):
    type: Literal["run_deadline_passed"] = "run_deadline_passed"


class RunEnded(Model):
    type: Literal["run_ended"] = "run_ended"
    status: RunStatus
    answer: Annotated[str, Field(max_length=100_000)] = ""
    error: RunError | None = None


Body = (
    RunSubmitted
    | RungTried
    | QuestionAsked
    | QuestionAnswered
    | GraphEdited
    | AnswerScope
    | EditRejected
    | ApprovalRequested
    | ApprovalResolved
    | TaskDispatched
    | AttemptEnded
    | TaskSkipped
    | TaskFailed
    | TaskCancelRequested
    | UnknownResolved
    | TaskRetryRequested
    | RevisionRequested
    | RevisionDeclined
    | RunCancelRequested
    | RunDeadlinePassed
    | RunEnded
)
BODY: TypeAdapter[Body] = TypeAdapter(Annotated[Body, Field(discriminator="type")])


class Event(Model):
    """One entry: `seq` counts from 1 in each run, `at` is Unix time in seconds, `cause` what brought it about."""

    run: Identifier
    seq: int
    at: float
    cause: ShortText = ""
    body: Annotated[Body, Field(discriminator="type")]
