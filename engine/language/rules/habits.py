"""FB601 to FB606: good habits, which keep a playbook short and useful; none of them stops a run.

A playbook that extends another may inherit roles that only its siblings need, so those are not counted. When
it was last reviewed stands in its summary or a reference's title, as `checked on 2026-01-15` or `reviewed on …`.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from engine.language.checked import Checked
from engine.language.diagnostic import Finding
from engine.language.rules.roles import mentions
from engine.language.suggest import quoted
from engine.language.written import bare_expressions, filled_texts

FOLLOW_UP_DAYS: Final = (30, 60, 120)
_REVIEWED: Final = re.compile(r"\b(?:checked|reviewed)(?: on)?:? ([0-9]{4}-[0-9]{2}-[0-9]{2})\b", re.IGNORECASE)
LEAD: Final = "incident_lead"
"""The role that the engine itself turns to."""


def inputs_are_used(checked: Checked) -> Iterator[Finding]:
    """Find inputs that nothing reads."""
    used = {name[1] for name in _names_read(checked) if name[0] == "inputs"}
    used |= {name for source in checked.playbook.templates.values() for name in source.needs_inputs}
    used.add(checked.playbook.settings.timezone or "")
    for name in checked.playbook.inputs:
        if name not in used:
            yield Finding("FB601", f"input {quoted(name)} is never used", ("inputs", name), at="key")


def roles_are_used(checked: Checked) -> Iterator[Finding]:
    """Find roles that nothing names."""
    playbook = checked.playbook
    if playbook.extends is not None:
        return
    used = {role for _, role, _ in mentions(playbook)} | {name[1] for name in _names_read(checked) if name[0] == "roles"}
    used |= {LEAD, *(metric.source for metric in playbook.metrics.values() if metric.source)}
    for name in playbook.roles:
        if name not in used:
            yield Finding("FB602", f"role {quoted(name)} is never used", ("roles", name), at="key")


def there_is_a_summary(checked: Checked) -> Iterator[Finding]:
    """Find a playbook without a summary."""
    if not checked.playbook.summary.strip():
        advice = "say what it is for, and when not to use it"
        yield Finding("FB603", "no summary", ("summary",) if "summary" in checked.playbook.model_fields_set else ("title",), help=advice)


def references_have_links(checked: Checked) -> Iterator[Finding]:
    """Find references that nobody can follow."""
    for index, reference in enumerate(checked.playbook.references):
        if not reference.url.strip():
            yield Finding("FB604", f"reference {quoted(reference.title)} has no link", ("references", index))


def somebody_looks_again(checked: Checked) -> Iterator[Finding]:
    """Find a playbook after which nobody looks again at 30, 60 and 120 days."""
    days = {follow_up.at.after.seconds // 86_400 for follow_up in checked.playbook.follow_ups}
    missing = [str(day) for day in FOLLOW_UP_DAYS if day not in days]
    if missing:
        listed = " and ".join((", ".join(missing[:-1]), missing[-1])) if len(missing) > 1 else missing[0]
        path = ("follow_ups",) if checked.playbook.follow_ups else ("title",)
        yield Finding("FB605", f"no follow-up at {listed} days", path, at="key" if checked.playbook.follow_ups else "value")


def reviews_are_up_to_date(checked: Checked) -> Iterator[Finding]:
    """Find a playbook whose last review, as far as it says when that was, is longer ago than `review_every`."""
    playbook, today = checked.playbook, checked.today
    texts = (playbook.summary, *(reference.title for reference in playbook.references))
    days = [day for text in texts for word in _REVIEWED.findall(text) if (day := _day(word)) is not None]
    if today is None or not days:
        return
    overdue = (today - max(days)).days - playbook.review_every.seconds // 86_400
    if overdue > 0:
        path = ("review_every",) if "review_every" in playbook.model_fields_set else ("summary",)
        message = f"review overdue by {overdue} day{'s' * (overdue > 1)}"
        yield Finding("FB606", message, path, notes=(f"it was last checked on {max(days)}, and is due every {playbook.review_every}",))


def _day(word: str) -> date | None:
    try:
        return date.fromisoformat(word)
    except ValueError:
        return None


def _names_read(checked: Checked) -> set[tuple[str, ...]]:
    names: set[tuple[str, ...]] = set()
    for bare in bare_expressions(checked.playbook):
        names |= bare.expression.names() if bare.expression else set()
    for filled in filled_texts(checked.playbook, checked.files):
        names |= filled.parsed.names() if filled.parsed else set()
    return names
