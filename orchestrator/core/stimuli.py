"""What can happen to a run: the inputs of `RunMachine.handle`, in the past tense."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from pydantic import JsonValue

from orchestrator.core.edits import EditBatch
from orchestrator.core.events import RunError
from orchestrator.core.graph import TaskGraph, Touched
from orchestrator.core.plan import Clarification, Proposal
from orchestrator.core.requests import Request
from protocol.messages import Outcome, TaskError, Usage
from protocol.vocabulary import Risk


@dataclass(frozen=True, slots=True)
class Submitted:
    request: Request


@dataclass(frozen=True, slots=True)
class Recovered:
    """The run was loaded from its log: whatever was under way must be taken up again."""


@dataclass(frozen=True, slots=True)
class RungSpoke:
    proposal: Proposal
    problems: tuple[str, ...]
    accepted: bool
    key: str


@dataclass(frozen=True, slots=True)
class QuestionPut:
    key: str
    clarification: Clarification


@dataclass(frozen=True, slots=True)
class AnswerGiven:
    """`id` may be left empty where one question is open."""

    id: str
    answer: str
    by: str


@dataclass(frozen=True, slots=True)
class EditProposed:
    """`scope`, where given, becomes the set of tasks that answer the request.

    `made` is what the batch makes of the empty graph, where that is known: it is not worked out twice.
    """

    batch: EditBatch
    scope: tuple[str, ...] | None = None
    made: tuple[TaskGraph, Touched] | None = None


@dataclass(frozen=True, slots=True)
class UndoAsked:
    version: int
    by: str


@dataclass(frozen=True, slots=True)
class RevisionRefused:
    task: str
    reason: str


@dataclass(frozen=True, slots=True)
class AnswerWritten:
    """The supervisor's last word: the answer, or why there is none."""

    answer: str
    error: RunError | None


class Placed(NamedTuple):
    """Placement gave a ready task a device, whose session epoch is `epoch`. `risk` is that of the device's skill."""

    task: str
    device: str
    epoch: int
    risk: Risk
    why: str


@dataclass(frozen=True, slots=True)
class Stranded:
    """A ready task that no device at hand can take."""

    task: str


class ResultArrived(NamedTuple):
    task: str
    attempt: int
    device: str
    outcome: Outcome
    output: JsonValue = None
    error: TaskError | None = None
    usage: Usage = Usage()


@dataclass(frozen=True, slots=True)
class AttemptLost:
    """The device let its lease run out, or came back without a trace of the attempt.

    `over`: by the device's own word, the attempt is not at work any more.
    """

    task: str
    attempt: int
    reason: str
    over: bool = False


@dataclass(frozen=True, slots=True)
class TimerFired:
    """`kind` is of `commands.TimerKind`; a timer whose reason has passed is ignored.

    `why`: what devices say of it, where no device could take the task in time.
    """

    kind: str
    task: str
    attempt: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class ApprovalGiven:
    """`id` may be left empty where one approval is open."""

    id: str
    granted: bool
    by: str


@dataclass(frozen=True, slots=True)
class CancelAsked:
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RetryAsked:
    """Try what failed again. `tasks` empty: all that failed, were skipped or cancelled."""

    by: str
    tasks: tuple[str, ...] = ()


Stimulus = (
    Submitted
    | Recovered
    | RungSpoke
    | QuestionPut
    | AnswerGiven
    | EditProposed
    | UndoAsked
    | RevisionRefused
    | AnswerWritten
    | Placed
    | Stranded
    | ResultArrived
    | AttemptLost
    | TimerFired
    | ApprovalGiven
    | CancelAsked
    | RetryAsked
)
