"""`firebreak incident raise|note|close|…`: what can be done to an incident as a whole, and to its roles."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from api.cli.client import LOCAL, Client, Server, part
from api.cli.incident import Key, pair_of
from api.cli.incident_steps import Reason, measured
from api.cli.incident_views import show_incident
from api.cli.output import Json, answer, answer_json

Level = Annotated[str, typer.Argument(metavar="LEVEL", help="A severity level of the playbook.")]
Role = Annotated[str, typer.Argument(metavar="ROLE", help="A role of the playbook.")]
Person = Annotated[str, typer.Argument(metavar="PERSON", help="Id or e-mail of a person.")]


def raise_severity(key: Key, to: Level, reason: Reason, server: Server = LOCAL, as_json: Json = False) -> None:
    """Raise severity: what was skipped only because it was low opens again."""
    _act(server, key, "raise", {"to": to, "reason": reason}, as_json=as_json)


def lower_severity(key: Key, to: Level, reason: Reason, server: Server = LOCAL, as_json: Json = False) -> None:
    """Lower severity."""
    _act(server, key, "lower", {"to": to, "reason": reason}, as_json=as_json)


def contain(key: Key, server: Server = LOCAL, as_json: Json = False) -> None:
    """Say that the incident is contained."""
    _act(server, key, "contain", {}, as_json=as_json)


def close(key: Key, server: Server = LOCAL, as_json: Json = False) -> None:
    """Close the incident; reviews and follow-ups remain."""
    _act(server, key, "close", {}, as_json=as_json)


def cancel(key: Key, reason: Reason, server: Server = LOCAL, as_json: Json = False) -> None:
    """Stop the incident for good."""
    _act(server, key, "cancel", {"reason": reason}, as_json=as_json)


def reopen(key: Key, reason: Reason, server: Server = LOCAL, as_json: Json = False) -> None:
    """Open a closed incident again."""
    _act(server, key, "reopen", {"reason": reason}, as_json=as_json)


def note(key: Key, text: Annotated[str, typer.Argument()], server: Server = LOCAL, as_json: Json = False) -> None:
    """Write something into the timeline."""
    _act(server, key, "note", {"text": text}, as_json=as_json)


def add_task(
    key: Key,
    role: Role,
    title: Annotated[str, typer.Argument(help="What is to be done.")],
    due: Annotated[str | None, typer.Option(help="Such as 2h, 3bd or '4h from declared'.")] = None,
    server: Server = LOCAL,
    as_json: Json = False,
) -> None:
    """Ask a role for something that the playbook did not foresee."""
    _act(server, key, "add-task", {"role": role, "title": title, "due": due}, as_json=as_json)


def fill(
    key: Key,
    values: Annotated[list[str], typer.Argument(metavar="INPUT=VALUE...")],
    server: Server = LOCAL,
    as_json: Json = False,
) -> None:
    """Answer inputs that were unknown, or are asked later."""
    _act(server, key, "fill", dict(map(pair_of, values)), as_json=as_json)


def add(
    key: Key,
    values: Annotated[list[str], typer.Argument(metavar="INPUT=VALUE...", help="People or links that were found.")],
    server: Server = LOCAL,
    as_json: Json = False,
) -> None:
    """Add people or links that were found during the run."""
    lists: dict[str, list[str]] = {}
    for name, value in map(pair_of, values):
        lists.setdefault(name, []).append(value)
    _act(server, key, "add", lists, as_json=as_json)


def metrics(
    key: Key,
    values: Annotated[list[str], typer.Argument(metavar="METRIC=VALUE...")],
    server: Server = LOCAL,
    as_json: Json = False,
) -> None:
    """Record what was measured."""
    _act(server, key, "metrics", measured(values), as_json=as_json)


def hold(key: Key, reason: Reason, server: Server = LOCAL, as_json: Json = False) -> None:
    """Stop everything that is said outside, at once, until another key-holder releases it."""
    _act(server, key, "hold", {"reason": reason}, as_json=as_json)


def release(key: Key, reason: Reason, server: Server = LOCAL, as_json: Json = False) -> None:
    """Let what is said outside go on."""
    _act(server, key, "release", {"reason": reason}, as_json=as_json)


def merge(
    key: Key,
    into: Annotated[str, typer.Argument(metavar="KEY", help="The incident that goes on.")],
    reason: Annotated[str | None, typer.Option(help="Why; a duplicate unless you say otherwise.")] = None,
    server: Server = LOCAL,
    as_json: Json = False,
) -> None:
    """Settle an incident as part of another one."""
    _act(server, key, "merge", {"into": into, "reason": reason}, as_json=as_json)


def restrict(key: Key, reason: Reason, server: Server = LOCAL, as_json: Json = False) -> None:
    """Close an incident to everybody who takes no part in it, for good."""
    _act(server, key, "restrict", {"reason": reason}, as_json=as_json)


def migrate(
    key: Key, version: Annotated[str, typer.Argument(help="Version of the playbook.")], server: Server = LOCAL, as_json: Json = False
) -> None:
    """Move an incident to another version of its playbook."""
    _act(server, key, "migrate", {"version": version}, as_json=as_json)


def invite(key: Key, person: Person, server: Server = LOCAL, as_json: Json = False) -> None:
    """Let somebody see and follow an incident that is for participants."""
    _act(server, key, "invite", {"person": person}, as_json=as_json)


def name_role(key: Key, role: Role, person: Person, server: Server = LOCAL, as_json: Json = False) -> None:
    """Name who holds a role."""
    found = Client(server).put(f"/v1/incidents/{part(key)}/roles/{part(role)}", {"person": person})
    _show(found, f"{role}: {person}", as_json=as_json)


def acknowledge(key: Key, role: Role, server: Server = LOCAL, as_json: Json = False) -> None:
    """Say that you are there, so that nobody else is called."""
    found = Client(server).post(f"/v1/incidents/{part(key)}/roles/{part(role)}/acknowledge")
    _show(found, f"{role} acknowledged", as_json=as_json)


def hand_over(
    key: Key,
    role: Role,
    to: Person,
    words: Annotated[str, typer.Option("--note", help="What they need to know.")] = "",
    server: Server = LOCAL,
    as_json: Json = False,
) -> None:
    """Hand a role of yours to somebody else."""
    found = Client(server).post(f"/v1/incidents/{part(key)}/roles/{part(role)}/hand-over", {"to": to, "note": words})
    _show(found, f"{role}: {to}", as_json=as_json)


def _act(server: str, key: str, command: str, body: Mapping[str, Any], *, as_json: bool) -> None:
    found = Client(server).post(f"/v1/incidents/{part(key)}/{command}", body)
    _show(found, f"{command}: {key}", as_json=as_json)


def _show(found: Any, done: str, *, as_json: bool) -> None:
    if as_json:
        answer_json(found)
        return
    if isinstance(found, dict) and "counts" in found and "key" in found:
        show_incident(found)
        return
    answer(done)
