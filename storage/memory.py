"""The store in memory: the same behaviour without a disk, for tests, simulation and trials. It forgets at exit."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from orchestrator.core.audit import SEED, AuditEntry, AuditRecord, AuditVerdict, digest
from orchestrator.core.egress import Closing, LedgerEntry, Outbound
from orchestrator.core.events import Event, RunStatus
from orchestrator.core.ports import Done, StoreError
from orchestrator.core.records import (
    ArtifactRecord,
    AttemptKey,
    DeliveryRow,
    DeviceRecord,
    DueDeliveries,
    EventRow,
    LogChange,
    LogRow,
    OutboxRow,
    Removed,
    RunRow,
    RunSummary,
    TaskRow,
    TaskSummary,
    TokenRecord,
    Transaction,
)
from storage.faults import make, store_error
from storage.groups import Group, storable
from storage.ledger import KEPT_S
from storage.operations import Registration, raise_epochs
from storage.queries import event


@dataclass
class Durable:
    """What a crash leaves: pass it to another `MemoryStore` to go on from there."""

    events: dict[str, dict[int, EventRow]] = field(default_factory=dict)
    runs: dict[str, RunRow] = field(default_factory=dict)
    tasks: dict[str, dict[str, TaskRow]] = field(default_factory=dict)
    outbox: dict[AttemptKey, OutboxRow] = field(default_factory=dict)
    requests: dict[str, tuple[str, str]] = field(default_factory=dict)
    devices: dict[tuple[str, str], DeviceRecord] = field(default_factory=dict)
    name_epochs: dict[str, int] = field(default_factory=dict)
    device_epochs: dict[str, int] = field(default_factory=dict)
    tokens: dict[str, TokenRecord] = field(default_factory=dict)
    artifacts: dict[tuple[str, str, str], ArtifactRecord] = field(default_factory=dict)
    egress: dict[str, LedgerEntry] = field(default_factory=dict)
    deliveries: dict[str, DeliveryRow] = field(default_factory=dict)
    task_logs: dict[tuple[str, str], dict[int, LogRow]] = field(default_factory=dict)
    audit: list[AuditRecord] = field(default_factory=list)


class MemoryStore:
    """See `Store`.

    With `hold`, nothing is committed until `release`: what was submitted and not released is what a crash loses.
    `fail_next` makes coming transactions fail with an error, as a database would.
    """

    def __init__(self, durable: Durable | None = None, *, hold: bool = False) -> None:
        self.durable = Durable() if durable is None else durable
        self.hold = hold
        self._waiting: deque[tuple[Transaction, Done]] = deque()
        self._failures: deque[StoreError] = deque()
        self._made = count(1)
        self._contents: set[str] = set()
        self._open = False

    async def open(self) -> None:
        self._open = True

    async def close(self) -> None:
        self.release()
        self._open = False
        await asyncio.sleep(0)

    # --- for simulation ----------------------------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        """How many transactions are submitted and not yet committed."""
        return len(self._waiting)

    def release(self, amount: int | None = None) -> int:
        """Commit so many of the held transactions, all by default, in their order; how many there were."""
        amount = len(self._waiting) if amount is None else min(amount, len(self._waiting))
        for _ in range(amount):
            transaction, done = self._waiting.popleft()
            asyncio.get_running_loop().call_soon(done, self._commit(transaction))
        return amount

    def fail_next(self, *errors: StoreError) -> None:
        """The next transactions to be committed fail with these, one each."""
        self._failures.extend(errors)

    def crash(self) -> Durable:
        """Forget what was not committed, without a word to anyone; what is left."""
        self._waiting.clear()
        self._open = False
        return self.durable

    # --- the log -----------------------------------------------------------------------------------------------

    def submit(self, transaction: Transaction, done: Done) -> None:
        if not self._open:
            error = make("database_unavailable", "The store is not open.", retryable=False)
            asyncio.get_running_loop().call_soon(done, error)
            return
        self._waiting.append((transaction, done))
        if not self.hold:
            self.release()

    async def commit(self, transaction: Transaction) -> None:
        ended: asyncio.Future[StoreError | None] = asyncio.get_running_loop().create_future()
        self.submit(transaction, lambda error: None if ended.done() else ended.set_result(error))
        error = await ended
        if error is not None:
            raise error

    def _commit(self, transaction: Transaction) -> StoreError | None:
        if self._failures:
            return self._failures.popleft()
        seen: set[tuple[str, int]] = set()
        for row in transaction.events:
            if row.seq in self.durable.events.get(row.run, ()) or (row.run, row.seq) in seen:
                return make("conflict", f"Run {row.run} has an entry {row.seq} already.")
            seen.add((row.run, row.seq))
        try:
            group = Group([transaction], self._made)
            group.parameters()
        except ValueError as error:
            return store_error(error)
        self._apply(transaction, group)
        return None

    def _apply(self, transaction: Transaction, group: Group) -> None:
        durable = self.durable
        for row in transaction.events:
            durable.events.setdefault(row.run, {})[row.seq] = row
        for task in transaction.tasks:
            durable.tasks.setdefault(task.run, {})[task.task] = task
        for values in group.runs:
            run = RunRow(*values)  # type: ignore[arg-type]  # a cleaned copy of a RunRow
            first = durable.runs.get(run.run)
            durable.runs[run.run] = run if first is None else run._replace(created=first.created)
        for dispatch in transaction.outbox:
            durable.outbox[AttemptKey(*dispatch[:3])] = dispatch
        for key in transaction.settled:
            durable.outbox.pop(key, None)
        for delivery in transaction.deliveries:
            durable.deliveries.setdefault(delivery.id, delivery)

    async def open_runs(self) -> list[RunSummary]:
        ended = {status.value for status in RunStatus if status.terminal}
        rows = [row for row in self.durable.runs.values() if row.status not in ended]
        return [_summary(row) for row in sorted(rows, key=lambda row: (row.created, row.run))]

    async def runs(
        self, *, status: str | None = None, before: float | None = None, limit: int = 50
    ) -> list[RunSummary]:
        rows = [
            row
            for row in self.durable.runs.values()
            if (status is None or row.status == status) and (before is None or row.created < before)
        ]
        return [_summary(row) for row in sorted(rows, key=lambda row: (row.created, row.run), reverse=True)[:limit]]

    async def run(self, run: str) -> RunSummary | None:
        row = self.durable.runs.get(run)
        return None if row is None else _summary(row)

    async def tasks(self, run: str) -> list[TaskSummary]:
        rows = self.durable.tasks.get(run, {})
        return [TaskSummary(**rows[task]._asdict()) for task in sorted(rows)]

    async def events(self, run: str, *, after: int = 0, limit: int = 100_000) -> list[Event]:
        rows = self.durable.events.get(run, {})
        chosen = [rows[seq] for seq in sorted(rows) if seq > after][:limit]
        return [event(row.run, row.seq, row.at, row.cause, row.body) for row in chosen]

    async def outbox(self) -> list[OutboxRow]:
        return list(self.durable.outbox.values())

    # --- what lies beside the log ------------------------------------------------------------------------------

    async def remember_request(self, key: str, digest: str, run: str, at: float) -> tuple[str, str]:
        return self.durable.requests.setdefault(key, (digest, run))

    async def register_device(self, name: str, device: str, kind: str, hello: str, at: float, seen: int = 0) -> int:
        connect = Registration(name, device, kind, hello, at, seen)
        (epoch,) = raise_epochs([connect], self.durable.name_epochs, self.durable.device_epochs)
        known = self.durable.devices.get((name, device))
        self.durable.devices[name, device] = DeviceRecord(
            name=name,
            device=device,
            kind=kind,
            epoch=epoch,
            hello=hello,
            first_seen=at if known is None else known.first_seen,
            last_seen=at,
        )
        return epoch

    async def forget_device(self, name: str) -> None:
        for key, record in self.durable.devices.items():
            if record.name == name:
                self.durable.devices[key] = record.model_copy(update={"hello": ""})

    async def device_records(self) -> list[DeviceRecord]:
        records = sorted(self.durable.devices.values(), key=lambda record: record.epoch)
        by_name = {record.name: record for record in records}
        by_device = {record.device: record for record in records}
        current = (one for _, one in sorted(by_name.items()) if by_device[one.device] is one)
        return [one for one in current if one.hello]

    async def add_token(self, record: TokenRecord) -> None:
        if self.durable.tokens.setdefault(record.id, record).verifier != record.verifier:
            raise make("conflict", f"There is a token {record.id} already.")

    async def tokens(self) -> list[TokenRecord]:
        return sorted(self.durable.tokens.values(), key=lambda record: (record.created, record.id))

    async def token(self, id: str) -> TokenRecord | None:
        return self.durable.tokens.get(id)

    async def bind_token(self, id: str, device: str) -> str | None:
        record = self.durable.tokens.get(id)
        if record is not None and record.device is None:
            record = self.durable.tokens[id] = record.model_copy(update={"device": device})
        return None if record is None else record.device

    async def revoke_token(self, id: str, at: float) -> bool:
        record = self.durable.tokens.get(id)
        if record is not None and record.revoked is None:
            self.durable.tokens[id] = record.model_copy(update={"revoked": at})
        return record is not None

    async def add_artifact(self, record: ArtifactRecord) -> None:
        self.durable.artifacts.setdefault((record.sha256, record.run, record.task), record)

    async def artifact(self, sha256: str) -> ArtifactRecord | None:
        records = [record for record in self.durable.artifacts.values() if record.sha256 == sha256]
        return min(records, key=lambda record: (record.created, record.run, record.task), default=None)

    async def artifacts(self, run: str) -> list[ArtifactRecord]:
        records = [record for record in self.durable.artifacts.values() if record.run == run]
        return sorted(records, key=lambda record: (record.created, record.task, record.sha256))

    async def open_egress(self, outbound: Outbound) -> None:
        known = self.durable.egress.setdefault(outbound.id, LedgerEntry(outbound=outbound))
        if known.outbound != outbound:
            raise make("conflict", f"The ledger has an entry {outbound.id} already.")

    async def close_egress(self, id: str, closing: Closing) -> None:
        known = self.durable.egress.get(id)
        if known is not None and known.closing is None:
            self.durable.egress[id] = LedgerEntry(outbound=known.outbound, closing=closing)

    async def egress(self, *, run: str | None = None, since: float = 0.0, limit: int = 10_000) -> list[LedgerEntry]:
        found = [one for one in self.durable.egress.values() if one.outbound.at >= since]
        found = [one for one in found if run is None or one.outbound.run == run]
        return sorted(found, key=lambda one: (one.outbound.at, one.outbound.id))[:limit]

    async def due_deliveries(self, now: float, *, without: Sequence[str] = (), limit: int = 100) -> DueDeliveries:
        pending = [row for row in self.durable.deliveries.values() if row.status == "pending"]
        found = [row for row in pending if row.due <= now and row.target not in without]
        found.sort(key=lambda row: (row.due, row.id))
        return DueDeliveries(
            found[:limit], min((row.due for row in pending if row.due > now), default=None), len(pending)
        )

    async def deliveries(
        self,
        *,
        run: str | None = None,
        status: str | None = None,
        before: tuple[float, str] | None = None,
        limit: int = 50,
    ) -> list[DeliveryRow]:
        found = [
            row
            for row in self.durable.deliveries.values()
            if (run is None or row.run == run)
            and (status is None or row.status == status)
            and (before is None or (row.created, row.id) < before)
        ]
        return sorted(found, key=lambda row: (row.created, row.id), reverse=True)[:limit]

    async def delivery(self, id: str) -> DeliveryRow | None:
        return self.durable.deliveries.get(id)

    async def write_delivery(self, row: DeliveryRow) -> bool:
        known = self.durable.deliveries.get(row.id)
        if known is None:
            return False
        self.durable.deliveries[row.id] = known._replace(
            status=row.status, tries=row.tries, due=row.due, code=row.code, http_status=row.http_status
        )
        return True

    async def remove_delivery(self, id: str) -> None:
        self.durable.deliveries.pop(id, None)

    async def task_logs(self) -> list[LogRow]:
        return [rows[seq] for _, rows in sorted(self.durable.task_logs.items()) for seq in sorted(rows)]

    async def write_task_logs(self, changes: Sequence[LogChange]) -> None:
        if not self._open:
            raise make("database_unavailable", "The store is not open.", retryable=False)
        for one in changes:
            known = self.durable.task_logs.pop((one.run, one.task), {})
            kept = {seq: row for seq, row in known.items() if one.first <= seq <= one.after}
            kept.update((row.seq, row._replace(text=storable(row.text))) for row in one.rows)
            if kept:
                self.durable.task_logs[one.run, one.task] = kept

    async def add_audit(self, entry: AuditEntry) -> None:
        known = self.durable.audit
        if all(one.entry.id != entry.id for one in known):
            seq, before = len(known) + 1, known[-1].digest if known else SEED
            known.append(AuditRecord(seq=seq, digest=digest(before, seq, entry.model_dump_json()), entry=entry))

    async def audit(
        self,
        *,
        actor: str | None = None,
        action: str | None = None,
        object: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[AuditRecord]:
        found = [
            one
            for one in reversed(self.durable.audit)
            if actor in (None, one.entry.actor)
            and action in (None, one.entry.action)
            and object in (None, one.entry.object)
            and (before is None or one.seq < before)
        ]
        return found[:limit]

    async def verify_audit(self) -> AuditVerdict:
        known = self.durable.audit
        return AuditVerdict(entries=len(known), digest=known[-1].digest if known else SEED)

    async def prunable(self, before: float, *, keep: int = 0, limit: int = 50) -> list[str]:
        ended = [row for row in self.durable.runs.values() if RunStatus(row.status).terminal]
        ended.sort(key=lambda row: (row.created, row.run))
        oldest_kept = ended[-keep].created if 0 < keep <= len(ended) else None
        if keep > len(ended):
            return []
        old = [row for row in ended if row.updated < before and (oldest_kept is None or row.created < oldest_kept)]
        return [row.run for row in old[:limit]]

    async def prune(self, runs: Sequence[str], before: float) -> Removed:
        durable, rows = self.durable, 0
        gone = sorted({run for run in runs if run in durable.runs and RunStatus(durable.runs[run].status).terminal})
        mine = {sha256 for sha256, run, _ in durable.artifacts if run in gone}
        for run in gone:
            rows += len(durable.events.pop(run, ())) + len(durable.tasks.pop(run, ()))
            del durable.runs[run]
        for key in [key for key in durable.artifacts if key[1] in gone]:
            del durable.artifacts[key]
        for id in [id for id, row in durable.deliveries.items() if row.run in gone]:
            del durable.deliveries[id]
        for owner in [owner for owner in durable.task_logs if owner[0] in gone]:
            del durable.task_logs[owner]
        for attempt in [attempt for attempt in durable.outbox if attempt.run in gone]:
            del durable.outbox[attempt]
        for name in [name for name, (_, run) in durable.requests.items() if run in gone]:
            del durable.requests[name]
        for id, one in list(durable.egress.items()):
            if one.outbound.at < before - KEPT_S and one.outbound.run not in durable.runs:
                del durable.egress[id]
        self._contents |= mine - {sha256 for sha256, _, _ in durable.artifacts}
        return Removed(runs=tuple(gone), rows=rows, contents=tuple(sorted(self._contents)))

    async def pruned(self) -> None:
        self._contents.clear()


def _summary(row: RunRow) -> RunSummary:
    return RunSummary(**row._asdict())
