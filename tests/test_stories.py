"""The stories of the shipped playbooks: each goes as told on the real rules, and together they tell every branch."""

from functools import cache
from pathlib import Path

import pytest

from api.cli.desk import Desk
from api.cli.stories import Session, session
from engine.analysis.stories.coverage import in_words
from engine.language.report import as_text

PLAYBOOKS = Path(__file__).parent.parent / "playbooks"
NAMES = sorted(file.stem for file in PLAYBOOKS.glob("*.yaml") if file.stem != "organisation" and not file.stem.endswith(".test"))


@cache
def played(name: str) -> Session:
    """Play all stories of a shipped playbook, once."""
    found = session(Desk(), PLAYBOOKS / f"{name}.test.yaml")
    assert isinstance(found, Session), as_text(found.found)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_story_goes_as_told(name: str) -> None:
    found = played(name)
    failures = [found.read.source.locate(failure) for told in found.told for failure in told.failures]

    assert as_text([*found.read.diagnostics, *failures]) == ""
    assert found.told != ()


@pytest.mark.parametrize("name", NAMES)
def test_the_stories_of_a_shipped_playbook_tell_every_branch(name: str) -> None:
    found = played(name)

    assert [in_words(found.world.plan, branch) for branch in found.missing if not branch.is_optional] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_playbooks_stories_say_what_is_refused_what_is_late_and_what_comes_of_it(name: str) -> None:
    stories = played(name).read.stories
    claimed = {claim.verb for story in stories for claim in story.then}

    assert [story.title for story in stories if not story.then] == []
    assert any(action.refused for story in stories for action in story.does)
    assert {"status", "skipped", "done"} <= claimed
