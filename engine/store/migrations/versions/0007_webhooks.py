"""Webhooks: who outside is told of what happens, and what they were sent."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0007"
down_revision: Final = "0006"
branch_labels: Final = None
depends_on: Final = None

_Serial: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _make_webhooks()
    _make_messages()
    op.create_index("ix_webhooks_state_position", "webhooks", ["state", "position"])
    op.create_index("ix_webhook_messages_state_due_at_number", "webhook_messages", ["state", "due_at", "number"])
    op.create_index(
        "ix_webhook_messages_webhook_id_incident_id_state_seq", "webhook_messages", ["webhook_id", "incident_id", "state", "seq"]
    )
    op.create_index("ix_webhook_messages_webhook_id_number", "webhook_messages", ["webhook_id", "number"])
    op.create_index("ix_webhook_messages_settled_at", "webhook_messages", ["settled_at"])


def downgrade() -> None:
    op.drop_table("webhook_messages")
    op.drop_table("webhooks")


def _make_webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("number", _Serial, nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secrets", sa.Text(), nullable=False),
        sa.Column("token_id", sa.String(32), nullable=False),
        sa.Column("person", sa.Text()),
        sa.Column("service", sa.Text()),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("paused_because", sa.Text()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("changed_at", sa.String(27), nullable=False),
        sa.Column("failing_since", sa.String(27)),
        sa.PrimaryKeyConstraint("number", name="pk_webhooks"),
        sa.UniqueConstraint("id", name="uq_webhooks_id"),
    )


def _make_messages() -> None:
    op.create_table(
        "webhook_messages",
        sa.Column("number", _Serial, nullable=False),
        sa.Column("webhook_id", sa.String(32), nullable=False),
        sa.Column("incident_id", sa.String(64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("owed_at", sa.String(27), nullable=False),
        sa.Column("due_at", sa.String(27), nullable=False),
        sa.Column("leased_until", sa.String(27)),
        sa.Column("holder", sa.String(32)),
        sa.Column("tried_at", sa.String(27)),
        sa.Column("settled_at", sa.String(27)),
        sa.Column("status", sa.Integer()),
        sa.Column("milliseconds", sa.Integer()),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("number", name="pk_webhook_messages"),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhooks.id"], name="fk_webhook_messages_webhook_id"),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_webhook_messages_incident_id"),
        sa.UniqueConstraint("webhook_id", "incident_id", "seq", name="uq_webhook_messages_webhook_id_incident_id_seq"),
    )
