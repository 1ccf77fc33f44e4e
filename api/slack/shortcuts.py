"""Shortcuts: start an incident from anywhere or from a message, and add a message to a timeline.

Rules:
- Whoever starts from a message gets the form with its first line as title and its address among the links, so
  that a second start from the same message is seen to be one.
- In an incident's room "Add to timeline" needs no question; elsewhere a form asks which incident.
"""

import json
from typing import Final

from api.parts import Parts
from api.slack.finding import Finder, Place
from api.slack.forms.entered import metadata_of, text_of
from api.slack.forms.fields import Block, choice, field, modal, words
from api.slack.forms.opening import USED
from api.slack.payloads import Interaction, Named, View
from api.slack.pinning import LONGEST, Message, Pinning, message_of
from api.slack.replies import FormErrors, Reply, Said, Taken
from api.slack.start_form import TITLE_LENGTH, Wanted
from api.slack.starting import Starting, wanted_in
from api.workspace import Workspace
from engine.channels.slack_text import cut
from engine.incident.actor import Actor

START: Final = "incident_start"
"""Global: "Start an incident"."""
START_HERE: Final = "incident_start_here"
"""On a message: "Start incident here"."""
ADD: Final = "add_to_timeline"
"""On a message: "Add to timeline"; also the form that asks for the incident."""
KNOWN: Final = (START, START_HERE, ADD)

_INCIDENT: Final = "incident"
_TEXT: Final = "text"
_MOST: Final = 100


class Shortcuts:
    """Answers shortcuts, and the form that one of them opens."""

    def __init__(self, parts: Parts, finder: Finder, starting: Starting, workspace: Workspace) -> None:
        self._parts = parts
        self._finder = finder
        self._starting = starting
        self._workspace = workspace
        self._pinning = Pinning(parts)

    async def take(self, interaction: Interaction, actor: Actor) -> Reply:
        """Do what a shortcut is for; words are for whoever used it."""
        once = f"shortcut:{interaction.trigger_id}"
        if interaction.callback_id == START:
            return await self._starting.begin("", actor, trigger=interaction.trigger_id, once=once)
        message = await self._message(interaction)
        if interaction.callback_id == START_HERE:
            return await self._starting.begin("", actor, trigger=interaction.trigger_id, once=once, known=_wanted(message))
        return await self._add(interaction, message, actor)

    async def submit(self, view: View, actor: Actor) -> Said:
        """Add the message to the incident that was chosen, in the words that were left of it."""
        kept, key, text = metadata_of(view), text_of(view, _INCIDENT), text_of(view, _TEXT)
        if not key:
            return FormErrors({_INCIDENT: "choose an incident"})
        message = Message(kept.get("channel", ""), kept.get("ts", ""), kept.get("author", ""), text, kept.get("link", ""))
        reply = await self._pinning.add(key, message, actor)
        return Taken(reply.text, kept.get("back", ""))

    async def _add(self, interaction: Interaction, message: Message, actor: Actor) -> Reply:
        channel = interaction.channel or Named()
        here = await self._finder.here(actor, Place(channel.id, channel.name))
        if len(here) == 1:
            return await self._pinning.add(here[0].key, message, actor)
        rows = here or (await self._finder.open(actor, limit=_MOST)).rows
        if not rows:
            return Reply("There is no open incident that you may add to. Start one with `/incident start`.")
        options = [(f"{row.key}: {row.title}", row.key) for row in rows[:_MOST]]
        code = await self._workspace.open_view(interaction.trigger_id, _form(message, options, interaction.response_url))
        if code is None or code == USED:
            return Reply()
        return Reply(f"The form did not open (`{cut(code, 80)}`), and nothing was added. Try again in a moment.")

    async def _message(self, interaction: Interaction) -> Message:
        channel = interaction.channel or Named()
        link = await self._workspace.permalink(channel.id, interaction.message_ts)
        found = {"ts": interaction.message_ts, **interaction.message}
        return message_of(found, self._parts.library.organisation, channel=channel.id, link=link)


def _wanted(message: Message) -> Wanted:
    """Take the first line of a message as the title, and its links and its own address as links."""
    first = next((line for line in message.text.splitlines() if line.strip()), "")
    found = wanted_in(message.text)
    return Wanted(wanted_in(first).title[:TITLE_LENGTH], tuple(dict.fromkeys((*found.links, message.link))))


def _form(message: Message, options: list[tuple[str, str]], back: str) -> Block:
    kept = {"channel": message.channel, "ts": message.ts, "author": message.author, "link": message.link, "back": back}
    blocks = [
        field(_INCIDENT, "Incident", choice("static_select", options, options[0][1] if len(options) == 1 else None)),
        field(_TEXT, "What was written", words(initial=message.text[:LONGEST]), optional=True, hint="With its author and address"),
    ]
    return modal(ADD, "Add to timeline", "Add", metadata=json.dumps(kept), blocks=blocks)
