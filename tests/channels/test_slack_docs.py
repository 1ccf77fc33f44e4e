"""What the pages about Slack say is so: the words, the forms, the rights, the commands and the errors."""

import re
import shlex
from types import SimpleNamespace
from typing import Any, cast

import pytest
import yaml

from api.slack.commands import Commands
from api.slack.forms.kinds import KINDS
from api.slack.people import STRANGER
from api.slack_manifest import SHORTCUTS, scopes
from engine.channels.blocks import card_blocks
from engine.channels.blocks_task import task_blocks
from engine.language.load import load_organisation
from tests.api.cli.given import ROOT, firebreak
from tests.channels.slack_facts import card, task

PAGE = (ROOT / "docs" / "slack.md").read_text(encoding="utf-8")
READ = " ".join(PAGE.split())
"""Without its line ends."""
SETUP = (ROOT / "docs" / "slack-setup.md").read_text(encoding="utf-8")
ORDER = (
    "What you see",
    "What you can type",
    "Buttons",
    "Forms",
    "Home",
    "Shortcuts, 📌 and mentions",
    "People",
    "When something fails",
)


def _words() -> set[str]:
    nobody = cast(Any, SimpleNamespace(parts=None, finder=None))
    return set(Commands(nobody, cast(Any, None))._words)


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", SETUP, re.DOTALL | re.MULTILINE)


def _labels(blocks: list[dict[str, Any]]) -> set[str]:
    elements = [element for block in blocks for element in block.get("elements", [])]
    options = [option for element in elements for option in (element.get("options") or []) if element["type"] == "overflow"]
    return {each["text"]["text"] for each in (*elements, *options) if isinstance(each.get("text"), dict)}


def test_a_responder_finds_the_parts_in_the_order_of_need() -> None:
    assert tuple(re.findall(r"^## (.+)$", PAGE, re.MULTILINE)) == ORDER


def test_every_word_of_incident_is_documented_and_every_documented_one_is_answered() -> None:
    documented = set(re.findall(r"`/incident ([a-z][a-z-]+)", PAGE))

    assert documented == _words()


def test_every_form_is_documented_by_its_title() -> None:
    assert [kind.title for kind in KINDS.values() if f"*{kind.title}*" not in READ] == []


@pytest.mark.parametrize("kind", ["task", "statement", "approval", "publish", "evidence", "monitor"])
def test_every_button_of_a_step_is_documented(kind: str) -> None:
    assert [label for label in _labels(task_blocks(task(kind))) if f"*{label}*" not in READ] == []


def test_every_button_of_the_card_is_documented() -> None:
    assert [label for label in _labels(card_blocks(card(), address="https://x.example")) if f"*{label}*" not in READ] == []


def test_every_shortcut_is_documented() -> None:
    assert [each["name"] for each in SHORTCUTS if f"*{each['name']}*" not in READ] == []


def test_every_right_that_is_asked_for_is_explained_and_no_other() -> None:
    assert re.findall(r"^\| `([a-z_:.]+)` \|", SETUP, re.MULTILINE) == list(scopes())


def test_no_page_carries_a_manifest_that_could_grow_old() -> None:
    assert "display_information" not in PAGE + SETUP


def test_the_commands_of_the_set_up_page_print_a_manifest_in_both_modes() -> None:
    lines = [shlex.split(line.removeprefix("$ ")) for block in _blocks("console") for line in block.splitlines()]
    modes = [yaml.safe_load(firebreak(*line[1:]).stdout)["settings"]["socket_mode_enabled"] for line in lines]

    assert modes == [False, True]


def test_the_person_of_the_set_up_page_is_one_that_the_organisation_file_takes() -> None:
    (people,) = _blocks("yaml")
    loaded = load_organisation(f"firebreak_organisation: 1\nname: X\ntimezone: Etc/UTC\n{people}", file="organisation.yaml")

    assert loaded.organisation is not None, loaded.diagnostics


def test_what_people_read_when_something_fails_is_what_is_said() -> None:
    rows = PAGE.split("## When something fails")[1].splitlines()
    quoted = [words.strip("… ") for row in rows for words in re.findall(r'^\| "([^"]+)"', row)]
    source = "\n".join(file.read_text(encoding="utf-8") for room in ("api", "engine") for file in (ROOT / room).rglob("*.py"))

    assert quoted
    assert [words for words in quoted if words not in source] == []


def test_what_somebody_unknown_reads_is_in_both_pages() -> None:
    assert STRANGER.startswith("I don't know you")
    assert all("I don't know you" in page for page in (PAGE, SETUP))
