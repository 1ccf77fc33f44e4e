"""FB313, FB314: what waits or watches comes to an end, and does not look too often."""

from collections.abc import Iterator
from typing import Final

from engine.language.checked import Checked
from engine.language.diagnostic import Finding
from engine.language.playbook import Monitor, Wait
from engine.language.suggest import quoted

SHORTEST: Final = 300
"""Seconds between two looks of a monitor."""


def waits_come_to_an_end(checked: Checked) -> Iterator[Finding]:
    """Find monitors and waits without a limit, and waits that do not say what for."""
    for index, step in enumerate(checked.playbook.steps):
        path = ("steps", index)
        match step:
            case Monitor(for_at_most=None):
                yield Finding("FB313", f"monitor {quoted(step.id)} may never end; add for_at_most", (*path, "monitor"), at="key")
            case Wait(until=str(), for_at_most=None):
                yield Finding("FB313", f"wait {quoted(step.id)} may never end; add for_at_most", (*path, "until"), at="key")
            case Wait(until=None, for_=None):
                yield Finding("FB010", f"wait {quoted(step.id)}: 'for' or 'until' is missing", path)
            case Wait(until=str(), for_=until) if until is not None:
                yield Finding("FB010", f"wait {quoted(step.id)} has 'for' and 'until'; keep one", (*path, "for"), at="key")


def monitors_are_patient(checked: Checked) -> Iterator[Finding]:
    """Find monitors that look more often than every five minutes."""
    for index, step in enumerate(checked.playbook.steps):
        if isinstance(step, Monitor) and step.every.seconds < SHORTEST:
            message = f"monitor {quoted(step.id)} every {step.every}; the shortest is 5m"
            yield Finding("FB314", message, ("steps", index, "every"))
