"""What a kind of step adds to its message: a decision's answer, evidence by source, the numbers of a monitor."""

from collections.abc import Iterator
from typing import Any

from engine.channels.blocks_parts import Block
from engine.channels.blocks_words import of_words
from engine.channels.slack_text import Facts, context, cut, moment, section

LONGEST_LABEL = 75
"""A button shows so many characters; answers that are longer are listed whole above the buttons."""


def of_kind(facts: Facts, *, whole: bool, detail: bool) -> Iterator[Block]:
    """Draw what only this kind has; `whole` shows exact words, `detail` lists that may be long."""
    match facts["kind"]:
        case "decision":
            yield from _decision(facts)
        case "statement" | "approval" | "publish":
            yield from of_words(facts, whole=whole)
        case "evidence":
            yield from _evidence(facts, most=8 if detail else 2)
        case "task" | "monitor":
            yield from _metrics(facts)
            if facts.get("written") is not None:
                yield section(f"*Result:* {cut(_written(facts['written']), 1_500)}")
        case _:
            if facts.get("reference"):
                yield section(cut(facts["reference"], 500))


def _decision(facts: Facts) -> Iterator[Block]:
    labels = {str(option["id"]): str(option["label"]) for option in facts["options"]}
    answer, default = facts["answer"], facts["if_no_answer"]
    if answer:
        note = f"\n{cut(facts['note'], 500)}" if facts["note"] else ""
        yield section(f"*Answer:* {cut(labels.get(str(answer), str(answer)), 300)}{note}")
        return
    if any(len(label) > LONGEST_LABEL for label in labels.values()):
        yield section("\n".join(f"•  {cut(label, 300)}" for label in list(labels.values())[:9]))
    if default:
        yield section(f"Without an answer in time: {cut(labels.get(str(default), str(default)), 300)}.")


def _evidence(facts: Facts, *, most: int) -> Iterator[Block]:
    held = {item["source"]: item for item in facts["items"]}
    lines = [_source(source, held.get(source)) for source in facts["sources"][:most]]
    more = len(facts["sources"]) - len(lines)
    saved = sum(source in held for source in facts["sources"])
    title = f"*Sources: {saved} of {len(facts['sources'])} saved*" if facts["sources"] else f"*Items: {len(facts['items'])} saved*"
    yield section("\n".join([title, *lines, *([f"•  and {more} more"] if more > 0 else [])]))
    yield context("To collect: " + cut(", ".join(facts["collect"]).replace("_", " "), 500))


def _source(source: str, item: Facts | None) -> str:
    standing = f"saved, {item['strength']}, SHA-256 `{item['sha256'][:12]}`" if item else "*not saved yet*"
    return f"•  {cut(source, 200)}: {standing}"


def _metrics(facts: Facts) -> Iterator[Block]:
    lines = [f"•  {cut(metric['title'], 80)}: {_value(metric)}" for metric in (facts.get("metrics") or [])[:10]]
    if lines:
        yield section("\n".join(["*Last values*", *lines]))
    if facts.get("next_at"):
        yield context(f"Next check {moment(facts['next_at'])}")


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _value(metric: Facts) -> str:
    value: Any = metric["value"]
    if value is None:
        return "not recorded yet"
    unit = f" {cut(metric['unit'], 20)}" if metric.get("unit") else ""
    return _written(value) if isinstance(value, bool) else f"{value:,}{unit}"
