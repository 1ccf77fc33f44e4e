"""`firebreak fmt`: writes files whole or not at all, shows what it would do, and leaves faulty files alone."""

from pathlib import Path

import pytest

from tests.api.cli.given import PLAYBOOKS, firebreak

UNTIDY = "firebreak: 1\ntags: [ a,b ]   #why\n"
TIDY = "firebreak: 1\ntags: [a, b]   # why\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An untidy playbook."""
    file = tmp_path / "case.yaml"
    file.write_text(UNTIDY, "utf-8")
    return file


def test_a_file_is_formatted_in_place_and_named(file: Path) -> None:
    ended = firebreak("fmt", file)

    assert (ended.exit_code, ended.stdout, ended.stderr) == (0, f"{file}\n", "1 file formatted\n")
    assert file.read_text("utf-8") == TIDY
    assert list(file.parent.iterdir()) == [file]


def test_a_formatted_file_is_not_touched(file: Path) -> None:
    file.write_text(TIDY, "utf-8")
    before = file.stat().st_mtime_ns
    ended = firebreak("fmt", file)

    assert (ended.exit_code, ended.stdout, ended.stderr) == (0, "", "nothing to format\n")
    assert file.stat().st_mtime_ns == before


def test_check_changes_nothing_and_ends_with_1(file: Path) -> None:
    ended = firebreak("fmt", "--check", file)

    assert (ended.exit_code, ended.stdout, ended.stderr) == (1, f"{file}\n", "1 file would be formatted\n")
    assert file.read_text("utf-8") == UNTIDY


def test_diff_shows_the_lines_and_changes_nothing(file: Path) -> None:
    ended = firebreak("fmt", "--diff", file)

    assert ended.exit_code == 1
    assert "-tags: [ a,b ]   #why\n+tags: [a, b]   # why\n" in ended.stdout
    assert file.read_text("utf-8") == UNTIDY


def test_a_file_with_faults_is_left_alone_and_the_others_are_formatted(file: Path) -> None:
    wrong = file.with_name("wrong.yaml")
    wrong.write_text("firebreak: 1\ntags: [ a\n", "utf-8")
    ended = firebreak("fmt", wrong, file)

    assert ended.exit_code == 1
    assert "FB001 error" in ended.stdout
    assert ended.stderr == "1 file formatted, 1 left alone\n"
    assert wrong.read_text("utf-8") == "firebreak: 1\ntags: [ a\n"
    assert file.read_text("utf-8") == TIDY


def test_a_link_stays_a_link_and_rights_stay(file: Path) -> None:
    file.chmod(0o640)
    link = file.with_name("link.yaml")
    link.symlink_to(file)
    firebreak("fmt", link)

    assert link.is_symlink()
    assert file.read_text("utf-8") == TIDY
    assert file.stat().st_mode & 0o777 == 0o640


def test_the_shipped_playbooks_are_formatted() -> None:
    assert firebreak("fmt", "--check", PLAYBOOKS).exit_code == 0
