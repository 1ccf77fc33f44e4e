"""The first schema: history, what is read from it, what is owed, and who may ask."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0001"
down_revision: Final = None
branch_labels: Final = None
depends_on: Final = None

INSTANT: Final = sa.String(length=27)
SERIAL: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_sealing_keys()
    _create_playbooks()
    _create_incidents()
    _create_history()
    _create_steps()
    _create_step_people()
    _create_people_and_links()
    _create_work()
    _create_access()


def downgrade() -> None:
    for table in (
        "settings",
        "tokens",
        "idempotency_keys",
        "deliveries",
        "alarms",
        "incident_links",
        "participants",
        "step_people",
        "steps",
        "heads",
        "events",
        "playbooks",
        "key_uses",
        "incidents",
        "keys",
    ):
        op.drop_table(table)


def _create_sealing_keys() -> None:
    op.create_table(
        "keys",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("lookup", sa.String(length=64), nullable=True),
        sa.Column("wrapped", sa.Text(), nullable=True),
        sa.Column("destroyed_at", INSTANT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_keys"),
        sa.UniqueConstraint("lookup", name="uq_keys_lookup"),
    )
    op.create_table(
        "key_uses",
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("incident_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["keys.id"], name="fk_key_uses_key_id"),
        sa.PrimaryKeyConstraint("key_id", "incident_id", name="pk_key_uses"),
    )


def _create_playbooks() -> None:
    op.create_table(
        "playbooks",
        sa.Column("number", SERIAL, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("published_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_playbooks"),
        sa.UniqueConstraint("id", "version", name="uq_playbooks_id_version"),
    )
    op.create_index("ix_playbooks_digest", "playbooks", ["digest"], unique=False)


def _create_incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("head_digest", sa.String(length=64), nullable=False),
        sa.Column("playbook_id", sa.Text(), nullable=False),
        sa.Column("playbook_version", sa.Text(), nullable=False),
        sa.Column("playbook_digest", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("visibility", sa.String(length=16), nullable=False),
        sa.Column("declared_at", INSTANT, nullable=False),
        sa.Column("declared_by", sa.Text(), nullable=False),
        sa.Column("detected_at", INSTANT, nullable=True),
        sa.Column("contained_at", INSTANT, nullable=True),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("completed_at", INSTANT, nullable=True),
        sa.Column("external_ref", sa.Text(), nullable=True),
        sa.Column("parent_id", sa.String(length=64), nullable=True),
        sa.Column("merged_into", sa.String(length=64), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
        sa.UniqueConstraint("key", name="uq_incidents_key"),
        sa.UniqueConstraint("number", name="uq_incidents_number"),
    )
    op.create_index("ix_incidents_external_ref", "incidents", ["external_ref"], unique=False)
    op.create_index("ix_incidents_playbook_id_number", "incidents", ["playbook_id", "number"], unique=False)
    op.create_index("ix_incidents_severity_number", "incidents", ["severity", "number"], unique=False)
    op.create_index("ix_incidents_status_number", "incidents", ["status", "number"], unique=False)


def _create_history() -> None:
    op.create_table(
        "events",
        sa.Column("incident_id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("previous_digest", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_events_incident_id"),
        sa.PrimaryKeyConstraint("incident_id", "seq", name="pk_events"),
    )
    op.create_table(
        "heads",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("incident_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("head_digest", sa.String(length=64), nullable=False),
        sa.Column("previous_digest", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_heads"),
    )
    op.create_index("ix_heads_incident_id_version", "heads", ["incident_id", "version"], unique=False)


def _create_steps() -> None:
    op.create_table(
        "steps",
        sa.Column("incident_id", sa.String(length=64), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.Column("people", sa.Text(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("due_order", INSTANT, nullable=False),
        sa.Column("ready_at", INSTANT, nullable=True),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_steps_incident_id"),
        sa.PrimaryKeyConstraint("incident_id", "step", name="pk_steps"),
    )
    op.create_index("ix_steps_is_open_due_order_number_position", "steps", ["is_open", "due_order", "number", "position"], unique=False)
    op.create_index("ix_steps_state_due_order_number_position", "steps", ["state", "due_order", "number", "position"], unique=False)


def _create_step_people() -> None:
    op.create_table(
        "step_people",
        sa.Column("incident_id", sa.String(length=64), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("due_order", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_step_people_incident_id"),
        sa.PrimaryKeyConstraint("incident_id", "step", "person", name="pk_step_people"),
    )
    op.create_index(
        "ix_step_people_person_is_open_due_order_number_position",
        "step_people",
        ["person", "is_open", "due_order", "number", "position"],
        unique=False,
    )
    op.create_index(
        "ix_step_people_person_state_due_order_number_position",
        "step_people",
        ["person", "state", "due_order", "number", "position"],
        unique=False,
    )


def _create_people_and_links() -> None:
    op.create_table(
        "participants",
        sa.Column("incident_id", sa.String(length=64), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_participants_incident_id"),
        sa.PrimaryKeyConstraint("incident_id", "person", name="pk_participants"),
    )
    op.create_index("ix_participants_person_number", "participants", ["person", "number"], unique=False)
    op.create_table(
        "incident_links",
        sa.Column("incident_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_incident_links_incident_id"),
        sa.PrimaryKeyConstraint("incident_id", "fingerprint", name="pk_incident_links"),
    )
    op.create_index("ix_incident_links_fingerprint", "incident_links", ["fingerprint"], unique=False)


def _create_work() -> None:
    op.create_table(
        "alarms",
        sa.Column("incident_id", sa.String(length=64), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_alarms_incident_id"),
        sa.PrimaryKeyConstraint("incident_id", name="pk_alarms"),
    )
    op.create_index("ix_alarms_due_at", "alarms", ["due_at"], unique=False)
    op.create_table(
        "deliveries",
        sa.Column("number", SERIAL, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("incident_id", sa.String(length=64), nullable=False),
        sa.Column("position", SERIAL, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("owed_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.Column("doubted_since", INSTANT, nullable=True),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_deliveries_incident_id"),
        sa.PrimaryKeyConstraint("number", name="pk_deliveries"),
        sa.UniqueConstraint("id", name="uq_deliveries_id"),
    )
    op.create_index("ix_deliveries_incident_id_number", "deliveries", ["incident_id", "number"], unique=False)
    op.create_index(
        "ix_deliveries_incident_id_target_state_position", "deliveries", ["incident_id", "target", "state", "position"], unique=False
    )
    op.create_index("ix_deliveries_position", "deliveries", ["position"], unique=False)
    op.create_index("ix_deliveries_state_due_at_position", "deliveries", ["state", "due_at", "position"], unique=False)


def _create_access() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("token_id", sa.String(length=64), nullable=False),
        sa.Column("key_digest", sa.String(length=64), nullable=False),
        sa.Column("body_hash", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("reserved_at", INSTANT, nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("incident_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("token_id", "key_digest", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_incident_id", "idempotency_keys", ["incident_id"], unique=False)
    op.create_index("ix_idempotency_keys_reserved_at", "idempotency_keys", ["reserved_at"], unique=False)
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("act_as", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("last_used_at", INSTANT, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
        sa.UniqueConstraint("digest", name="uq_tokens_digest"),
    )
    op.create_table(
        "settings",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_settings"),
    )
