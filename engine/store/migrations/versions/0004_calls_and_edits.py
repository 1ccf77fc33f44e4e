"""Calls to services that limit them, remembered across restarts; and of each delivery, how often it is in doubt, and its urgency."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0004"
down_revision: Final = "0003"
branch_labels: Final = None
depends_on: Final = None

INSTANT: Final = sa.String(length=27)
SERIAL: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("doubts", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("deliveries", sa.Column("urgent", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "remote_calls",
        sa.Column("number", SERIAL, nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("paused_until", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_remote_calls"),
    )
    op.create_index("ix_remote_calls_at", "remote_calls", ["at"])


def downgrade() -> None:
    op.drop_table("remote_calls")
    op.drop_column("deliveries", "urgent")
    op.drop_column("deliveries", "doubts")
