"""A message of Slack in an incident's timeline: who wrote it, what, and where it stands.

Rules:
- Each message goes into an incident once, whoever adds it and however often: its address stands in the note.
- The note is written by whoever added it, through the core, like every other note.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from api.idempotency import Answer, Remembered
from api.parts import Parts
from api.slack.people import person_of
from api.slack.replies import Reply
from api.slack.typed import readable
from engine.channels.slack_text import cut
from engine.incident import commands as c
from engine.incident.actor import Actor
from engine.incident.events import Noted
from engine.incident.people import person_name
from engine.incident.personal import plain_text
from engine.incident.refusal import Refusal
from engine.language.organisation import Organisation
from engine.runtime.history import entries_of
from engine.runtime.outcome import Handled, Recalled, Seen
from engine.store.event_log import read_events

LONGEST: Final = 3_000
"""Characters of a message that are kept; its address leads to the rest."""

_OWNER: Final = "slack:timeline"
"""Whose memory it is: one for everybody, so that two people add a message once."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as people read it; `link` is its address."""

    channel: str
    ts: str
    author: str
    text: str
    link: str

    @property
    def note(self) -> str:
        """What stands in the timeline."""
        return f"{self.author} in Slack: {self.text or 'a message without words'} ({self.link})"


def message_of(found: Mapping[str, Any], organisation: Organisation, *, channel: str, link: str) -> Message:
    """Read a message as Slack gives it, in an event or an answer."""
    user, text, ts = (found.get(name) for name in ("user", "text", "ts"))
    author = _author(organisation, user if isinstance(user, str) else "", found.get("username") or found.get("bot_id"))
    words = readable(text if isinstance(text, str) else "", organisation)
    return Message(channel, ts if isinstance(ts, str) else "", author, words[:LONGEST], link)


class Pinning:
    """Adds messages to timelines."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def add(self, key: str, message: Message, actor: Actor) -> Reply:
        """Add a message to an incident's timeline, unless it is there; says what became of it. Raises Fault."""
        seen = await self._parts.handler.look(key, actor)
        if seen is None:
            return Reply(f"No: there is no incident {cut(key, 40)}, or it isn't for you.")
        if await self._parts.database.read(lambda tx: self._is_there(tx, seen, message.link)):
            return Reply(f"This message is in the timeline of {seen.incident.key} already.")
        memory = Remembered(
            self._parts.sealer,
            key=f"message:{seen.incident.id}:{message.channel}:{message.ts}",
            token_id=_OWNER,
            request=message.ts,
            now=self._parts.clock.now(),
            answered=lambda decided: Answer(200, isinstance(decided, Handled)),
        )
        match await self._parts.handler.handle(seen.incident.id, c.Note(message.note), actor, memory=memory):
            case Handled():
                return Reply(f"Added to the timeline of {seen.incident.key}.")
            case Refusal(reason=reason):
                return Reply(f"No: {cut(reason, 1_000)}.")
            case Recalled():
                return Reply(f"This message is in the timeline of {seen.incident.key} already.")
            case _:
                return Reply(f"{seen.incident.key} has changed since; look again.")

    def _is_there(self, tx: Connection, seen: Seen, link: str) -> bool:
        entries = entries_of(read_events(tx, self._parts.sealer, seen.incident.id))
        return any(f"({link})" in plain_text(entry.event.text) for entry in entries if isinstance(entry.event, Noted))


def _author(organisation: Organisation, user: str, other: object) -> str:
    person = person_of(organisation, user)
    if person is not None:
        return person_name(organisation, person)
    return f"@{user}" if user else str(other or "somebody")[:80]
