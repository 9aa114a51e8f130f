"""What the core asks of the shell, in the imperative.

`Offer` and `Withdraw` and `Release` steer placement and are done at once. All others are done only when the events
of the same decision are durable: nothing is sent before its record is.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from orchestrator.core.events import Event
from orchestrator.core.ports import Consultation
from orchestrator.core.tasks import Requirements
from protocol.messages import Dispatch


class TimerKind(StrEnum):
    QUEUE = "queue"  # ready, and no device took it
    RETRY = "retry"  # the back-off is over
    RUN = "run"  # start to finish
    DEADLINE = "deadline"  # of the run
    TASK_DEADLINE = "task_deadline"  # of the task, from the run's start
    APPROVAL = "approval"
    CANCEL = "cancel"  # a cancelled attempt did not end
    HEARTBEAT = "heartbeat"  # the attempt gave no sign of life
    HEDGE = "hedge"  # the attempt is slow
    WORD = "word"  # the device did not say what became of an attempt


class ReadyTask(NamedTuple):
    """A task that placement may give to a device.

    `requirements.same_device_as` is already resolved into `pinned`. `inputs` are the devices where its inputs lie.
    `avoid` are devices where it failed: taken only where there is no other. `allowed` limits the run's devices.
    `parallel` is how many tasks of its run may be placed at once; None: all.
    """

    run: str
    task: str
    skill: str
    requirements: Requirements
    pinned: str | None
    inputs: tuple[str, ...]
    avoid: tuple[str, ...]
    allowed: tuple[str, ...]
    priority: int
    parallel: int | None = None


class Offer(NamedTuple):
    task: ReadyTask


class Withdraw(NamedTuple):
    run: str
    task: str


class Release(NamedTuple):
    """The task no longer holds its place on the device.

    `attempt` is 0 where none was dispatched. `seconds` is how long a successful attempt took, else 0.
    """

    run: str
    task: str
    device: str
    skill: str
    attempt: int
    succeeded: bool
    seconds: float


class SendDispatch(NamedTuple):
    device: str
    message: Dispatch


class SendCancel(NamedTuple):
    device: str
    run: str
    task: str
    attempt: int
    reason: str


class Acknowledge(NamedTuple):
    device: str
    run: str
    task: str
    attempt: int


class SetTimer(NamedTuple):
    """Set a timer, or move it. With `every`, each sign of life of the attempt moves it so many seconds on."""

    at: float
    kind: TimerKind
    run: str
    task: str
    attempt: int
    every: float = 0.0


class Consult(NamedTuple):
    consultation: Consultation


class Ended(NamedTuple):
    """The run has ended: it may leave memory."""

    run: str


Command = Offer | Withdraw | Release | SendDispatch | SendCancel | Acknowledge | SetTimer | Consult | Ended
AT_ONCE = (Offer, Withdraw, Release)


@dataclass(slots=True)
class Decision:
    """Events that were decided, in order, and the commands that follow from them. `rejected` says why not."""

    events: list[Event]
    commands: list[Command]
    rejected: tuple[str, str] | None = None
