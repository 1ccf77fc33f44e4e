"""What somebody may do now, as the names of commands: for buttons, for `allowed` in answers, for help.

A hint, not a promise: `decide` has the last word, on the values that a command carries.
"""

from collections.abc import Iterator

from engine.incident.actor import Actor
from engine.incident.holding import holders
from engine.incident.plan import World, roles_of
from engine.incident.policy import forbids_skip
from engine.incident.rights import no_hold, no_lowering, no_release, no_steering, no_work, takes_part
from engine.incident.state import OPEN, Incident, StepState
from engine.incident.steps.approval import has_used_words
from engine.incident.steps.work import can_be_skipped
from engine.incident.versions import is_frozen
from engine.language.playbook import AUTOMATIC_KINDS, Approval, Decision, Evidence, Monitor, Publish, Statement, Step


def allowed(world: World, incident: Incident, step_id: str, actor: Actor) -> tuple[str, ...]:
    """Commands on one step that would work for `actor` now."""
    step, state = world.step(incident, step_id), incident.steps.get(step_id)
    if step is None or state is None or incident.status in ("cancelled", "complete"):
        return ("comment",) if step is not None and state is not None else ()
    if isinstance(step, Approval):
        return (*_keys(world, incident, step, actor), "comment")
    if no_work(world, incident, step, actor) is not None:
        return ("comment",)
    if state.state in OPEN:
        return (*_open(world, incident, step, state, actor), "comment")
    return (*_settled(world, incident, step, state), "comment")


def allowed_on_incident(world: World, incident: Incident, actor: Actor) -> tuple[str, ...]:
    """Commands on the incident that would work for `actor` now."""
    if incident.status in ("cancelled", "complete"):
        return ("note", "reopen") if incident.status == "complete" and not no_steering(world, incident, actor) else ("note",)
    return tuple(_on_incident(world, incident, actor))


def _on_incident(world: World, incident: Incident, actor: Actor) -> Iterator[str]:
    yield from ("note", "add-task", "fill", "add")
    if actor.person is None or takes_part(world, incident, actor.person):
        yield from ("metrics", "invite")
    rank = world.plan.rank(incident.severity)
    if rank < len(world.plan.levels) - 1 and incident.closed_at is None:
        yield "raise"
    if rank > 0 and not no_lowering(world, incident, actor):
        yield "lower"
    if incident.hold is None and not no_hold(world, incident, actor):
        yield "hold"
    if incident.hold is not None and not no_release(world, incident, actor):
        yield "release"
    if no_steering(world, incident, actor) is None:
        yield from _steering(world, incident)


def _steering(world: World, incident: Incident) -> Iterator[str]:
    if incident.contained_at is None:
        yield "contain"
    if incident.closed_at is not None:
        yield "reopen"
    closing = world.plan.closing_step
    if incident.closed_at is None and (closing is None or incident.steps[closing].state in OPEN):
        yield "close"
    if incident.visibility == "organisation":
        yield "restrict"
    yield from ("cancel", "merge", "migrate")


def _keys(world: World, incident: Incident, step: Approval, actor: Actor) -> Iterator[str]:
    state = incident.steps[step.id]
    roles = [*step.approvers, *([state.escalated_to] if state.escalated_to else [])]
    if not actor.own or actor.person not in holders(incident, roles):
        return
    has_turned = any(key.decision == "approve" and key.person == actor.person for key in state.keys)
    if state.state in OPEN and not has_turned:
        yield from ("approve", "reject")
    if has_turned and not has_used_words(world, incident, step):
        yield "withdraw"


def _open(world: World, incident: Incident, step: Step, state: StepState, actor: Actor) -> Iterator[str]:
    if state.state == "ready" and not isinstance(step, Publish):
        yield "start"
    if any(entry.item not in state.ticks for entry in step.checklist):
        yield "tick"
    yield from _of_kind(incident, step, state)
    if can_be_skipped(step) and not forbids_skip(world, incident, step.id):
        yield "skip"
    yield from ("assign", "snooze")
    if step.kind not in AUTOMATIC_KINDS and not state.receipts and _is_theirs(incident, step, state, actor):
        yield "decline"


def _is_theirs(incident: Incident, step: Step, state: StepState, actor: Actor) -> bool:
    """Whether the actor has taken it, or could because nobody has (a publish goes back by any of its people)."""
    if actor.person is None:
        return False
    is_free = state.assignee is None or isinstance(step, Publish)
    return actor.person == state.assignee or (is_free and actor.person in holders(incident, roles_of(step)))


def _of_kind(incident: Incident, step: Step, state: StepState) -> Iterator[str]:
    match step:
        case Decision():
            yield "answer"
        case Statement():
            yield "submit"
        case Publish():
            if incident.hold is None:
                yield from ("start", "confirm") if state.state == "ready" else ("confirm",)
        case Evidence():
            yield "evidence"
        case Monitor():
            yield "record"
        case _:
            if all(entry.optional or entry.item in state.ticks for entry in step.checklist):
                yield "complete"


def _settled(world: World, incident: Incident, step: Step, state: StepState) -> Iterator[str]:
    if state.state != "done" or state.void:
        return
    if isinstance(step, Decision) and incident.closed_at is None:
        yield "answer"
    if isinstance(step, Statement) and not is_frozen(world, incident, step.id):
        yield "submit"
    if isinstance(step, Evidence):
        yield "evidence"
