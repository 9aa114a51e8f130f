"""The ledger of what goes out to models."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "egress",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("outbound", sa.Text, nullable=False),
        sa.Column("closing", sa.Text, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("egress_run", "egress", ["run", "at"])
    op.create_index("egress_at", "egress", ["at"])


def downgrade() -> None:
    raise NotImplementedError("An older version of the program does not read this database: restore a copy.")
