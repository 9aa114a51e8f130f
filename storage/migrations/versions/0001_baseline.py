"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _table(name: str, key: str, *items: sa.schema.SchemaItem) -> None:
    op.create_table(name, *items, sa.PrimaryKeyConstraint(*key.split()), sqlite_with_rowid=False)


def _text(name: str, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=default)


def _number(name: str, default: str | None = None) -> sa.Column[int]:
    return sa.Column(name, Number, nullable=False, server_default=default, autoincrement=False)


def _time(name: str, *, optional: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Double, nullable=optional)


def upgrade() -> None:
    _table("meta", "key", _text("key"), _text("value"))
    op.execute("INSERT INTO meta (key, value) VALUES ('application', 'asterism')")
    _runs()
    _table(
        "events",
        "run seq",
        _text("run"),
        _number("seq"),
        _time("at"),
        _text("type"),
        _text("cause"),
        _text("body"),
    )
    _table(
        "tasks",
        "run task",
        _text("run"),
        _text("task"),
        _text("status"),
        _number("attempt"),
        _text("device"),
        _time("updated"),
    )
    _table(
        "outbox",
        "run task attempt",
        _text("run"),
        _text("task"),
        _number("attempt"),
        _text("device"),
        _number("epoch"),
        _text("body"),
        _number("made"),
    )
    _registry()


def _runs() -> None:
    _table(
        "runs",
        "run",
        _text("run"),
        _text("status"),
        _text("text"),
        _time("created"),
        _time("updated"),
        _text("answer"),
        _text("error"),
        _text("owner", default=""),
        _number("owner_epoch", default="0"),
    )
    op.create_index("runs_created", "runs", ["created"])
    op.create_index("runs_status", "runs", ["status", "created"])


def _registry() -> None:
    _table("idempotency", "key", _text("key"), _text("digest"), _text("run"), _time("created"))
    _table(
        "devices",
        "name device",
        _text("name"),
        _text("device"),
        _text("kind"),
        _number("epoch"),
        _text("hello"),
        _time("first_seen"),
        _time("last_seen"),
    )
    op.create_index("devices_device", "devices", ["device"])
    _table(
        "tokens",
        "id",
        _text("id"),
        _text("role"),
        _text("verifier"),
        _text("name"),
        sa.Column("device", sa.Text),
        _time("created"),
        _time("expires", optional=True),
        _time("revoked", optional=True),
    )
    _table(
        "artifacts",
        "sha256 run task",
        _text("sha256"),
        _text("run"),
        _text("task"),
        _number("size"),
        _text("name"),
        _time("created"),
    )
    op.create_index("artifacts_run", "artifacts", ["run"])


def downgrade() -> None:
    raise NotImplementedError("An older version of the program does not read this database: restore a copy.")
