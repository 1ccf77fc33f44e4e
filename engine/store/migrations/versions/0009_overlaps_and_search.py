"""Older texts of rotated tokens that still work, and the words that incidents are found by."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0009"
down_revision: Final = "0006"
branch_labels: Final = None
depends_on: Final = None

INSTANT: Final = sa.String(length=27)


def upgrade() -> None:
    op.create_table(
        "token_overlaps",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("token_id", sa.String(length=32), nullable=False),
        sa.Column("good_until", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["token_id"], ["tokens.id"], name="fk_token_overlaps_token_id"),
        sa.PrimaryKeyConstraint("digest", name="pk_token_overlaps"),
    )
    op.create_index("ix_token_overlaps_token_id", "token_overlaps", ["token_id"])


def downgrade() -> None:
    op.drop_table("token_overlaps")
