"""The page about stories is true: its stories are played on the shipped playbook, and what it says about them is what is said."""

import re
import shlex
import shutil
from pathlib import Path
from typing import Final

import pytest

from engine.analysis.stories.vocabulary import ACTIONS, CLAIMS, OF_A_STORY
from tests.api.cli.given import PLAYBOOKS, ROOT, firebreak

PAGE: Final = (ROOT / "docs" / "stories.md").read_text("utf-8")
BLOCKS: Final = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
STORIES: Final = [
    (block, following if kind == "text" else "")
    for (language, block), (kind, following) in zip(BLOCKS, [*BLOCKS[1:], ("", "")], strict=True)
    if language == "yaml"
]


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
    assert [kind for kind, _ in BLOCKS] == ["bash", "yaml", "text", "yaml", "text", "yaml"]


def test_the_commands_on_the_page_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first plays all shipped stories, which tests/test_stories.py does."""
    monkeypatch.chdir(ROOT)
    everything, one = [shlex.split(line, comments=True)[1:] for line in BLOCKS[0][1].splitlines()]

    assert everything == ["test", "playbooks"]
    assert "On hold:" in firebreak(*one).stdout


def test_every_action_and_every_claim_stands_on_the_page() -> None:
    named = set(re.findall(r"`([a-z_]+)[`:]", PAGE))

    assert {*ACTIONS, *CLAIMS, *OF_A_STORY} - named == set()
