"""Who acts: the person whose `slack` id in the organisation file is the user's, in the pinned workspace.

Rules:
- The pinned workspace is the one that our bot token belongs to. Somebody from another workspace (a shared
  channel) is nobody here, whatever their user id.
- Slack has verified who pressed, so a press is the person's own credential; user names are not looked at.
"""

from engine.incident.actor import Actor
from engine.language.organisation import Organisation

STRANGER = (
    "I don't know you, so nothing happened. Ask whoever keeps Firebreak's organisation file to add your Slack id {user}; then try again."
)
UNREACHABLE = "I can't check with Slack which workspace this is, so nothing happened. Try again in a moment."


def actor_of(organisation: Organisation, *, user: str, team: str, pinned: str) -> Actor | None:
    """Find who a Slack user of a team is; None when they are nobody here."""
    if team != pinned or not user:
        return None
    person = person_of(organisation, user)
    return Actor(person=person, via="slack", credential=f"slack:{team}:{user}", own=True) if person else None


def person_of(organisation: Organisation, user: str) -> str | None:
    """Find the person with a Slack user id."""
    return next((name for name, person in organisation.people.items() if person.slack == user), None)
