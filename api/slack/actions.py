"""Presses on messages: each is a command at once, or the form that asks for the words it needs.

Rules:
- A press carries its incident and step in its value; what it means is decided by the core, on the incident as
  it is now, however old the message is.
- A press that was taken shows by itself, because the message is edited; only a "no" is said, to whoever pressed.
  A direct message is not edited, so there a "yes" is said too.
- An overflow menu (`more`) is the press that its option names.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from api.parts import Parts
from api.slack.doing import Doing
from api.slack.forms.answer_forms import asked_of, needs_note
from api.slack.forms.opening import Forms
from api.slack.forms.scene import About, Asking
from api.slack.payloads import Action, Interaction
from api.slack.replies import Reply
from api.slack.starting import START_INCIDENT
from api.slack.words import tasks_text
from engine.incident import commands as c
from engine.incident.actor import Actor
from engine.incident.plan import World
from engine.incident.state import Incident, StepState
from engine.runtime.viewing import viewer_of
from engine.store.tasks import TaskFilter, tasks_of

OLD: Final = "This button is from another version of Firebreak, so nothing happened. `/incident help` shows the way."

_GROUP: Final = 10
_STEP: Final = ("key", "step")
_WORDS: Final = ("key", "step", "digest")
_ROLE: Final = ("key", "role")
_WHOLE: Final = ("key",)

FORMS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("skip", "decline", "assign", "revise", "write", "publish", "evidence", "record", "comment", "snooze"), _STEP),
    **dict.fromkeys(("reject", "withdraw"), _WORDS),
    "hand_over": _ROLE,
    **dict.fromkeys(("note", "severity", "hold", "release", "link", "add_task", "contain", "close", "cancel"), _WHOLE),
}
"""Presses that open the form of their name: what their value holds."""

AT_ONCE: Final[Mapping[str, tuple[str, ...]]] = {"start": _STEP, "approve": _WORDS, "ack": _ROLE, "join": _WHOLE}
"""Presses that need no words: what their value holds."""

VALUES: Final[Mapping[str, tuple[str, ...]]] = {**FORMS, **AT_ONCE, "done": _STEP, "answer": ("key", "step", "option")}
"""What a press's value holds, joined by `|`."""

LINK: Final = "web_room"
"""A button that opens a page; Slack tells us all the same."""

TOLD: Final[Mapping[str, str]] = {"join": "You take part in {key} now."}
"""What is said after presses whose effect shows in no message."""


@dataclass(frozen=True, slots=True)
class Press:
    """One element that was pressed, by somebody we know; `once` is the same however often Slack sends it.

    `trigger` lets a form open, for three seconds; `back` is where an answer can be whispered, where there is one.
    """

    action: Action
    actor: Actor
    once: str
    trigger: str = ""
    back: str = ""
    is_direct: bool = False
    """It stood in a direct message, which is not edited: what was done has to be said."""
    shown: frozenset[str] | None = None
    """Of checkboxes: the values that were ticked when it was drawn; None where Slack does not say."""

    @property
    def asking(self) -> Asking:
        return Asking(self.actor, self.trigger, self.back, self.is_direct)


def presses(interaction: Interaction, actor: Actor) -> Iterator[Press]:
    """Take an interaction apart."""
    container, user = interaction.container, interaction.user
    where = (container.message_ts or container.view_id or "") if container else ""
    is_direct = interaction.channel is not None and interaction.channel.id.startswith("D")
    for action in interaction.actions:
        at = action.value if where and action.action_id == START_INCIDENT else action.action_ts  # two clicks are one start
        once = f"press:{user.id if user else ''}:{where}:{at}:{action.action_id}"[:255]
        shown = _ticked_at_first(interaction, action.action_id)
        yield Press(action, actor, once, interaction.trigger, interaction.response_url, is_direct, shown)


def _ticked_at_first(interaction: Interaction, action_id: str) -> frozenset[str] | None:
    """Find which checkboxes were ticked when the message (or view) was drawn, which its reader may have seen."""
    blocks = interaction.view.blocks if interaction.view else interaction.message.get("blocks") or []
    rows = (block.get("elements") or [] for block in blocks if block.get("type") == "actions")
    found = (each for elements in rows for each in elements if each.get("action_id") == action_id)
    element = next(found, None)
    return None if element is None else frozenset(str(option.get("value")) for option in element.get("initial_options") or [])


class Presses:
    """Answers presses."""

    def __init__(self, parts: Parts, doing: Doing, forms: Forms) -> None:
        self._parts = parts
        self._doing = doing
        self._forms = forms

    async def answer(self, press: Press) -> Reply:
        """Do what a press asks; where there is no place for a whisper, its words take a form's place."""
        reply = await self._answered(_chosen(press))
        if reply.text and not press.back:
            await self._forms.tell(reply.text, press.trigger)
            return Reply()
        return reply

    async def _answered(self, press: Press) -> Reply:
        name, _, detail = press.action.action_id.partition(":")
        named = (press.action.value or "").split("|")
        if name == LINK:
            return Reply()
        if name == "my_tasks":
            return await self._my_tasks(press.actor)
        if name == "tick":
            return await self._tick(press, detail)
        about = _about(VALUES.get(name, ()), named)
        if about is None:
            return Reply(OLD)
        match name:
            case "done":
                return await self._done(press, about)
            case "answer":
                return await self._answer(press, about)
            case _ if name in FORMS:
                return await self._forms.open(name, about, press.asking)
            case _:
                return await self._run(press, about.key, _command(name, about, press.actor))

    async def _run(self, press: Press, key: str, command: c.AnyCommand, *, part: str = "") -> Reply:
        done = await self._doing.run(key, command, press.actor, once=f"{press.once}{part}")
        if done["ok"] and press.is_direct and not part:
            return Reply(str(done["text"]))
        if done["ok"]:
            return Reply(TOLD.get(press.action.action_id.partition(":")[0], "").format(key=key))
        step = getattr(command, "step", "")
        return Reply(f"{done['text']}{done['allowed'] or await self._doing.works_now(key, step, press.actor)}")

    async def _done(self, press: Press, about: About) -> Reply:
        """Complete a step; where it asks for a result, ask for that first."""
        seen = await self._parts.handler.look(about.key, press.actor)
        if seen is not None and asked_of(seen.world, seen.incident, about.step) is not None:
            return await self._forms.open("done", about, press.asking)
        return await self._run(press, about.key, c.CompleteStep(about.step))

    async def _answer(self, press: Press, about: About) -> Reply:
        """Answer a decision; where the answer has to be explained, ask for the note first."""
        seen = await self._parts.handler.look(about.key, press.actor)
        if seen is not None and needs_note(seen.world, seen.incident, about.step, about.option):
            was_taken = await self._doing.before(press.actor, once=press.once, typed=press.once)  # it comes again, after a revision
            if was_taken is None:
                return await self._forms.open("answer", about, press.asking)
        return await self._run(press, about.key, c.Answer(about.step, about.option))

    async def _my_tasks(self, actor: Actor) -> Reply:
        viewer = viewer_of(self._parts.library.organisation, actor)
        page = await self._parts.database.read(lambda tx: tasks_of(tx, self._parts.sealer, TaskFilter(person=viewer), viewer=viewer))
        return Reply(tasks_text(page.items, "yours"))

    async def _tick(self, press: Press, detail: str) -> Reply:
        """Tick and untick what differs from the incident as it is: `tick:<first>:<key>|<step>`."""
        first, _, named = detail.partition(":")
        key, _, step = named.partition("|")
        seen = await self._parts.handler.look(key, press.actor)
        if seen is None or not first.isdecimal():
            return Reply(OLD)
        for number, done in _differences(seen.world, seen.incident, step, int(first), press):
            reply = await self._run(press, key, c.TickItem(step, number, done), part=f":{number}")
            if reply.text:
                return reply
        return Reply()


def _chosen(press: Press) -> Press:
    """Turn the choice of a menu, `<action id>|<value>`, or of a list of answers, `<value>`, into the press that it names."""
    option = press.action.selected_option
    if press.action.action_id.partition(":")[0] == "answer" and option is not None:
        return replace(press, action=Action("answer", press.action.action_ts, option.value))
    if press.action.action_id.partition(":")[0] != "more" or option is None:
        return press
    name, _, value = option.value.partition("|")
    return replace(press, action=Action(name, press.action.action_ts, value))


def _about(fields: tuple[str, ...], named: list[str]) -> About | None:
    """Read a press's value; None when it holds something else than is meant here."""
    is_meant = fields and len(named) == len(fields) and all(named)
    return About(**dict(zip(fields, named, strict=True))) if is_meant else None


def _command(name: str, about: About, actor: Actor) -> c.AnyCommand:
    """Give the command of a press that needs no words."""
    match name:
        case "start":
            return c.StartStep(about.step)
        case "approve":
            return c.Approve(about.step, about.digest)
        case "ack":
            return c.Acknowledge(about.role)
        case _:
            return c.Invite(actor.person or "")


def _differences(world: World, incident: Incident, step: str, first: int, press: Press) -> Iterator[tuple[str, bool]]:
    """Compare ten items' ticks with what the checkboxes show; items by their number from 1.

    Slack sends all ten, as whoever pressed saw them: what somebody else ticked meanwhile is not theirs to take back.
    """
    found, state = world.step(incident, step), incident.steps.get(step, StepState())
    wanted = {option.value for option in press.action.selected_options or []}
    for place, item in enumerate(found.checklist[first : first + _GROUP] if found else [], first + 1):
        number, tick = str(place), state.ticks.get(item.item)
        is_untouched = press.shown is not None and (number in press.shown) == (number in wanted)
        if (tick is not None) == (number in wanted) or (is_untouched and (tick is None or tick.by != press.actor.person)):
            continue
        yield number, number in wanted
