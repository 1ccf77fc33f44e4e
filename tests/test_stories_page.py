"""The page about stories is true: its stories are played on the shipped playbook, and what it says about them is what is said."""

import re
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from engine.analysis.stories.vocabulary import ACTIONS, CLAIMS, OF_A_STORY, OF_EVERY_ACTION, REFUSALS, Verb
from tests.api.cli.given import PLAYBOOKS, ROOT, firebreak

PAGE: Final = (ROOT / "docs" / "stories.md").read_text("utf-8")
BLOCKS: Final = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
STORIES: Final = [
    (block, following if kind == "text" else "")
    for (language, block), (kind, following) in zip(BLOCKS[:-1], [*BLOCKS[1:-1], ("", "")], strict=True)
    if language == "yaml"
]


def rows(first: str) -> dict[str, str]:
    """The rows of the table whose first column is called so: what stands in it, and what stands beside that."""
    (table,) = re.findall(rf"^\| {first} \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    cells = [line.split(" | ") for line in table.splitlines()]
    return {row[0].removeprefix("| "): " | ".join(row[1:]) for row in cells}


def title(block: str) -> str:
    return block.partition("\n")[0].removeprefix("- story: ")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped playbooks, without their stories, as the folder in which somebody works."""
    copied = shutil.copytree(PLAYBOOKS, tmp_path / "playbooks", ignore=shutil.ignore_patterns("*.test.yaml"))
    monkeypatch.chdir(copied)
    return copied


@pytest.mark.parametrize(("story", "answer"), STORIES, ids=[title(story) for story, _ in STORIES])
def test_a_story_on_the_page_comes_out_as_the_page_says(folder: Path, story: str, answer: str) -> None:
    (folder / "filmed_workplace_argument.test.yaml").write_text(story, "utf-8")
    ended = firebreak("test", "filmed_workplace_argument.test.yaml")

    assert ended.exit_code == (1 if "FAILS" in answer else 0), ended.stdout
    assert title(story) in ended.stdout
    assert answer in ended.stdout


def test_every_block_of_the_page_is_a_story_what_is_said_about_one_or_a_command() -> None:
    assert [kind for kind, _ in BLOCKS] == ["bash", "yaml", "text", "yaml", "text", "yaml", "text"]


def test_the_branches_that_the_page_lists_are_what_the_first_story_leaves(folder: Path) -> None:
    (folder / "filmed_workplace_argument.test.yaml").write_text(STORIES[0][0], "utf-8")

    assert BLOCKS[-1][1] in firebreak("test", "filmed_workplace_argument.test.yaml").stdout


def test_the_commands_on_the_page_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first plays all shipped stories, which tests/test_stories.py does."""
    monkeypatch.chdir(ROOT)
    everything, one = [shlex.split(line, comments=True)[1:] for line in BLOCKS[0][1].splitlines()]

    assert everything == ["test", "playbooks"]
    assert "On hold:" in firebreak(*one).stdout


def names(cell: str) -> list[str]:
    return re.findall(r"`([a-z_]+)[`:]", cell)


@pytest.mark.parametrize(("table", "verbs"), [("Action", ACTIONS), ("Claim", CLAIMS)], ids=["actions", "claims"])
def test_every_verb_stands_on_the_page_with_the_fields_beside_it(table: str, verbs: Mapping[str, Verb]) -> None:
    said = {verb: set(names(beside.partition("|")[0])) for verbs_, beside in rows(table).items() for verb in names(verbs_)}

    assert said == {name: set(verb.fields) for name, verb in verbs.items()}


def test_every_field_of_a_story_and_of_every_action_stands_on_the_page() -> None:
    assert [name for field in rows("Field") for name in names(field)] == [*OF_A_STORY]
    assert set(OF_EVERY_ACTION) - set(names(PAGE)) == set()


def test_the_codes_of_refusals_on_the_page_exist() -> None:
    codes = [code for row in rows("Code") for code in names(row)]

    assert len(codes) > 20
    assert set(codes) - set(REFUSALS) == set()


def test_every_option_of_the_command_stands_on_the_page() -> None:
    offered = set(re.findall(r"--[a-z-]+", firebreak("test", "--help").stdout)) - {"--help"}

    assert set(re.findall(r"--[a-z-]+", " ".join(rows("Option")))) == offered
