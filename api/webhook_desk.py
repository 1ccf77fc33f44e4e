"""Who asks about webhooks, and which are theirs.

Rules:
- A webhook belongs to whom its token stands for: a person, or a service by its token's name. `Firebreak-Actor` changes nothing.
- Everybody else's doesn't exist, but for an admin: who may see it without its address, read its log, pause, resume and delete it.
- Whoever is told of incidents must be allowed to read them: the token needs `incidents:read` too.
"""

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request
from sqlalchemy import Connection

from api.auth import Caller, needs
from api.commanding import Call, GivenKey, GivenTag, etag
from api.idempotency import key_of
from api.parts import Parts, parts_in
from api.problems import Problem, not_found
from engine.incident.describe_values import instant_text
from engine.runtime.fan_out import reader_of
from engine.runtime.outcome import Seen
from engine.runtime.webhook_message import event_of
from engine.store.webhook_messages import hold_messages
from engine.store.webhooks import Owner, Webhook, owner_is, webhook_by_id


@dataclass(frozen=True, slots=True)
class Desk:
    """One request about webhooks."""

    request: Request
    parts: Parts
    caller: Caller
    key: str | None
    if_match: str | None

    @property
    def owner(self) -> Owner:
        token = self.caller.token
        return Owner(token.id, token.person, None if token.person else f"token:{token.name}")

    @property
    def is_admin(self) -> bool:
        return "admin" in self.caller.token.scopes

    @property
    def call(self) -> Call:
        """What does something once for each `Idempotency-Key`."""
        return Call(self.request, self.parts, self.caller, self.key, self.if_match)

    def require_reader(self) -> None:
        """Raise Problem unless the token may read incidents."""
        scopes = self.caller.token.scopes
        if "incidents:read" not in scopes and not self.is_admin:
            raise Problem("forbidden", "the token lacks the scope 'incidents:read': a webhook tells what only readers may know")

    async def webhook(self, webhook_id: str, *, owned: bool = False) -> Webhook:
        """Find a webhook; raises Problem when it doesn't exist for the caller, or isn't theirs where it must be (`owned`)."""
        sealer = self.parts.sealer
        found = await self.parts.database.read(lambda tx: webhook_by_id(tx, sealer, webhook_id))
        return self.checked(found, owned=owned)

    def changing(self, tx: Connection, webhook_id: str, *, owned: bool = False) -> Webhook:
        """Find a webhook to change it in this transaction, at the version that the caller saw; raises Problem."""
        hold_messages(tx, webhook_id)
        found = self.checked(webhook_by_id(tx, self.parts.sealer, webhook_id), owned=owned)
        wanted = (self.if_match or "*").strip().removeprefix("W/")
        if wanted not in ("*", etag(found.version)):
            detail = f"the webhook is at version {found.version} now; read it again"
            raise Problem("stale", detail, headers={"ETag": etag(found.version)})
        return found

    def checked(self, webhook: Webhook | None, *, owned: bool) -> Webhook:
        """Give a webhook that was found; raises Problem as `webhook` does."""
        if webhook is None or not (self.is_admin or owner_is(webhook, self.owner)):
            raise not_found("this webhook")
        if owned and not owner_is(webhook, self.owner):
            raise Problem("forbidden", "only its owner may do this; an admin may pause, resume and delete it")
        return webhook

    def facts(self, webhook: Webhook) -> dict[str, Any]:
        """Describe a webhook, its secrets left out."""
        wanted = webhook.wanted
        return {
            "id": webhook.id,
            "name": webhook.name,
            "url": webhook.url if owner_is(webhook, self.owner) else f"{urlsplit(webhook.url).scheme}://{urlsplit(webhook.url).netloc}/…",
            "owner": webhook.owner.person or webhook.owner.service,
            "events": list(wanted.events),
            "incidents": list(wanted.incidents),
            "playbooks": list(wanted.playbooks),
            "severities": list(wanted.severities),
            "modes": list(wanted.modes),
            "state": webhook.state,
            "paused_because": webhook.paused_because,
            "failing_since": instant_text(webhook.failing_since),
            "created_at": instant_text(webhook.created_at),
            "changed_at": instant_text(webhook.changed_at),
            "version": webhook.version,
        }

    async def event(self, webhook: Webhook, text: str, field: str) -> tuple[Seen, int]:
        """Find an event by its id, as the webhook's owner may know of it; raises Problem. Number 0 is before the first."""
        named = event_of(text)
        seen = await self.parts.handler.look(named[0], reader_of(webhook.owner)) if named else None
        if named is None or seen is None or named[1] > seen.incident.version:
            raise wrong(field, "is no event, or one that you may not see")
        return seen, named[1]


def wrong(field: str, message: str) -> Problem:
    """Say that one field of the body can't be taken."""
    return Problem("invalid", f"{field} {message}", errors=[{"field": field, "message": message}])


async def desk(
    request: Request,
    caller: Annotated[Caller, Depends(needs("webhooks:write"))],
    idempotency_key: GivenKey = None,
    if_match: GivenTag = None,
) -> Desk:
    """Gather what every request about webhooks needs."""
    return Desk(request, parts_in(request), caller, key_of(idempotency_key), if_match)


AtDesk = Annotated[Desk, Depends(desk)]
