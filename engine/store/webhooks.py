"""Who outside is told of what happens: webhooks, their owners, and how far each has come in the log of heads.

Rules:
- The address and the signing secrets are sealed with the installation's key. A secret is 256 random bits.
- While a secret is changed, the one before is kept until `until`; a third one replaces the older of the two.
- `version` counts the changes that its owner makes or hears of: made, changed, paused, resumed, a new secret.
- What is paused has no message that is due, and stays where it is in the log: nothing is lost when it goes on.
"""

import secrets
from base64 import b64encode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update

from engine.incident.subscription import Wanted
from engine.store.canonical import canonical, parsed
from engine.store.paging import Page, page_of, place_of
from engine.store.seal import Sealer
from engine.store.tables import AnyRow, webhook_messages, webhooks

MOST_OWNED: Final = 100
"""Webhooks of one owner."""
ACTIVE: Final = "active"
PAUSED: Final = "paused"
BY_HAND: Final = "by_hand"
FAILING: Final = "failing"
GONE: Final = "gone"
TOKEN: Final = "token"  # noqa: S105 - a reason, no secret
"""Why a webhook is paused: somebody did it, nothing arrived for days, its receiver answered 410, its token is no longer good."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secret that signs, and the one before it, which signs too until `until`."""

    now: str
    before: str | None = None
    until: datetime | None = None

    def good(self, at: datetime) -> tuple[str, ...]:
        """Give the secrets that sign at this instant, the newest first."""
        overlaps = self.before is not None and self.until is not None and at < self.until
        return (self.now, str(self.before)) if overlaps else (self.now,)


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose webhook it is: a person, or a service by its token's name; `token` is the token that it sends by."""

    token: str
    person: str | None
    service: str | None


@dataclass(frozen=True, slots=True)
class Webhook:
    """One webhook as it is stored, but for its secrets. `failing_since` is when nothing arrived any more."""

    number: int
    id: str
    name: str
    url: str
    owner: Owner
    wanted: Wanted
    state: str
    paused_because: str | None
    version: int
    position: int
    created_at: datetime
    changed_at: datetime
    failing_since: datetime | None


@dataclass(frozen=True, slots=True)
class Subscriber:
    """What is asked of a webhook for each event: whose it is, and what it wants."""

    id: str
    owner: Owner
    wanted: Wanted


def new_secret() -> str:
    """Make a signing secret as Standard Webhooks writes it."""
    return f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"


def add_webhook(
    tx: Connection, sealer: Sealer, *, name: str, url: str, owner: Owner, wanted: Wanted, position: int, now: datetime
) -> tuple[str, Webhook]:
    """Make a webhook that is told of what happens after `position`; returns its secret and what is known of it."""
    secret, webhook_id = new_secret(), f"wh_{secrets.token_hex(8)}"
    row = {
        "id": webhook_id,
        "name": name,
        "url": sealer.seal_whole(tx, url, None),
        "secrets": _sealed(tx, sealer, Secrets(secret)),
        "token_id": owner.token,
        "person": owner.person,
        "service": owner.service,
        "wanted": canonical(msgspec.to_builtins(wanted)),
        "state": ACTIVE,
        "version": 1,
        "position": position,
        "created_at": now,
        "changed_at": now,
    }
    tx.execute(insert(webhooks), row)
    made = webhook_by_id(tx, sealer, webhook_id)
    assert made is not None
    return secret, made


def count_owned(tx: Connection, owner: Owner) -> int:
    """Count the webhooks of an owner."""
    return tx.execute(select(func.count()).select_from(webhooks).where(_is_owned(owner))).scalar() or 0


def webhook_by_id(tx: Connection, sealer: Sealer, webhook_id: str) -> Webhook | None:
    """Find a webhook, whosever it is."""
    row = tx.execute(select(webhooks).where(webhooks.c.id == webhook_id)).first()
    return _webhooks(tx, sealer, [row])[0] if row else None


def webhooks_listed(tx: Connection, sealer: Sealer, *, owner: Owner | None, cursor: str | None = None, limit: int = 50) -> Page[Webhook]:
    """List the webhooks of an owner (None: everybody's), newest first. Raises BadCursor."""
    found = select(webhooks).order_by(webhooks.c.number.desc()).limit(limit + 1)
    if owner is not None:
        found = found.where(_is_owned(owner))
    if cursor is not None:
        found = found.where(webhooks.c.number < place_of(cursor, int)[0])
    rows = tx.execute(found).all()
    return page_of(rows, limit, lambda row: (row.number,), lambda shown: _webhooks(tx, sealer, shown))


def active_at(tx: Connection, position: int) -> list[Subscriber]:
    """List the active webhooks that have come just so far."""
    columns = (webhooks.c.id, webhooks.c.token_id, webhooks.c.person, webhooks.c.service, webhooks.c.wanted)
    found = select(*columns).where(webhooks.c.state == ACTIVE, webhooks.c.position == position).order_by(webhooks.c.number)
    return [Subscriber(row[0], Owner(*row[1:4]), _wanted(row[4])) for row in tx.execute(found)]


def positions(tx: Connection) -> list[int]:
    """List how far active webhooks have come, each place once, the furthest first; empty where nobody is told of anything."""
    found = select(webhooks.c.position).where(webhooks.c.state == ACTIVE).distinct().order_by(webhooks.c.position.desc())
    return list(tx.execute(found).scalars())


def move_on(tx: Connection, ids: Collection[str], *, was: int, to: int) -> frozenset[str]:
    """Move webhooks on that are still active and where they were; returns which."""
    unmoved = (webhooks.c.id.in_(list(ids)), webhooks.c.state == ACTIVE, webhooks.c.position == was)
    moved = update(webhooks).where(*unmoved).values(position=to).returning(webhooks.c.id)
    return frozenset(tx.execute(moved).scalars())


def move_back(tx: Connection, webhook_id: str, position: int) -> None:
    """Let what happened after `position` be told again; one that has not come so far yet stays where it is."""
    tx.execute(update(webhooks).where(webhooks.c.id == webhook_id, webhooks.c.position > position).values(position=position))


def change_webhook(tx: Connection, sealer: Sealer, changed: Webhook, *, now: datetime) -> None:
    """Write the name, address, wishes and token of a webhook."""
    values = {
        "name": changed.name,
        "url": sealer.seal_whole(tx, changed.url, None),
        "token_id": changed.owner.token,
        "wanted": canonical(msgspec.to_builtins(changed.wanted)),
    }
    _change(tx, changed.id, values, now)


def put_state(tx: Connection, webhook_id: str, state: str, *, because: str | None, now: datetime) -> bool:
    """Pause or resume a webhook; False when it is so already, or gone. What is owed is for `webhook_messages` to hold or to let go."""
    row = tx.execute(select(webhooks.c.state).where(webhooks.c.id == webhook_id)).first()
    if row is None or row.state == state:
        return False
    _change(tx, webhook_id, {"state": state, "paused_because": because, "failing_since": None}, now)
    return True


def note_failing(tx: Connection, webhook_id: str, since: datetime | None) -> None:
    """Note since when nothing arrives; None: something did."""
    is_new = webhooks.c.failing_since.is_(None) if since else webhooks.c.failing_since.is_not(None)
    tx.execute(update(webhooks).where(webhooks.c.id == webhook_id, is_new).values(failing_since=since))


def secrets_of(tx: Connection, sealer: Sealer, webhook_id: str) -> Secrets:
    """Read what signs; raises KeyError when there is no such webhook."""
    row = tx.execute(select(webhooks.c.secrets).where(webhooks.c.id == webhook_id)).first()
    if row is None:
        raise KeyError(webhook_id)
    return msgspec.convert(sealer.unseal_whole(tx, row.secrets), Secrets)


def rotate_secret(tx: Connection, sealer: Sealer, webhook_id: str, *, until: datetime, now: datetime) -> str:
    """Make a new secret; the one that signed so far signs beside it until `until`. Returns the new one."""
    known, secret = secrets_of(tx, sealer, webhook_id), new_secret()
    kept = Secrets(secret, known.now, until) if until > now else Secrets(secret)
    _change(tx, webhook_id, {"secrets": _sealed(tx, sealer, kept)}, now)
    return secret


def delete_webhook(tx: Connection, webhook_id: str) -> None:
    """Forget a webhook and everything that it was sent or is owed."""
    tx.execute(delete(webhook_messages).where(webhook_messages.c.webhook_id == webhook_id))
    tx.execute(delete(webhooks).where(webhooks.c.id == webhook_id))


def paused_by_itself(tx: Connection) -> int:
    """Count the webhooks that nobody paused by hand."""
    found = select(func.count()).select_from(webhooks).where(webhooks.c.state == PAUSED, webhooks.c.paused_because != BY_HAND)
    return tx.execute(found).scalar() or 0


def owner_is(webhook: Webhook, owner: Owner) -> bool:
    """Say whether this is the owner: the same person, or a service of the same name."""
    return (webhook.owner.person, webhook.owner.service) == (owner.person, owner.service)


def adopted(webhook: Webhook, token: str) -> Webhook:
    """Give the webhook as sending by another token of its owner."""
    return replace(webhook, owner=replace(webhook.owner, token=token))


def _is_owned(owner: Owner) -> ColumnElement[bool]:
    if owner.person is not None:
        return webhooks.c.person == owner.person
    return and_(webhooks.c.person.is_(None), webhooks.c.service == owner.service)


def _change(tx: Connection, webhook_id: str, values: Mapping[str, Any], now: datetime) -> None:
    changed = {**values, "version": webhooks.c.version + 1, "changed_at": now}
    tx.execute(update(webhooks).where(webhooks.c.id == webhook_id).values(**changed))


def _sealed(tx: Connection, sealer: Sealer, known: Secrets) -> str:
    return sealer.seal_whole(tx, msgspec.to_builtins(known), None)


@lru_cache(1_024)
def _wanted(stored: str) -> Wanted:
    return msgspec.convert(parsed(stored), Wanted)


def _webhooks(tx: Connection, sealer: Sealer, rows: Sequence[AnyRow]) -> list[Webhook]:
    urls = sealer.unseal_texts(tx, [row.url for row in rows])
    return [_webhook(row, str(url)) for row, url in zip(rows, urls, strict=True)]


def _webhook(row: AnyRow, url: str) -> Webhook:
    return Webhook(
        number=row.number,
        id=row.id,
        name=row.name,
        url=url,
        owner=Owner(row.token_id, row.person, row.service),
        wanted=_wanted(row.wanted),
        state=row.state,
        paused_because=row.paused_because,
        version=row.version,
        position=row.position,
        created_at=row.created_at,
        changed_at=row.changed_at,
        failing_since=row.failing_since,
    )
