"""`firebreak new`: from options or from questions to a playbook that checks; never over a file that is there."""

import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.api.cli.given import PROGRAM, ROOT, firebreak

PATIENCE = 60


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)


def test_a_title_is_enough() -> None:
    ended = firebreak("new", "--title", "Filmed argument")

    assert (ended.exit_code, ended.stdout) == (0, "filmed_argument.yaml\n")
    assert firebreak("check", "filmed_argument.yaml").stderr == "nothing found\n"


def test_what_is_said_stands_in_it() -> None:
    options = ("--title", "Bad review", "--id", "review", "--lead", "Shop manager", "--no-people", "--audience", "customers")
    ended = firebreak("new", "mine.yaml", *options, "--severity", "sev3")
    text = Path("mine.yaml").read_text("utf-8")

    assert ended.exit_code == 0
    assert all(word in text for word in ("id: review\n", '{title: "Shop manager"', "audience: customers\n", "start: sev3\n"))
    assert "type: people" not in text


def test_without_anything_outside_nothing_is_published_outside() -> None:
    firebreak("new", "mine.yaml", "--title", "Inside", "--no-public")

    assert "post_line" not in Path("mine.yaml").read_text("utf-8")


def test_a_file_that_is_there_is_left_as_it_is() -> None:
    Path("mine.yaml").write_text("mine", "utf-8")
    ended = firebreak("new", "mine.yaml", "--title", "Mine")

    assert ended.exit_code == 1
    assert "is there already" in ended.stderr
    assert Path("mine.yaml").read_text("utf-8") == "mine"


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ((), 'firebreak new --title "Filmed argument at work"'),
        (("--title", "A", "--id", "My Id"), "such as --id my_id"),
        (("--title", "A", "--severity", "sev9"), "write one of sev1, sev2, sev3"),
        (("--title", "A", "--audience", "medja"), "Did you mean 'media'?"),
        (("--title", "x" * 81), "at most 80 characters"),
    ],
)
def test_what_can_not_be_used_is_said_with_advice(options: tuple[str, ...], advice: str) -> None:
    ended = firebreak("new", *options)

    assert ended.exit_code == 2
    assert advice in ended.stderr
    assert list(Path().iterdir()) == []


def test_a_folder_that_is_not_there_ends_with_2() -> None:
    assert firebreak("new", "none/mine.yaml", "--title", "Mine").exit_code == 2


def test_at_a_terminal_it_asks(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, b"Filmed argument\nHead of HR\ny\nmedia\nn\nsev1\n")
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run([*PROGRAM, "new"], cwd=tmp_path, env=env, stdin=theirs, capture_output=True, text=True, timeout=PATIENCE)
    text = Path("filmed_argument.yaml").read_text("utf-8")

    assert (ended.returncode, ended.stdout) == (0, "filmed_argument.yaml\n")
    assert all(word in text for word in ('{title: "Head of HR"', "audience: media\n", "start: sev1\n"))
    assert "Who leads, as a role? [Incident lead]" in ended.stderr
