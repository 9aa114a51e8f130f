"""The rows of one transaction: what the store must make durable together, or not at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict


class EventRow(NamedTuple):
    """`body` is the JSON of an `events.Body`; (run, seq) is unique."""

    run: str
    seq: int
    at: float
    type: str
    cause: str
    body: str


class TaskRow(NamedTuple):
    """The projection of one task that has moved; one that waits for its turn has no row.

    The last row of a transaction for (run, task) wins.
    """

    run: str
    task: str
    status: str
    attempt: int
    device: str
    updated: float


class RunRow(NamedTuple):
    """The projection of one run; the last row of a transaction for a run wins. `created` is kept from the first."""

    run: str
    status: str
    text: str
    created: float
    updated: float
    answer: str
    error: str
    submitted_by: str = ""


class OutboxRow(NamedTuple):
    """A dispatch that must reach its device. `body` is the JSON of the `Dispatch` message."""

    run: str
    task: str
    attempt: int
    device: str
    epoch: int
    body: str


class DeliveryRow(NamedTuple):
    """A webhook to send, or sent: see `webhooks.py`. `body` is sent as it stands. `due` is when it is tried next.

    `tries` are those so far, `code` and `http_status` what came of the last one.
    """

    id: str
    run: str
    name: str
    target: str
    url: str
    body: str
    status: str
    tries: int
    due: float
    created: float
    code: str
    http_status: int


class LogRow(NamedTuple):
    """A piece of what a task said, redacted. `seq` counts a task's from 1; those before the first kept are gone."""

    run: str
    task: str
    seq: int
    at: float
    attempt: int
    stream: str
    text: str


class LogChange(NamedTuple):
    """A task's log as it is to be: what is on record with first <= seq <= after stays, the rest goes, `rows` come."""

    run: str
    task: str
    first: int
    after: int
    rows: tuple[LogRow, ...] = ()


class AttemptKey(NamedTuple):
    run: str
    task: str
    attempt: int


@dataclass(slots=True)
class Transaction:
    """Rows to write together. `settled` are the outbox rows that may go: their attempt has ended.

    `deliveries` are new ones: what is on record of one already stays as it is.
    """

    events: list[EventRow] = field(default_factory=list)
    tasks: list[TaskRow] = field(default_factory=list)
    runs: list[RunRow] = field(default_factory=list)
    outbox: list[OutboxRow] = field(default_factory=list)
    settled: list[AttemptKey] = field(default_factory=list)
    deliveries: list[DeliveryRow] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.events or self.tasks or self.runs or self.outbox or self.settled or self.deliveries)

    def extend(self, other: Transaction) -> None:
        """Take over another transaction's rows, after our own."""
        self.events += other.events
        self.tasks += other.tasks
        self.runs += other.runs
        self.outbox += other.outbox
        self.settled += other.settled
        self.deliveries += other.deliveries


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TokenRecord(_Row):
    """A token as stored: never the secret, only `verifier`, the hex SHA-256 of the whole token.

    `device` is bound at a device token's first use. `expires` and `revoked` are Unix times, None where not set.
    """

    id: str
    role: str
    verifier: str
    name: str = ""
    device: str | None = None
    created: float
    expires: float | None = None
    revoked: float | None = None


class DeviceRecord(_Row):
    """A device as last registered. `device` is its lasting identity, `epoch` rises at every connect."""

    name: str
    device: str
    kind: str
    epoch: int
    hello: str
    first_seen: float
    last_seen: float


class ArtifactRecord(_Row):
    """A stored artifact's metadata; the content lies in the artifact store under its hash."""

    sha256: str
    size: int
    name: str
    run: str
    task: str
    created: float


class RunSummary(_Row):
    """A run's projection as read back."""

    run: str
    status: str
    text: str
    created: float
    updated: float
    answer: str
    error: str
    submitted_by: str = ""


class DueDeliveries(NamedTuple):
    """`rows` that are due, longest first; `next` is when another one will be, `pending` how many there are in all."""

    rows: list[DeliveryRow]
    next: float | None
    pending: int


class TaskSummary(_Row):
    """A task's projection as read back."""

    run: str
    task: str
    status: str
    attempt: int
    device: str
    updated: float


class Removed(_Row):
    """What was deleted: runs by id, how many entries and tasks of theirs, and contents that no run has any more."""

    runs: tuple[str, ...] = ()
    rows: int = 0
    contents: tuple[str, ...] = ()
