"""The facts that a message shows to whoever holds a role: that it is theirs, and that somebody waits for a sign of them."""

from engine.incident import events as e
from engine.incident.card_facts import Facts, contacts, holder, role_title, severity_title
from engine.incident.describe_values import instant_text, shown
from engine.incident.holding import holders
from engine.incident.plan import World
from engine.incident.state import NEW_ROLE, Incident


def role_card(world: World, incident: Incident, event: e.AnyEvent, person: str) -> Facts | None:
    """Gather what somebody needs to know who got a role, or is called because of one; None where the event is about no role of theirs."""
    match event:
        case e.RoleHeld(role=role, people=people, cause=cause, note=note) if person in people:
            return {**_role(world, incident, role, cause), "note": shown(note, clear=True)}
        case e.RoleCalled(role=role):
            return _role(world, incident, role, "called")
        case e.Escalated(roles=roles):
            held = (role for role in roles if person in holders(incident, [role]) and incident.roles[role].awaits)
            role = next(held, "")
            return _role(world, incident, role, "late") if role else None
        case _:
            return None


def _role(world: World, incident: Incident, role: str, cause: str) -> Facts:
    state, lead = incident.roles.get(role, NEW_ROLE), holder(incident, world.plan.lead_role)
    return {
        "key": incident.key,
        "title": incident.title,
        "playbook": world.plan.playbook.title,
        "rehearsal": incident.mode == "rehearsal",
        "severity": incident.severity,
        "severity_title": severity_title(world, incident.severity),
        "role": role,
        "role_title": role_title(world, role),
        "cause": cause,
        "note": None,
        "awaits": state.awaits or (state.ack_by is not None and state.acknowledged_at is None),
        "ack_by": instant_text(state.ack_by),
        "lead": lead,
        "people": contacts(world.organisation, [lead]),
    }
