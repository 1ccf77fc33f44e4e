"""What a playbook promises about time, and whether it can be kept: milestones, `within` policies and deadlines.

    feasibility(checked).promises[0].slack        -10.0 minutes
    feasibility(checked).promises[0].chain        (("facts", 50.0), ("real", 5.0), …)

"Cannot" is certain: no run that answers, skips and branches as it likes is faster, unless somebody skips work by
hand. Business days count as long as a calendar could make them for a limit, and as short as it could for work.
Time to acknowledge is told beside it and never makes a promise infeasible.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from typing import Final, Literal

from engine.analysis.timing.earliest import Earliest
from engine.analysis.timing.moments import Moment, soonest
from engine.analysis.timing.spans import at_most, written
from engine.language.checked import Checked
from engine.language.diagnostic import Finding, Path
from engine.language.duration import Duration
from engine.language.playbook import Policy
from engine.language.rules.cycles import waiting_for_themselves
from engine.language.suggest import quoted

Kind = Literal["milestone", "policy", "due"]
NOW: Final = ("declared", "detected")
"""Anchors that lie at or before the declaration: from there on no step has been done."""


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise with its figures in minutes, those of its fastest way; `earliest` is None where nothing is certain."""

    kind: Kind
    name: str
    anchor: str
    """What it counts from; `ready` for a deadline that counts from the step's own opening."""
    limit: str
    """As written."""
    minutes: float
    """The longest that the limit can be."""
    path: Path
    earliest: float | None = None
    earliest_with_ack: float | None = None
    chain: tuple[tuple[str, float], ...] = ()
    chain_with_ack: tuple[tuple[str, float], ...] = ()

    @property
    def slack(self) -> float | None:
        """The minutes to spare when everybody is at hand; negative when it cannot be kept."""
        return None if self.earliest is None else self.minutes - self.earliest

    @property
    def slack_with_ack(self) -> float | None:
        """The minutes to spare when every role takes all its time to acknowledge."""
        return None if self.earliest_with_ack is None else self.minutes - self.earliest_with_ack

    @property
    def can_be_kept(self) -> bool:
        return self.slack is None or self.slack >= 0


@dataclass(frozen=True, slots=True)
class Feasibility:
    """Every promise about time, milestones first, in the order of the file."""

    promises: tuple[Promise, ...]

    @property
    def broken(self) -> tuple[Promise, ...]:
        return tuple(promise for promise in self.promises if not promise.can_be_kept)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A promise before it is worked out: the steps of which the first to be done keeps it."""

    kind: Kind
    name: str
    steps: tuple[str, ...]
    anchor: str
    limit: Duration
    path: Path


def feasibility(checked: Checked, *, ack: bool = True) -> Feasibility:
    """Work out what the playbook promises about time; nothing is certain where steps wait for each other.

    Without `ack`, only what decides is worked out: figures of what can be kept may be too small, and those with
    acknowledging are those without.
    """
    if waiting_for_themselves(checked.graph):
        return Feasibility(())
    plain = Earliest(checked)
    patient = Earliest(checked, ack=True, anatomy=plain.anatomy) if ack else plain
    return Feasibility(tuple(_worked_out(checked, asked, plain, patient) for asked in _asked(checked)))


def milestones_can_be_met(checked: Checked, found: Feasibility) -> Iterator[Finding]:
    """Find milestones, and steps under a `within` policy, that no run can reach in time (FB310)."""
    broken = [promise for promise in found.broken if promise.kind != "due"]
    patient = Earliest(checked, ack=True) if broken else None
    for promise in broken:
        notes = _notes(checked, promise, patient) if patient is not None else ()
        yield Finding("FB310", _sentence(promise), promise.path, notes=notes, help="give it more time, or make a step shorter")


def links(chain: tuple[tuple[str, float], ...]) -> str:
    """Write a chain of steps and minutes: `facts 50m → real 5m = 55m`."""
    listed = " → ".join(f"{step} {written(minutes * 60)}" for step, minutes in chain)
    return f"{listed} = {written(sum(minutes for _, minutes in chain) * 60)}" if len(chain) > 1 else listed


def _asked(checked: Checked) -> Iterator[_Asked]:
    playbook = checked.playbook
    steps = checked.graph.steps
    for name, milestone in playbook.milestones.items():
        reached = tuple(step for step in milestone.reached_by if step in steps)
        yield _Asked("milestone", name, reached, milestone.from_, milestone.within, ("milestones", name, "within"))
    for index, policy in enumerate(playbook.policies):
        if policy.rule == "within" and policy.step in steps and policy.max is not None:
            yield _Asked("policy", policy.id, _step_of(policy), "declared", policy.max, ("policies", index, "max"))
    for index, step in enumerate(playbook.steps):
        if step.due is not None:
            yield _Asked("due", step.id, (step.id,), step.due.anchor or "ready", step.due.after, ("steps", index, "due"))


def _step_of(policy: Policy) -> tuple[str, ...]:
    return (policy.step,) if policy.step is not None else ()


def _worked_out(checked: Checked, asked: _Asked, plain: Earliest, patient: Earliest) -> Promise:
    limit = at_most(asked.limit, checked.organisation)
    known = Promise(asked.kind, asked.name, asked.anchor, str(asked.limit), limit / 60, asked.path)
    if asked.anchor == "ready":
        return _from_opening(checked, known, plain)
    moment = _moment(checked, asked, plain, limit)
    if moment is None or not moment.comes:
        return known
    later = moment
    if patient is not plain:
        moment = _later(moment, _moment(checked, asked, plain, None))
        later = _later(moment, _moment(checked, asked, patient, limit))
    return Promise(
        *(known.kind, known.name, known.anchor, known.limit, known.minutes, known.path),
        earliest=moment.at / 60,
        earliest_with_ack=later.at / 60,
        chain=_in_minutes(moment),
        chain_with_ack=_in_minutes(later),
    )


def _from_opening(checked: Checked, known: Promise, plain: Earliest) -> Promise:
    """Judge a deadline that counts from the step's own opening: only its own work stands against it."""
    length = plain.anatomy.length[known.name] / 60
    roles, needed = plain.anatomy.hands(known.name)
    before = {role for step in checked.graph.ancestors(known.name) for role in plain.anatomy.hands(step)[0]}
    waits = sorted(0.0 if role in before else plain.anatomy.patience(role) / 60 for role in roles)
    waited = waits[needed - 1] if 0 < needed <= len(waits) else 0.0
    return Promise(
        *(known.kind, known.name, known.anchor, known.limit, known.minutes, known.path),
        earliest=length,
        earliest_with_ack=length + waited,
        chain=((known.name, length),) if length else (),
        chain_with_ack=((known.name, length + waited),) if length + waited else (),
    )


def _moment(checked: Checked, asked: _Asked, earliest: Earliest, limit: float | None) -> Moment | None:
    """Find the earliest end of the first of the steps, counted from the anchor; None where nothing is certain."""
    anchors = _anchors(checked, asked.anchor)
    found = [earliest.done(step, anchor, limit=limit) for step in asked.steps for anchor in anchors]
    certain = [moment for moment in found if moment is not None]
    return soonest(certain) if found and len(certain) == len(found) else None


def _later(one: Moment, other: Moment | None) -> Moment:
    """Give the higher of two lower bounds."""
    return other if other is not None and one.at < other.at < inf else one


def _anchors(checked: Checked, anchor: str) -> tuple[str | None, ...]:
    """Name the steps whose end may be the anchor; None stands for the declaration, none for something unknown."""
    if anchor in NOW:
        return (None,)
    if anchor == "closed":
        return tuple(step.id for step in checked.playbook.steps if step.sets == "closed")
    if anchor in checked.graph.steps:
        return (anchor,)
    milestone = checked.playbook.milestones.get(anchor)
    return tuple(milestone.reached_by) if milestone else ()


def _in_minutes(moment: Moment) -> tuple[tuple[str, float], ...]:
    return tuple((step, seconds / 60) for step, seconds in moment.chain)


def _sentence(promise: Promise) -> str:
    start = "" if promise.anchor in NOW else f" from {promise.anchor}"
    named = promise.name if promise.kind == "milestone" else quoted(promise.name)
    return f"{promise.kind} {named} ({promise.limit}{start}) cannot be met: {links(promise.chain)}"


def _notes(checked: Checked, promise: Promise, patient: Earliest) -> tuple[str, ...]:
    asked = next(asked for asked in _asked(checked) if asked.path == promise.path)
    later = _moment(checked, asked, patient, promise.minutes * 60)
    if later is None or promise.earliest is None or not promise.earliest * 60 < later.at < inf:
        return ()
    return (f"with the time that people have to acknowledge it takes {written(later.at)}",)
