"""A message to one person, as Block Kit: the whole sentence, then the card of what it is about.

Rules:
- The sentence stands first, because the notification shows only a preview (`engine.incident.telling`); where it
  says no more than the card, the preview stands there.
- Whoever has got a role is asked to say that they are there, or to hand it over; how they got it is said where
  it was not simply theirs.
"""

from collections.abc import Iterator
from typing import Final

from engine.channels.blocks_parts import Block, Choice, chunks, fits, row, size
from engine.channels.blocks_task import MOST_CHARACTERS, task_blocks
from engine.channels.slack_text import Facts, context, cut, moment, person, section

_MOST: Final = 12_000
_SENTENCE: Final = 700
_PART: Final = 2_900
_PARTS: Final = 4


def told_blocks(text: str, body: Facts, *, address: str | None = None) -> list[Block]:
    """Draw what one person is told; `body` is the delivery's."""
    role, task = body.get("role"), body.get("task")
    if role:
        head = list(_role(text, role, is_alone=not task))
    else:
        head = [_opening(text, body)] if task else _sentence(text)
    return [*head, *task_blocks(task, address=address, most=min(MOST_CHARACTERS, _MOST - size(head)))] if task else head


def _opening(text: str, body: Facts) -> Block:
    """Say what the card below does not: the whole sentence, or only which incident it is about."""
    preview = body.get("preview")
    return context(cut(preview, _SENTENCE)) if preview and body.get("repeats_card") else section(cut(text, _SENTENCE))


def _sentence(text: str) -> list[Block]:
    """Show a text in as many blocks as it takes; what Slack can't take is left out, and said to be."""
    parts = chunks(text) or [text]
    for most in range(min(len(parts), _PARTS), 0, -1):
        blocks = [section(cut(part, _PART)) for part in parts[:most] if part.strip()]
        blocks += [context("The text goes on; it is too long for a Slack message.")] if most < len(parts) else []
        if fits(blocks, MOST_CHARACTERS):
            return blocks
    return [section(cut(text, _PART // 2))]


def _role(text: str, facts: Facts, *, is_alone: bool) -> Iterator[Block]:
    title = cut(facts["role_title"] or facts["role"], 100)
    how = "" if facts["cause"] == "assigned" else f"\n{cut(text, _SENTENCE if is_alone else _SENTENCE // 2)}"
    yield section(f"*You are {title}* in {facts['key']}, {cut(facts['playbook'], 100)}.{how}")
    yield context(*_small_print(facts))
    if facts["note"] and facts["note"] not in text:
        yield section(f"*Note:* {cut(facts['note'], 1_500)}")
    if facts["awaits"]:
        yield section(_waits(facts))
    yield from row(list(_buttons(facts)))


def _waits(facts: Facts) -> str:
    if facts["cause"] in ("late", "called") or not facts["ack_by"]:
        return "Say that you are there, so that nobody has to call on."
    return f"Say by {moment(facts['ack_by'])} that you are there; after that somebody else is asked."


def _small_print(facts: Facts) -> Iterator[str]:
    rehearsal = "*Rehearsal* · " if facts["rehearsal"] else ""
    yield f"{rehearsal}{cut(facts['title'], 150)}"
    yield f"{cut(facts['severity'].upper(), 50)}: {cut(facts['severity_title'], 80)}"
    yield f"Lead: {person(facts, facts['lead'])}"


def _buttons(facts: Facts) -> Iterator[Choice]:
    value, about = f"{facts['key']}|{facts['role']}", f"{facts['role_title'] or facts['role']} in {facts['key']}"
    if facts["awaits"]:
        yield Choice("ack", "I'm here", value, about, style="primary")
    yield Choice("hand_over", "Hand over", value, about)
