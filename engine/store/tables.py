"""The tables, as SQLAlchemy Core sees them on every database.

Rules: instants are UTC text of fixed width (so text order is time order); JSON is canonical TEXT, because
digests cover it; whatever may tell about a person is sealed. Migrations are written by hand; a test
compares them with this file.
"""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)


class Instant(TypeDecorator[datetime]):
    """An aware instant as `2026-11-23T10:00:00.000000Z`."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> str | None:
        return None if value is None else instant_text(value)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


def instant_text(value: datetime) -> str:
    """Write an aware instant in the stored form."""
    return (value if value.tzinfo is UTC else value.astimezone(UTC)).isoformat(timespec="microseconds")[:-6] + "Z"


NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)
"""Stands for "no deadline" where rows are ordered by deadline, and for "not before its turn" in a lane (`lanes.py`)."""

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

AnyRow = Row[*tuple[Any, ...]]
"""A row of whichever columns were asked for."""

_Serial = BigInteger().with_variant(Integer, "sqlite")

keys: Final = Table(
    "keys",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("lookup", String(64), unique=True),
    Column("wrapped", Text),
    Column("destroyed_at", Instant),
    Column("reason", Text),
)
"""Data keys, wrapped; `lookup` is a keyed hash of whom it is about. A destroyed key keeps neither."""

key_uses: Final = Table(
    "key_uses",
    metadata,
    Column("key_id", String(32), ForeignKey("keys.id"), primary_key=True),
    Column("incident_id", String(64), primary_key=True),
)
"""Which incidents speak of a subject, so that erasing reaches the copies inside whole texts."""

playbooks: Final = Table(
    "playbooks",
    metadata,
    Column("number", _Serial, primary_key=True),
    Column("id", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("digest", String(64), nullable=False, index=True),
    Column("source", Text, nullable=False),
    Column("files", Text, nullable=False),
    Column("published_at", Instant, nullable=False),
    Column("unskippable", Text, nullable=False, server_default="{}"),
    UniqueConstraint("id", "version"),
)

incidents: Final = Table(
    "incidents",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    Column("key", String(32), nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    Column("head_digest", String(64), nullable=False),
    Column("playbook_id", Text, nullable=False),
    Column("playbook_version", Text, nullable=False),
    Column("playbook_digest", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("search", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("severity", Text, nullable=False),
    Column("mode", String(16), nullable=False),
    Column("visibility", String(16), nullable=False),
    Column("declared_at", Instant, nullable=False),
    Column("declared_by", Text, nullable=False),
    Column("detected_at", Instant),
    Column("contained_at", Instant),
    Column("closed_at", Instant),
    Column("completed_at", Instant),
    Column("external_ref", Text, index=True),
    Column("parent_id", String(64)),
    Column("merged_into", String(64)),
    Column("summary", Text, nullable=False),
    Column("snapshot", Text, nullable=False),
    Index(None, "status", "number"),
    Index(None, "severity", "number"),
    Index(None, "playbook_id", "number"),
)
"""`snapshot` stands last: SQLite reads a long row's tail only when it is asked for."""

events: Final = Table(
    "events",
    metadata,
    Column("incident_id", String(64), ForeignKey("incidents.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("previous_digest", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
)

heads: Final = Table(
    "heads",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("incident_id", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("head_digest", String(64), nullable=False),
    Column("previous_digest", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Index(None, "incident_id", "version"),
)
"""One row for each change of any incident, chained. No foreign key: a missing incident must show here."""

steps: Final = Table(
    "steps",
    metadata,
    Column("incident_id", String(64), ForeignKey("incidents.id"), primary_key=True),
    Column("step", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("title", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("role", Text),
    Column("assignee", Text),
    Column("people", Text, nullable=False),
    Column("due_at", Instant),
    Column("due_order", Instant, nullable=False),
    Column("ready_at", Instant),
    Column("settled_at", Instant),
    Column("private", Boolean, nullable=False),
    Index(None, "is_open", "due_order", "number", "position"),
    Index(None, "state", "due_order", "number", "position"),
)

step_people: Final = Table(
    "step_people",
    metadata,
    Column("incident_id", String(64), ForeignKey("incidents.id"), primary_key=True),
    Column("step", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("due_order", Instant, nullable=False),
    Index(None, "person", "is_open", "due_order", "number", "position"),
    Index(None, "person", "state", "due_order", "number", "position"),
)
"""To-do lists: who can act on which step; repeats what they are ordered and filtered by."""

participants: Final = Table(
    "participants",
    metadata,
    Column("incident_id", String(64), ForeignKey("incidents.id"), primary_key=True),
    Column("person", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Index(None, "person", "number"),
)

incident_links: Final = Table(
    "incident_links",
    metadata,
    Column("incident_id", String(64), ForeignKey("incidents.id"), primary_key=True),
    Column("fingerprint", String(64), primary_key=True, index=True),
)
"""Links by keyed hash: they are only ever compared, and an address may name a person."""

search_texts: Final = Table(
    "search_texts",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("words", Text, nullable=False),
)
"""Words that incidents are found by; see `search_index.py`. Each database keeps an index of its own kind beside it."""

rooms: Final = Table(
    "rooms",
    metadata,
    Column("incident_id", String(64), ForeignKey("incidents.id"), primary_key=True),
    Column("fingerprint", String(64), nullable=False, index=True),
)
"""The channel that each incident is worked in, by keyed hash."""

alarms: Final = Table(
    "alarms",
    metadata,
    Column("incident_id", String(64), ForeignKey("incidents.id"), primary_key=True),
    Column("due_at", Instant, nullable=False),
    Index(None, "due_at", "incident_id"),
)

deliveries: Final = Table(
    "deliveries",
    metadata,
    Column("number", _Serial, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("incident_id", String(64), ForeignKey("incidents.id"), nullable=False),
    Column("position", _Serial, nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("target", Text, nullable=False),
    Column("step", Text),
    Column("content", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("owed_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("leased_until", Instant),
    Column("holder", Text),
    Column("doubted_since", Instant),
    Column("doubts", Integer, nullable=False, server_default="0"),
    Column("urgent", Boolean, nullable=False, server_default=false()),
    Column("sent_at", Instant),
    Column("last_error", Text),
    Column("receipt", Text),
    Index(None, "state", "due_at", "position"),
    Index(None, "incident_id", "target", "state", "position"),
    Index(None, "incident_id", "number"),
    Index(None, "leased_until", sqlite_where=text("leased_until IS NOT NULL"), postgresql_where=text("leased_until IS NOT NULL")),
)
"""`content` is the whole delivery, sealed; `position` orders a lane and moves when something sent is owed anew.
`doubted_since` is when the first of `doubts` attempts began whose end nobody knows; `urgent` edits don't rest.
While it is leased, `holder` is the number of the job that sends it, where jobs are queued."""

remote_calls: Final = Table(
    "remote_calls",
    metadata,
    Column("number", _Serial, primary_key=True),
    Column("name", String(128), nullable=False),
    Column("at", Instant, nullable=False, index=True),
    Column("paused_until", Instant),
)
"""Calls to a service that limits them, and the pauses it asked for; rows live as long as they count."""

idempotency_keys: Final = Table(
    "idempotency_keys",
    metadata,
    Column("token_id", String(64), primary_key=True),
    Column("key_digest", String(64), primary_key=True),
    Column("body_hash", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("reserved_at", Instant, nullable=False, index=True),
    Column("status", Integer),
    Column("answer", Text),
    Column("incident_id", String(64), index=True),
)

tokens: Final = Table(
    "tokens",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", Text, nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("scopes", Text, nullable=False),
    Column("person", Text),
    Column("act_as", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("last_used_at", Instant),
    Column("revoked_at", Instant),
)

token_overlaps: Final = Table(
    "token_overlaps",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("token_id", String(32), ForeignKey("tokens.id"), nullable=False, index=True),
    Column("good_until", Instant, nullable=False),
)
"""Older texts of a token that was rotated, which still work for a while."""

settings: Final = Table(
    "settings",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

webhooks: Final = Table(
    "webhooks",
    metadata,
    Column("number", _Serial, primary_key=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("secrets", Text, nullable=False),
    Column("token_id", String(32), nullable=False),
    Column("person", Text),
    Column("service", Text),
    Column("wanted", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("paused_because", Text),
    Column("version", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("failing_since", Instant),
    Index(None, "state", "position"),
)
"""Who outside is told of what happens; `url` and `secrets` are sealed. `position` is the entry of the log of heads up to which
messages have been made of what happened."""

webhook_messages: Final = Table(
    "webhook_messages",
    metadata,
    Column("number", _Serial, primary_key=True),
    Column("webhook_id", String(32), ForeignKey("webhooks.id"), nullable=False),
    Column("incident_id", String(64), ForeignKey("incidents.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("key", String(32), nullable=False),
    Column("type", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("owed_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("leased_until", Instant),
    Column("holder", String(32)),
    Column("tried_at", Instant),
    Column("settled_at", Instant),
    Column("status", Integer),
    Column("milliseconds", Integer),
    Column("error", Text),
    UniqueConstraint("webhook_id", "incident_id", "seq"),
    Index(None, "state", "due_at", "number"),
    Index(None, "webhook_id", "incident_id", "state", "seq"),
    Index(None, "webhook_id", "number"),
    Index(None, "settled_at"),
)
"""One event for one webhook: which it is, never its words. A lane is the events of one incident for one webhook: only its oldest
unsettled message has a time; the others are due `NEVER`."""
