"""What every word of `/incident` does alike: find the incident that is meant, look at it, run a command, open a form.

Rules:
- In an incident's channel a word acts on that incident; elsewhere on the one that is named first
  (`INC-7`), else on the only open one that the person takes part in, else it asks which.
- Nothing is decided here. A form opens where a word needs more words; where none can open, its button is offered.
"""

from collections.abc import Mapping
from typing import Final

from api.parts import Parts
from api.slack.asked import Asked
from api.slack.doing import Doing
from api.slack.finding import Finder, which
from api.slack.forms.opening import Forms
from api.slack.forms.scene import About, Asking
from api.slack.replies import Reply
from api.slack.typed import person_meant, readable
from engine.channels.slack_text import button, cut, section
from engine.incident import commands as c
from engine.language.suggest import nearest
from engine.runtime.outcome import Seen

_LABELS: Final[Mapping[str, str]] = {"hand_over": "Hand over", "add_task": "Add a task"}


class Acting:
    """Carries out what a word asks for."""

    def __init__(self, parts: Parts, doing: Doing, finder: Finder, forms: Forms) -> None:
        self.parts = parts
        self.finder = finder
        self._doing = doing
        self._forms = forms

    async def key(self, asked: Asked, example: str) -> str | Reply:
        """Find the incident that is meant, or ask which."""
        meant = await self.finder.meant(asked.actor, asked.place, key=asked.key)
        return meant if isinstance(meant, str) else Reply(which(meant, example))

    async def seen(self, asked: Asked, example: str) -> Seen | Reply:
        """Look at the incident that is meant."""
        key = await self.key(asked, example)
        if isinstance(key, Reply):
            return key
        seen = await self.parts.handler.look(key, asked.actor)
        return seen or Reply(f"No: there is no incident {key}, or it isn't for you.")

    async def run(self, asked: Asked, command: c.AnyCommand, example: str, *, part: str = "") -> Reply:
        """Run a command on the incident that is meant; `part` tells several commands of one line apart."""
        key = await self.key(asked, example)
        if isinstance(key, Reply):
            return key
        done = await self._doing.run(key, command, asked.actor, once=f"{asked.once}{part}")
        return Reply(f"{done['text']}{done.get('allowed', '')}")

    async def form(self, asked: Asked, kind: str, example: str, *, step: str = "", role: str = "") -> Reply:
        """Open a form for what was not typed, or offer the button that opens it."""
        key = await self.key(asked, example)
        if isinstance(key, Reply):
            return key
        if asked.trigger:
            return await self._forms.open(kind, About(key, step=step, role=role), Asking(asked.actor, asked.trigger, asked.back))
        label = _LABELS.get(kind, kind.capitalize())
        text = f"`{kind}` needs more words: open its form, or write for example `{example}`."
        pressed = button(label, action_id=kind, value="|".join(part for part in (key, step or role) if part), label=f"{label}: {key}")
        return Reply(text, (section(text), {"type": "actions", "elements": [pressed]}))

    def read(self, text: str) -> str:
        """Write a text as a person would read it."""
        return readable(text, self.parts.library.organisation)

    def person(self, text: str) -> str | None:
        """Find whom somebody means."""
        return person_meant(text, self.parts.library.organisation) if text.strip() else None

    def nobody(self, text: str) -> str:
        """Say who may have been meant by what names nobody; empty when nothing was typed."""
        typed, people = self.read(text).lstrip("@"), self.parts.library.organisation.people
        if not typed:
            return ""
        names = {**{person.name: name for name, person in people.items()}, **{name: name for name in people}}
        near = next((names[each] for each in nearest(typed, names, most=1)), None)
        meant = f" Did you mean `@{near}` ({cut(people[near].name, 80)})?" if near else ""
        return f"The organisation file has nobody called `{cut(typed, 80)}`.{meant} "
