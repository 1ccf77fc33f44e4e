"""The words of `/incident`: each one a few lines that look something up or hand one command to the engine.

Rules:
- In an incident's channel a word acts on that incident; elsewhere on the one that is named first
  (`INC-7`), else on the only open one that the person takes part in, else it asks which.
- Nothing is decided here. What was typed and not understood comes back with what may have been meant.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from api.parts import Parts
from api.slack.doing import Doing
from api.slack.finding import Finder, leading_key, which
from api.slack.payloads import Slash
from api.slack.replies import Reply
from api.slack.starting import Starting
from api.slack.typed import person_meant, readable
from api.slack.words import help_text, list_text, status_text, tasks_text, unknown_text
from engine.incident import commands as c
from engine.incident.actor import Actor
from engine.incident.cards import room_card
from engine.language.playbook import Playbook
from engine.language.suggest import nearest
from engine.runtime.outcome import Seen
from engine.store.projections import IncidentRow
from engine.store.tasks import TaskFilter, tasks_of


@dataclass(frozen=True, slots=True)
class Asked:
    """One slash command by somebody we know; `rest` is what follows the word, without the key."""

    slash: Slash
    actor: Actor
    rest: str
    key: str | None = None

    @property
    def once(self) -> str:
        return f"slash:{self.slash.trigger_id}"


class Commands:
    """Answers `/incident`."""

    def __init__(self, parts: Parts, doing: Doing, finder: Finder, starting: Starting) -> None:
        self._parts = parts
        self._doing = doing
        self._finder = finder
        self._starting = starting
        self._words: Mapping[str, Callable[[Asked], Awaitable[Reply]]] = {
            "start": self._start,
            "list": self._list,
            "status": self._status,
            "tasks": self._tasks,
            "done": self._done,
            "answer": self._answer,
            "assign": self._assign,
            "note": self._note,
            "link": self._link,
            "severity": self._severity,
            "help": self._help,
        }

    async def answer(self, slash: Slash, actor: Actor) -> Reply:
        """Do what was typed."""
        first_key, text = leading_key(slash.text)
        word, _, rest = text.partition(" ")
        if not word:
            return await self._bare(Asked(slash, actor, "", first_key))
        known = self._words.get(word.casefold())
        if known is None:
            return Reply(unknown_text(word, slash.text.strip(), nearest(word, self._words, most=1)))
        if word.casefold() == "start":
            return await known(Asked(slash, actor, rest.strip()))
        key, rest = leading_key(rest)
        return await known(Asked(slash, actor, rest, key or first_key))

    async def _bare(self, asked: Asked) -> Reply:
        meant = await self._meant(asked)
        if isinstance(meant, str):
            return await self._status(asked)
        return Reply(f"{list_text(await self._finder.open(asked.actor), 'open')}\n{help_text()}")

    async def _help(self, asked: Asked) -> Reply:
        return Reply(help_text())

    async def _start(self, asked: Asked) -> Reply:
        return await self._starting.begin(self._read(asked.rest), asked.actor, trigger=asked.slash.trigger_id, once=asked.once)

    async def _list(self, asked: Asked) -> Reply:
        match asked.rest.casefold():
            case "mine":
                return Reply(list_text(await self._finder.mine(asked.actor), "yours, open"))
            case "all":
                return Reply(list_text(await self._finder.all(asked.actor), "all"))
            case _:
                return Reply(list_text(await self._finder.open(asked.actor), "open"))

    async def _status(self, asked: Asked) -> Reply:
        seen = await self._seen(asked, "status INC-7")
        return seen if isinstance(seen, Reply) else Reply(status_text(room_card(seen.world, seen.incident)))

    async def _tasks(self, asked: Asked) -> Reply:
        """List one's own tasks everywhere, or everybody's in one incident."""
        sealer, viewer = self._parts.sealer, asked.actor.person or ""
        if asked.rest.casefold() != "all" and asked.key is None:
            page = await self._parts.database.read(lambda tx: tasks_of(tx, sealer, TaskFilter(person=viewer), viewer=viewer))
            return Reply(tasks_text(page.items, "yours"))
        seen = await self._seen(asked, "tasks INC-7")
        if isinstance(seen, Reply):
            return seen
        of_incident = TaskFilter(incident_id=seen.incident.id)
        page = await self._parts.database.read(lambda tx: tasks_of(tx, sealer, of_incident, viewer=viewer))
        return Reply(tasks_text(page.items, seen.incident.key))

    async def _done(self, asked: Asked) -> Reply:
        step, _, result = asked.rest.partition(" ")
        if not step:
            return Reply("Which step? For example `/incident done capture`; `/incident tasks` lists yours.")
        return await self._run(asked, c.CompleteStep(step, self._read(result) or None), "done INC-7 capture")

    async def _answer(self, asked: Asked) -> Reply:
        words = asked.rest.split(maxsplit=2)
        if len(words) < 2:
            return Reply("Answer a decision with its step and an option, for example `/incident answer real ours`.")
        note = self._read(words[2]) if len(words) > 2 else None
        return await self._run(asked, c.Answer(words[0], words[1], note), "answer INC-7 real ours")

    async def _assign(self, asked: Asked) -> Reply:
        step, _, who = asked.rest.partition(" ")
        person = person_meant(who, self._parts.library.organisation) if who.strip() else None
        if not step or person is None:
            return Reply("Name a step and somebody of the organisation, for example `/incident assign capture @ana`. Nothing happened.")
        return await self._run(asked, c.AssignStep(step, person), "assign INC-7 capture @ana")

    async def _note(self, asked: Asked) -> Reply:
        return await self._run(asked, c.Note(self._read(asked.rest)), "note INC-7 The site is open again")

    async def _link(self, asked: Asked) -> Reply:
        """Add a link to the first input that takes links; where there is none, note it."""
        seen = await self._seen(asked, "link INC-7 https://…")
        if isinstance(seen, Reply):
            return seen
        url = self._read(asked.rest)
        name = _input_of_links(seen.world.plan.playbook)
        command = c.Add({name: [url]}) if name else c.Note(f"Link: {url}")
        return await self._run(asked, command, "link INC-7 https://…")

    async def _severity(self, asked: Asked) -> Reply:
        level, _, reason = asked.rest.partition(" ")
        seen = await self._seen(asked, "severity INC-7 sev1 reason")
        if isinstance(seen, Reply):
            return seen
        plan = seen.world.plan
        is_below = level in plan.levels and plan.rank(level) < plan.rank(seen.incident.severity)
        command = c.Lower(level, self._read(reason)) if is_below else c.Raise(level, self._read(reason))
        return await self._run(asked, command, "severity INC-7 sev1 reason")

    def _read(self, text: str) -> str:
        return readable(text, self._parts.library.organisation)

    async def _run(self, asked: Asked, command: c.AnyCommand, example: str) -> Reply:
        meant = await self._meant(asked)
        if not isinstance(meant, str):
            return Reply(which(meant, example))
        done = await self._doing.run(meant, command, asked.actor, once=asked.once)
        return Reply(f"{done['text']}{done.get('allowed', '')}")

    async def _seen(self, asked: Asked, example: str) -> Seen | Reply:
        meant = await self._meant(asked)
        if not isinstance(meant, str):
            return Reply(which(meant, example))
        seen = await self._parts.handler.look(meant, asked.actor)
        return seen or Reply(f"No: there is no incident {meant}, or it isn't for you.")

    async def _meant(self, asked: Asked) -> list[IncidentRow] | str:
        slash = asked.slash
        return await self._finder.meant(asked.actor, key=asked.key, channel=slash.channel_id, channel_name=slash.channel_name)


def _input_of_links(playbook: Playbook) -> str | None:
    return next((name for name, asked in playbook.inputs.items() if asked.type == "url_list"), None)
