"""What tasks said while they ran."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "task_logs",
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("task", sa.Text, nullable=False),
        sa.Column("seq", number, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("attempt", number, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("run", "task", "seq"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    raise NotImplementedError("An older version of the program does not read this database: restore a copy.")
