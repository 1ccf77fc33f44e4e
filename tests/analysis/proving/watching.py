"""Holds the history of a run against what was proved: the one judge of the walks, with no rule taken from the verifier's circuit.

A policy speaks of what was done. A step counts as done earlier when it was completed and not set aside since: voided,
or skipped for another answer, for its subject or for all that it needs.
"""

from collections.abc import Iterator
from typing import Final

from engine.analysis.proving.obligations import Obligation, approvals_before, is_necessary
from engine.analysis.proving.verify import Verification
from engine.incident.events import Entry, StepReadied
from engine.incident.evolve import evolve
from engine.incident.scope import is_done
from engine.incident.state import Incident, StepState
from engine.language.playbook import Publish

SET_ASIDE: Final = frozenset({"branch", "of", "path", "revised"})


def breaches(verification: Verification, entries: list[Entry]) -> Iterator[str]:
    """Yield what a run did although it was proved that no run does."""
    proved = [verdict.obligation for verdict in verification.verdicts if verdict.example is None]
    now: Incident | None = None
    opened: dict[str, Incident] = {}
    for entry in entries:
        before, now = now, evolve(now, entry)
        if before is None:
            continue
        if isinstance(entry.event, StepReadied):
            opened[entry.event.step] = before
        for obligation in proved:
            if _has_just_happened(before, now, obligation.step):
                yield from _broken_by(verification, obligation, before, opened)
    if now is not None and now.status == "complete":
        yield from (_said(each) for each in proved if each.code == "FB404" and not is_done(now.steps[each.step]))


def _has_just_happened(before: Incident, now: Incident, step: str) -> bool:
    old, new = before.steps[step], now.steps[step]
    return (new.state == "done" and old.state != "done") or (new.frozen_version is not None and old.frozen_version is None)


def _broken_by(verification: Verification, obligation: Obligation, before: Incident, opened: dict[str, Incident]) -> Iterator[str]:
    step = verification.model.plan.graph.steps[obligation.step]
    match obligation.code:
        case "FB401" if isinstance(step, Publish) and before.steps[step.id].frozen_version is None:
            approvals = approvals_before(verification.model, step)
            keys = [each for each in approvals if not obligation.missing or is_necessary(each, obligation.missing)]
            if not any(is_done(before.steps[each.id]) for each in keys):
                yield _said(obligation)
        case "FB402" if obligation.step in opened:
            moments = (opened[obligation.step], before)
            if not all(_was_done(moment.steps[obligation.missing]) for moment in moments):
                yield _said(obligation)


def _was_done(state: StepState) -> bool:
    return state.was_done and not state.void and not (state.state == "skipped" and state.skip_cause in SET_ASIDE)


def _said(obligation: Obligation) -> str:
    return f"{obligation.code} {obligation.policy.id}: {obligation.step} {obligation.missing}"
