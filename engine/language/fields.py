"""Rules about fields that only make sense together: waiting comes to an end, keys suffice, settings exist.

Codes FB313, FB314, FB407, and FB010 for settings.
"""

from collections.abc import Iterator
from typing import Final

from engine.language.checked import Checked, Rule
from engine.language.diagnostic import Finding
from engine.language.duration import Duration
from engine.language.playbook import Approval, Monitor, Wait
from engine.language.suggest import listed, quoted
from engine.language.timezones import is_timezone, unknown_timezone

SHORTEST_MONITOR: Final = Duration(5, "m")


def waiting(document: Checked) -> Iterator[Finding]:
    """Find waits and monitors that may never end, and monitors that look too often."""
    for index, step in enumerate(document.playbook.steps):
        path = ("steps", index)
        if isinstance(step, Monitor):
            if step.for_at_most is None:
                yield Finding("FB313", f"monitor {quoted(step.id)} may never end; add for_at_most", (*path, "monitor"), at="key")
            if step.every.seconds < SHORTEST_MONITOR.seconds:
                yield Finding("FB314", f"monitor every {step.every}; the shortest is {SHORTEST_MONITOR}", (*path, "every"))
        if isinstance(step, Wait):
            yield from _wait(step, index)


def approvals(document: Checked) -> Iterator[Finding]:
    """Find quorums that can't be reached."""
    for index, step in enumerate(document.playbook.steps):
        if isinstance(step, Approval) and step.keys_needed > len(step.approvers):
            message = f"approval {quoted(step.id)}: quorum {step.quorum} of {len(step.approvers)} approvers"
            yield Finding("FB407", message, ("steps", index, "quorum"), help=f"write all, any, or a number up to {len(step.approvers)}")


def settings(document: Checked) -> Iterator[Finding]:
    """Find a time zone or calendar that nobody knows."""
    found, organisation = document.playbook.settings, document.organisation
    if found.timezone is not None and found.timezone not in document.playbook.inputs and not is_timezone(found.timezone):
        message = f"settings: {unknown_timezone(found.timezone)}"
        advice = f"or name an input that holds a site: {listed(document.playbook.inputs, like=found.timezone)}"
        yield Finding("FB010", message, ("settings", "timezone"), help=advice)
    if organisation is not None and found.calendar is not None and found.calendar not in organisation.calendars:
        known = f"it has {listed(organisation.calendars, like=found.calendar)}" if organisation.calendars else None
        message = f"settings: calendar {quoted(found.calendar)} is not in the organisation file"
        yield Finding("FB010", message, ("settings", "calendar"), help=known)


FIELD_RULES: Final[tuple[Rule, ...]] = (waiting, approvals, settings)


def _wait(step: Wait, index: int) -> Iterator[Finding]:
    path = ("steps", index)
    if step.for_ is not None and step.until is not None:
        message = f"wait {quoted(step.id)} has for and until; keep one"
        yield Finding("FB010", message, (*path, "for"), at="key", help="until needs for_at_most instead of for")
    elif step.for_ is None and step.until is None:
        message = f"wait {quoted(step.id)} does not say how long; add for, or until with for_at_most"
        yield Finding("FB313", message, (*path, "wait"), at="key")
    elif step.until is not None and step.for_at_most is None:
        yield Finding("FB313", f"wait {quoted(step.id)} may never end; add for_at_most", (*path, "wait"), at="key")
