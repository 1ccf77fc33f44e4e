"""`firebreak incident declare|list|show|steps|step|timeline|deliveries|retry`: start incidents and look at them."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final

import typer

from api.cli.client import LOCAL, Client, Server, part
from api.cli.incident_views import local, show_incident, show_step, show_steps
from api.cli.output import Json, Plain, answer, answer_json, answer_table
from api.cli.trouble import Trouble

Key = Annotated[str, typer.Argument(metavar="KEY", help="The incident's key, such as INC-7.")]
Step = Annotated[str, typer.Argument(metavar="STEP", help="The step's id, such as capture.")]
Limit = Annotated[int, typer.Option(min=1, max=200, help="At most so many.")]

_LISTS: Final = ("url_list", "people", "array")


def declare(
    playbook: Annotated[str, typer.Argument(help="Id of a playbook.")],
    inputs: Annotated[list[str] | None, typer.Option("--input", "-i", help="NAME=VALUE; again for each value of a list.")] = None,
    unknown: Annotated[list[str] | None, typer.Option(help="A required input that nobody knows yet.")] = None,
    title: Annotated[str | None, typer.Option(help="Instead of the playbook's title.")] = None,
    severity: Annotated[str | None, typer.Option(help="A level of the playbook.")] = None,
    rehearsal: Annotated[bool, typer.Option("--rehearsal", help="A rehearsal: nothing leaves the rehearsal channel.")] = False,
    speed: Annotated[int | None, typer.Option(min=1, max=3600, help="A rehearsal's durations are divided by it.")] = None,
    external_ref: Annotated[str | None, typer.Option(help="Your own reference, to find it again.")] = None,
    server: Server = LOCAL,
    as_json: Json = False,
) -> None:
    """Start an incident from a playbook."""
    client = Client(server)
    form = client.get(f"/v1/playbooks/{part(playbook)}/form") if inputs else {}
    body = {
        "playbook": playbook,
        "inputs": _inputs(inputs or [], form),
        "unknown": unknown or None,
        "title": title,
        "severity": severity,
        "mode": "rehearsal" if rehearsal else None,
        "speed": speed,
        "external_ref": external_ref,
    }
    incident = client.post("/v1/incidents", body)
    if as_json:
        answer_json(incident)
        return
    show_incident(incident)
    for key in incident.get("similar") or []:
        answer(f"look at {key} too: it has one of the same links")


def _inputs(given: Iterable[str], form: Mapping[str, Any]) -> dict[str, Any]:
    """Read NAME=VALUE pairs; the start form says which of them are lists."""
    known = (form.get("properties") or form.get("schema", {}).get("properties") or {}) if form else {}
    found: dict[str, Any] = {}
    for pair in given:
        name, value = pair_of(pair)
        kind = known.get(name, {}).get("type")
        if kind in _LISTS or (isinstance(kind, list) and "array" in kind):
            found.setdefault(name, []).append(value)
            continue
        if name in found:
            raise Trouble(f"input '{name}' takes one value and was given twice")
        found[name] = value
    return found


def pair_of(pair: str) -> tuple[str, str]:
    """Read NAME=VALUE."""
    name, sign, value = pair.partition("=")
    if not sign or not name.strip():
        raise Trouble(f"'{pair}' is not NAME=VALUE")
    return name.strip(), value


def list_incidents(
    status: Annotated[str | None, typer.Option(help="active, contained, closed, complete or cancelled.")] = None,
    severity: Annotated[str | None, typer.Option(help="A level, such as sev1.")] = None,
    playbook: Annotated[str | None, typer.Option(help="Id of a playbook.")] = None,
    person: Annotated[str | None, typer.Option(help="Somebody who takes part.")] = None,
    text: Annotated[str | None, typer.Option("--search", help="Words of it: all must be there.")] = None,
    limit: Limit = 50,
    server: Server = LOCAL,
    as_json: Json = False,
    plain: Plain = False,
) -> None:
    """List incidents, newest first."""
    query = {"status": status, "severity": severity, "playbook": playbook, "person": person, "q": text, "limit": limit}
    found = Client(server).get("/v1/incidents", **query)
    if as_json:
        answer_json(found)
        return
    rows = ((each["key"], each["status"], each["severity"], each["title"], local(each["declared_at"])) for each in found["items"])
    answer_table(("key", "status", "severity", "title", "declared"), rows, plain=plain)


def show(key: Key, server: Server = LOCAL, as_json: Json = False) -> None:
    """Show where an incident stands."""
    incident = Client(server).get(f"/v1/incidents/{part(key)}")
    answer_json(incident) if as_json else show_incident(incident)


def steps(
    key: Key,
    unsettled: Annotated[bool, typer.Option("--open", help="Only what is ready or being done.")] = False,
    server: Server = LOCAL,
    as_json: Json = False,
    plain: Plain = False,
) -> None:
    """List the steps of an incident: state, who, due, late, and why not."""
    found = Client(server).get(f"/v1/incidents/{part(key)}/steps")
    if as_json:
        answer_json(found)
        return
    items = found["items"]
    show_steps([step for step in items if not unsettled or step["state"] in ("ready", "doing")], plain=plain)


def step(key: Key, step: Step, server: Server = LOCAL, as_json: Json = False) -> None:
    """Show one step, with what can be done to it now."""
    found = Client(server).get(f"/v1/incidents/{part(key)}/steps/{part(step)}")
    answer_json(found) if as_json else show_step(found)


def timeline(key: Key, limit: Limit = 200, server: Server = LOCAL, as_json: Json = False, plain: Plain = False) -> None:
    """Tell what happened, in order."""
    found = Client(server).get(f"/v1/incidents/{part(key)}/timeline", limit=limit)
    if as_json:
        answer_json(found)
        return
    answer_table(("when", "what"), ((local(each["at"]), each.get("text") or each.get("type")) for each in found["items"]), plain=plain)


def deliveries(key: Key, limit: Limit = 200, server: Server = LOCAL, as_json: Json = False, plain: Plain = False) -> None:
    """List what was sent, what waits and what failed."""
    found = Client(server).get(f"/v1/incidents/{part(key)}/deliveries", limit=limit)
    if as_json:
        answer_json(found)
        return
    rows = ((each["id"], each["state"], each.get("target"), each.get("attempts"), _remark(each)) for each in found["items"])
    answer_table(("delivery", "state", "to", "attempts", "remark"), rows, plain=plain)


def _remark(delivery: dict[str, Any]) -> str | None:
    """Say why it failed, or by which way it went instead of the one that was asked for."""
    receipt = delivery.get("receipt") or {}
    if receipt.get("instead_of"):
        return f"by {receipt.get('by')} instead of {receipt['instead_of']}: {receipt.get('because')}"
    error = delivery.get("last_error")
    return str(error) if error else None


def retry(key: Key, delivery: Annotated[str, typer.Argument(metavar="DELIVERY", help="Its id.")], server: Server = LOCAL) -> None:
    """Send a failed delivery once more."""
    Client(server).post(f"/v1/incidents/{part(key)}/deliveries/{part(delivery)}/retry")
    answer(f"{delivery} is on its way again")
