"""FB301, FB302, FB303, FB312: times count from something, ladders climb, and somebody hears of a missed deadline."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from engine.language.checked import Checked
from engine.language.diagnostic import Finding, Path
from engine.language.playbook import Evidence, Playbook, Rung
from engine.language.rules.ids import MOMENTS
from engine.language.suggest import did_you_mean, quoted

_KEEP: Final = re.compile(r"\d{1,4}(d|w|m|y)")


def anchors(playbook: Playbook) -> tuple[str, ...]:
    """List everything that a time can count from."""
    return (*MOMENTS, *(step.id for step in playbook.steps), *playbook.milestones)


def anchors_are_known(checked: Checked) -> Iterator[Finding]:
    """Find times that count from nothing."""
    known = anchors(checked.playbook)
    for path, anchor, sentence in _counted(checked.playbook):
        if anchor not in known:
            message = f"{sentence} counts from {quoted(anchor)}, which is not declared, detected, closed, a step or a milestone"
            yield Finding("FB302", f"{message}{did_you_mean(anchor, known)}", path, within=anchor)


def ladders_climb(checked: Checked) -> Iterator[Finding]:
    """Find ladders whose rungs do not get later."""
    for name, rungs in checked.playbook.ladders.items():
        yield from _climbing(rungs, ("ladders", name), f"ladder {quoted(name)}")
    for index, step in enumerate(checked.playbook.steps):
        if isinstance(step.escalate, list):
            yield from _climbing(step.escalate, ("steps", index, "escalate"), f"step {quoted(step.id)}: the ladder")


def deadlines_are_watched(checked: Checked) -> Iterator[Finding]:
    """Find deadlines without a ladder of their own where the organisation has no default either."""
    organisation = checked.organisation
    if organisation is None or organisation.defaults.ladder is not None:
        return
    for index, step in enumerate(checked.playbook.steps):
        if step.due is not None and not step.escalate:
            message = f"{quoted(step.id)} has a deadline but nobody is told when it is missed"
            advice = "write escalate: with a ladder, or give the organisation a default ladder"
            yield Finding("FB312", message, ("steps", index, "due"), help=advice)


def keeping_times_are_readable(checked: Checked) -> Iterator[Finding]:
    """Find evidence whose time to be kept can't be read."""
    for index, step in enumerate(checked.playbook.steps):
        if isinstance(step, Evidence) and step.keep is not None and _KEEP.fullmatch(step.keep) is None:
            message = f"step {quoted(step.id)}: {quoted(step.keep)} is not a time to keep something; write 90d, 12m or 7y"
            yield Finding("FB301", message, ("steps", index, "keep"))


def _counted(playbook: Playbook) -> Iterator[tuple[Path, str, str]]:
    for name, milestone in playbook.milestones.items():
        yield ("milestones", name, "from"), milestone.from_, f"milestone {quoted(name)}"
    for name, metric in playbook.metrics.items():
        for field, anchor in (("from", metric.from_), ("to", metric.to)):
            if anchor is not None:
                yield ("metrics", name, field), anchor, f"metric {quoted(name)}"
    dues = [(("steps", index, "due"), step.due, f"step {quoted(step.id)}: due") for index, step in enumerate(playbook.steps)]
    dues += [(("follow_ups", index, "at"), entry.at, f"follow-up {quoted(entry.id)}") for index, entry in enumerate(playbook.follow_ups)]
    for path, due, sentence in dues:
        if due is not None and due.anchor is not None:
            yield path, due.anchor, sentence


def _climbing(rungs: Iterable[Rung], path: Path, owner: str) -> Iterator[Finding]:
    before: Rung | None = None
    for index, rung in enumerate(rungs):
        if before is not None and rung.late.seconds <= before.late.seconds:
            notes = (f"{rung.late} is not later than {before.late}",)
            yield Finding("FB303", f"{owner} must get later with each rung", (*path, index, "late"), notes=notes)
            return
        before = rung
