"""The store over a SQL database: one writer, readers beside it, the same for SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from orchestrator.core.audit import AuditEntry, AuditRecord, AuditVerdict
from orchestrator.core.egress import Closing, LedgerEntry, Outbound
from orchestrator.core.events import Event
from orchestrator.core.ports import Done, StoreError
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
from storage import auditing, ledger, operations, queries, said
from storage import deliveries as hooks
from storage import prune as pruning
from storage.faults import make
from storage.operations import Registration
from storage.writer import OnTrouble, Operation, Sink, Writer

T = TypeVar("T")


class Reader(Protocol):
    async def read(self, query: Callable[[Connection], T]) -> T:
        """The result of a query on a connection of its own. Raises StoreError."""

    async def close(self) -> None: ...


class SqlStore:
    """See `Store`. `on_trouble` is called on the event loop: a code when writing stops, None when it goes on."""

    def __init__(self, sink: Sink, reader: Reader, on_trouble: OnTrouble) -> None:
        self.writer = Writer(sink, on_trouble)
        self._reader = reader
        self._connects: list[tuple[Registration, asyncio.Future[int]]] = []
        self._registering: asyncio.Task[None] | None = None
        self._opened = False

    async def open(self) -> None:
        await self.writer.open()
        self._opened = True

    async def close(self) -> None:
        self._opened = False
        await self.writer.close()
        await self._reader.close()

    # --- the log -----------------------------------------------------------------------------------------------

    def submit(self, transaction: Transaction, done: Done) -> None:
        self.writer.submit(transaction, done)

    async def commit(self, transaction: Transaction) -> None:
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def done(error: StoreError | None) -> None:
            if ended.done():
                return
            if error is None:
                ended.set_result(None)
            else:
                ended.set_exception(error)

        self.writer.submit(transaction, done)
        await ended

    async def open_runs(self) -> list[RunSummary]:
        return await self._read(queries.open_runs)

    async def runs(
        self, *, status: str | None = None, before: float | None = None, limit: int = 50
    ) -> list[RunSummary]:
        return await self._read(lambda connection: queries.list_runs(connection, status, before, limit))

    async def run(self, run: str) -> RunSummary | None:
        return await self._read(lambda connection: queries.one_run(connection, run))

    async def tasks(self, run: str) -> list[TaskSummary]:
        return await self._read(lambda connection: queries.list_tasks(connection, run))

    async def events(self, run: str, *, after: int = 0, limit: int = 100_000) -> list[Event]:
        return await self._read(lambda connection: queries.list_events(connection, run, after, limit))

    async def outbox(self) -> list[OutboxRow]:
        return await self._read(queries.list_outbox)

    # --- what lies beside the log ------------------------------------------------------------------------------

    async def remember_request(self, key: str, digest: str, run: str, at: float) -> tuple[str, str]:
        return await self._change(partial(operations.remember_request, key=key, digest=digest, run=run, at=at))

    async def register_device(self, name: str, device: str, kind: str, hello: str, at: float, seen: int = 0) -> int:
        """As `Store.register_device`. Connects that come while others are being written go into one transaction."""
        epoch: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._connects.append((Registration(name, device, kind, hello, at, seen), epoch))
        if self._registering is None:
            self._registering = asyncio.create_task(self._register())
        return await epoch

    async def _register(self) -> None:
        while self._connects:
            batch, self._connects = self._connects, []
            # Who has gone away in the meantime will come again: after long trouble that may be many times each.
            batch = [(row, epoch) for row, epoch in batch if not epoch.done()]
            rows = [row for row, _ in batch]
            try:
                epochs = await self._change(partial(operations.register_devices, connects=rows))
            except StoreError as error:
                outcomes: list[int | StoreError] = [error] * len(batch)
            else:
                outcomes = [*epochs]
            for (_, future), outcome in zip(batch, outcomes, strict=True):
                _resolve(future, outcome)
        self._registering = None

    async def forget_device(self, name: str) -> None:
        await self._change(partial(operations.forget_device, name=name))

    async def device_records(self) -> list[DeviceRecord]:
        return await self._read(queries.list_devices)

    async def add_token(self, record: TokenRecord) -> None:
        await self._change(partial(operations.add_token, record=record))

    async def tokens(self) -> list[TokenRecord]:
        return await self._read(queries.list_tokens)

    async def token(self, id: str) -> TokenRecord | None:
        return await self._read(lambda connection: queries.one_token(connection, id))

    async def bind_token(self, id: str, device: str) -> str | None:
        return await self._change(partial(operations.bind_token, id=id, device=device))

    async def revoke_token(self, id: str, at: float) -> bool:
        return await self._change(partial(operations.revoke_token, id=id, at=at))

    async def add_artifact(self, record: ArtifactRecord) -> None:
        await self._change(partial(operations.add_artifact, record=record))

    async def artifact(self, sha256: str) -> ArtifactRecord | None:
        return await self._read(lambda connection: queries.one_artifact(connection, sha256))

    async def artifacts(self, run: str) -> list[ArtifactRecord]:
        return await self._read(lambda connection: queries.list_artifacts(connection, run))

    # --- the ledger --------------------------------------------------------------------------------------------

    async def open_egress(self, outbound: Outbound) -> None:
        await self._change(partial(ledger.open_entry, outbound=outbound))

    async def close_egress(self, id: str, closing: Closing) -> None:
        await self._change(partial(ledger.close_entry, id=id, closing=closing))

    async def egress(self, *, run: str | None = None, since: float = 0.0, limit: int = 10_000) -> list[LedgerEntry]:
        return await self._read(lambda connection: ledger.list_entries(connection, run, since, limit))

    # --- webhooks ----------------------------------------------------------------------------------------------

    async def due_deliveries(self, now: float, *, without: Sequence[str] = (), limit: int = 100) -> DueDeliveries:
        return await self._read(lambda connection: hooks.due(connection, now, without, limit))

    async def deliveries(
        self,
        *,
        run: str | None = None,
        status: str | None = None,
        before: tuple[float, str] | None = None,
        limit: int = 50,
    ) -> list[DeliveryRow]:
        return await self._read(lambda connection: hooks.listed(connection, run, status, before, limit))

    async def delivery(self, id: str) -> DeliveryRow | None:
        return await self._read(lambda connection: hooks.one(connection, id))

    async def write_delivery(self, row: DeliveryRow) -> bool:
        return await self._change(partial(hooks.write, row=row))

    async def remove_delivery(self, id: str) -> None:
        await self._change(partial(hooks.remove, id=id))

    # --- what tasks said ---------------------------------------------------------------------------------------

    async def task_logs(self) -> list[LogRow]:
        return await self._read(said.listed)

    async def write_task_logs(self, changes: Sequence[LogChange]) -> None:
        await self._change(partial(said.write, changes=changes))

    # --- who did what ------------------------------------------------------------------------------------------

    async def add_audit(self, entry: AuditEntry) -> None:
        await self._change(partial(auditing.append, entry=entry))

    async def audit(
        self,
        *,
        actor: str | None = None,
        action: str | None = None,
        object: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[AuditRecord]:
        return await self._read(lambda connection: auditing.listed(connection, actor, action, object, before, limit))

    async def verify_audit(self) -> AuditVerdict:
        return await self._read(auditing.verify)

    # --- retention ---------------------------------------------------------------------------------------------

    async def prunable(self, before: float, *, keep: int = 0, limit: int = 50) -> list[str]:
        return await self._read(lambda connection: pruning.prunable(connection, before, keep, limit))

    async def prune(self, runs: Sequence[str], before: float) -> Removed:
        gone, rest = await self._change(partial(pruning.begin, chosen=runs, before=before))
        rows = 0
        while rest.runs:
            removed, rest = await self._change(pruning.go_on)
            rows += removed
        return Removed(runs=tuple(gone), rows=rows, contents=tuple(rest.contents))

    async def pruned(self) -> None:
        await self._change(pruning.finish)

    async def _read(self, query: Callable[[Connection], T]) -> T:
        if not self._opened:
            raise make("database_unavailable", "The store is not open.", retryable=False)
        return await self._reader.read(query)

    async def _change(self, operation: Operation[T]) -> T:
        return await self.writer.call(operation)


def _resolve(future: asyncio.Future[int], outcome: int | StoreError) -> None:
    if future.done():
        return
    if isinstance(outcome, StoreError):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
