"""`firebreak slack manifest`: Slack takes what it prints, and it asks for no more than what is called and heard."""

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from api.slack_manifest import EVENTS, SCOPES, SHORTCUTS, manifest, scopes
from tests.api.cli.given import ROOT, firebreak

DATA = ROOT / ".." / "shared" / "data" / "slack"
SCHEMAS = ("slackapi-manifest.schema.2.0.0.json", "schemastore-slack-app-manifest.json")
CALL = re.compile(r"client\.(?P<family>auth|apps|bookmarks|chat|conversations|pins|reactions|users|views)_(?P<name>[A-Za-z_]+)\b")
NAMED = re.compile(r"(?:auth|apps|bookmarks|chat|conversations|pins|reactions|users|views)\.[a-z]+[A-Za-z]*")
MODES = (("--socket-mode",), ("--url", "https://firebreak.example.com"))


def _data(*path: str) -> dict[str, Any]:
    file = DATA.joinpath(*path)
    if not file.exists():
        pytest.skip("Slack's schemas and its reference are not here")
    return dict(json.loads(file.read_text(encoding="utf-8")))


def _printed(*words: str, **env: str) -> dict[str, Any]:
    result = firebreak("slack", "manifest", *words, env=env)
    assert result.exit_code == 0, result.output
    return dict(yaml.safe_load(result.stdout))


def _called() -> Iterator[str]:
    """Every method of Slack's Web API that the code calls: by the client's own names, or by a text."""
    for folder in ("engine/channels", "api"):
        for file in (ROOT / folder).rglob("*.py"):
            source = file.read_text(encoding="utf-8")
            if file.name == "slack_manifest.py" or "slack" not in source:
                continue
            yield from (f"{found['family']}.{found['name'].replace('_', '.')}" for found in CALL.finditer(source))
            yield from _named(source)
            if "SocketModeClient(" in source:
                yield "apps.connections.open"  # by Slack's own client


def _named(source: str) -> Iterator[str]:
    """Methods that a call is given by name; tables of tiers and errors know more than is called."""
    for node in ast.walk(ast.parse(source)):
        for argument in [*node.args, *(each.value for each in node.keywords)] if isinstance(node, ast.Call) else []:
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and NAMED.fullmatch(argument.value):
                yield argument.value


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("mode", MODES)
def test_what_is_printed_passes_slacks_schema(mode: tuple[str, ...], schema: str) -> None:
    faults = [error.message for error in Draft7Validator(_data("manifest", schema)).iter_errors(_printed(*mode))]

    assert faults == []


@pytest.mark.parametrize("mode", MODES)
def test_json_says_the_same_as_yaml(mode: tuple[str, ...]) -> None:
    assert json.loads(firebreak("slack", "manifest", *mode, "--json").stdout) == _printed(*mode)


def test_over_http_slack_is_told_the_addresses_that_are_served() -> None:
    described = _printed("--url", "https://firebreak.example.com/")
    settings = described["settings"]

    assert [
        described["features"]["slash_commands"][0]["url"],
        settings["interactivity"]["request_url"],
        settings["event_subscriptions"]["request_url"],
        settings["socket_mode_enabled"],
    ] == [*(f"https://firebreak.example.com/slack/{name}" for name in ("commands", "interactive", "events")), False]


def test_over_socket_mode_no_address_is_told() -> None:
    described = _printed("--socket-mode")

    assert described["settings"]["socket_mode_enabled"] is True
    assert "url" not in json.dumps(described)


def test_the_servers_own_address_is_used_where_it_is_set() -> None:
    described = _printed(FIREBREAK_BASE_URL="https://fire.example.org")

    assert described["settings"]["interactivity"]["request_url"] == "https://fire.example.org/slack/interactive"


@pytest.mark.parametrize("url", ["http://firebreak.example.com", "firebreak.example.com", "https://", "https://x.example?a=1"])
def test_an_address_that_slack_would_not_call_is_refused(url: str) -> None:
    result = firebreak("slack", "manifest", "--url", url)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "https addresses only" in result.stderr


def test_without_an_address_and_without_socket_mode_it_asks() -> None:
    result = firebreak("slack", "manifest")

    assert result.exit_code == 2
    assert "--socket-mode" in result.stderr


def test_the_manifest_knows_every_method_that_the_code_calls_and_no_other() -> None:
    assert set(_called()) == set(SCOPES)


@pytest.mark.parametrize("method", SCOPES)
def test_a_method_asks_for_scopes_of_the_reference(method: str) -> None:
    known = set((_data("method-ref", f"{method}.json").get("scope") or {}).get("bot", []))
    wanted = set(SCOPES[method]) - {"users:read"}

    assert wanted <= known
    assert bool(SCOPES[method]) is bool(known)


def test_every_scope_is_needed_by_a_method_an_event_or_the_command() -> None:
    needed = {scope for group in (*SCOPES.values(), *EVENTS.values()) for scope in group}

    assert set(scopes()) == needed | {"commands"}


def test_the_shortcuts_are_those_that_are_answered() -> None:
    source = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "api" / "slack").rglob("*.py"))

    assert [each["callback_id"] for each in SHORTCUTS if f'"{each["callback_id"]}"' not in source] == []


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_is_one_that_is_heard(event: str) -> None:
    source = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "api" / "slack").rglob("*.py"))

    assert f'"{event}"' in source


def test_names_are_as_long_as_slack_takes_them() -> None:
    assert max(len(each["name"]) for each in SHORTCUTS) <= 24
    assert len(manifest(None)["features"]["slash_commands"][0]["usage_hint"]) <= 1_000
