"""The words of `/incident` that work on one step. A word without what it needs opens the step's form, or shows an example."""

from collections.abc import Mapping

from api.slack.acting import Acting
from api.slack.asked import Asked
from api.slack.looking import Word
from api.slack.own_card import own_step, step_buttons
from api.slack.replies import Reply
from engine.channels.slack_text import cut, section
from engine.incident import commands as c
from engine.language.playbook import Approval, Decision, Task
from engine.language.suggest import nearest

_EXAMPLES: Mapping[str, str] = {
    "skip": "skip INC-7 capture It is already offline",
    "decline": "decline INC-7 capture I am travelling",
    "comment": "comment INC-7 capture The site has two cameras",
    "snooze": "snooze INC-7 capture 15m",
    "assign": "assign INC-7 capture @ana",
    "write": "write INC-7 statement",
    "publish": "publish INC-7 post",
    "evidence": "evidence INC-7 keep",
    "record": "record INC-7 watch",
}
_WITH_WORDS = ("skip", "decline", "comment", "snooze")
_KEYS = ("approve", "reject", "withdraw")
_FORMS = ("write", "publish", "evidence", "record")


class Working:
    """Answers the words about a step."""

    def __init__(self, acting: Acting) -> None:
        self._acting = acting
        self.words: Mapping[str, Word] = {
            "done": self._done,
            "begin": self._begin,
            "tick": self._tick,
            "answer": self._answer,
            **dict.fromkeys(_KEYS, self._keys),
            "assign": self._assign,
            **{name: self._with_words(name) for name in _WITH_WORDS},
            **{name: self._by_form(name) for name in _FORMS},
        }

    async def _done(self, asked: Asked) -> Reply:
        """Complete a step; when it asks for a result that was not typed, its form opens."""
        step, result = asked.first()
        if not step:
            return Reply("Which step? For example `/incident done capture`; `/incident tasks` lists yours.")
        if not result and await self._asks(asked, step):
            return await self._acting.form(asked, "done", "done INC-7 capture It is saved", step=step)
        return await self._acting.run(asked, c.CompleteStep(step, self._acting.read(result) or None), "done INC-7 capture")

    async def _asks(self, asked: Asked, step: str) -> bool:
        seen = await self._acting.seen(asked, "done INC-7 capture")
        found = None if isinstance(seen, Reply) else seen.world.step(seen.incident, step)
        return isinstance(found, Task) and found.result is not None and found.result.required

    async def _begin(self, asked: Asked) -> Reply:
        if not asked.rest:
            return Reply("Which step? For example `/incident begin capture` says that you are on it.")
        return await self._acting.run(asked, c.StartStep(asked.rest), "begin INC-7 capture")

    async def _tick(self, asked: Asked) -> Reply:
        step, item = asked.first()
        if not step or not item:
            return Reply("Tick an item by its number or text, for example `/incident tick capture 1`.")
        return await self._acting.run(asked, c.TickItem(step, self._acting.read(item)), "tick INC-7 capture 1")

    async def _answer(self, asked: Asked) -> Reply:
        """Answer a decision; without an option its answers are shown as buttons."""
        match asked.words(3):
            case [step, option, *note]:
                command = c.Answer(step, option, self._acting.read(note[0]) if note else None)
                return await self._acting.run(asked, command, "answer INC-7 real ours")
            case [step]:
                return await self._options(asked, step)
            case _:
                return Reply("Answer a decision with its step and an option, for example `/incident answer real ours`.")

    async def _options(self, asked: Asked, step: str) -> Reply:
        seen = await self._acting.seen(asked, "answer INC-7 real ours")
        if isinstance(seen, Reply):
            return seen
        found = seen.world.step(seen.incident, step)
        if not isinstance(found, Decision):
            return Reply(f"There is no decision `{cut(step, 60)}` in {seen.incident.key}. For example `/incident answer real ours`.")
        options = ", ".join(f"`{name}` ({cut(option.label, 60)})" for name, option in found.options.items())
        text = f"*{cut(found.title, 200)}* For example `/incident answer {found.id} {next(iter(found.options))}`. The answers: {options}."
        return Reply(text, (section(text[:3_000]), *step_buttons(seen, step, asked.actor)))

    async def _keys(self, asked: Asked) -> Reply:
        """Show an approval with its buttons: a key is turned under the exact words, never by a line."""
        step, _ = asked.first()
        seen = await self._acting.seen(asked, "approve INC-7 agree")
        if isinstance(seen, Reply):
            return seen
        found = seen.world.step(seen.incident, step)
        if not isinstance(found, Approval):
            known = [name for name, each in seen.world.plan.steps.items() if isinstance(each, Approval)]
            names = ", ".join(f"`{name}`" for name in dict.fromkeys((*nearest(step, known), *known))) or "none"
            asked_for = f"There is no approval `{cut(step, 60)}`." if step else "Which approval?"
            return Reply(
                f"{asked_for} Those of {seen.incident.key}: {names}. For example `/incident approve agree` shows its words and buttons."
            )
        text = f"{seen.incident.key}: keys are turned by the buttons under the exact words."
        return Reply(text, (section(text), *own_step(seen, step, asked.actor, address=self._acting.parts.settings.address)))

    async def _assign(self, asked: Asked) -> Reply:
        """Give a step to somebody; without a name its form opens."""
        step, who = asked.first()
        if step and not who.strip():
            return await self._acting.form(asked, "assign", _EXAMPLES["assign"], step=step)
        person = self._acting.person(who)
        if not step or person is None:
            who = self._acting.nobody(who)
            return Reply(
                f"{who}Name a step and somebody of the organisation, for example `/incident assign capture @ana`. Nothing happened."
            )
        return await self._acting.run(asked, c.AssignStep(step, person), _EXAMPLES["assign"])

    def _with_words(self, name: str) -> Word:
        """Make a word that takes a step and a text."""

        async def word(asked: Asked) -> Reply:
            step, text = asked.first()
            if not step:
                return Reply(f"Which step? For example `/incident {_EXAMPLES[name]}`. Nothing happened.")
            if not text.strip():
                return await self._acting.form(asked, name, _EXAMPLES[name], step=step)
            return await self._acting.run(asked, _command(name, step, self._acting.read(text)), _EXAMPLES[name])

        return word

    def _by_form(self, name: str) -> Word:
        """Make a word that takes a step and opens its form: what it asks for is too long for one line."""

        async def word(asked: Asked) -> Reply:
            if not asked.rest:
                return Reply(f"Which step? For example `/incident {_EXAMPLES[name]}` opens its form.")
            return await self._acting.form(asked, name, _EXAMPLES[name], step=asked.rest.split()[0])

        return word


def _command(name: str, step: str, text: str) -> c.AnyCommand:
    match name:
        case "skip":
            return c.SkipStep(step, text)
        case "decline":
            return c.Decline(step, text)
        case "comment":
            return c.Comment(step, text)
        case _:
            return c.Snooze(step, text)
