"""How the store's views call who reads: the same rule as `engine.incident.visibility`, for lists."""

from engine.incident.actor import Actor
from engine.incident.people import is_guest
from engine.incident.visibility import is_stranger
from engine.language.organisation import Organisation
from engine.store.views import Guest


def viewer_of(organisation: Organisation, actor: Actor) -> str | None:
    """Give the viewer: None sees everything, "" what the whole organisation sees, a Guest what they take part in."""
    if actor.admin:
        return None
    if is_stranger(actor):
        return Guest()
    name = actor.person or actor.service or ""
    return Guest(name) if is_guest(organisation, actor.person) else name
