"""What the core needs from outside, as protocols. Each has a real implementation, and a fake that ships with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, Protocol, runtime_checkable

from orchestrator.core.audit import AuditEntry, AuditRecord, AuditVerdict
from orchestrator.core.edits import EditBatch
from orchestrator.core.egress import Closing, LedgerEntry, Outbound
from orchestrator.core.events import Event, RunError
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Clarification, Doubtful, Plan, Proposal
from orchestrator.core.records import (
    ArtifactRecord,
    DeliveryRow,
    DeviceRecord,
    DueDeliveries,
    LogChange,
    LogRow,
    OutboxRow,
    Removed,
    RunSummary,
    TaskSummary,
    TokenRecord,
    Transaction,
)
from orchestrator.core.requests import Request
from orchestrator.core.tasks import Model, Task, TaskStatus
from orchestrator.core.views import EditResult, GraphView, RunView
from protocol.messages import TaskError


class StoreError(Exception):
    """The record cannot be written or read. `code` is stable: `database_busy`, `database_full`,

    `database_read_only`, `database_unavailable`, `database_taken`, `database_newer`, `database_foreign`,
    `database_corrupt`, `database_exists`, `conflict`, `unstorable`. `remedy` is a sentence that says what to do.
    `retryable` says that the same write may succeed later.
    """

    def __init__(self, code: str, message: str, *, remedy: str = "", retryable: bool = False) -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.code = code
        self.message = message
        self.remedy = remedy
        self.retryable = retryable


Done = Callable[[StoreError | None], None]


class Ledger(Protocol):
    """The record of all that goes out to models. Both calls return once what they say is durable."""

    async def open_egress(self, outbound: Outbound) -> None:
        """Record a request that is about to be sent. Raises StoreError: then it must not be sent."""

    async def close_egress(self, id: str, closing: Closing) -> None: ...

    async def egress(self, *, run: str | None = None, since: float = 0.0, limit: int = 10_000) -> list[LedgerEntry]:
        """Entries of a run, or of all, from the Unix time `since` on, oldest first."""


class Deliveries(Protocol):
    """Webhooks to send. They come into being with the run's end, in its transaction."""

    async def due_deliveries(self, now: float, *, without: Sequence[str] = (), limit: int = 100) -> DueDeliveries:
        """Pending ones that are due, the longest due first, but for those to the targets `without`."""

    async def deliveries(
        self,
        *,
        run: str | None = None,
        status: str | None = None,
        before: tuple[float, str] | None = None,
        limit: int = 50,
    ) -> list[DeliveryRow]:
        """The newest first, those before (created, id) where one is given."""

    async def delivery(self, id: str) -> DeliveryRow | None: ...

    async def write_delivery(self, row: DeliveryRow) -> bool:
        """Record what came of a try: status, tries, due, code and HTTP status. False where it was removed meanwhile."""

    async def remove_delivery(self, id: str) -> None: ...


class Sayings(Protocol):
    """What tasks said while they ran: for people, within bounds that `runtime/logs.py` holds."""

    async def task_logs(self) -> list[LogRow]:
        """Every entry that is kept, a task's in their order."""

    async def write_task_logs(self, changes: Sequence[LogChange]) -> None:
        """Bring tasks' logs up to date, all or none; what no database can hold becomes U+FFFD in them."""


class Audit(Protocol):
    """Who did what. There is no way to change or delete an entry."""

    async def add_audit(self, entry: AuditEntry) -> None:
        """Add an entry behind the last; again with the same id changes nothing."""

    async def audit(
        self,
        *,
        actor: str | None = None,
        action: str | None = None,
        object: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[AuditRecord]:
        """The newest first, those before number `before` where one is given."""

    async def verify_audit(self) -> AuditVerdict:
        """Whether the digests of all entries fit."""


class Store(Ledger, Deliveries, Sayings, Audit, Protocol):
    """The durable record. Writes are grouped: one writer, one transaction for all that waits.

    An uncertain commit is resolved by reading back, never by assuming, before `done` is called.
    """

    async def open(self) -> None:
        """Connect, migrate, start the writer. Raises StoreError with a remedy."""

    async def close(self) -> None:
        """Write what is queued, stop the writer, disconnect. Safe to call twice."""

    def submit(self, transaction: Transaction, done: Done) -> None:
        """Queue a transaction and return at once. `done(None)` runs on the event loop once it is durable.

        Transactions become durable in the order of submission. `done(error)`: nothing of it was written.
        """

    async def commit(self, transaction: Transaction) -> None:
        """As `submit`, waiting for the end. Raises StoreError."""

    async def open_runs(self) -> list[RunSummary]:
        """Runs that have not ended, oldest first."""

    async def runs(
        self, *, status: str | None = None, before: float | None = None, limit: int = 50
    ) -> list[RunSummary]:
        """Runs, newest first, created before a Unix time where one is given."""

    async def run(self, run: str) -> RunSummary | None: ...

    async def tasks(self, run: str) -> list[TaskSummary]:
        """The task projection of a run, by task id."""

    async def events(self, run: str, *, after: int = 0, limit: int = 100_000) -> list[Event]:
        """A run's events with seq > after, in order."""

    async def outbox(self) -> list[OutboxRow]:
        """Dispatches whose attempt has not ended, in the order in which they were made."""

    async def remember_request(self, key: str, digest: str, run: str, at: float) -> tuple[str, str]:
        """Bind an idempotency key to a request's digest and run; the (digest, run) that the key has from now on.

        Whoever comes first wins; a second caller gets the first one's values.
        """

    async def register_device(self, name: str, device: str, kind: str, hello: str, at: float, seen: int = 0) -> int:
        """Record a connect and raise the device's epoch; the new epoch, higher than any this name or device had.

        It is also above `seen`, the highest that the device has obeyed: after a restore the record may lag behind it.
        """

    async def forget_device(self, name: str) -> None:
        """Delete what is known of a name's devices, but for their epochs, which only rise."""

    async def device_records(self) -> list[DeviceRecord]: ...

    async def add_token(self, record: TokenRecord) -> None: ...

    async def tokens(self) -> list[TokenRecord]: ...

    async def token(self, id: str) -> TokenRecord | None: ...

    async def bind_token(self, id: str, device: str) -> str | None:
        """Bind a device token to a device identity if it has none; the identity that it is bound to from now on."""

    async def revoke_token(self, id: str, at: float) -> bool: ...

    async def add_artifact(self, record: ArtifactRecord) -> None: ...

    async def artifact(self, sha256: str) -> ArtifactRecord | None: ...

    async def artifacts(self, run: str) -> list[ArtifactRecord]: ...

    async def prunable(self, before: float, *, keep: int = 0, limit: int = 50) -> list[str]:
        """Ended runs that have not changed since `before`, oldest first; never one of the newest `keep` ended ones."""

    async def prune(self, runs: Sequence[str], before: float) -> Removed:
        """Delete those of the runs that have ended, with all that is theirs, and keys without a run from `before`.

        What an earlier call left undone is finished first. The contents it names are the caller's to remove, and then
        to tell by `pruned`: until then every call names them again.
        """

    async def pruned(self) -> None:
        """The contents that the last `prune` named are gone."""


class Tried(Model):
    """What an earlier rung came to with the same request: handed to the next one."""

    rung: str
    reason: str
    plan: Plan | None = None
    unplaced: tuple[str, ...] = ()


class PlanningContext(Protocol):
    """What a planner may know beyond the request."""

    @property
    def run(self) -> str:
        """The run it is asked for; empty outside one."""

    @property
    def fleet(self) -> FleetView: ...

    @property
    def tried(self) -> Sequence[Tried]:
        """What the rungs before this one came to."""

    @property
    def answers(self) -> Sequence[tuple[str, str]]:
        """Questions asked so far in this run, with the person's answers."""

    @property
    def problems(self) -> Sequence[str]:
        """What the checks found wrong with this planner's last proposal, where this is its one repair."""


class Planner(Protocol):
    """One rung of the ladder. Right or silent."""

    @property
    def rung(self) -> str: ...

    async def plan(self, request: Request, context: PlanningContext) -> Proposal: ...


class Neighbour(Model):
    """A task beside the failed one, by what it does and where it stands; never by its output."""

    task: str
    skill: str
    status: TaskStatus
    device: str | None = None


class Failure(Model):
    """A task that failed, as a rung is told that is to mend it. `before`: what it follows; `after`: what follows it."""

    task: Task
    device: str | None = None
    error: TaskError | None = None
    before: tuple[Neighbour, ...] = ()
    after: tuple[Neighbour, ...] = ()


class RevisionContext(PlanningContext, Protocol):
    """What a rung may know beyond the request when it is to mend one task. `tried` has the fixes that failed."""

    @property
    def failure(self) -> Failure: ...

    @property
    def found(self) -> Sequence[str]:
        """Paths that tasks of this run have found on the failed task's device. Outputs: no model may be told."""


@runtime_checkable
class Reviser(Protocol):
    """A rung that can mend a failed task: a `Proposal` whose `fixes` is the task's id. Right or silent."""

    @property
    def rung(self) -> str: ...

    async def revise(self, request: Request, context: RevisionContext) -> Proposal: ...


class Clock(Protocol):
    """Unix time in seconds."""

    def now(self) -> float: ...


class RunControl(Protocol):
    """What a supervisor may do to a run. Every call returns once its effect is durable.

    `key` names the supervisor's step: the same key again changes nothing and returns what the first call did.
    """

    def fleet(self) -> FleetView: ...

    async def view(self, run: str) -> RunView: ...

    async def graph(self, run: str) -> GraphView:
        """The run's task graph as it stands: what an edit batch is written against."""

    async def request(self, run: str) -> Request: ...

    async def answers(self, run: str) -> list[tuple[str, str]]:
        """(question, answer) pairs of this run so far."""

    async def confirmed(self, run: str) -> Doubtful | None:
        """The plan that a person said is what was meant; None where there is none."""

    async def note_rung(
        self, run: str, proposal: Proposal, problems: Sequence[str], *, accepted: bool, key: str
    ) -> None:
        """Record what a rung proposed and what the checks said."""

    async def start(self, run: str, plan: Plan, *, by: str, key: str) -> EditResult:
        """Compile `plan` against the live fleet and make it the run's graph. Rejected with the compiler's problems."""

    async def ask(self, run: str, clarification: Clarification, *, key: str) -> None:
        """Put a question to the person; the run waits. The answer brings a new consultation, `answered`."""

    async def edit(self, run: str, batch: EditBatch) -> EditResult:
        """Apply an edit batch; `batch.key` is the step's key."""

    async def decline(self, run: str, task: str, reason: str, *, key: str) -> None:
        """The failure of `task` cannot be mended: the failure policy takes its course."""

    async def finish(self, run: str, answer: str, error: RunError | None, *, key: str) -> None:
        """End a run: with `error` none and all its tasks ended, it succeeded."""


class Consultation(Model):
    """Why the supervisor is called: `submitted`, `answered` (a question), `failed` (a task, named), `settled`

    (every task has ended: write the answer). The same consultation may come again after a restart.
    """

    run: str
    reason: Literal["submitted", "answered", "failed", "settled"]
    task: str | None = None
    key: str


class Supervisor(Protocol):
    """Leads runs of plain-language requests. Never raises for a model's faults: it ends the run with an error."""

    async def consult(self, consultation: Consultation, control: RunControl) -> None: ...
