"""Deliveries of webhooks; and who submitted a run, beside it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("runs", sa.Column("submitted_by", sa.Text, nullable=False, server_default=""))
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("tries", number, nullable=False),
        sa.Column("due", sa.Double, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("http_status", number, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("deliveries_run", "deliveries", ["run"])
    op.create_index("deliveries_due", "deliveries", ["status", "due"])
    op.create_index("deliveries_created", "deliveries", ["created"])


def downgrade() -> None:
    raise NotImplementedError("An older version of the program does not read this database: restore a copy.")
