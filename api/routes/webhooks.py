"""Webhooks: who outside is told of what happens. Their secrets are shown once and never again."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse
from sqlalchemy import Connection

from api.body import StrictRoute
from api.commanding import etag
from api.idempotency import Answer
from api.paging import Cursor, Limit, listing
from api.problems import Problem, declared, not_found
from api.routes import webhook_answers as answers
from api.routes import webhook_bodies as bodies
from api.webhook_desk import AtDesk, Desk, wrong
from engine.incident.describe_values import instant_text
from engine.incident.subscription import Wanted, wants_event, wants_incident
from engine.runtime.fan_out import reader_of
from engine.runtime.outcome import Seen
from engine.runtime.webhook_message import event_id
from engine.store.changes import last_change
from engine.store.happened import happened_in, position_of, version_at
from engine.store.paging import BadCursor
from engine.store.webhook_messages import Event, Message, hold_back, let_go, messages_listed, owe_messages
from engine.store.webhooks import (
    ACTIVE,
    BY_HAND,
    MOST_OWNED,
    PAUSED,
    Webhook,
    add_webhook,
    adopted,
    change_webhook,
    count_owned,
    delete_webhook,
    move_back,
    owner_is,
    put_state,
    rotate_secret,
    webhook_by_id,
    webhooks_listed,
)

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"], route_class=StrictRoute)

Id = Annotated[str, Path(max_length=64, examples=["wh_5f0c3a1be2d94786"])]
State = Annotated[Literal["pending", "sent", "failed"] | None, Query(description="Only those in this state.")]
_WISHES = ("events", "incidents", "playbooks", "severities", "modes")


@router.post("", status_code=201, summary="Make a webhook", responses=declared(409, gives=answers.NewWebhookFacts, status=201))
async def create(body: bodies.NewWebhook, at: AtDesk) -> JSONResponse:
    """Make a webhook: it is told of what happens from now on. `secret` is shown this once, and the answer not kept for a key."""
    at.require_reader()
    _check_address(at, body.url)
    given = {name: getattr(body, name) for name in _WISHES} | {"incidents": await _keys(at, body.incidents)}
    wanted = msgspec.convert(given, Wanted)
    sealer, now = at.parts.sealer, at.parts.clock.now()

    def made(tx: Connection) -> tuple[str, Webhook]:
        if count_owned(tx, at.owner) >= MOST_OWNED:
            raise Problem("refused", f"you have {MOST_OWNED} webhooks: delete one that you no longer need")
        return add_webhook(tx, sealer, name=body.name, url=body.url, owner=at.owner, wanted=wanted, position=last_change(tx), now=now)

    secret, webhook = await at.parts.database.write(made)
    location = f"{at.parts.settings.address}/v1/webhooks/{webhook.id}"
    headers = {"Cache-Control": "no-store", "ETag": etag(webhook.version), "Location": location}
    return JSONResponse({**at.facts(webhook), "secret": secret}, status_code=201, headers=headers)


@router.get("", summary="List webhooks", responses=declared(gives=answers.WebhookPage))
async def find(request: Request, at: AtDesk, cursor: Cursor = None, limit: Limit = 50) -> JSONResponse:
    """List your webhooks, newest first; an admin sees everybody's."""
    owner, sealer = None if at.is_admin else at.owner, at.parts.sealer
    try:
        page = await at.parts.database.read(lambda tx: webhooks_listed(tx, sealer, owner=owner, cursor=cursor, limit=limit))
    except BadCursor as error:
        raise wrong("cursor", "is not a cursor of this list") from error
    return listing(request, page.items, page.next, at.facts)


@router.get("/{id}", summary="Look at a webhook", responses=declared(gives=answers.WebhookFacts))
async def get(id: Id, at: AtDesk) -> JSONResponse:
    """Give a webhook: what it is told of, whether it is paused and why. Its `ETag` is its version."""
    return _answer(at, await at.webhook(id))


@router.patch("/{id}", summary="Change, pause or resume a webhook", responses=declared(412, gives=answers.WebhookFacts))
async def change(id: Id, body: bodies.WebhookChange, at: AtDesk) -> JSONResponse:
    """Change what is given. An owner's change makes it send by the token of this request; resumed, it goes on where it stopped."""
    given = {name: value for name, value in body.model_dump(exclude_unset=True).items() if value is not None}
    is_more = bool(given.keys() - {"state"})
    known = await at.webhook(id, owned=is_more)
    if owner_is(known, at.owner):
        at.require_reader()
    if "url" in given:
        _check_address(at, given["url"])
    if "incidents" in given:
        given["incidents"] = await _keys(at, given["incidents"])
    now = at.parts.clock.now()

    def changed(tx: Connection) -> Webhook | None:
        webhook = at.changing(tx, id, owned=is_more)
        if owner_is(webhook, at.owner):
            webhook = adopted(webhook, at.owner.token)
        if is_more or webhook.owner.token != known.owner.token:
            new = replace(
                webhook, name=given.get("name", webhook.name), url=given.get("url", webhook.url), wanted=_wishes(webhook.wanted, given)
            )
            change_webhook(tx, at.parts.sealer, new, now=now)
        _turn(tx, webhook, given.get("state", webhook.state), at)
        return webhook_by_id(tx, at.parts.sealer, id)

    after = await at.parts.database.write(changed)
    at.parts.messenger.woken.set()
    return _answer(at, at.checked(after, owned=False))


@router.delete("/{id}", summary="Delete a webhook", responses=declared(412, gives=answers.WebhookFacts))
async def delete(id: Id, at: AtDesk) -> JSONResponse:
    """Delete a webhook, what it is owed and its log; answers with what it was."""

    def deleted(tx: Connection) -> Webhook:
        webhook = at.changing(tx, id)
        delete_webhook(tx, id)
        return webhook

    return JSONResponse(at.facts(await at.parts.database.write(deleted)))


@router.post("/{id}/rotate", summary="Give a webhook a new secret", responses=declared(412, gives=answers.RotatedSecret))
async def rotate(id: Id, at: AtDesk, body: bodies.SecretRotation | None = None) -> JSONResponse:
    """Make a new secret. For the overlap both sign every message; after it only the new one. It is shown this once."""
    now = at.parts.clock.now()
    until = now + timedelta(hours=(body or bodies.SecretRotation()).overlap_hours)

    def rotated(tx: Connection) -> str:
        at.changing(tx, id, owned=True)
        return rotate_secret(tx, at.parts.sealer, id, until=until, now=now)

    secret = await at.parts.database.write(rotated)
    answer = {"secret": secret, "overlap_until": instant_text(until if until > now else None)}
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


@router.post("/{id}/test", summary="Test a webhook", responses=declared(gives=answers.Pinged))
async def test(id: Id, at: AtDesk) -> JSONResponse:
    """Send `firebreak.ping` at once, also to one that is paused, and say what came of it."""
    posted = await at.parts.messenger.ping(await at.webhook(id, owned=True))
    answer = {
        "delivered": posted.error is None,
        "response_status": posted.status,
        "duration_ms": posted.milliseconds,
        "error": posted.error,
    }
    return JSONResponse(answer)


@router.get("/{id}/deliveries", summary="See what a webhook was sent", responses=declared(gives=answers.MessagePage))
async def deliveries(request: Request, id: Id, at: AtDesk, state: State = None, cursor: Cursor = None, limit: Limit = 50) -> JSONResponse:
    """List a webhook's messages, newest first, of incidents that its owner may know of: what is pending, was sent or failed, and why."""
    webhook = await at.webhook(id)
    try:
        page = await at.parts.database.read(lambda tx: messages_listed(tx, id, state=state, cursor=cursor, limit=limit))
    except BadCursor as error:
        raise wrong("cursor", "is not a cursor of this list") from error
    hidden = await _hidden(at, webhook, {each.event.incident_id for each in page.items})
    return listing(request, [each for each in page.items if each.event.incident_id not in hidden], page.next, _message)


@router.post("/{id}/redeliver", summary="Send one event again", responses=declared(409, 412, gives=answers.OwedAgain))
async def redeliver(id: Id, body: bodies.Redelivery, at: AtDesk) -> JSONResponse:
    """Send one event to the webhook once more, under the same id, before what still waits of the same incident."""
    seen, seq = await at.event(await at.webhook(id), body.event, "event")
    if seq < 1:
        raise wrong("event", "is no event, or one that you may not see")

    def again(tx: Connection) -> Answer:
        at.changing(tx, id)
        owe_messages(tx, id, _events(tx, seen, after=seq - 1, until=seq), at.parts.clock.now())
        return Answer(200, {"event": event_id(seen.incident.key, seq), "state": "pending"})

    return await _once(at, again)


@router.post("/{id}/replay", summary="Send everything after an event again", responses=declared(409, 412, gives=answers.Replayed))
async def replay(id: Id, body: bodies.Replay, at: AtDesk) -> JSONResponse:
    """Send again, in order and under the same ids, everything that happened after an event and that the webhook asks for now."""
    seen, seq = await at.event(await at.webhook(id), body.after, "after")

    def again(tx: Connection) -> Answer:
        webhook = at.changing(tx, id)
        position = position_of(tx, seen.incident.id, max(seq, 1))
        until = version_at(tx, position) if seq else 0
        if webhook.position >= position and wants_incident(webhook.wanted, seen.incident):
            rest = _events(tx, seen, after=seq, until=until)
            owe_messages(tx, id, [each for each in rest if wants_event(webhook.wanted, each.type)], at.parts.clock.now())
        move_back(tx, id, position if seq else position - 1)
        return Answer(200, {"after": event_id(seen.incident.key, seq), "state": "pending"})

    return await _once(at, again)


async def _once(at: Desk, unit: Callable[[Connection], Answer]) -> JSONResponse:
    answer = await at.call.once(unit, None)
    at.parts.messenger.woken.set()
    if answer is None:
        raise not_found("this webhook")
    return answer


def _check_address(at: Desk, url: str) -> None:
    """Refuse an address that is never called; raises Problem."""
    refused = at.parts.messenger.refused(url)
    if refused is not None:
        raise wrong("url", refused)


async def _keys(at: Desk, incidents: Sequence[str]) -> list[str]:
    """Give the keys of incidents that are named by key or id and that the owner may know of; raises Problem."""
    found = []
    for each in incidents:
        seen = await at.parts.handler.look(each, reader_of(at.owner))
        if seen is None:
            raise wrong("incidents", f"{each[:40]!r} doesn't exist, or you may not see it")
        found.append(seen.incident.key)
    return found


def _wishes(wanted: Wanted, given: dict[str, Any]) -> Wanted:
    return msgspec.structs.replace(wanted, **{name: tuple(given[name]) for name in _WISHES if name in given})


def _turn(tx: Connection, webhook: Webhook, state: str, at: Desk) -> None:
    """Pause or resume a webhook, with what it is owed."""
    now = at.parts.clock.now()
    if not put_state(tx, webhook.id, state, because=BY_HAND if state == PAUSED else None, now=now):
        return
    if state == ACTIVE:
        let_go(tx, webhook.id, now)
        return
    hold_back(tx, webhook.id)


def _answer(at: Desk, webhook: Webhook) -> JSONResponse:
    return JSONResponse(at.facts(webhook), headers={"ETag": etag(webhook.version)})


async def _hidden(at: Desk, webhook: Webhook, incidents: set[str]) -> set[str]:
    """Find the incidents that the webhook's owner may not know of any more."""
    reader = reader_of(webhook.owner)
    return {each for each in incidents if await at.parts.handler.look(each, reader) is None}


def _events(tx: Connection, seen: Seen, *, after: int, until: int) -> list[Event]:
    incident = seen.incident
    return [Event(incident.id, incident.key, *each) for each in happened_in(tx, incident.id, after=after, until=until)]


def _message(message: Message) -> dict[str, Any]:
    event = message.event
    return {
        "event": event_id(event.key, event.seq),
        "type": event.type,
        "incident": event.key,
        "state": message.state,
        "attempts": message.attempts,
        "response_status": message.status,
        "duration_ms": message.milliseconds,
        "error": message.error,
        "owed_at": instant_text(message.owed_at),
        "tried_at": instant_text(message.tried_at),
        "next_attempt_at": instant_text(message.due_at),
        "settled_at": instant_text(message.settled_at),
    }
