"""The message of one step, as Block Kit: what it is, whose it is, until when, and the buttons that answer it.

Rules:
- A button's `value` is `KEY|step` or `KEY|step|option`; what a press means is decided by the core, never here.
- Settled steps have no buttons: who settled them, and when, stands in their place.
- Words to be approved are shown exactly and whole, or not at all.
- Cards hold facts only (`engine.incident.cards`); this file adds words and marks.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from engine.channels.blocks import Block
from engine.channels.slack_text import Facts, button, context, cut, cut_plain, exact, moment, person, plain, section

SHOWN_WORDS: Final = 6_000
"""Characters of a statement that fit beside the rest of a message."""

_CHUNK: Final = 2_900
_CHECKBOXES: Final = 10
_BUTTONS: Final = 25
_OPEN: Final = ("ready", "doing")
_KINDS: Final = {
    "task": "Task",
    "decision": "Decision",
    "statement": "Words to write",
    "approval": "Approval",
    "publish": "Publication",
    "message": "Message",
    "evidence": "Evidence",
    "ticket": "Ticket",
    "http": "Request",
    "wait": "Wait",
    "monitor": "Monitoring",
    "playbook": "Linked incident",
}


def task_blocks(facts: Facts) -> list[Block]:
    """Draw the facts of `task_card`."""
    return list(_task(facts))


def _task(facts: Facts) -> Iterator[Block]:
    yield section(f"*{cut(facts['title'] or facts['step'], 300)}*\n{_standing(facts)}")
    yield context(*_small_print(facts))
    if facts["private"] and "do" not in facts:
        return
    if facts["do"].strip():
        yield section(cut(facts["do"], 1_500))
    if facts["links"]:
        yield section("\n".join(f"{cut(link['title'], 80)}: {cut(link['url'], 300)}" for link in facts["links"][:5]))
    yield from _of_kind(facts)
    yield from _checklist(facts)
    yield from _buttons(facts)


def _small_print(facts: Facts) -> Iterator[str]:
    rehearsal = "Rehearsal, " if facts["rehearsal"] else ""
    yield f"{rehearsal}{facts['key']} · {_KINDS[facts['kind']]}"
    if facts["role_title"]:
        yield cut(facts["role_title"], 80)
    if facts["due_at"]:
        yield f"Due {moment(facts['due_at'])}"
    if facts["private"]:
        yield "Private: its content is only for those who work on it"
    yield f"`{facts['step']}`"


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
    by = f" by {person(facts, facts['done_by'])}" if facts.get("done_by") else ""
    at = f", {moment(facts['settled_at'])}" if facts.get("settled_at") else ""
    return f"Done{by}{at}."


def _of_kind(facts: Facts) -> Iterator[Block]:
    match facts["kind"]:
        case "decision":
            yield from _decision(facts)
        case "statement":
            yield from _words(facts)
        case "approval":
            yield from _approval(facts)
        case "publish":
            yield from _publish(facts)
        case "evidence":
            yield from _evidence(facts)
        case "monitor":
            yield from _monitor(facts)
        case _:
            yield from _reference(facts)


def _reference(facts: Facts) -> Iterator[Block]:
    if facts.get("reference"):
        yield section(cut(facts["reference"], 500))


def _decision(facts: Facts) -> Iterator[Block]:
    labels = {str(option["id"]): str(option["label"]) for option in facts["options"]}
    answer, default = facts["answer"], facts["if_no_answer"]
    if answer:
        note = f"\n{cut(facts['note'], 500)}" if facts["note"] else ""
        yield section(f"*Answer:* {cut(labels.get(str(answer), str(answer)), 100)}{note}")
        return
    if default:
        yield section(f"Without an answer in time: {cut(labels.get(str(default), str(default)), 100)}.")


def _approval(facts: Facts) -> Iterator[Block]:
    yield from _words(facts)
    given = {key["role"]: key for key in facts["keys"]}
    lines = [_key(facts, approver, given.get(approver["role"])) for approver in facts["approvers"]]
    yield section("\n".join([f"*Keys* ({facts['keys_needed']} needed)", *lines]))


def _key(facts: Facts, approver: Facts, key: Facts | None) -> str:
    title = cut(approver["role_title"] or approver["role"], 60)
    if key is None:
        return f"•  {title}: {person(facts, approver['person'])} has not answered"
    verb = "approved" if key["decision"] == "approve" else "rejected"
    comment = f": {cut(key['comment'], 200)}" if key["comment"] else ""
    return f"•  {title}: {person(facts, key['person'])} {verb}{comment}"


def _publish(facts: Facts) -> Iterator[Block]:
    yield from _words(facts)
    said = {receipt["channel"]: receipt for receipt in facts["receipts"]}
    yield section("\n".join(["*Channels*", *(_channel(facts, name, said.get(name)) for name in facts["channels"][:10])]))


def _channel(facts: Facts, name: str, receipt: Facts | None) -> str:
    if receipt is None:
        return f"•  {cut(name, 60)}: not yet"
    differs = ", *not the approved words*" if receipt["differs"] else ""
    return f"•  {cut(name, 60)}: {cut(receipt['link'], 300)} by {person(facts, receipt['by'])}{differs}"


def _words(facts: Facts) -> Iterator[Block]:
    """Show the exact words with their version and digest, whole or not at all."""
    if facts["version"] is None:
        return
    digest = (facts["digest"] or "")[:12]
    yield section(f"*Version {facts['version']}* (`{digest}`), by {person(facts, facts['author'])}")
    texts = facts["texts"]
    if sum(map(len, texts.values())) > SHOWN_WORDS or len(texts) > 5:
        yield section("The words are too long to show here whole; read them where you approve.")
        return
    for language, text in texts.items():
        if len(texts) > 1:
            yield context(f"Language: {cut(language, 40)}")
        yield from (exact(part) for part in _chunks(text) if part.strip())


def _evidence(facts: Facts) -> Iterator[Block]:
    held = {item["source"]: item for item in facts["items"]}
    lines = [_source(source, held.get(source)) for source in facts["sources"][:8]]
    more = len(facts["sources"]) - len(lines)
    yield section("\n".join(["*Sources*", *lines, *([f"and {more} more"] if more > 0 else [])]))
    yield context("To collect: " + cut(", ".join(facts["collect"]).replace("_", " "), 500))


def _source(source: str, item: Facts | None) -> str:
    standing = f"SHA-256 `{item['sha256'][:12]}`, {item['strength']}" if item else "open"
    return f"•  {cut(source, 200)}: {standing}"


def _monitor(facts: Facts) -> Iterator[Block]:
    lines = [f"•  {cut(metric['title'], 80)}: {_value(metric['value'])}" for metric in facts["metrics"][:10]]
    if lines:
        yield section("\n".join(["*Last values*", *lines]))
    if facts["next_at"]:
        yield context(f"Next check {moment(facts['next_at'])}")


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "not recorded yet" if value is None else f"{value:,}"


def _checklist(facts: Facts) -> Iterator[Block]:
    items = facts["checklist"]
    if not items:
        return
    if facts["state"] in _OPEN:
        yield section("*Checklist*")
        yield {"type": "actions", "elements": list(_checkboxes(facts, items))}
        return
    lines = [f"•  {cut(item['item'], 120)}: {_ticked(facts, item)}" for item in items[:20]]
    yield section("\n".join(["*Checklist*", *lines]))


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
    return {"text": plain(cut_plain(item["item"], 75 - len(optional)) + optional, 75), "value": str(number)}


def _buttons(facts: Facts) -> Iterator[Block]:
    if facts["state"] not in _OPEN:
        return
    if facts["kind"] == "task":
        yield {"type": "actions", "elements": [_done_button(facts)]}
    if facts["kind"] == "decision":
        buttons = [_answer_button(facts, option) for option in facts["options"]]
        yield from ({"type": "actions", "elements": buttons[at : at + _BUTTONS]} for at in range(0, len(buttons), _BUTTONS))


def _done_button(facts: Facts) -> Block:
    value = f"{facts['key']}|{facts['step']}"
    return button("Done", action_id="done", value=value, label=f"Done: {facts['title']}") | {"style": "primary"}


def _answer_button(facts: Facts, option: Facts) -> Block:
    drawn = button(
        option["label"],
        action_id=f"answer:{option['id']}",
        value=f"{facts['key']}|{facts['step']}|{option['id']}",
        label=f"Answer: {option['label']}",
    )
    confirm = {
        "title": plain("Answer this question?", 100),
        "text": plain(f"{facts['title']} {option['label']}", 300),
        "confirm": plain("Answer", 30),
        "deny": plain("Back", 30),
    }
    return drawn | {"confirm": confirm}


def _chunks(text: str) -> Iterator[str]:
    yield from (text[at : at + _CHUNK] for at in range(0, len(text), _CHUNK))
