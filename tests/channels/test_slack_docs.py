"""The manifest in `docs/slack.md` asks for what the product calls, and for nothing that does not exist."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.fake_slack_methods import METHODS

DOCS = Path(__file__).parents[2] / "docs" / "slack.md"
REFERENCE = Path(__file__).parents[2] / ".." / "shared" / "data" / "slack" / "method-ref"


def _manifest() -> dict[str, Any]:
    blocks = DOCS.read_text(encoding="utf-8").split("```yaml\n")[1:]
    found = next(block.split("```")[0] for block in blocks if "display_information" in block)
    return dict(yaml.safe_load(found))


def _scopes(method: str) -> list[str]:
    path = REFERENCE / f"{method}.json"
    if not path.exists():
        pytest.skip("the reference of Slack's methods is not here")
    return list(json.loads(path.read_text())["scope"].get("bot", []))


@pytest.mark.parametrize("method", METHODS)
def test_every_method_that_is_called_has_its_scope(method: str) -> None:
    wanted = set(_scopes(method))

    assert not wanted or wanted & set(_manifest()["oauth_config"]["scopes"]["bot"])


def test_every_scope_is_one_that_some_method_knows() -> None:
    known = {scope for path in REFERENCE.glob("*.json") for scope in (json.loads(path.read_text()).get("scope") or {}).get("bot", [])}
    if not known:
        pytest.skip("the reference of Slack's methods is not here")

    assert set(_manifest()["oauth_config"]["scopes"]["bot"]) - known <= {"commands", "chat:write.public"}


def test_the_addresses_are_those_that_are_served() -> None:
    manifest = _manifest()
    settings = manifest["settings"]
    addresses = [
        manifest["features"]["slash_commands"][0]["url"],
        settings["interactivity"]["request_url"],
        settings["event_subscriptions"]["request_url"],
    ]

    assert [address.removeprefix("https://firebreak.example.com") for address in addresses] == [
        "/slack/commands",
        "/slack/interactive",
        "/slack/events",
    ]


def test_every_word_of_incident_is_documented() -> None:
    text = DOCS.read_text(encoding="utf-8")

    words = ("start", "list", "status", "tasks", "done", "answer", "assign", "note", "link", "severity", "help")
    assert [word for word in words if f"`/incident {word}" not in text] == []
