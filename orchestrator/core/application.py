"""What both faces, REST and command line, stand on. `orchestrator.app.Asterism` is the real one.

Every failure is a `Refusal` with a stable code; faces map codes to HTTP statuses and exit codes (docs/errors.md).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Literal, Protocol

from orchestrator.core.audit import AuditEntry, AuditRecord, AuditVerdict
from orchestrator.core.edits import EditBatch
from orchestrator.core.egress import LedgerEntry
from orchestrator.core.events import Event
from orchestrator.core.ladder_report import LadderReport, LadderView, RungView
from orchestrator.core.records import ArtifactRecord, TokenRecord
from orchestrator.core.requests import Request
from orchestrator.core.tasks import Model
from orchestrator.core.views import Change, DeviceView, EditResult, GraphView, RunItem, RunView, TaskLog
from orchestrator.core.webhooks import Delivery, Sent, WebhooksView
from protocol.failpoints import Enabled, Mode, Rule
from protocol.vocabulary import SkillSpec

Role = Literal["admin", "operator", "viewer", "device"]


class Refusal(Exception):
    """The application will not do it. `code` is stable, `message` says what to do next.

    Codes: `not_found`, `conflict` (an idempotency key with another request), `bad_request`, `stale`, `cycle` and the
    other edit codes, `no_such_question`, `no_such_approval`, `approval_closed`, `approval_expired`, `run_ended`,
    `run_open`, `nothing_to_retry`, `not_ready` (the store is in trouble: try later), `no_capable_device`,
    `faults_off`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Health(Model):
    """`ready` is false while the store is in trouble or the process is stopping; `problems` say why, by code."""

    ready: bool
    problems: tuple[str, ...] = ()


ATTEMPT_BOUNDS_S = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0, 300.0, 3600.0)
"""Upper bounds of the buckets of attempts' durations, in seconds; one more bucket is for what took longer."""


class Distribution(Model):
    """How many fell into each bucket (not cumulative), and the sum of all values."""

    buckets: tuple[int, ...] = (0,) * (len(ATTEMPT_BOUNDS_S) + 1)
    sum: float = 0.0


class Statistics(Model):
    """Counters since start and gauges now, for metrics.

    `runs_ended` counts by status, `attempts_ended` by outcome, `plans_proposed` by tier and what became of it.
    """

    runs_open: int
    tasks_waiting: int
    attempts_live: int
    devices_online: int
    devices_known: int
    runs_started: int
    tasks_dispatched: int
    attempts_succeeded: int
    attempts_failed: int
    attempts_lost: int
    commits: int
    sessions_faulted: int
    runs_ended: dict[str, int] = {}
    attempts_ended: dict[str, int] = {}
    plans_proposed: dict[tuple[str, str], int] = {}
    attempt_seconds: Distribution = Distribution()
    webhooks_pending: int = 0
    webhooks_sent: dict[str, int] = {}


class Pruned(Model):
    """What one pass of pruning deleted, or with `dry_run` would; `more`: there is more to delete.

    `rows` counts entries and tasks, `contents` artifacts' contents that no run had any more.
    """

    runs: int
    rows: int = 0
    contents: int = 0
    content_bytes: int = 0
    more: bool = False
    dry_run: bool = False


class FaultsView(Model):
    """Failpoints. `allowed`: whether one may be turned on here; `deadly`: also those that end the process.

    `points` are all there are, with the modes that each knows; `enabled` those that are on; `fired` says how often each
    has acted since the process began.
    """

    allowed: bool
    deadly: bool
    points: dict[str, tuple[Mode, ...]]
    enabled: tuple[Enabled, ...] = ()
    fired: dict[str, int] = {}


class Application(Protocol):
    """One orchestrator. `by` is who asks, for the record."""

    async def submit(self, request: Request, *, key: str | None = None, by: str = "") -> tuple[str, bool]:
        """Start a run; its id, and whether it is new. The same `key` with the same request gives the same run."""

    async def runs(
        self, *, status: str | None = None, before: float | None = None, limit: int = 50
    ) -> list[RunItem]: ...

    async def run(self, run: str, *, brief: bool = False) -> RunView:
        """The run as it stands; `brief` without its tasks and its plan."""

    async def graph(self, run: str) -> GraphView: ...

    async def events(self, run: str, *, after: int = 0, limit: int = 10_000) -> list[Event]: ...

    def follow(self, run: str, *, after: int = 0) -> AsyncIterator[Event]:
        """A run's durable events from `after` on, as they come, until the run has ended."""

    def pages(self, run: str, *, after: int = 0) -> AsyncIterator[list[Event]]:
        """The same, each time with all that has come, at least one."""

    def changes(self, place: str = "") -> AsyncIterator[list[Change]]:
        """Runs and devices that have changed since a place, the `id` of an earlier change; then as they do."""

    def changed(self, place: str = "") -> list[Change]:
        """Those that have changed so far."""

    async def wait(self, run: str, seconds: float) -> RunView:
        """The run once it has ended or waits for a person, or as it stands after so many seconds."""

    async def edit(self, run: str, batch: EditBatch, *, by: str = "") -> EditResult: ...

    async def undo(self, run: str, version: int, *, by: str = "") -> EditResult: ...

    async def cancel(self, run: str, *, by: str = "", reason: str = "") -> None: ...

    async def retry(self, run: str, tasks: Sequence[str] = (), *, by: str = "") -> None: ...

    async def approve(self, run: str, approval: str, *, granted: bool, by: str = "") -> None:
        """`approval` may be empty where one is open."""

    async def answer(self, run: str, question: str, answer: str, *, by: str = "") -> None:
        """`question` may be empty where one is open."""

    async def explain(self, run: str, task: str) -> list[str]:
        """Why the task is where it is, or which device would take it: a line each."""

    async def log(self, run: str, task: str) -> TaskLog:
        """What the task has said while it ran, as far as it is kept."""

    async def devices(self) -> list[DeviceView]: ...

    async def device(self, name: str) -> DeviceView: ...

    async def drain(self, name: str, *, reason: str = "") -> None: ...

    async def forget_device(self, name: str, *, by: str = "") -> None:
        """Know a device no longer. Raises Refusal: `not_found`, `conflict` while it is here or has work."""

    async def skills(self) -> list[SkillSpec]: ...

    async def artifacts(self, run: str) -> list[ArtifactRecord]: ...

    def read_artifact(self, sha256: str) -> AsyncIterator[bytes]: ...

    async def create_token(
        self, role: Role, *, name: str = "", expires_in_s: float | None = None
    ) -> tuple[str, TokenRecord]:
        """A new token, shown once, and its record."""

    async def tokens(self) -> list[TokenRecord]: ...

    async def revoke_token(self, id: str) -> bool: ...

    async def note(self, entry: AuditEntry) -> None:
        """Put on record who did what. Never fails: what was done is done; the log says what could not be written."""

    async def audit(
        self,
        *,
        actor: str | None = None,
        action: str | None = None,
        object: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[AuditRecord]:
        """Who did what, the newest first, those before number `before` where one is given."""

    async def verify_audit(self) -> AuditVerdict:
        """Whether an entry was changed or taken out."""

    async def authenticate(self, token: str) -> TokenRecord | None:
        """The record of a valid token, checked in constant time; None for a wrong, expired or revoked one."""

    async def tokens_configured(self) -> bool:
        """Whether any token exists: from then on every call needs one, loopback too."""

    def faults(self) -> FaultsView: ...

    def enable_fault(self, point: str, rule: Rule, *, by: str = "") -> None:
        """Make something fail on purpose. Raises Refusal: `faults_off`, `not_found`, `bad_request`."""

    def disable_faults(self, point: str | None = None, *, by: str = "") -> list[str]:
        """End one failpoint, or all; those that were on."""

    def webhooks(self) -> WebhooksView:
        """What the settings say of webhooks."""

    async def deliveries(
        self,
        *,
        run: str | None = None,
        status: str | None = None,
        before: tuple[float, str] | None = None,
        limit: int = 50,
    ) -> list[Delivery]:
        """Webhooks to send, and sent: the newest first, those before (created, id) where one is given."""

    async def test_webhook(self, where: str, *, by: str = "") -> Sent:
        """Send a test to a target of the settings, or an address, once. Raises Refusal: `not_found`, `bad_request`."""

    async def retry_delivery(self, id: str, *, by: str = "") -> Delivery:
        """Send a delivery again now. Raises Refusal: `not_found`."""

    async def remove_delivery(self, id: str, *, by: str = "") -> None:
        """Raises Refusal: `not_found`."""

    async def prune(self, older_than_s: float, *, keep: int = 0, limit: int = 50, dry_run: bool = False) -> Pruned:
        """Delete runs that ended so long ago, but for the newest `keep`, at most `limit` of them."""

    async def egress(self, *, run: str | None = None, since: float = 0.0, limit: int = 1_000) -> list[LedgerEntry]:
        """What went out to models, for one run or all, from a Unix time on, oldest first."""

    async def ladder(self) -> LadderView:
        """The rungs as they are now, in the order in which they are asked."""

    async def ladder_report(self, *, since: float | None = None, until: float | None = None) -> LadderReport:
        """Over the runs submitted in [since, until), Unix times."""

    async def run_ladder(self, run: str) -> LadderReport:
        """The same of one run."""

    async def probe_rung(self, rung: str) -> RungView:
        """Find out now what a model's server can. Raises Refusal: `not_found`; `bad_request` where it has no server."""

    def health(self) -> Health: ...

    def statistics(self) -> Statistics: ...
