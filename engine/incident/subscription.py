"""What a webhook is told of: pure rules over one event of one incident.

Rules:
- An empty list wants everything; several lists are joined by "and", the entries of one by "or".
- Rehearsals are left out unless they are asked for.
- A webhook sees what its owner sees and nothing more. An admin's power is for looking, one incident at a time, and never hands
  incidents for participants to a machine outside: `owner_of` has no admin.
"""

from typing import Final, Literal, get_args

import msgspec

from engine.incident.actor import Actor
from engine.incident.events import AnyEvent
from engine.incident.state import Incident

Mode = Literal["live", "rehearsal"]

EVENTS: Final[tuple[str, ...]] = tuple(sorted(each.__name__ for each in get_args(AnyEvent)))
"""Every kind of event by its name, as the timeline gives it."""


class Wanted(msgspec.Struct, frozen=True, omit_defaults=True):
    """What somebody wants to hear of: kinds of events, keys of incidents, ids of playbooks, severity levels, modes."""

    events: tuple[str, ...] = ()
    incidents: tuple[str, ...] = ()
    playbooks: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    modes: tuple[Mode, ...] = ("live",)


def wants_incident(wanted: Wanted, incident: Incident) -> bool:
    """Say whether events of this incident, as it stands now, are wanted at all."""
    return (
        incident.mode in wanted.modes
        and (not wanted.incidents or incident.key in wanted.incidents)
        and (not wanted.playbooks or incident.playbook.id in wanted.playbooks)
        and (not wanted.severities or incident.severity in wanted.severities)
    )


def wants_event(wanted: Wanted, event: str) -> bool:
    """Say whether an event of this kind is wanted."""
    return not wanted.events or event in wanted.events


def owner_of(*, person: str | None, service: str | None, token: str) -> Actor:
    """Say as whom a webhook looks: a person, or a service that acts for nobody."""
    return Actor(person=person, via="rest", credential=token, service=None if person else service)
