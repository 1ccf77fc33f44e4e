"""The one card of an incident's room, as Block Kit.

Rules:
- Newest facts first; severity and state in words, never in colour or emoji alone.
- At most five buttons. Every part is shortened on its own, and lists once more, until the whole passes Slack's
  50 blocks and our 10,000 characters (Slack refuses somewhere above 13,000).
- A card holds facts only (`engine.incident.cards`); this file adds words and marks.
"""

from collections.abc import Iterator
from typing import Final

from engine.channels.blocks_parts import Block, Choice, drawn, fits, menu, page_button
from engine.channels.slack_text import Facts, context, cut, header, moment, person, section
from engine.channels.web_room import room_page
from engine.incident.labels import STATUSES

MAX_CHARACTERS: Final = 10_000
"""Budget of a whole message's blocks as JSON (slackapi/bolt-js#2509 saw a limit near 13,200)."""

_SIZES: Final = (6, 4, 2, 1)
"""How many open steps, milestones and roles are listed: fewer until the card fits."""

_OVER: Final = ("complete", "cancelled")
_COUNTED: Final = (
    ("doing", "being worked on"),
    ("ready", "ready"),
    ("waiting", "waiting"),
    ("done", "done"),
    ("skipped", "skipped"),
    ("blocked", "blocked"),
)


def card_blocks(facts: Facts, *, address: str | None = None) -> list[Block]:
    """Draw the facts of `room_card`; `address` is the server's, for the button that opens the incident's page."""
    page = room_page(address, facts["key"])
    for most in _SIZES:
        blocks = list(_card(facts, page, most))
        if fits(blocks, MAX_CHARACTERS):
            return blocks
    return [header(facts["key"]), section(_state(facts)), *_buttons(facts, page)]


def _card(facts: Facts, page: str | None, most: int) -> Iterator[Block]:
    yield header(f"{facts['key']}: {facts['title']}")
    if facts.get("rehearsal"):
        yield section("*This is a rehearsal.* Nothing here is real and nothing leaves this channel.")
    if facts.get("hold"):
        yield section(_hold(facts))
    yield {"type": "section", "fields": [{"type": "mrkdwn", "text": text} for text in _fields(facts)]}
    yield section(_list("*Now*", [_open_step(facts, step) for step in facts["now"]], most, nothing="Nothing is open."))
    if facts["milestones"]:
        yield section(_list("*Milestones*", [_milestone(each) for each in facts["milestones"]], most))
    roles = [role for role in facts["roles"] if role["person"] or role["unfilled"]]
    if roles:
        yield context(*(f"{cut(role['title'], 60)}: {_held_by(facts, role)}" for role in roles[: most + 2]))
    yield context(_counts(facts["counts"]), f"Declared {moment(facts['declared_at'])}", cut(facts["playbook"], 80))
    yield from _buttons(facts, page)


def _fields(facts: Facts) -> Iterator[str]:
    yield f"*Severity*\n{_severity(facts)}"
    yield f"*Status*\n{_state(facts)}"
    yield f"*Lead*\n{person(facts, facts['lead'])}"
    due = next((step for step in facts["now"] if step["due_at"]), None)
    yield f"*Next due*\n{_next(due)}" if due else "*Next due*\nNothing has a due time."
    if facts.get("next_check_at"):
        yield f"*Next update*\n{moment(facts['next_check_at'])}"


def _next(step: Facts) -> str:
    return f"{moment(step['due_at'])}: {cut(step['title'] or step['step'], 80)}"


def _severity(facts: Facts) -> str:
    return f"{cut(facts['severity'].upper(), 50)}: {cut(facts['severity_title'], 80)}"


def _state(facts: Facts) -> str:
    merged = f", merged into {cut(facts['merged_into'], 20)}" if facts.get("merged_into") else ""
    return f"{STATUSES.get(facts['status'], facts['status'])}{merged}"


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
    return f"{cut(step['title'] or step['step'], 100)} ({', '.join(part for part in (role, who) if part)}){due}"


def _milestone(milestone: Facts) -> str:
    title = cut(milestone["title"], 100)
    match milestone["state"]:
        case "reached":
            return f"{title}: reached {moment(milestone['reached_at'])}"
        case "missed":
            return f"{title}: *missed*, was due {moment(milestone['due_at'])}"
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


def _list(title: str, lines: list[str], most: int, *, nothing: str = "None.") -> str:
    more = len(lines) - most
    shown = [f"•  {line}" for line in lines[:most]] + ([f"•  and {more} more"] if more > 0 else [])
    return "\n".join([title, *(shown or [nothing])])


def _buttons(facts: Facts, page: str | None) -> Iterator[Block]:
    key, is_over = facts["key"], facts["status"] in _OVER
    pressed = [Choice("my_tasks", "My tasks", key, f"show mine in {key}"), Choice("note", "Add a note", key, f"to the timeline of {key}")]
    if not is_over and facts["closed_at"] is None:
        pressed.append(Choice("severity", "Change severity", key, f"of {key}"))
    link = [page_button("Open the page", page, about=key)] if page else []
    rest = [] if is_over else [menu(list(_more(facts)))]
    yield {"type": "actions", "elements": [*map(drawn, pressed), *link, *rest]}


def _more(facts: Facts) -> Iterator[Choice]:
    """What the lead does seldom, five lines at most: stop or go on outside, add, and bring to an end."""
    key = facts["key"]
    yield Choice("release", "Release the hold", key, "") if facts.get("hold") else Choice("hold", "Hold what is said outside", key, "")
    yield Choice("add_task", "Add a task", key, "")
    yield Choice("link", "Add a link", key, "")
    if facts["closed_at"] is not None:
        return
    yield Choice("contain", "Contained", key, "") if facts["contained_at"] is None else Choice("close", "Close", key, "")
    yield Choice("cancel", "Cancel the incident", key, "")
