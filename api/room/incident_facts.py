"""What the page of an incident shows: how it stands, whose turn it is, what went out, what did not arrive, what happened last."""

from typing import Any, Final

from sqlalchemy import Connection

from api.parts import Parts
from api.room.sessions import Visitor
from api.room.step_facts import all_steps, own_steps
from api.timeline import told
from engine.incident.cards import room_card, task_card
from engine.incident.describe_values import instant_text
from engine.incident.effects import person_of
from engine.incident.people import person_name
from engine.language.organisation import Organisation
from engine.runtime.outcome import Seen
from engine.store.views import RUNNING, IncidentFilter, SeenDelivery, incidents_found, newest_deliveries

Facts = dict[str, Any]

_ENTRIES: Final = 25
_SENT: Final = 20
_LISTED: Final = 100
_OUT: Final = ("publish", "message", "ticket", "http")
"""Kinds of delivery that leave the room."""

_KINDS: Final = {
    "room": "Opening the room",
    "invite": "Inviting people to the room",
    "bookmarks": "Bookmarks of the room",
    "close": "Closing the room",
    "card": "The card",
    "task": "The message of a step",
    "say": "A message in the room",
    "broadcast": "The message for everybody",
    "tell": "A message to a person",
    "publish": "Publication",
    "message": "Message",
    "ticket": "Ticket",
    "http": "Request",
    "child": "Starting a linked incident",
    "parent": "News of a linked incident",
    "restrict": "Closing a linked incident to others",
}
_PLACES: Final = {
    "war_room": "its room",
    "slack": "{name} in Slack",
    "channel": "{name}",
    "email": "{name} by e-mail",
    "webhook": "{name}",
    "ticket": "{name}",
    "http": "another system",
    "engine": "another incident",
}


async def page_facts(parts: Parts, seen: Seen, visitor: Visitor) -> Facts:
    """Gather everything that the page of an incident shows. Raises Fault."""
    incident, card = seen.incident, room_card(seen.world, seen.incident)

    def asked(tx: Connection) -> Facts:
        return {
            "entries": told(tx, parts.sealer, seen, after=max(0, incident.version - _ENTRIES), limit=_ENTRIES)[::-1],
            "sent": newest_deliveries(tx, parts.sealer, incident.id, states=("sent",), kinds=_OUT, limit=_SENT),
            "lost": newest_deliveries(tx, parts.sealer, incident.id, states=("dead",), limit=_SENT),
            "held": newest_deliveries(tx, parts.sealer, incident.id, states=("waiting",), limit=_SENT),
        }

    found, organisation = await parts.database.read(asked), parts.library.organisation
    listed = {name: [_delivery(each, organisation) for each in found[name]] for name in ("sent", "lost", "held")}
    entries = [{"at": instant_text(each.entry.at), "text": each.text} for each in found["entries"]]
    earlier = incident.version - len(entries)
    steps = all_steps(seen)
    titles = {step["step"]: step["title"] for step in steps}
    return {
        "card": card,
        "now_with": {step["step"]: _people(seen, step) for step in card["now"]},
        "mine": own_steps(seen, visitor.actor),
        "steps": steps,
        "titles": titles,
        "entries": entries,
        "earlier": earlier,
        **listed,
    }


async def open_incidents(parts: Parts, visitor: Visitor) -> Facts:
    """List the open incidents that somebody may know of, newest first. Raises Fault."""
    wanted, sealer = IncidentFilter(status=RUNNING), parts.sealer
    page = await parts.database.read(lambda tx: incidents_found(tx, sealer, wanted, viewer=visitor.viewer, limit=_LISTED))
    rows = [
        {
            "key": row.key,
            "title": row.title,
            "status": row.status,
            "severity": row.severity,
            "rehearsal": row.mode == "rehearsal",
            "declared_at": instant_text(row.declared_at),
        }
        for row in page.items
    ]
    return {"incidents": rows, "more": page.next is not None}


def _people(seen: Seen, step: Facts) -> list[str]:
    """Whose turn it is, as everybody may know it: an approval waits for several people."""
    if step["private"]:
        return []
    if step["kind"] != "approval":
        return [step["person"]] if step["person"] else []
    facts = task_card(seen.world, seen.incident, step["step"])
    given = {key["role"] for key in facts["keys"] if key["stands"]}
    people = [each["person"] for each in facts["approvers"] if each["role"] not in given and each["person"]]
    return list(dict.fromkeys(people))


def slack_trouble(parts: Parts) -> str | None:
    """Say in a sentence what is wrong with Slack now; None while nothing is known to be."""
    code = parts.slack_trouble() if parts.slack_trouble else None
    if code is None:
        return None
    if code == "no answer":
        return "Slack does not answer. Messages wait, and are sent when it does."
    return f"Slack refuses Firebreak ({code}). Nothing arrives there until whoever runs it has put that right."


def _delivery(delivery: SeenDelivery, organisation: Organisation) -> Facts:
    """Describe a delivery by what it was and where it went; its words stand where they may be read."""
    return {
        "kind": _KINDS.get(delivery.kind, delivery.kind),
        "where": _place(delivery.target, organisation),
        "step": delivery.step,
        "at": instant_text(delivery.sent_at or delivery.owed_at),
        "error": delivery.last_error,
    }


def _place(target: str, organisation: Organisation) -> str:
    scheme, _, name = target.partition(":")
    person = person_of(target)
    if person is not None:
        way = name.partition(":")[0] if scheme == "call" else "Slack"
        return f"{person_name(organisation, person)} by {way}"
    return _PLACES.get(scheme, "{name}").format(name=name)
