"""`firebreak demo` tells a whole incident, from the first clip to the last follow-up, and leaves nothing behind."""

import time
from pathlib import Path

import pytest
from typer.testing import Result

from api.cli.demo_script import VERBS, read_script
from tests.api.cli.given import firebreak

LIMIT_SECONDS = 60


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    """The demo, run in an environment whose settings it must not touch."""
    folder = tmp_path_factory.mktemp("untouched")
    env = {
        "FIREBREAK_DATA_DIR": str(folder),
        "FIREBREAK_DATABASE_URL": f"sqlite:///{folder}/mine.db",
        "FIREBREAK_SLACK_BOT_TOKEN": "xoxb-1",
    }
    started = time.monotonic()
    ended = firebreak("demo", "--fast", env={**env, "COLUMNS": "200"})
    assert time.monotonic() - started < LIMIT_SECONDS
    return ended, folder


@pytest.mark.parametrize(
    "words",
    [
        "Ravi Menon: “Save every copy before anything changes”, by 10:30",
        "“Save every copy before anything changes” was due 10:30; told Marcus Webb (incident lead)",
        "employment counsel (Daniel Cohen) sent back version 1 of “Holding line”",
        "head of communications (Ana Ruiz) agreed version 2 of “Holding line”",
        "Refused",
        "Daniel Cohen stopped everything that is said outside",
        "version 2 of “Holding line” stands in newsroom",
        "“Staff told by us”, by “Send the staff note”",
        "severity was raised from sev2 to sev1 (Crisis)",
        "the incident is closed; reviews and follow-ups remain",
        "“Check on the people involved and the shift”",
        "“Finish training, confirm the three changes are live”",
        "“Report to executives and review this playbook”",
        "every step, task and follow-up is settled",
        "audit verify: consistent, not anchored",
        "9 people and slack:#firebreak-rehearsal; none went anywhere else",
    ],
)
def test_it_tells_what_matters(told: tuple[Result, Path], words: str) -> None:
    assert words in told[0].stdout


def test_it_ends_well_and_says_nothing_on_stderr(told: tuple[Result, Path]) -> None:
    assert (told[0].exit_code, told[0].stderr) == (0, "")


def test_it_touches_nothing_of_the_installation(told: tuple[Result, Path]) -> None:
    assert list(told[1].iterdir()) == []


def test_no_personal_name_is_told(told: tuple[Result, Path]) -> None:
    assert [name for name in read_script().inputs["people"] if name in told[0].stdout] == []


def test_every_act_has_exactly_one_verb() -> None:
    acts = [act for chapter in read_script().chapters for act in chapter.acts]

    assert [act.at for act in acts if sum(getattr(act, verb) is not None for verb in VERBS) != 1] == []
