"""What messages show of words: the words themselves, what changed, whose keys are turned, where they were posted.

Rules:
- Words stand exactly and whole, in every language, or not at all; then a sentence says why, and where to read them.
- Words that are to be posted stand in a box that copies them as they are.
- A key that was turned on other words is shown as missing.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from engine.channels.blocks_changes import changes, unseen
from engine.channels.blocks_parts import Block, chunks, copyable
from engine.channels.slack_text import Facts, context, cut, escape, exact, moment, person, section

OPEN: Final = ("ready", "doing")
ONLY: Final = "default"
"""The language of words that have only one."""


def can_be_whole(facts: Facts) -> bool:
    """Say whether everything that a key binds to may be shown here, and can be."""
    texts = facts.get("texts") or {}
    if facts.get("masked") or not (texts or facts.get("work")):
        return False
    return all(chunks(text) for text in texts.values())


def of_words(facts: Facts, *, whole: bool) -> Iterator[Block]:
    """Draw the words of a statement, an approval or a publish; none of them where they can't stand `whole`."""
    match facts["kind"]:
        case "statement":
            yield from _statement(facts, whole=whole)
        case "approval":
            yield from _approval(facts, whole=whole)
        case _:
            yield from _publish(facts, whole=whole)


def _statement(facts: Facts, *, whole: bool) -> Iterator[Block]:
    is_open = facts["state"] in OPEN
    sent_back = (facts.get("sent_back") or [])[:4] if is_open else []
    if sent_back:
        yield section("\n".join(f"*Sent back* by {person(facts, key['person'])}{_comment(key)}" for key in sent_back))
    yield from _words(facts, whole=whole)
    if facts.get("max_words") and is_open:
        yield context(f"At most {facts['max_words']} words.")


def _approval(facts: Facts, *, whole: bool) -> Iterator[Block]:
    yield from _words(facts, whole=whole)
    if whole and facts.get("previous") and facts["state"] in OPEN:
        yield section(changes(facts["previous"], facts["texts"]))
    if whole and facts.get("work"):
        yield from _work(facts, facts["work"])
    yield section("\n".join(_keys(facts)))


def _publish(facts: Facts, *, whole: bool) -> Iterator[Block]:
    is_open = facts["state"] in OPEN
    yield from _words(facts, whole=whole, to_copy=is_open)
    said = {receipt["channel"]: receipt for receipt in facts["receipts"]}
    places = facts.get("places") or {}
    shown, more = facts["channels"][:10], len(facts["channels"]) - 10
    lines = [_channel(facts, name, places.get(name), said.get(name)) for name in shown]
    yield section("\n".join(["*Where*", *lines, *([f"•  and {more} more"] if more > 0 else [])]))


def too_long(facts: Facts, page: str | None) -> Block:
    """Say why the words are not here and nothing can be approved here, and where both can be done."""
    where = f"<{escape(page)}|the page of this step>" if page else "the page of this step"
    if facts.get("masked"):
        return section("*The words are not for everybody in this channel.* Whoever is asked for them has a direct message with them.")
    end = (
        " Nobody approves what they have not seen, so there is no Approve button here: it is there." if facts["kind"] == "approval" else ""
    )
    return section(f"*The words are too long for a Slack message.* Read them whole on {where}.{end}")


def _words(facts: Facts, *, whole: bool, to_copy: bool = False) -> Iterator[Block]:
    if facts["version"] is None or not whole:
        return
    texts: Mapping[str, str] = facts["texts"]
    yield section(_heading(facts, to_copy=to_copy))
    for language, text in texts.items():
        if len(texts) > 1 or language != ONLY:
            yield context(f"Language: {cut(language, 40)}")
        yield from ((copyable(part) if to_copy else exact(part)) for part in chunks(text) or [])
    hidden = unseen(texts)
    if hidden:
        yield context(f"The words hold characters that can't be seen: {cut(hidden, 200)}")


def _heading(facts: Facts, *, to_copy: bool) -> str:
    at = f", {moment(facts['submitted_at'])}" if facts.get("submitted_at") else ""
    copy = "\nCopy exactly these words:" if to_copy else ""
    return f"*Version {facts['version']}* by {person(facts, facts['author'])}{at} (`{(facts['digest'] or '')[:12]}`){copy}"


def _keys(facts: Facts) -> Iterator[str]:
    standing = {key["role"]: key for key in facts["keys"] if key.get("stands", True)}
    earlier = {key["role"]: key for key in facts["keys"] if not key.get("stands", True)}
    given = sum(key["decision"] == "approve" for key in standing.values())
    yield f"*Keys: {given} of {facts['keys_needed']} given*"
    for approver in facts["approvers"]:
        yield _key(facts, approver, standing.get(approver["role"]), earlier.get(approver["role"]))


def _key(facts: Facts, approver: Facts, key: Facts | None, earlier: Facts | None) -> str:
    title = cut(approver["role_title"] or approver["role"], 60)
    if key is None:
        before = f" ({_verb(earlier)} {_version(earlier)}{_comment(earlier)})" if earlier else ""
        decides = "; decides alone now" if approver.get("decides") else ""
        return f"•  *Missing:* {title}, {person(facts, approver['person'])}{decides}{before}"
    verb = "Given" if key["decision"] == "approve" else "Rejected"
    return f"•  *{verb}:* {title}, {person(facts, key['person'])}, {moment(key['at'])}{_comment(key)}"


def _verb(key: Facts) -> str:
    return "approved" if key["decision"] == "approve" else "rejected"


def _version(key: Facts) -> str:
    return f"version {key['version']}" if key.get("version") else "an earlier version"


def _comment(key: Facts) -> str:
    return f": {cut(key['comment'], 200)}" if key["comment"] else ""


def _channel(facts: Facts, name: str, place: str | None, receipt: Facts | None) -> str:
    where = f"{cut(name, 60)} ({cut(place, 80)})" if place else cut(name, 60)
    if receipt is None:
        return f"•  {where}: *not posted yet*"
    differs = ", *not the approved words*" if receipt["differs"] else ""
    return f"•  {where}: posted by {person(facts, receipt['by'])}, {cut(receipt['link'], 200)}{differs}"


def _work(facts: Facts, work: Facts) -> Iterator[Block]:
    """Show the done work that a key binds to: all of it, exactly."""
    yield section(f"*What was done* by {person(facts, work['done_by'])} (`{(facts['digest'] or '')[:12]}`)")
    written = "\n".join(_done(work))
    yield from (exact(part) for part in chunks(written) or [])


def _done(work: Facts) -> Iterator[str]:
    yield from (f"Ticked: {item}" for item in work["ticked"])
    yield from (f"{name.capitalize()}: {_plain(work[name])}" for name in ("result", "answer", "note", "reference") if work[name])
    yield from (f"Saved: {item['source']} (SHA-256 {item['sha256']})" for item in work["items"])
    yield from (f"Posted in {channel}: {link}" for channel, link in work["receipts"].items())
    yield from (f"{name}: {_plain(value)}" for name, value in work["saved"].items())


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
