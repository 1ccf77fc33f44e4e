"""Events: a 📌 on a message, a mention of the app, somebody who opens App Home, and the loss of our tokens.

Rules:
- An event is known by workspace and id, written down before anything is done; that it comes again (Slack sends it
  up to three times more) is never a reason to drop it, only that it was done.
- What an event asks for is done before Slack hears that it was taken. An event whose work fails is refused (503),
  and Slack sends it again in a minute, then in five: Slack's own retries are the queue, so nothing is
  remembered half. Work that is only slow goes on, and its retry finds it done.
- App Home is only drawn: it is answered at once, and drawn again whenever it is opened.
- Events that nobody asked for are taken, and nothing happens.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import structlog
from sqlalchemy import Connection

from api.parts import Parts
from api.slack.asked import Asked
from api.slack.commands import Commands
from api.slack.finding import Finder, Place
from api.slack.payloads import Event
from api.slack.people import People, caused_by
from api.slack.pinning import Pinning, message_of
from api.slack.replies import Reply
from api.workspace import Workspace
from engine.store import idempotency as store

PIN: Final = "pushpin"
LAST: Final = 3
"""Slack sends an event three times more, and then never again."""
UNDONE: Final = "This is not done: storage is away, or slow. Look in a minute, and do it again if nothing has happened."
UNREAD: Final = "a message whose words Slack did not give"
LOST: Final = ("tokens_revoked", "app_uninstalled")

SEVERAL: Final = (
    "Several incidents are worked on in this channel, so the message went into no timeline. *Add to timeline* in its menu asks into which."
)

_OWNER: Final = "slack:events"
_MENTION: Final = re.compile(r"<@([A-Z0-9]+)(?:\|[^>]*)?>")
_UNREADABLE: Final = frozenset({"message_not_found", "channel_not_found", "not_in_channel", "is_archived", "missing_scope"})
"""Slack's codes for a message that asking again doesn't make readable."""

_log = structlog.get_logger("firebreak.slack")


class Events:
    """Takes events."""

    def __init__(self, parts: Parts, people: People, finder: Finder, commands: Commands, workspace: Workspace) -> None:
        self._parts = parts
        self._people = people
        self._finder = finder
        self._commands = commands
        self._workspace = workspace
        self._pinning = Pinning(parts)

    def asks(self, event: Event) -> bool:
        """Say whether an event asks for something to be done."""
        kind = event.event.get("type")
        return kind == "app_mention" or (kind == "reaction_added" and event.event.get("reaction") == PIN)

    async def take(self, event: Event) -> bool:
        """Do what an event asks, once; False when Slack shall send it again. Raises Fault."""
        if not event.event_id:
            return True
        key, now = f"event:{event.team_id}:{event.event_id}", self._parts.clock.now()

        def reserve(tx: Connection) -> store.New | store.Stored | store.Running | store.Mismatch:
            return store.reserve(tx, self._parts.sealer, key=key, token_id=_OWNER, body_hash=_OWNER, now=now)

        reserved = await self._parts.database.write(reserve)
        if not isinstance(reserved, store.New):
            return isinstance(reserved, store.Stored)
        done = False
        try:
            done = await self._done(event)
        finally:
            await self._parts.database.write(lambda tx: self._settle(tx, reserved, done=done))
        return done

    def _settle(self, tx: Connection, reserved: store.New, *, done: bool) -> None:
        if done:
            store.save(tx, self._parts.sealer, reserved, store.Stored(200, True), None)
        else:
            store.release(tx, reserved)

    async def give_up(self, event: Event) -> None:
        """Say to whoever asked that it was not done, once Slack sends it no more."""
        item: Mapping[str, Any] = event.event.get("item") or {}
        if event.retry_attempt >= LAST:
            said, channel = event.event, event.event.get("channel") or item.get("channel")
            await self._workspace.whisper_in(str(channel), str(said.get("user")), text=UNDONE, thread=said.get("thread_ts"))

    async def _done(self, event: Event) -> bool:
        return await (self._mentioned(event) if event.event.get("type") == "app_mention" else self._pinned(event))

    async def _pinned(self, event: Event) -> bool:
        """Add the message under a 📌 to the timeline of the incident whose room it stands in."""
        item: Mapping[str, Any] = event.event.get("item") or {}
        channel, ts = str(item.get("channel", "")), str(item.get("ts", ""))
        actor = await self._people.actor(caused_by(event))
        if isinstance(actor, Reply) or item.get("type") != "message":
            return True
        here = await self._finder.here(actor, Place(channel))
        if len(here) > 1:
            await self._workspace.whisper_in(channel, str(event.event.get("user")), text=SEVERAL)
        if len(here) != 1:
            return True
        found = await self._workspace.message(channel, ts)
        if isinstance(found, str):
            _log.warning("a pinned message could not be read", code=found)
            if found in _UNREADABLE or event.retry_attempt < LAST:
                return found in _UNREADABLE
            found = {"ts": ts, "user": event.event.get("item_user"), "text": UNREAD}  # better its address than nothing
        link = await self._workspace.permalink(channel, ts)
        await self._pinning.add(here[0].key, message_of(found, self._parts.library.organisation, channel=channel, link=link), actor)
        return True

    async def _mentioned(self, event: Event) -> bool:
        """Answer a mention as the same words after `/incident` would be, to its author alone, in its thread."""
        said = event.event
        if said.get("bot_id"):
            return True
        channel, user, thread = (said.get(name) for name in ("channel", "user", "thread_ts"))
        actor = await self._people.actor(caused_by(event))
        text = _said_to_us(event)
        once = f"event:{event.event_id}"
        reply = actor if isinstance(actor, Reply) else await self._commands.do(text, Asked(actor, Place(str(channel)), once))
        if reply.text:
            blocks = [dict(block) for block in reply.blocks]
            code = await self._workspace.whisper_in(str(channel), str(user), text=reply.text, blocks=blocks, thread=thread)
            if code is not None:
                _log.warning("a mention was answered, but Slack did not show it", code=code)
        return True


def _said_to_us(event: Event) -> str:
    """Give what was said, without the first mention of the app; which mention is ours, Slack says with the event."""
    text = str(event.event.get("text", ""))
    ours = {each.user_id for each in event.authorizations} - {None}
    mentions = list(_MENTION.finditer(text))
    found = next((each for each in mentions if each[1] in ours), next(iter(mentions), None))
    rest = text if found is None else f"{text[: found.start()]} {text[found.end() :]}"
    return " ".join(rest.split())
