"""Which incident is worked in which channel, by keyed hash, so that a word typed there finds it by an index."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0003"
down_revision: Final = "0002"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    op.create_table(
        "rooms",
        sa.Column("incident_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_rooms_incident_id_incidents"),
        sa.PrimaryKeyConstraint("incident_id", name="pk_rooms"),
    )
    op.create_index("ix_rooms_fingerprint", "rooms", ["fingerprint"])


def downgrade() -> None:
    op.drop_table("rooms")
