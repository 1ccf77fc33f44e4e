"""Whether what a story claims is true of a run so far: None when it is, else how things really stand."""

from collections.abc import Callable, Mapping
from typing import Final

from engine.analysis.stories.stage import Stage
from engine.analysis.stories.story import Claim
from engine.incident.effects import person_of
from engine.incident.events import ApprovalEscalated, Escalated
from engine.incident.holding import holders
from engine.incident.people import person_name
from engine.incident.personal import plain_text
from engine.incident.scope import effective
from engine.incident.state import NEW_STEP, OPEN, SETTLED, StepState
from engine.language.suggest import listed, quoted


def untrue(stage: Stage, claim: Claim) -> str | None:
    """Say how things stand where a claim is not true; None where it is."""
    return _CHECKS[claim.verb](stage, claim)


def standing(stage: Stage, name: str) -> str:
    """Say how a step stands, and why."""
    state = stage.incident.steps.get(name)
    if state is None:
        return f"there is no task {quoted(name)} in this run"
    reason = f": {plain_text(state.reason)}" if state.reason else ""
    when = f" since {stage.since_declared(state.settled_at)}" if state.settled_at and state.state in SETTLED else ""
    waits = _waits_for(stage, name) if state.state == "waiting" else ""
    void = " under an answer that was revised since" if state.void else ""
    return f"{quoted(name)} is {state.state}{void}{when}{reason}{waits}"


def _in_state(stage: Stage, claim: Claim) -> str | None:
    for name in claim.items:
        state = stage.incident.steps.get(name, NEW_STEP)
        if name not in stage.incident.steps or not _is(claim.verb, state):
            return standing(stage, name)
        because = claim.more.get("because")
        if because is not None and because not in (plain_text(state.reason) or ""):
            return f"{quoted(name)} is {claim.verb} for another reason: {plain_text(state.reason) or 'none was given'}"
    return None


def _is(verb: str, state: StepState) -> bool:
    """Whether a step stands so; what was settled under a revised answer is neither done nor open."""
    if verb == "open":
        return state.state in OPEN
    return effective(state) == verb


def _answered(stage: Stage, claim: Claim) -> str | None:
    for decision, option in claim.what.items():
        answer = stage.incident.steps[decision].answer
        if answer != option:
            return f"{quoted(decision)} was answered {answer}" if answer else f"{quoted(decision)} was not answered"
    return None


def _escalated(stage: Stage, claim: Claim) -> str | None:
    """Look for a rung of the step's ladder, or for an approval that was left to somebody."""
    roles: list[str] = []
    people: list[str] = []
    for event in stage.events(Escalated, ApprovalEscalated):
        if event.step == claim.what:
            roles += [event.role] if isinstance(event, ApprovalEscalated) else event.roles
            people += [] if isinstance(event, ApprovalEscalated) else event.people
    to = claim.more.get("to")
    if roles and (to is None or to in (*roles, *people)):
        return None
    return f"{quoted(claim.what)} was escalated to {listed(roles)} only" if roles else f"{quoted(claim.what)} was not escalated"


def _late(stage: Stage, claim: Claim) -> str | None:
    for name in claim.items:
        state = stage.incident.steps.get(name, NEW_STEP)
        if state.due_at is None:
            return f"{quoted(name)} has no deadline yet; {standing(stage, name)}"
        if (state.settled_at or stage.now) <= state.due_at:
            return f"{quoted(name)} is not late: it is due at {stage.since_declared(state.due_at)}, and {standing(stage, name)}"
    return None


def _reached(stage: Stage, claim: Claim) -> str | None:
    for name in claim.items:
        milestone = stage.incident.milestones.get(name)
        if milestone is None or milestone.reached_at is None:
            return f"{quoted(name)} was not reached"
    return None


def _missed(stage: Stage, claim: Claim) -> str | None:
    for name in claim.items:
        milestone = stage.incident.milestones.get(name)
        if milestone is None or milestone.missed_at is None:
            at = milestone.reached_at if milestone else None
            return f"{quoted(name)} was reached at {stage.since_declared(at)}" if at else f"{quoted(name)} was not missed so far"
    return None


def _severity(stage: Stage, claim: Claim) -> str | None:
    return None if stage.incident.severity == claim.what else f"the severity is {stage.incident.severity}"


def _status(stage: Stage, claim: Claim) -> str | None:
    if stage.incident.status == claim.what:
        return None
    still = [name for name, state in stage.incident.steps.items() if state.state in OPEN]
    return f"the incident is {stage.incident.status}" + (f"; open: {', '.join(still)}" if still else "")


def _told(stage: Stage, claim: Claim) -> str | None:
    about = claim.more.get("about")
    told = [
        (incident, person_of(delivery.target) or delivery.target)
        for incident, delivery in stage.deliveries()
        if delivery.kind == "tell" and about in (None, delivery.step)
    ]
    if any(person in (claim.what, *holders(incident, [claim.what])) for incident, person in told):
        return None
    names = dict.fromkeys(person_name(stage.world.organisation, person) for _, person in told)
    what = f" about {quoted(about)}" if about else ""
    return f"{quoted(claim.what)} was told nothing{what}; told{what}: {', '.join(names) or 'nobody'}"


def _held(stage: Stage, claim: Claim) -> str | None:
    now = holders(stage.incident, [claim.what])
    if claim.more["by"] in now:
        return None
    return f"{quoted(claim.what)} is held by {', '.join(now)}" if now else f"nobody holds {quoted(claim.what)}"


def _waits_for(stage: Stage, name: str) -> str:
    parents = stage.world.plan.graph.parents.get(name, ())
    still = [parent for parent in parents if stage.incident.steps[parent].state not in SETTLED]
    return f" for {', '.join(still)}" if still else ""


_CHECKS: Final[Mapping[str, Callable[[Stage, Claim], str | None]]] = {
    "waiting": _in_state,
    "ready": _in_state,
    "doing": _in_state,
    "open": _in_state,
    "done": _in_state,
    "skipped": _in_state,
    "blocked": _in_state,
    "answered": _answered,
    "escalated": _escalated,
    "late": _late,
    "reached": _reached,
    "missed": _missed,
    "severity": _severity,
    "status": _status,
    "told": _told,
    "held": _held,
}
