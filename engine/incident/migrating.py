"""Moving a run to another version of its playbook: the world holds the newer plan.

What has happened stands. Steps that appear wait; open or settled steps keep their state; steps that
nobody has started and that are gone vanish. A version that lacks a step in which something happened is
refused, because history would hang in the air.
"""

from engine.incident import commands as c
from engine.incident.draft import Draft
from engine.incident.events import PlaybookMigrated
from engine.incident.refusal import Refusal
from engine.incident.reopening import restate
from engine.incident.rights import no_steering
from engine.incident.state import PlaybookRef


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
    appeared = tuple(name for name in plan.steps if name not in draft.incident.steps)
    reference = PlaybookRef(plan.playbook.id, plan.playbook.version, plan.digest)
    draft.add(PlaybookMigrated(reference, appeared=appeared, vanished=gone))
    restate(draft, [*appeared], f"moved to version {plan.playbook.version}")
    return None
