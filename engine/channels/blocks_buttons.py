"""The buttons of one step's message: what may be pressed on it, by its kind and where it stands.

Rules:
- A value is `KEY|step`, `KEY|step|option` or `KEY|step|digest`; what a press means is decided by the core, never here.
- Only what the core would take as things stood when the message was drawn is offered.
- A key is offered only where everything that it binds to is shown whole.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from engine.channels.blocks_parts import IN_A_ROW, Block, Choice, drawn, question, row
from engine.channels.blocks_words import OPEN
from engine.channels.slack_text import Facts, cut_plain, plain

MOST_BUTTONS: Final = 10
"""Answers of a decision that are buttons; each takes up to 650 of a message's 10,000 characters."""
_OPTIONS: Final = 100
"""Slack's limit for one list."""


def step_rows(facts: Facts, *, whole: bool) -> Iterator[Block]:
    """Draw the rows of a step's buttons; `whole` says whether everything that a key binds to is shown."""
    if facts.get("over"):
        return
    if facts["state"] not in OPEN:
        yield from row(list(_settled(facts)))
        return
    if facts["kind"] == "decision":
        yield from _answers(facts)
    yield from row(list(_open(facts, whole=whole)))


def _open(facts: Facts, *, whole: bool) -> Iterator[Choice]:
    match facts["kind"]:
        case "approval":
            yield from _keys(facts, whole=whole)
        case "task" | "decision" | "statement" | "publish" | "evidence" | "monitor":
            yield from _work(facts)
        case _:
            return
    yield _choice(facts, "comment", "Comment", menu=True)
    yield _choice(facts, "snooze", "Snooze reminders", menu=True)


def _work(facts: Facts) -> Iterator[Choice]:
    """What people do with a step that is theirs: begin, finish, give it away."""
    is_background = facts["kind"] in ("decision", "monitor")
    if facts["state"] == "ready" and not (facts["kind"] == "publish" and facts["confirm"] == "api"):
        yield _choice(facts, "start", "Start", menu=is_background)
    yield from _finish(facts)
    if not facts.get("receipts"):  # what stands in a channel already can't be given back
        yield _choice(facts, "decline", "Can't")
    yield _choice(facts, "assign", "Assign")
    if facts["can_skip"]:
        yield _choice(facts, "skip", "Skip", menu=facts["state"] == "ready")


def _finish(facts: Facts) -> Iterator[Choice]:
    match facts["kind"]:
        case "task":
            yield _choice(facts, "done", "Done", is_main=True)
            if facts.get("metrics"):
                yield _choice(facts, "record", "Record values")
        case "statement":
            yield _choice(facts, "write", "Write the words", is_main=True)
        case "evidence":
            yield _choice(facts, "evidence", "Add evidence", is_main=True)
        case "monitor":
            yield _choice(facts, "record", "Record values", is_main=True)
        case "publish":
            yield from _publish(facts)
        case _:
            return


def _publish(facts: Facts) -> Iterator[Choice]:
    by_engine = facts["confirm"] == "api"
    if by_engine and facts["state"] == "ready":
        places = ", ".join(facts["channels"])
        ask = question("Publish now?", f"Version {facts['version']} goes to {places}. It can't be taken back.", yes="Publish")
        yield _choice(facts, "start", "Publish now", is_main=True, ask=ask)
    yield _choice(facts, "publish", "I have posted it", is_main=not by_engine, menu=by_engine)


def _keys(facts: Facts, *, whole: bool) -> Iterator[Choice]:
    digest = facts["digest"]
    if digest and whole:
        what = f"version {facts['version']} of “{facts['of_title']}”" if facts["version"] else f"“{facts['of_title']}” as it stands"
        ask = question("Approve exactly this?", f"You agree to {what} ({digest[:12]}), word for word as shown.", yes="Approve")
        yield _choice(facts, "approve", "Approve", digest, is_main=True, ask=ask)
        yield _choice(facts, "reject", "Reject", digest)
    if digest and facts.get("can_withdraw"):
        yield _choice(facts, "withdraw", "Take back my approval", digest)


def _settled(facts: Facts) -> Iterator[Choice]:
    """What may still be done with what is settled."""
    if facts["state"] != "done":
        return
    match facts["kind"]:
        case "decision" if facts.get("again"):
            yield _choice(facts, "revise", "Change the answer", menu=True)
            yield _choice(facts, "comment", "Comment", menu=True)
        case "statement" if facts.get("again"):
            yield _choice(facts, "write", "Change the words")
        case "evidence" if facts.get("again"):
            yield _choice(facts, "evidence", "Add evidence")
        case "approval" if facts["digest"] and facts.get("can_withdraw"):
            yield _choice(facts, "withdraw", "Take back my approval", facts["digest"])
        case _:
            return


def _answers(facts: Facts) -> Iterator[Block]:
    """Draw a button for each answer, or one list to choose from where so many buttons would not fit."""
    answers = [_answer(facts, option) for option in facts["options"]]
    if len(answers) > MOST_BUTTONS:
        yield {"type": "actions", "elements": [_list(answers)]}
        return
    for first in range(0, len(answers), IN_A_ROW):
        yield {"type": "actions", "elements": [drawn(answer) for answer in answers[first : first + IN_A_ROW]]}


def _list(answers: Sequence[Choice]) -> Block:
    options = [{"text": plain(answer.label, 75), "value": answer.value} for answer in answers[:_OPTIONS]]
    ask = question("Answer this?", "What you chose counts as your answer.", yes="Answer")
    return {
        "type": "static_select",
        "action_id": "answer",
        "placeholder": plain("Choose the answer", 150),
        "options": options,
        "confirm": ask,
    }


def _answer(facts: Facts, option: Facts) -> Choice:
    """An answer asks before it counts, unless a form asks for the note that it needs."""
    label = str(option["label"])
    words = f"“{cut_plain(facts['title'], 170)}”: you answer “{cut_plain(label, 75)}”."
    ask = None if option["note_required"] else question("Answer this?", words, yes="Answer")
    return _choice(facts, f"answer:{option['id']}", label, str(option["id"]), about=f"answers {facts['title']}", ask=ask)


def _choice(
    facts: Facts,
    action: str,
    label: str,
    *more: str,
    about: str = "",
    is_main: bool = False,
    menu: bool = False,
    ask: Block | None = None,
) -> Choice:
    value = "|".join((facts["key"], facts["step"], *more))
    return Choice(action, label, value, about or facts["title"] or facts["step"], style="primary" if is_main else None, ask=ask, menu=menu)
