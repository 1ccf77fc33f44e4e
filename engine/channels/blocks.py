"""The one card of an incident's room, as Block Kit.

Rules:
- Newest facts first; severity and state in words, never in colour or emoji alone.
- Every part is shortened on its own, so that the whole never passes Slack's 50 blocks or our 10,000
  characters (Slack refuses somewhere above 13,000).
- A card holds facts only (`engine.incident.cards`); this file adds words and marks.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from engine.channels.slack_text import Facts, button, context, cut, header, moment, person, section

MAX_CHARACTERS: Final = 10_000
"""Budget of a whole message's blocks as JSON (slackapi/bolt-js#2509 saw a limit near 13,200)."""

Block = dict[str, Any]

_MILESTONES: Final = 8
_ROLES: Final = 10
_STATUS: Final = {
    "active": "Active",
    "contained": "Contained",
    "closed": "Closed, in follow-up",
    "complete": "Complete",
    "cancelled": "Cancelled",
}
_COUNTED: Final = (
    ("doing", "being worked on"),
    ("ready", "ready"),
    ("waiting", "waiting"),
    ("done", "done"),
    ("skipped", "skipped"),
    ("blocked", "blocked"),
)


def card_blocks(facts: Facts) -> list[Block]:
    """Draw the facts of `room_card`."""
    return list(_card(facts))


def _card(facts: Facts) -> Iterator[Block]:
    yield header(f"{facts['key']}: {facts['title']}")
    if facts.get("rehearsal"):
        yield section("*This is a rehearsal.* Nothing here is real and nothing leaves this channel.")
    if facts.get("hold"):
        yield section(_hold(facts))
    yield {"type": "section", "fields": [{"type": "mrkdwn", "text": text} for text in _fields(facts)]}
    yield section(_list("*Now*", [_open_step(facts, step) for step in facts["now"]], nothing="Nothing is open."))
    if facts["milestones"]:
        yield section(_list("*Milestones*", [_milestone(each) for each in facts["milestones"][:_MILESTONES]]))
    if facts["roles"]:
        yield context(*(f"{cut(role['title'], 60)}: {_held_by(facts, role)}" for role in islice(facts["roles"], _ROLES)))
    yield context(_counts(facts["counts"]))
    yield {"type": "actions", "elements": [_my_tasks(facts)]}


def _fields(facts: Facts) -> Iterator[str]:
    yield f"*Severity*\n{cut(facts['severity'].upper(), 50)}: {cut(facts['severity_title'], 80)}"
    yield f"*Status*\n{_STATUS.get(facts['status'], facts['status'])}{_merged(facts)}"
    yield f"*Lead*\n{person(facts, facts['lead'])}"
    yield f"*Declared*\n{moment(facts['declared_at'])}"
    yield f"*Playbook*\n{cut(facts['playbook'], 80)}"


def _merged(facts: Facts) -> str:
    return f", merged into {cut(facts['merged_into'], 20)}" if facts.get("merged_into") else ""


def _hold(facts: Facts) -> str:
    hold = facts["hold"]
    return (
        f"*On hold* since {moment(hold['at'])}, by {person(facts, hold['by'])}: {cut(hold['reason'] or 'no reason given', 300)}\n"
        "Nothing goes outside until another key-holder releases it."
    )


def _open_step(facts: Facts, step: Facts) -> str:
    due = f", due {moment(step['due_at'])}" if step["due_at"] else ""
    role = cut(step["role_title"] or "", 60)
    who = "private" if step["private"] else person(facts, step["person"])
    return f"{cut(step['title'], 100)} ({', '.join(part for part in (role, who) if part)}){due}"


def _milestone(milestone: Facts) -> str:
    title = cut(milestone["title"], 100)
    match milestone["state"]:
        case "reached":
            return f"{title}: reached {moment(milestone['reached_at'])}"
        case "missed":
            return f"{title}: missed, was due {moment(milestone['due_at'])}"
        case "not_applicable":
            return f"{title}: not needed any more"
        case _:
            return f"{title}: due {moment(milestone['due_at'])}" if milestone["due_at"] else f"{title}: not started"


def _held_by(facts: Facts, role: Facts) -> str:
    if role["unfilled"]:
        return "*nobody eligible*"
    return person(facts, role["person"])


def _counts(counts: Facts) -> str:
    shown = [f"{counts[state]} {words}" for state, words in _COUNTED if counts.get(state)]
    return "Steps: " + (", ".join(shown) or "none")


def _list(title: str, lines: list[str], *, nothing: str = "None.") -> str:
    return "\n".join([title, *(f"•  {line}" for line in lines)]) if lines else f"{title}\n{nothing}"


def _my_tasks(facts: Facts) -> Block:
    return button("My tasks", action_id="my_tasks", value=facts["key"], label=f"Show my tasks in {facts['key']}")
