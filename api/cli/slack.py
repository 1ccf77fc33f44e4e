"""`firebreak slack`: what Slack has to know of this server."""

from typing import Annotated
from urllib.parse import urlsplit

import typer
import yaml

from api.cli.output import Json, answer_json, talk
from api.cli.settings import settings
from api.cli.trouble import Trouble
from api.slack_manifest import manifest

Url = Annotated[str | None, typer.Option(help="Address that Slack reaches this server by; FIREBREAK_BASE_URL.", metavar="https://…")]
SocketMode = Annotated[bool, typer.Option("--socket-mode", help="For a server that nobody reaches from outside: it calls Slack.")]


def print_manifest(url: Url = None, socket_mode: SocketMode = False, as_json: Json = False) -> None:
    """Print the app's manifest, to paste at api.slack.com/apps (Create New App, From a manifest)."""
    described = manifest(None if socket_mode else _address(url))
    if as_json:
        answer_json(described)
    else:
        typer.echo(yaml.safe_dump(described, sort_keys=False, allow_unicode=True), nl=False)
    talk("Paste it at https://api.slack.com/apps: Create New App, From a manifest. Then see docs/slack-setup.md.")


def _address(url: str | None) -> str:
    """Give the address without a slash at the end."""
    given = url or settings().base_url
    if given is None:
        raise Trouble("how does Slack reach this server? Give --url https://…, set FIREBREAK_BASE_URL, or take --socket-mode")
    parts = urlsplit(given)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
        raise Trouble(f"Slack calls https addresses only, such as https://firebreak.example.com; this is '{given}'")
    return given.rstrip("/")
