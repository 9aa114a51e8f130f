"""Reads, as functions of a connection: the same for every kind of database, in whatever thread has the connection."""

from __future__ import annotations

from pydantic import ValidationError
from sqlalchemy import Connection, bindparam, select

from orchestrator.core.events import BODY, Event, RunStatus
from orchestrator.core.records import (
    ArtifactRecord,
    DeviceRecord,
    EventRow,
    OutboxRow,
    RunSummary,
    TaskSummary,
    TokenRecord,
)
from orchestrator.core.trusted import trusted
from storage.faults import make
from storage.tables import OWNER, artifacts, devices, events, meta, outbox, runs, tasks, tokens

ENDED = tuple(status.value for status in RunStatus if status.terminal)
_RUN = [runs.c[name] for name in RunSummary.model_fields]
_TASK = [tasks.c[name] for name in TaskSummary.model_fields]
_OUTBOX = [outbox.c[name] for name in OutboxRow._fields]
_DEVICE = [devices.c[name] for name in DeviceRecord.model_fields]
_TOKEN = [tokens.c[name] for name in TokenRecord.model_fields]
# Made once: a start asks for every open run's log.
_LOG = (
    select(events.c.seq, events.c.at, events.c.cause, events.c.body)
    .where(events.c.run == bindparam("run"), events.c.seq > bindparam("after"))
    .order_by(events.c.seq)
    .limit(bindparam("limit"))
)
_ARTIFACT = [artifacts.c[name] for name in ArtifactRecord.model_fields]


def open_runs(connection: Connection) -> list[RunSummary]:
    query = select(*_RUN).where(runs.c.status.not_in(ENDED)).order_by(runs.c.created, runs.c.run)
    return [RunSummary(**row) for row in connection.execute(query).mappings()]


def list_runs(connection: Connection, status: str | None, before: float | None, limit: int) -> list[RunSummary]:
    query = select(*_RUN).order_by(runs.c.created.desc(), runs.c.run.desc()).limit(limit)
    if status is not None:
        query = query.where(runs.c.status == status)
    if before is not None:
        query = query.where(runs.c.created < before)
    return [RunSummary(**row) for row in connection.execute(query).mappings()]


def one_run(connection: Connection, run: str) -> RunSummary | None:
    row = connection.execute(select(*_RUN).where(runs.c.run == run)).mappings().one_or_none()
    return None if row is None else RunSummary(**row)


def list_tasks(connection: Connection, run: str) -> list[TaskSummary]:
    rows = connection.execute(select(*_TASK).where(tasks.c.run == run)).mappings()
    # Sorted here: databases disagree about the order of text.
    return sorted((TaskSummary(**row) for row in rows), key=lambda row: row.task)


def list_events(connection: Connection, run: str, after: int, limit: int) -> list[Event]:
    """Raises StoreError(`database_corrupt`) where an entry cannot be read."""
    rows = connection.execute(_LOG, {"run": run, "after": after, "limit": limit})
    return [event(run, seq, at, cause, body) for seq, at, cause, body in rows]


def event(run: str, seq: int, at: float, cause: str, body: str) -> Event:
    """An entry from its row. Raises StoreError(`database_corrupt`)."""
    try:
        # The columns are the database's to check; what counts is the body.
        fields = {"run": run, "seq": seq, "at": at, "cause": cause, "body": BODY.validate_json(body)}
        return trusted(Event, fields)
    except ValidationError as error:
        raise make(
            "database_corrupt", f"Entry {seq} of run {run} cannot be read: {error.errors()[0]['msg']}."
        ) from error


def same_event(connection: Connection, row: EventRow) -> bool:
    """Whether the log has exactly this row."""
    query = select(events.c.at, events.c.type, events.c.cause, events.c.body)
    found = connection.execute(query.where(events.c.run == row.run, events.c.seq == row.seq)).one_or_none()
    return found is not None and tuple(found) == tuple(row[2:])


def list_outbox(connection: Connection) -> list[OutboxRow]:
    query = select(*_OUTBOX).order_by(outbox.c.made)
    return [OutboxRow(*row) for row in connection.execute(query)]


def list_devices(connection: Connection) -> list[DeviceRecord]:
    """The rows that are current: no later connect has taken over their name or their device, nobody forgot them."""
    rows = connection.execute(select(*_DEVICE).order_by(devices.c.epoch)).mappings().all()
    by_name = {row["name"]: row for row in rows}
    by_device = {row["device"]: row for row in rows}
    current = (row for row in by_name.values() if by_device[row["device"]] is row and row["hello"])
    return sorted((DeviceRecord(**row) for row in current), key=lambda row: row.name)


def owner(connection: Connection) -> int:
    """The number of the database's latest owner; 0 where none has taken one."""
    return int(connection.scalar(select(meta.c.value).where(meta.c.key == OWNER)) or 0)


def list_tokens(connection: Connection) -> list[TokenRecord]:
    query = select(*_TOKEN).order_by(tokens.c.created, tokens.c.id)
    return [TokenRecord(**row) for row in connection.execute(query).mappings()]


def one_token(connection: Connection, id: str) -> TokenRecord | None:
    row = connection.execute(select(*_TOKEN).where(tokens.c.id == id)).mappings().one_or_none()
    return None if row is None else TokenRecord(**row)


def one_artifact(connection: Connection, sha256: str) -> ArtifactRecord | None:
    """The first record of this content."""
    query = select(*_ARTIFACT).where(artifacts.c.sha256 == sha256)
    query = query.order_by(artifacts.c.created, artifacts.c.run, artifacts.c.task).limit(1)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else ArtifactRecord(**row)


def list_artifacts(connection: Connection, run: str) -> list[ArtifactRecord]:
    query = select(*_ARTIFACT).where(artifacts.c.run == run)
    query = query.order_by(artifacts.c.created, artifacts.c.task, artifacts.c.sha256)
    return [ArtifactRecord(**row) for row in connection.execute(query).mappings()]
