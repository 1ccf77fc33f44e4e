"""Moving a run to another version of its playbook: the world holds the newer plan.

What has happened stands. Steps that appear wait; open or settled steps keep their state; steps that
nobody has started and that are gone vanish. A version is refused, because history would hang in the air,
where it lacks a step in which something happened, or made another kind of it; and where what has
happened already breaks one of its policies.
"""

from engine.incident import commands as c
from engine.incident.draft import Draft
from engine.incident.events import PlaybookMigrated
from engine.incident.policy import forbids_history
from engine.incident.refusal import Refusal
from engine.incident.reopening import restate
from engine.incident.rights import no_steering
from engine.incident.state import PlaybookRef, StepState
from engine.language.playbook import Approval, Decision, Evidence, Publish, Statement, Step


def migrate(draft: Draft, command: c.Migrate) -> Refusal | None:
    """Adopt the plan of `draft.world`, which the caller has loaded for `command.digest`."""
    plan = draft.world.plan
    refused = no_steering(draft.world, draft.incident, draft.actor)
    if refused:
        return refused
    if plan.playbook.id != draft.incident.playbook.id:
        return Refusal("unknown_playbook", f"'{plan.playbook.id}' is another playbook than '{draft.incident.playbook.id}'")
    if plan.digest == draft.incident.playbook.digest:
        return None
    known = {*plan.steps, *draft.incident.added}
    gone = tuple(name for name in draft.incident.steps if name not in known)
    touched = [name for name in gone if draft.state(name).state in ("doing", "done", "blocked")]
    if touched:
        reason = f"version {plan.playbook.version} has no step '{touched[0]}', in which something has happened"
        return Refusal("in_use", reason, field="version")
    unlike = next((name for name, step in plan.steps.items() if not _fits(step, draft.state(name))), None)
    if unlike:
        reason = f"what happened in '{unlike}' does not fit what version {plan.playbook.version} makes of it"
        return Refusal("in_use", reason, field="version")
    refused = forbids_history(draft.world, draft.incident)
    if refused:
        return refused
    appeared = tuple(name for name in plan.steps if name not in draft.incident.steps)
    reference = PlaybookRef(plan.playbook.id, plan.playbook.version, plan.digest)
    draft.add(PlaybookMigrated(reference, appeared=appeared, vanished=gone))
    restate(draft, [*appeared], f"moved to version {plan.playbook.version}")
    return None


def _fits(step: Step, state: StepState) -> bool:
    """Whether what is known of a step can have come about in a step of this kind."""
    traces = {
        Decision: state.answer is not None,
        Statement: bool(state.versions),
        Approval: bool(state.keys),
        Publish: state.frozen_version is not None,
        Evidence: bool(state.items),
    }
    if any(left and not isinstance(step, kind) for kind, left in traces.items()):
        return False
    if isinstance(step, Decision) and state.answer is not None:
        return state.answer in step.options
    return state.state != "done" or traces.get(type(step), True)
