"""What fits one person: the card of an incident, their own open steps, and the buttons that would work for them now.

Rules:
- Facts come from `engine.incident.cards`, buttons from how the room's messages are drawn: a press means the
  same wherever it stands. `allowed` is a hint for what to show; the core decides when it is pressed.
- Several messages' buttons stand in one view: an id that comes again gets a number behind it.
- Nobody is shown what stands in a private step that is not theirs.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from api.slack.replies import Reply
from engine.channels.blocks import card_blocks
from engine.channels.blocks_task import task_blocks
from engine.channels.slack_text import Facts, button, context, cut, moment, plain, section
from engine.incident.actor import Actor
from engine.incident.allowed import allowed_on_incident
from engine.incident.cards import room_card, task_card
from engine.incident.state import OPEN
from engine.incident.visibility import may_read, takes_part
from engine.runtime.outcome import Seen
from engine.runtime.projection import people_of

Block = dict[str, Any]
Group = Sequence[Block]

_STEPS: Final = 5
_OPTIONS: Final = 5
_BLOCKS: Final = 50
_CHARACTERS: Final = 11_000
"""Of card and steps; the card alone takes 10,000 at most, and Slack 13,200 in all."""
_WHOLE: Final = 44
"""Blocks of an approval that is shown whole beside other things."""
_LABEL: Final = 50
"""Characters of a label, so that its incident fits behind it; Slack takes 75."""
_MENU: Final = (
    ("Hold what is said outside", "hold", "hold"),
    ("Release the hold", "release", "release"),
    ("Add a task", "add-task", "add_task"),
    ("Add a link", "add", "link"),
    ("Contained", "contain", "contain"),
    ("Close", "close", "close"),
    ("Cancel the incident", "cancel", "cancel"),
)
"""Label, the command that must work, and the press; an overflow menu shows five."""


def own_card(seen: Seen, actor: Actor, *, address: str | None = None) -> Reply:
    """Show how an incident stands, what is theirs to do, and the buttons that fit; `address` is the server's."""
    facts = room_card(seen.world, seen.incident)
    card = [block for block in card_blocks(facts) if block["type"] != "actions"]
    mine = [own_step(seen, step, actor, address=address) for step in own_steps(seen, actor)[:_STEPS]]
    groups = [*([[section("*Yours*")]] if mine else []), *mine]
    ending = [{"type": "actions", "elements": list(_buttons(seen, actor))}]
    drawn = fitted([card, *groups], blocks=_BLOCKS - len(ending), characters=_CHARACTERS)
    text = f"{facts['key']}: {cut(facts['title'], 150)}, {facts['status']}, severity {cut(facts['severity'].upper(), 40)}."
    return Reply(text, tuple(numbered([*drawn, *ending])))


def own_steps(seen: Seen, actor: Actor) -> list[str]:
    """List the open steps that wait for somebody."""
    found = []
    for name, state in seen.incident.steps.items():
        step = seen.world.step(seen.incident, name)
        if step is not None and state.state in OPEN and actor.person in people_of(seen.incident, step, state):
            found.append(name)
    return found


def own_step(seen: Seen, step: str, actor: Actor, *, room: str | None = None, address: str | None = None) -> list[Block]:
    """Draw one step in a line with its buttons; an approval whole, because nobody agrees to what they can't see."""
    facts = _facts(seen, step, actor)
    whole = task_blocks(facts, address=address)
    is_approval = facts["kind"] == "approval"
    if is_approval and len(whole) <= _WHOLE:
        return whole
    due = f", due {moment(facts['due_at'])}" if facts["due_at"] else ""
    where = f" in <#{room}>" if room else ""
    words = "\nIts words are too long to show here; they stand in its message." if is_approval else ""
    line = section(f"*{cut(facts['title'] or step, 200)}* (`{cut(step, 60)}`)\n{seen.incident.key}{where}{due}{words}")
    return [line] if is_approval else [line, *_pressable(whole)]


def step_buttons(seen: Seen, step: str, actor: Actor) -> list[Block]:
    """Draw the buttons and ticks of a step as its message has them."""
    return _pressable(task_blocks(_facts(seen, step, actor)))


def _pressable(blocks: Iterable[Block]) -> list[Block]:
    return [block for block in blocks if block["type"] == "actions"]


def _facts(seen: Seen, step: str, actor: Actor) -> Facts:
    """Gather a step's facts: personal values in clear only for who takes part and may read the step."""
    reads = takes_part(seen.world, seen.incident, actor) and may_read(seen.world, seen.incident, step, actor)
    return task_card(seen.world, seen.incident, step, shared=not reads)


def fitted(groups: Iterable[Group], *, blocks: int, characters: int, left: int = 0) -> list[Block]:
    """Take groups of blocks while they fit, whole ones only and the first in any case; count those left out, with `left`."""
    drawn: list[Block] = []
    size, is_full = 0, False
    for group in groups:
        wanted = len(str(group))
        is_full = is_full or (bool(drawn) and (len(drawn) + len(group) >= blocks or size + wanted > characters))
        if is_full:
            left += 1
            continue
        drawn += group
        size += wanted
    return [*drawn, context(f"and {left} more")] if left else drawn


def numbered(blocks: Iterable[Block]) -> Iterator[Block]:
    """Give an id that comes again a number, a label that comes again its incident, and take away block ids."""
    seen: set[str] = set()
    for block in blocks:
        elements = [_renamed(element, seen) for element in block["elements"]] if block["type"] == "actions" else None
        accessory = _renamed(block["accessory"], seen) if "accessory" in block else None
        drawn = {name: value for name, value in block.items() if name != "block_id"}
        yield drawn | ({"elements": elements} if elements else {}) | ({"accessory": accessory} if accessory else {})


def _renamed(element: Block, seen: set[str]) -> Block:
    named = {"action_id": _free(str(element.get("action_id", "")), seen, ":{}")}
    said, key = str(element.get("accessibility_label", "")), str(element.get("value", "")).partition("|")[0]
    return element | named | ({"accessibility_label": _free(said[:_LABEL], seen, f" ({key}, {{}})")} if said else {})


def _free(wanted: str, seen: set[str], ending: str) -> str:
    found = wanted
    while found in seen:
        found = f"{wanted}{ending.format(len(seen))}"
    seen.add(found)
    return found


def _buttons(seen: Seen, actor: Actor) -> Iterator[Block]:
    """The buttons on the incident itself."""
    key, may = seen.incident.key, allowed_on_incident(seen.world, seen.incident, actor)
    yield button("My tasks", action_id="my_tasks", value=key, label=f"Show my tasks in {key}")
    for role in room_card(seen.world, seen.incident)["roles"]:
        if actor.person in role["people"] and not role["acknowledged"]:
            yield button("I'm here", action_id="ack", value=f"{key}|{role['role']}", label=f"Acknowledge {role['title']} in {key}")
            break
    if "note" in may:
        yield button("Add a note", action_id="note", value=key, label=f"Write into the timeline of {key}")
    if "raise" in may or "lower" in may:
        yield button("Change severity", action_id="severity", value=key, label=f"Change the severity of {key}")
    wanted = frozenset(may) - ({"close"} if "contain" in may else frozenset())
    options = [{"text": plain(label, 75), "value": f"{press}|{key}"} for label, name, press in _MENU if name in wanted][:_OPTIONS]
    if options:
        yield {"type": "overflow", "action_id": "more", "options": options}
