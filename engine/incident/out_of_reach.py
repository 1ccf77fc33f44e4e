"""Who is told that something or somebody can't be reached any more: the lead, once for each target.

Rules:
- What died stays visible among the deliveries; this is the word that makes somebody look there.
- Nobody is told of themselves: when the lead is out of reach, whoever declared the incident hears it.
"""

from engine.incident.card_facts import holder
from engine.incident.effects import Delivery
from engine.incident.people import person_name
from engine.incident.plan import World
from engine.incident.rehearsal import rehearsed
from engine.incident.state import Incident
from engine.incident.telling import preview


def out_of_reach(world: World, incident: Incident, lost: Delivery, error: str) -> tuple[Delivery, ...]:
    """Return the message owed because the target of a delivery is gone, if there is anybody to tell."""
    scheme, _, name = lost.target.partition(":")
    candidates = (holder(incident, world.plan.lead_role), incident.declared_by)
    person = next((each for each in candidates if each is not None and (scheme, name) != ("person", each)), None)
    if person is None:
        return ()
    text = f"{incident.key} {world.plan.playbook.title}: {_what(world, scheme, name)} ({error})."
    body = {"reason": "failed", "by": "slack", "preview": preview(world, incident, "a message did not arrive")}
    told = Delivery(f"{incident.key}:gone:{lost.target}", "tell", f"person:{person}", text, body=body)
    return rehearsed(world, incident, (told,)) if incident.mode == "rehearsal" else (told,)


def _what(world: World, scheme: str, name: str) -> str:
    match scheme:
        case "war_room":
            return "its channel can't be written to any more; go on in the browser or the terminal, or open the channel again"
        case "person":
            return f"{person_name(world.organisation, name)} can't be reached in Slack; tell them another way"
        case _:
            return f"nothing arrives at {name} any more"
