"""The words of `/incident` that act on the whole incident: its people, its severity, its record, its course."""

from collections.abc import Callable, Mapping

from api.slack.acting import Acting
from api.slack.asked import Asked
from api.slack.looking import Word
from api.slack.replies import Reply
from engine.channels.slack_text import cut
from engine.incident import commands as c
from engine.incident.cards import room_card
from engine.incident.severity import change_to
from engine.language.playbook import Playbook
from engine.language.suggest import nearest
from engine.runtime.outcome import Seen
from engine.store.library import by_version

_EXAMPLES: Mapping[str, str] = {
    "note": "note INC-7 The site is open again",
    "hold": "hold INC-7 The police asked us to wait",
    "release": "release INC-7 The police agree",
    "cancel": "cancel INC-7 It was a film set",
    "reopen": "reopen INC-7 It is spreading again",
    "restrict": "restrict INC-7 The person asked for it",
    "link": "link INC-7 https://…",
    "severity": "severity INC-7 sev1 It is spreading",
    "role": "role INC-7 legal @ben",
    "handover": "handover INC-7 legal @ben Nothing is open",
    "metric": "metric INC-7 views 12000",
    "merge": "merge INC-7 INC-3",
    "invite": "invite INC-7 @dee",
    "fill": "fill INC-7 site Plant 4",
    "add": "add INC-7 people Jo Doe, Sam Roe",
    "migrate": "migrate INC-7 1.4.0",
    "add-task": "add-task INC-7 legal Ask the owner of the clip",
}
_WITH_TEXT: Mapping[str, Callable[[str], c.AnyCommand]] = {
    "note": c.Note,
    "hold": c.Hold,
    "release": c.Release,
    "cancel": c.Cancel,
    "reopen": c.Reopen,
    "restrict": c.Restrict,
}
_WITHOUT_FORM = ("reopen", "restrict")


class Steering:
    """Answers the words about a whole incident."""

    def __init__(self, acting: Acting) -> None:
        self._acting = acting
        self.words: Mapping[str, Word] = {
            **{name: self._with_text(name) for name in _WITH_TEXT},
            "contain": self._contain,
            "close": self._close,
            "severity": self._severity,
            "link": self._link,
            "metric": self._metric,
            "role": self._role,
            "handover": self._handover,
            "ack": self._ack,
            "invite": self._invite,
            "merge": self._merge,
            "fill": self._fill,
            "add": self._add,
            "migrate": self._migrate,
            "add-task": self._task,
        }

    def _with_text(self, name: str) -> Word:
        """Make a word that takes a reason or a text; without one its form opens."""

        async def word(asked: Asked) -> Reply:
            if not asked.rest and name in _WITHOUT_FORM:
                return Reply(f"Say why, for example `/incident {_EXAMPLES[name]}`. Nothing happened.")
            if not asked.rest:
                return await self._acting.form(asked, name, _EXAMPLES[name])
            return await self._acting.run(asked, _WITH_TEXT[name](self._acting.read(asked.rest)), _EXAMPLES[name])

        return word

    async def _contain(self, asked: Asked) -> Reply:
        return await self._acting.run(asked, c.Contain(), "contain INC-7")

    async def _close(self, asked: Asked) -> Reply:
        return await self._acting.run(asked, c.Close(), "close INC-7")

    async def _severity(self, asked: Asked) -> Reply:
        """Raise or lower, whichever the level means; without a reason the form opens."""
        level, reason = asked.first()
        if not reason.strip():
            return await self._acting.form(asked, "severity", _EXAMPLES["severity"])
        seen = await self._acting.seen(asked, _EXAMPLES["severity"])
        if isinstance(seen, Reply):
            return seen
        command = change_to(seen.world, seen.incident, level, self._acting.read(reason))
        return await self._acting.run(asked, command, _EXAMPLES["severity"])

    async def _link(self, asked: Asked) -> Reply:
        """Add a link to the first input that takes links (where there is none, note it); say who else has it."""
        if not asked.rest:
            return await self._acting.form(asked, "link", _EXAMPLES["link"])
        seen = await self._acting.seen(asked, _EXAMPLES["link"])
        if isinstance(seen, Reply):
            return seen
        url, name = self._acting.read(asked.rest), _input_of_links(seen.world.plan.playbook)
        command = c.Add({name: [url]}) if name else c.Note(f"Link: {url}")
        done = await self._acting.run(asked, command, _EXAMPLES["link"])
        others = await self._acting.finder.with_links(asked.actor, [url], but=seen.incident.key)
        return Reply(f"{done.text} {', '.join(others)} {'has' if len(others) == 1 else 'have'} this link too.") if others else done

    async def _metric(self, asked: Asked) -> Reply:
        seen = await self._acting.seen(asked, _EXAMPLES["metric"])
        if isinstance(seen, Reply):
            return seen
        name, value = asked.first()
        known = seen.world.plan.playbook.metrics
        if name not in known or not value.strip():
            names = (
                ", ".join(f"`{each}` ({cut(known[each].title, 60)})" for each in dict.fromkeys((*nearest(name, known), *known))) or "none"
            )
            unknown = f"There is no metric `{cut(name, 60)}`. " if name and name not in known else ""
            return Reply(
                f"{unknown}Name a metric and its value, for example `/incident {_EXAMPLES['metric']}`. This playbook's metrics: {names}."
            )
        values = {name: _metric_value(known[name].type, value.strip())}
        return await self._acting.run(asked, c.RecordMetrics(values), _EXAMPLES["metric"])

    async def _role(self, asked: Asked) -> Reply:
        role, who = asked.first()
        person = self._acting.person(who)
        if not role or person is None:
            nobody = self._acting.nobody(who)
            return Reply(f"{nobody}Name a role and somebody, for example `/incident {_EXAMPLES['role']}`; `/incident roles` lists them.")
        return await self._acting.run(asked, c.NameRole(role, person), _EXAMPLES["role"])

    async def _handover(self, asked: Asked) -> Reply:
        """Give a role to somebody else; with the role alone its form opens."""
        match asked.words(3):
            case [role]:
                return await self._acting.form(asked, "hand_over", _EXAMPLES["handover"], role=role)
            case [role, who, *note] if (person := self._acting.person(who)) is not None:
                command = c.HandOver(role, person, self._acting.read(note[0]) if note else "")
                return await self._acting.run(asked, command, _EXAMPLES["handover"])
            case named:
                nobody = self._acting.nobody(named[1]) if len(named) > 1 else ""
                return Reply(f"{nobody}Name your role and whom it goes to, for example `/incident {_EXAMPLES['handover']}`.")

    async def _ack(self, asked: Asked) -> Reply:
        """Acknowledge a role; without a name, the one that waits for whoever asks."""
        seen = await self._acting.seen(asked, "ack INC-7")
        if isinstance(seen, Reply):
            return seen
        role = asked.rest or _unacknowledged(seen, asked.actor.person)
        if role is None:
            return Reply(f"You hold no role in {seen.incident.key} that waits for you.")
        return await self._acting.run(asked, c.Acknowledge(role), "ack INC-7 legal")

    async def _invite(self, asked: Asked) -> Reply:
        person = self._acting.person(asked.rest)
        if person is None:
            return Reply(
                f"{self._acting.nobody(asked.rest)}Name somebody of the organisation, for example `/incident {_EXAMPLES['invite']}`."
            )
        return await self._acting.run(asked, c.Invite(person), _EXAMPLES["invite"])

    async def _merge(self, asked: Asked) -> Reply:
        """Settle an incident as a duplicate of another that the person may know of."""
        into = asked.rest.upper()
        other = await self._acting.parts.handler.look(into, asked.actor) if into else None
        if other is None:
            return Reply(f"Name the incident that stays, for example `/incident {_EXAMPLES['merge']}`.")
        return await self._acting.run(asked, c.Merge(other.incident.key), _EXAMPLES["merge"])

    async def _fill(self, asked: Asked) -> Reply:
        """Give an answer that was open at the start; several people or links stand with commas between them."""
        seen = await self._acting.seen(asked, _EXAMPLES["fill"])
        if isinstance(seen, Reply):
            return seen
        name, value = asked.first()
        if not name or not value.strip():
            names = ", ".join(f"`{each}` ({cut(one.label or each, 60)})" for each, one in seen.world.plan.playbook.inputs.items())
            return Reply(f"Name what was asked and its answer, for example `/incident {_EXAMPLES['fill']}`. What is asked: {names}.")
        known, text = seen.world.plan.playbook.inputs.get(name), self._acting.read(value)
        several = known is not None and known.type in ("people", "url_list")
        given = [each.strip() for each in text.split(",") if each.strip()] if several else text
        return await self._acting.run(asked, c.Fill({name: given}), _EXAMPLES["fill"])

    async def _add(self, asked: Asked) -> Reply:
        """Add people or links to what is known already, with commas between them."""
        name, values = asked.first()
        given = [each.strip() for each in self._acting.read(values).split(",") if each.strip()]
        if not given:
            return Reply(f"Name what it belongs to and what to add, for example `/incident {_EXAMPLES['add']}`.")
        return await self._acting.run(asked, c.Add({name: given}), _EXAMPLES["add"])

    async def _migrate(self, asked: Asked) -> Reply:
        """Move the run to another published version of its playbook."""
        seen = await self._acting.seen(asked, _EXAMPLES["migrate"])
        if isinstance(seen, Reply):
            return seen
        if not asked.rest:
            return Reply(f"Name the version, for example `/incident {_EXAMPLES['migrate']}`. Nothing happened.")
        playbook = seen.incident.playbook.id
        version = await self._acting.parts.database.read(lambda tx: by_version(tx, playbook, asked.rest))
        return await self._acting.run(asked, c.Migrate(asked.rest, version.digest if version else ""), _EXAMPLES["migrate"])

    async def _task(self, asked: Asked) -> Reply:
        """Add a task; without its title the form opens."""
        role, title = asked.first()
        if not title.strip():
            return await self._acting.form(asked, "add_task", _EXAMPLES["add-task"])
        return await self._acting.run(asked, c.AddTask(self._acting.read(title), role), _EXAMPLES["add-task"])


def _input_of_links(playbook: Playbook) -> str | None:
    return next((name for name, asked in playbook.inputs.items() if asked.type == "url_list"), None)


def _metric_value(kind: str, written: str) -> str | bool:
    answers = {"yes": True, "true": True, "no": False, "false": False}
    return answers.get(written.casefold(), written) if kind == "yes_no" else written.rstrip("%").replace(",", "")


def _unacknowledged(seen: Seen, person: str | None) -> str | None:
    roles = room_card(seen.world, seen.incident)["roles"]
    return next((role["role"] for role in roles if person in role["people"] and not role["acknowledged"]), None)
