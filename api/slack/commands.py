"""The words of `/incident`: each is looked up, and handed to who knows what it does.

Rules:
- Nothing is decided here. What was typed and not understood comes back with what may have been meant, or with
  an offer to start an incident of that title.
- A mention of the app says the same words; it has no trigger, so a form is offered as a button.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from api.slack.acting import Acting
from api.slack.asked import Asked
from api.slack.finding import Place, leading_key
from api.slack.looking import Looking, Word
from api.slack.payloads import Slash
from api.slack.replies import Reply
from api.slack.starting import Starting, offer
from api.slack.steering import Steering
from api.slack.typed import first_word
from api.slack.words import help_text, list_text, unknown_text
from api.slack.working import Working
from engine.channels.slack_text import cut
from engine.incident.actor import Actor
from engine.language.suggest import nearest

MORE_WORDS: Mapping[str, str] = {"home": "list", "?": "help", "hand-over": "handover", "declare": "start", "new": "start"}
"""Other names that people try."""
_FEW: Final = 8
"""Incidents of a list that stands beside others; a part of a message takes 3,000 characters."""


def name_of(word: str) -> str:
    """Give the name of a word, however it was written."""
    return MORE_WORDS.get(word.casefold(), word.casefold())


def is_start(typed: str) -> bool:
    """Say whether a line starts an incident, which some may who may do nothing else."""
    return name_of(first_word(typed)[0]) == "start"


class Commands:
    """Answers `/incident`."""

    def __init__(self, acting: Acting, starting: Starting) -> None:
        self._acting = acting
        self._starting = starting
        self._looking = Looking(acting)
        self._words: Mapping[str, Word] = {
            "start": self._start,
            **self._looking.words,
            **Working(acting).words,
            **Steering(acting).words,
        }

    async def answer(self, slash: Slash, actor: Actor) -> Reply:
        """Do what was typed as a slash command."""
        place = Place(slash.channel_id, slash.channel_name)
        once = f"slash:{slash.trigger_id}"
        return await self.do(slash.text, Asked(actor, place, once, trigger=slash.trigger_id, back=slash.response_url))

    async def do(self, typed: str, asked: Asked) -> Reply:
        """Do what a line asks for; `asked` says by whom, where and how often it may come."""
        first_key, text = leading_key(typed)
        word, rest = first_word(text)
        name = name_of(word)
        if not word:
            return await self._bare(replace(asked, key=first_key))
        known = self._words.get(name)
        if known is None:
            return self._unknown(word, typed.strip())
        if name == "start":
            return await known(replace(asked, rest=rest))
        key, rest = leading_key(rest)
        return await known(replace(asked, rest=rest, key=key or first_key))

    async def _bare(self, asked: Asked) -> Reply:
        """Show the incident that is meant; where there is none, what is one's own and open, and how to start."""
        finder = self._acting.finder
        if asked.key or len(await finder.here(asked.actor, asked.place)) == 1:
            return await self._looking.card(asked)
        mine, known = await finder.mine(asked.actor, limit=_FEW), await finder.open(asked.actor, limit=_FEW)
        yours = [list_text(mine, "yours, open")] if mine.total else []
        others = [list_text(known, "open")] if known.total > mine.total or not yours else []
        return offer("", _counted(mine.total, known.total), *yours, *others, help_text())

    async def _start(self, asked: Asked) -> Reply:
        return await self._starting.begin(self._acting.read(asked.rest), asked.actor, trigger=asked.trigger, once=asked.once)

    def _unknown(self, word: str, typed: str) -> Reply:
        """Name the nearest word; where none is near, what was typed may be the title of something that is happening."""
        near = nearest(word, self._words, most=1)
        if near:
            return Reply(unknown_text(word, typed, near))
        text = self._acting.read(typed)
        question = f"Start incident “{cut(text, 200)}”?"
        return offer(text, question, unknown_text(word, typed, near))


def _counted(mine: int, known: int) -> str:
    """Say in a sentence what is open."""
    if not known:
        return "No incident is open that you may know of."
    return f"{known} incident{'s are' if known > 1 else ' is'} open that you may know of; you take part in {mine}."
