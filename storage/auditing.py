"""Who did what, as functions of a connection. The writing one may be run twice; none changes or deletes an entry."""

from __future__ import annotations

import json

from pydantic import ValidationError
from sqlalchemy import Connection, func, insert, select

from orchestrator.core.audit import SEED, AuditEntry, AuditRecord, AuditVerdict, digest
from storage.faults import make
from storage.groups import storable
from storage.tables import audit

PAGE = 5_000
NAMED = ("actor", "action", "object")  # columns to list by: they repeat what the body, and so the digest, has


def append(connection: Connection, entry: AuditEntry) -> None:
    """Add an entry behind the last; one that is there stays as it is."""
    if connection.scalar(select(audit.c.seq).where(audit.c.id == entry.id)) is not None:
        return
    last = connection.execute(select(audit.c.seq, audit.c.digest).order_by(audit.c.seq.desc()).limit(1)).one_or_none()
    seq, before = (1, SEED) if last is None else (last.seq + 1, last.digest)
    body = entry.model_dump_json()
    named = dict(zip(NAMED, _named(body), strict=True))
    row = {"seq": seq, "id": entry.id, "at": entry.at, **named, "body": body, "digest": digest(before, seq, body)}
    connection.execute(insert(audit).values(row))


def listed(
    connection: Connection, actor: str | None, action: str | None, object: str | None, before: int | None, limit: int
) -> list[AuditRecord]:
    """See `Store.audit`. Raises StoreError(`database_corrupt`) where an entry cannot be read."""
    query = select(audit.c.seq, audit.c.digest, audit.c.body).order_by(audit.c.seq.desc()).limit(limit)
    for column, wanted in ((audit.c.actor, actor), (audit.c.action, action), (audit.c.object, object)):
        if wanted is not None:
            query = query.where(column == wanted)
    if before is not None:
        query = query.where(audit.c.seq < before)
    return [_record(*row) for row in connection.execute(query)]


def _record(seq: int, of: str, body: str) -> AuditRecord:
    try:
        return AuditRecord(seq=seq, digest=of, entry=AuditEntry.model_validate_json(body))
    except ValidationError as error:
        says = f"Entry {seq} of the audit cannot be read: {error.errors()[0]['msg']}."
        raise make("database_corrupt", says) from error


def _named(body: str) -> list[str]:
    entry = json.loads(body)
    return [storable(entry[name]) for name in NAMED]


def verify(connection: Connection) -> AuditVerdict:
    """Follow the chain from its beginning to the first entry that does not fit."""
    count, before = connection.scalar(select(func.count()).select_from(audit)) or 0, SEED
    seen = 0
    named = (audit.c.actor, audit.c.action, audit.c.object)
    query = select(audit.c.seq, audit.c.digest, audit.c.body, *named).order_by(audit.c.seq).limit(PAGE)
    while rows := connection.execute(query.where(audit.c.seq > seen)).all():
        for seq, found, body, *names in rows:
            if seq != seen + 1:
                return AuditVerdict(entries=count, digest=before, fault=f"entry {seen + 1} is missing")
            if found != digest(before, seq, body) or names != _named(body):
                return AuditVerdict(entries=count, digest=before, fault=f"entry {seq} was changed")
            seen, before = seq, found
    return AuditVerdict(entries=count, digest=before)
