"""The schema, as SQLAlchemy Core tables. `migrations/` builds the same, step by step; a test holds the two together.

    meta         whose database this is          alembic_version: the schema's revision
    runs         projection of each run          runs.owner, runs.owner_epoch: who leads it, fenced (for replicas)
    events       the append-only log             (run, seq) unique: the truth about every run
    tasks        projection of each task         (run, task)
    outbox       dispatches under way            (run, task, attempt), in the order of `made`
    idempotency  request keys                    key -> digest, run
    devices      every (name, device) ever seen  epochs only rise
    tokens       credentials                     verifiers, never secrets
    artifacts    metadata of stored contents     (sha256, run, task)
    egress       the ledger: what went to models `closing` is empty until the request has ended
    deliveries   webhooks to send, and sent      status: pending, delivered, dead; `due` is when it is tried next
    task_logs    what tasks said, redacted       (run, task, seq); seq counts from 1: those before the first are gone
    audit        who did what                    only ever added to; `digest` is over the one before and `body`

Times are Unix times in seconds, sizes bytes. Bodies are JSON text, kept to the letter.
"""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    event,
)
from sqlalchemy.schema import SchemaItem

APPLICATION = "asterism"
OWNER, BACKUP, PRUNING = "owner", "backup", "pruning"
"""Keys in `meta`: the latest owner's number; of what, and when, a backup was made; what is still to be deleted."""
REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006")
"""Every schema revision, oldest first. The last is what this version of the program writes."""

metadata = MetaData()


def _table(name: str, *items: SchemaItem) -> Table:
    """A table of ours. A row's key and fields are read together, so SQLite keeps one tree, without row ids."""
    return Table(name, metadata, *items, sqlite_with_rowid=False)


def _text(name: str, *, key: bool = False, default: str | None = None) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=False, server_default=default)


def _number(name: str, *, key: bool = False, default: str | None = None) -> Column[int]:
    kind = BigInteger().with_variant(Integer, "sqlite")
    return Column(name, kind, primary_key=key, nullable=False, server_default=default, autoincrement=False)


def _time(name: str, *, optional: bool = False) -> Column[float]:
    return Column(name, Double, nullable=optional)


meta = _table("meta", _text("key", key=True), _text("value"))

# As alembic itself makes it.
version = Table(
    "alembic_version",
    metadata,
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)

runs = _table(
    "runs",
    _text("run", key=True),
    _text("status"),
    _text("text"),
    _time("created"),
    _time("updated"),
    _text("answer"),
    _text("error"),
    _text("owner", default=""),
    _number("owner_epoch", default="0"),
    _text("submitted_by", default=""),
    Index("runs_created", "created"),
    Index("runs_status", "status", "created"),
)

events = _table(
    "events",
    _text("run", key=True),
    _number("seq", key=True),
    _time("at"),
    _text("type"),
    _text("cause"),
    _text("body"),
)

tasks = _table(
    "tasks",
    _text("run", key=True),
    _text("task", key=True),
    _text("status"),
    _number("attempt"),
    _text("device"),
    _time("updated"),
)

outbox = _table(
    "outbox",
    _text("run", key=True),
    _text("task", key=True),
    _number("attempt", key=True),
    _text("device"),
    _number("epoch"),
    _text("body"),
    _number("made"),
)

idempotency = _table(
    "idempotency",
    _text("key", key=True),
    _text("digest"),
    _text("run"),
    _time("created"),
)

devices = _table(
    "devices",
    _text("name", key=True),
    _text("device", key=True),
    _text("kind"),
    _number("epoch"),
    _text("hello"),
    _time("first_seen"),
    _time("last_seen"),
    Index("devices_device", "device"),
)

tokens = _table(
    "tokens",
    _text("id", key=True),
    _text("role"),
    _text("verifier"),
    _text("name"),
    Column("device", Text),
    _time("created"),
    _time("expires", optional=True),
    _time("revoked", optional=True),
)

artifacts = _table(
    "artifacts",
    _text("sha256", key=True),
    _text("run", key=True),
    _text("task", key=True),
    _number("size"),
    _text("name"),
    _time("created"),
    Index("artifacts_run", "run"),
)

egress = _table(
    "egress",
    _text("id", key=True),
    _text("run"),
    _time("at"),
    _text("outbound"),
    _text("closing", default=""),
    Index("egress_run", "run", "at"),
    Index("egress_at", "at"),
)

deliveries = _table(
    "deliveries",
    _text("id", key=True),
    _text("run"),
    _text("name"),
    _text("target"),
    _text("url"),
    _text("body"),
    _text("status"),
    _number("tries"),
    _time("due"),
    _time("created"),
    _text("code"),
    _number("http_status"),
    Index("deliveries_run", "run"),
    Index("deliveries_due", "status", "due"),
    Index("deliveries_created", "created"),
)

task_logs = _table(
    "task_logs",
    _text("run", key=True),
    _text("task", key=True),
    _number("seq", key=True),
    _time("at"),
    _number("attempt"),
    _text("stream"),
    _text("text"),
)

audit = _table(
    "audit",
    _number("seq", key=True),
    _text("id"),
    _time("at"),
    _text("actor"),
    _text("action"),
    _text("object"),
    _text("body"),
    _text("digest"),
    Index("audit_id", "id", unique=True),
)
# Who would change or delete an entry has to take the triggers away first. Only a restore does; see `restore.py`.
_TRIGGERS = {
    "sqlite": tuple(
        f"CREATE TRIGGER audit_no_{what} BEFORE {what.upper()} ON audit "
        "BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END"
        for what in ("update", "delete")
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION audit_only_added_to() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit is only ever added to'; END $$",
        "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_only_added_to()",
    ),
}
for _dialect, _statements in _TRIGGERS.items():
    for _statement in _statements:
        event.listen(audit, "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]
