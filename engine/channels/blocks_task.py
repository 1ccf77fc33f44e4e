"""The message of one step, as Block Kit: what it is, whose it is, until when, and the buttons that answer it.

Rules:
- Settled steps keep no button but what may still be changed; who settled them, and when, stands in their place.
- Words to be approved are shown exactly and whole, or not at all; then there is a link and no button to approve.
- What does not fit into Slack's limits is left out in this order: how to do it, the words, everything but the title.
- Facts come from `engine.incident.cards`; this file adds words and marks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from engine.channels.blocks_buttons import step_rows
from engine.channels.blocks_kinds import of_kind
from engine.channels.blocks_parts import Block, fits, page_button
from engine.channels.blocks_words import OPEN, can_be_whole, too_long
from engine.channels.slack_text import Facts, context, cut, cut_plain, moment, person, plain, section
from engine.channels.web_room import room_page
from engine.incident.labels import KINDS

MOST_CHARACTERS: Final = 10_000
"""Of a step's blocks as JSON, so that what stands above them in a direct message still fits (12,000 in all)."""

_CHECKBOXES: Final = 10
_OPTION: Final = 75


@dataclass(frozen=True, slots=True)
class _Extent:
    """How much of a step is drawn: its exact words, and how to do it."""

    words: bool
    detail: bool


_EXTENTS: Final = tuple(_Extent(words, detail) for words in (True, False) for detail in (True, False))


def task_blocks(facts: Facts, *, address: str | None = None, most: int = MOST_CHARACTERS) -> list[Block]:
    """Draw the facts of `task_card` in at most `most` characters; `address` is the server's, for what must be read there."""
    page = room_page(address, facts["key"], facts["step"])
    for extent in _EXTENTS:
        blocks = list(_task(facts, extent, page))
        if fits(blocks, most):
            return blocks
    return [*_head(facts), section("There is more of it than Slack can show."), *_page(facts, page)]


def _task(facts: Facts, extent: _Extent, page: str | None) -> Iterator[Block]:
    yield from _head(facts)
    if facts["private"] and "do" not in facts:
        return
    if extent.detail:
        yield from _guidance(facts)
    whole = extent.words and can_be_whole(facts)
    yield from of_kind(facts, whole=whole, detail=extent.detail)
    is_hidden = _has_words(facts) and not whole
    if is_hidden:
        yield too_long(facts, page)
    yield from _checklist(facts)
    yield from step_rows(facts, whole=whole)
    if is_hidden and not facts.get("masked"):
        yield from _page(facts, page)


def _head(facts: Facts) -> Iterator[Block]:
    yield section(f"*{cut(facts['title'] or facts['step'], 300)}*\n{_standing(facts)}")
    yield context(*_small_print(facts))


def _has_words(facts: Facts) -> bool:
    """Whether there is something exact to read: words, or the work that a key binds to."""
    return bool(facts.get("texts") or facts.get("work") or facts.get("masked"))


def _page(facts: Facts, page: str | None) -> Iterator[Block]:
    if page is not None:
        yield {"type": "actions", "elements": [page_button("Open its page", page, about=facts["title"] or facts["step"])]}


def _small_print(facts: Facts) -> Iterator[str]:
    rehearsal = "*Rehearsal* · " if facts["rehearsal"] else ""
    yield f"{rehearsal}{facts['key']} · {KINDS[facts['kind']]}"
    if facts["role_title"]:
        yield cut(facts["role_title"], 80)
    if facts["due_at"] and facts["state"] in ("waiting", *OPEN):
        yield f"Due {moment(facts['due_at'])}"
    if facts["private"]:
        yield "Private: only for those who work on it" if "do" in facts else "Private: whoever works on it has it in a direct message"
    yield f"`{facts['step']}`"


def _guidance(facts: Facts) -> Iterator[Block]:
    if facts["state"] not in ("waiting", *OPEN):
        return
    if facts["do"].strip():
        yield section(cut(facts["do"], 1_500))
    if facts["links"]:
        yield section("\n".join(f"{cut(link['title'], 80)}: {cut(link['url'], 300)}" for link in facts["links"][:5]))


def _standing(facts: Facts) -> str:
    """Say in one sentence where the step stands."""
    match facts["state"]:
        case "waiting":
            return "Waits for earlier steps."
        case "ready":
            return _ready(facts)
        case "doing":
            return f"{person(facts, facts['person'])} is on it." if facts.get("person") else "Somebody is on it."
        case "done":
            return _done(facts)
        case "skipped":
            return f"Skipped: {cut(facts.get('reason') or 'not needed', 300)}."
        case _:
            return f"Blocked: {cut(facts.get('reason') or 'something before it stopped', 300)}."


def _ready(facts: Facts) -> str:
    if facts["kind"] == "approval":
        return "Waits for its keys."
    if not facts["by_people"]:
        return "Under way."
    return f"Ready, for {person(facts, facts['person'])}." if "person" in facts else "Ready."


def _done(facts: Facts) -> str:
    at = f", {moment(facts['settled_at'])}" if facts.get("settled_at") else ""
    if facts["kind"] == "approval":
        return f"Agreed{at}."
    by = f" by {person(facts, facts['done_by'])}" if facts.get("done_by") else ""
    return f"Done{by}{at}."


def _checklist(facts: Facts) -> Iterator[Block]:
    items = facts["checklist"]
    if not items:
        return
    if facts["state"] in OPEN and not facts.get("over"):
        long = list(_long_items(items))
        if long:
            yield section("\n".join(["*Checklist*", *long]))
        yield {"type": "actions", "elements": list(_checkboxes(facts, items))}
        return
    lines = [f"•  {cut(item['item'], 120)}: {_ticked(facts, item)}" for item in items[:20]]
    yield section("\n".join(["*Checklist*", *lines]))


def _long_items(items: Sequence[Facts]) -> Iterator[str]:
    """Give whole what a checkbox would cut off."""
    for number, item in enumerate(items[:20], 1):
        if len(item["item"]) > _OPTION:
            yield f"•  {number}: {cut(item['item'], 300)}"


def _ticked(facts: Facts, item: Facts) -> str:
    return f"done by {person(facts, item['by'])}" if item["done"] else "open"


def _checkboxes(facts: Facts, items: Sequence[Facts]) -> Iterator[Block]:
    """Draw the items as checkboxes, ten to an element, each with its number from 1 as value."""
    numbered = [(_checkbox(number, item), item["done"]) for number, item in enumerate(items, 1)]
    for start in range(0, min(len(numbered), _CHECKBOXES * 5), _CHECKBOXES):
        group = numbered[start : start + _CHECKBOXES]
        ticked = [option for option, done in group if done]
        element = {
            "type": "checkboxes",
            "action_id": f"tick:{start}:{facts['key']}|{facts['step']}",
            "options": [option for option, _ in group],
        }
        yield element | ({"initial_options": ticked} if ticked else {})


def _checkbox(number: int, item: Facts) -> Block:
    optional = " (optional)" if item["optional"] else ""
    return {"text": plain(cut_plain(item["item"], _OPTION - len(optional)) + optional, _OPTION), "value": str(number)}
