"""FB313, FB314: what waits or watches comes to an end, and does not look too often."""

from collections.abc import Iterator
from typing import Final

from engine.language.checked import Checked
from engine.language.diagnostic import Finding, Path
from engine.language.duration import Duration
from engine.language.playbook import Monitor, Wait
from engine.language.suggest import quoted

SHORTEST: Final = Duration(5, "m")
"""Time between two looks of a monitor."""


def waits_come_to_an_end(checked: Checked) -> Iterator[Finding]:
    """Find monitors and waits without a limit, and waits that do not say what for."""
    for index, step in enumerate(checked.playbook.steps):
        path = ("steps", index)
        if isinstance(step, Monitor) and step.for_at_most is None:
            yield Finding("FB313", f"monitor {quoted(step.id)} may never end; add for_at_most", (*path, "monitor"), at="key")
        if isinstance(step, Wait):
            yield from _wait(step, path)


def monitors_are_patient(checked: Checked) -> Iterator[Finding]:
    """Find monitors that look more often than every five minutes."""
    for index, step in enumerate(checked.playbook.steps):
        if isinstance(step, Monitor) and step.every.seconds < SHORTEST.seconds:
            yield Finding("FB314", f"monitor every {step.every}; the shortest is {SHORTEST}", ("steps", index, "every"))


def _wait(step: Wait, path: Path) -> Iterator[Finding]:
    if step.for_ is not None and step.until is not None:
        message = f"wait {quoted(step.id)} has for and until; keep one"
        yield Finding("FB010", message, (*path, "for"), at="key", help="until needs for_at_most instead of for")
    elif step.for_ is None and step.until is None:
        message = f"wait {quoted(step.id)} does not say how long; add for, or until with for_at_most"
        yield Finding("FB313", message, (*path, "wait"), at="key")
    elif step.until is not None and step.for_at_most is None:
        yield Finding("FB313", f"wait {quoted(step.id)} may never end; add for_at_most", (*path, "wait"), at="key")
