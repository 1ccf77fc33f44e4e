"""Work for machines: messages to places, api publishes, tickets, requests, linked incidents."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import msgspec

from engine.incident import events as e
from engine.incident.effects import Delivery
from engine.incident.holding import holders
from engine.incident.personal import Text, plain_text
from engine.incident.plan import World
from engine.incident.rendering import render_text
from engine.incident.rooms import Room
from engine.incident.state import Incident
from engine.incident.telling import preview
from engine.incident.versions import version_of
from engine.language.playbook import OUTSIDE, Http, Message, Publish, SubPlaybook


def machine_work(world: World, incident: Incident, room: Room, entry: e.Entry, *, first: str, number: int) -> Iterator[Delivery]:
    """Deliveries that perform something; `first` and `number` make their ids."""
    match entry.event:
        case e.MessageSent(step=step, to=to, text=text):
            yield from _messages(world, incident, room, step=step, to=to, text=text, first=first, number=number)
        case e.RoundReported(step=step, to=to, text=text):
            yield from _messages(world, incident, room, step=step, to=to, text=text, first=first, number=number)
        case e.PublishStarted(step=step, version=version, by_engine=True) if incident.mode == "live":
            yield from _publishes(world, incident, step, version)
        case e.TicketRequested(step=step, system=system, project=project, text=text) if incident.mode == "live":
            body = {"project": project, "key": incident.key, "severity": incident.severity}
            yield Delivery(f"{first}:{number}", "ticket", f"ticket:{system}", plain_text(text), body=body, step=step, receipt=True)
        case e.RequestMade(step=step) if incident.mode == "live":
            yield from _request(world, incident, entry, step=step, id=f"{first}:{number}")
        case _:
            yield from _linked(world, incident, entry.event, first=first, number=number)


def _linked(world: World, incident: Incident, event: e.AnyEvent, *, first: str, number: int) -> Iterator[Delivery]:
    """What other incidents must be told."""
    match event:
        case e.ChildRequested(step=step):
            yield _child(world, incident, event, id=f"{incident.key}:child:{step}:{incident.steps[step].round}")
        case e.IncidentRestricted():
            yield from _restrictions(world, incident, first=first, number=number)
        case e.ChildStarted(key=key) if incident.restricted_at is not None:
            yield _restriction(incident, key, id=f"{first}:{number}")
        case e.IncidentClosed() | e.IncidentCancelled() if incident.parent is not None:
            yield _report(incident, event, id=f"{first}:{number}")
        case _:
            return


def _messages(
    world: World, incident: Incident, room: Room, *, step: str, to: Iterable[str], text: Text, first: str, number: int
) -> Iterator[Delivery]:
    definition = world.plan.steps.get(step)
    outside = isinstance(definition, Message) and definition.audience in OUTSIDE
    targets = [target for place in to for target in _targets(incident, room, place)]
    for index, target in enumerate(dict.fromkeys(targets)):
        body = room.body if target == room.target else {}
        if target.startswith("person:") and not outside:
            body = {**body, "preview": preview(world, incident, "a message for you")}
        words = _said(incident, plain_text(text), outside=outside, in_room=target == room.target)
        yield Delivery(f"{first}:{number + index}", "message", target, words, body=body, step=step, outside=outside)


def _said(incident: Incident, text: str, *, outside: bool, in_room: bool) -> str:
    """Say whose message it is: first to who has many, last in the incident's own room, never outside."""
    if outside:
        return text
    return f"{text} ({incident.key})" if in_room else f"{incident.key}: {text}"


def _targets(incident: Incident, room: Room, place: str) -> Iterable[str]:
    if place == "war_room":
        return (room.target,)
    scheme, _, name = place.partition(":")
    if scheme == "role":
        return tuple(f"person:{person}" for person in holders(incident, [name]))
    return (place,) if name else (f"channel:{place}",)


def _publishes(world: World, incident: Incident, step: str, digest: str) -> Iterator[Delivery]:
    definition = world.plan.steps.get(step)
    if not isinstance(definition, Publish):
        return
    version = version_of(incident, definition.of, digest)
    texts = {language: plain_text(text) for language, text in version.texts.items()} if version else {}
    round_, receipts = incident.steps[step].round, incident.steps[step].receipts
    for channel in (channel for channel in definition.channels if channel not in receipts):
        yield Delivery(
            f"{incident.key}:publish:{step}:{round_}:{channel}",
            "publish",
            channel if ":" in channel else f"channel:{channel}",
            "\n\n".join(texts.values()),
            body={"texts": texts, "version": digest, "channel": channel, "title": definition.title},
            step=step,
            outside=True,
            receipt=True,
        )


def _request(world: World, incident: Incident, entry: e.Entry, *, step: str, id: str) -> Iterator[Delivery]:
    definition = world.plan.steps.get(step)
    if not isinstance(definition, Http):
        return
    filled = partial(render_text, world, incident, now=entry.at)
    body: dict[str, Any] = {
        "url": filled(definition.url),
        "method": definition.method,
        "headers": {name: filled(value) for name, value in definition.headers.items()},
        "body": filled(definition.body) if isinstance(definition.body, str) else definition.body,
        "secret": definition.secret,
        "expect": list(definition.expect),
        "save": definition.save,
        "timeout": float(definition.timeout.seconds),
        "retry": {"times": definition.retry.times, "wait": definition.retry.wait.seconds},
    }
    yield Delivery(id, "http", "http", f"{incident.key}: {definition.title}", body=body, step=step, receipt=True)


def _child(world: World, incident: Incident, event: e.ChildRequested, *, id: str) -> Delivery:
    definition = world.plan.steps.get(event.step)
    playbook, _, version = event.playbook.partition("@")
    body = {
        "playbook": playbook,
        "version": version or None,
        "title": event.title,
        "inputs": msgspec.to_builtins(event.inputs),
        "mode": incident.mode,
        "speed": incident.speed,
        "parent": {"incident": incident.id, "key": incident.key, "step": event.step, "visibility": incident.visibility},
        "round": incident.steps[event.step].round,
        "wait": definition.wait if isinstance(definition, SubPlaybook) else True,
    }
    return Delivery(id, "child", "engine", f"{incident.key} starts {playbook}", body=body, step=event.step, receipt=True)


def _restrictions(world: World, incident: Incident, *, first: str, number: int) -> Iterator[Delivery]:
    """A linked incident is never more open than the one that it belongs to."""
    steps = ((world.step(incident, name), state.reference) for name, state in incident.steps.items())
    children = [key for step, key in steps if isinstance(step, SubPlaybook) and key]
    for index, key in enumerate(children):
        yield _restriction(incident, key, id=f"{first}:{number + index}")


def _restriction(incident: Incident, key: str, *, id: str) -> Delivery:
    reason = f"{incident.key}, which it belongs to, is for participants"
    return Delivery(id, "restrict", "engine", f"{key} becomes an incident for participants", body={"key": key, "reason": reason})


def _report(incident: Incident, event: e.AnyEvent, *, id: str) -> Delivery:
    parent = incident.parent
    status = "closed" if isinstance(event, e.IncidentClosed) else "cancelled"
    body = {
        "incident": parent.incident if parent else "",
        "key": incident.key,
        "step": parent.step if parent else "",
        "status": status,
    }
    return Delivery(id, "parent", "engine", f"{incident.key} is {status}", body=body)
