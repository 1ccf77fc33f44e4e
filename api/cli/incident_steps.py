"""`firebreak incident start|tick|complete|…`: what can be done to one step, the same as everywhere else."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.client import LOCAL, Client, Server, part
from api.cli.incident import Key, Step, pair_of
from api.cli.incident_views import show_step
from api.cli.output import Json, answer, answer_json, clean, talk
from api.cli.trouble import Trouble

Reason = Annotated[str, typer.Argument(metavar="REASON", help="Why, in a few words.")]
Version = Annotated[str | None, typer.Option(help="content_hash of the words you read; without it they are shown and you are asked.")]
AsRole = Annotated[str | None, typer.Option("--role", help="Which of your roles turns the key, if you hold several.")]


def start(key: Key, step: Step, server: Server = LOCAL, as_json: Json = False) -> None:
    """Begin a step: it is yours then."""
    _act(server, key, step, "start", {}, as_json=as_json)


def tick(
    key: Key,
    step: Step,
    item: Annotated[str, typer.Argument(help="The item's text, or its number from 1.")],
    undo: Annotated[bool, typer.Option("--undo", help="Take the tick back.")] = False,
    server: Server = LOCAL,
    as_json: Json = False,
) -> None:
    """Tick an item of a checklist."""
    _act(server, key, step, "tick", {"item": item, "done": not undo}, as_json=as_json)


def complete(
    key: Key,
    step: Step,
    result: Annotated[str | None, typer.Option(help="What the step asks to write down.")] = None,
    link: Annotated[str | None, typer.Option(help="Where the work can be seen.")] = None,
    server: Server = LOCAL,
    as_json: Json = False,
) -> None:
    """Complete a step."""
    _act(server, key, step, "complete", {"result": result, "link": link}, as_json=as_json)


def skip(key: Key, step: Step, reason: Reason, server: Server = LOCAL, as_json: Json = False) -> None:
    """Leave a step out, with a reason."""
    _act(server, key, step, "skip", {"reason": reason}, as_json=as_json)


def assign(
    key: Key,
    step: Step,
    person: Annotated[str, typer.Argument(help="Id or e-mail of a person.")],
    server: Server = LOCAL,
    as_json: Json = False,
) -> None:
    """Give a step to somebody."""
    _act(server, key, step, "assign", {"person": person}, as_json=as_json)


def answer_step(
    key: Key,
    step: Step,
    option: Annotated[str, typer.Argument(help="One of the step's options.")],
    note: Annotated[str | None, typer.Option(help="Why; required to revise an answer.")] = None,
    server: Server = LOCAL,
    as_json: Json = False,
) -> None:
    """Answer a decision, or revise its answer."""
    _act(server, key, step, "answer", {"option": option, "note": note}, as_json=as_json)


def submit(
    key: Key,
    step: Step,
    text: Annotated[str | None, typer.Option(help="The words; without them the template is taken.")] = None,
    file: Annotated[Path | None, typer.Option(help="A file with the words.", exists=True, dir_okay=False)] = None,
    language: Annotated[str | None, typer.Option(help="Language of the words, such as fr.")] = None,
    server: Server = LOCAL,
    as_json: Json = False,
) -> None:
    """Submit words for a statement: a new version that its approvers have to read."""
    if text is not None and file is not None:
        raise Trouble("give --text or --file, not both")
    words = _words(file) if file else text
    _act(server, key, step, "submit", {"text": words, "language": language}, as_json=as_json)


def approve(
    key: Key,
    step: Step,
    version: Version = None,
    role: AsRole = None,
    server: Server = LOCAL,
    as_json: Json = False,
) -> None:
    """Turn your key on exactly the words you read."""
    client = Client(server)
    shown = version or _read_aloud(client, key, step, "Approve exactly these words?")
    _act(server, key, step, "approve", {"version": shown, "role": role}, as_json=as_json, client=client)


def reject(
    key: Key,
    step: Step,
    comment: Annotated[str, typer.Argument(help="What has to change.")],
    version: Version = None,
    role: AsRole = None,
    server: Server = LOCAL,
    as_json: Json = False,
) -> None:
    """Send the words back, saying what has to change."""
    client = Client(server)
    shown = version or _read_aloud(client, key, step, "Send exactly these words back?")
    _act(server, key, step, "reject", {"version": shown, "comment": comment, "role": role}, as_json=as_json, client=client)


def withdraw(
    key: Key,
    step: Step,
    reason: Reason,
    version: Annotated[str, typer.Option(help="content_hash of the words you approved.")],
    server: Server = LOCAL,
    as_json: Json = False,
) -> None:
    """Take an approval back, as long as it was not used."""
    _act(server, key, step, "withdraw", {"version": version, "reason": reason}, as_json=as_json)


def confirm(
    key: Key,
    step: Step,
    channel: Annotated[str, typer.Argument(help="Where the words stand now.")],
    link: Annotated[str, typer.Argument(help="Link to them.")],
    text: Annotated[str | None, typer.Option(help="The words as posted.")] = None,
    version: Annotated[str | None, typer.Option(help="content_hash of the words that were posted.")] = None,
    server: Server = LOCAL,
    as_json: Json = False,
) -> None:
    """Say that the approved words stand in a channel, with the link."""
    _act(server, key, step, "confirm", {"channel": channel, "link": link, "text": text, "version": version}, as_json=as_json)


def decline(key: Key, step: Step, reason: Reason, server: Server = LOCAL, as_json: Json = False) -> None:
    """Say that you can't do a step: somebody else is asked."""
    _act(server, key, step, "decline", {"reason": reason}, as_json=as_json)


def snooze(
    key: Key,
    step: Step,
    span: Annotated[str, typer.Argument(metavar="FOR", help="How long, such as 30m.")],
    server: Server = LOCAL,
    as_json: Json = False,
) -> None:
    """Silence a step's reminders for a while; never its escalation."""
    _act(server, key, step, "snooze", {"for": span}, as_json=as_json)


def evidence(
    key: Key,
    step: Step,
    source: Annotated[str, typer.Argument(help="The link or file it comes from.")],
    sha256: Annotated[str, typer.Argument(help="SHA-256 of the saved file.")],
    collected: Annotated[list[str] | None, typer.Option("--field", help="NAME=VALUE of what the step asks to collect.")] = None,
    tool: Annotated[str | None, typer.Option(help="What it was saved with.")] = None,
    note: Annotated[str | None, typer.Option(help="Anything else.")] = None,
    server: Server = LOCAL,
    as_json: Json = False,
) -> None:
    """Record a saved copy: where from, its SHA-256, and what was collected."""
    fields = dict(map(pair_of, collected or [])) or None
    body = {"source": source, "sha256": sha256, "collected": fields, "tool": tool, "note": note}
    _act(server, key, step, "evidence", body, as_json=as_json)


def record(
    key: Key,
    step: Step,
    values: Annotated[list[str], typer.Argument(metavar="METRIC=VALUE...", help="What was measured.")],
    server: Server = LOCAL,
    as_json: Json = False,
) -> None:
    """Record what a step measures."""
    _act(server, key, step, "record", measured(values), as_json=as_json)


def comment(key: Key, step: Step, text: Annotated[str, typer.Argument()], server: Server = LOCAL, as_json: Json = False) -> None:
    """Write something about a step into the timeline."""
    _act(server, key, step, "comment", {"text": text}, as_json=as_json)


def measured(pairs: list[str]) -> dict[str, bool | int | float]:
    """Read METRIC=VALUE pairs: a number, yes or no."""
    return {name: _measure(name, value) for name, value in map(pair_of, pairs)}


def _measure(name: str, value: str) -> bool | int | float:
    word = value.strip().casefold()
    if word in ("yes", "true", "no", "false"):
        return word in ("yes", "true")
    try:
        return float(word) if "." in word or "e" in word else int(word)
    except ValueError as error:
        raise Trouble(f"{name} is '{value}', which is neither a number nor yes or no") from error


def _words(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeError) as error:
        raise Trouble(f"can't read '{file}' as UTF-8 text") from error


def _read_aloud(client: Client, key: str, step: str, question: str) -> str:
    """Show the words a key would turn on, and ask; a key never turns on words that nobody saw."""
    found = client.get(f"/v1/incidents/{part(key)}/steps/{part(step)}")
    version = found.get("content_hash")
    if not version:
        raise Trouble(f"'{step}' has no words to decide about yet", code=1)
    if not sys.stdin.isatty():
        raise Trouble("name the version that you read: --version CONTENT_HASH", f"it is {version} now")
    talk(clean(found.get("text") or ""))
    if not typer.confirm(question, err=True):
        raise typer.Exit(1)
    return str(version)


def _act(server: str, key: str, step: str, command: str, body: Mapping[str, Any], *, as_json: bool, client: Client | None = None) -> None:
    found = (client or Client(server)).post(f"/v1/incidents/{part(key)}/steps/{part(step)}/{command}", body)
    if as_json:
        answer_json(found)
        return
    if isinstance(found, dict) and found.get("id") == step:
        show_step(found)
        return
    answer(f"{command}: {step}")
