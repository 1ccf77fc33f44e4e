"""`firebreak test`: how stories went on stdout, a count on stderr, and exit codes that scripts can use."""

import json
import shutil
from pathlib import Path

import pytest

from tests.api.cli.given import PLAYBOOKS, firebreak

CASES = Path(__file__).parents[2] / "analysis" / "stories" / "cases"
GOOD = """\
- story: we answer
  inputs: {site: Plant 4}
  does: [{at: 5m, everything: {answer: yes}, until: complete}]
  then: [{done: send}, {status: complete}]
"""
BAD = """\
- story: it is sent before anybody listened
  inputs: {site: Plant 4}
  does: [{at: 5m, confirm: send}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a playbook, its people, and no stories yet."""
    for name in ("call.yaml", "organisation.yaml"):
        shutil.copy(CASES / name, tmp_path / name)
    return tmp_path


def stories(folder: Path, text: str) -> Path:
    file = folder / "call.test.yaml"
    file.write_text(text, "utf-8")
    return file


def test_stories_that_go_as_told_end_with_0_and_say_what_nobody_told(folder: Path) -> None:
    ended = firebreak("test", stories(folder, GOOD))

    assert (ended.exit_code, ended.stderr) == (0, "1 story, all as told\n")
    assert "ok\twe answer\t30d 6h" in ended.stdout
    assert "branches: 11 of 16 told" in ended.stdout
    assert "    answer is answered no\n" in ended.stdout


def test_a_story_that_does_not_go_as_told_ends_with_1_and_its_place(folder: Path) -> None:
    file = stories(folder, GOOD + BAD)
    ended = firebreak("test", file)

    assert ended.exit_code == 1
    assert "FAILS\tit is sent before anybody listened\t5m\n" in ended.stdout
    assert f"{file}:7:28: FB810 error: at 5m: 'confirm: send' is refused (not_ready): 'send' still waits for agree, draft" in ended.stdout
    assert "= note: it was done by dee, who may now with 'send': comment" in ended.stdout
    assert ended.stderr == "2 stories, 1 not as told\n"


def test_a_story_file_with_a_fault_is_not_played(folder: Path) -> None:
    ended = firebreak("test", stories(folder, GOOD.replace("done: send", "done: sent")))

    assert ended.exit_code == 1
    assert "FB801 error: unknown step 'sent'. Did you mean 'send'?" in ended.stdout
    assert "branches" not in ended.stdout
    assert ended.stderr == "1 file could not be played\n"


def test_every_branch_can_be_demanded(folder: Path) -> None:
    assert firebreak("test", stories(folder, GOOD), "--every-branch").exit_code == 1
    assert firebreak("test", PLAYBOOKS / "employee_doxxing.yaml", "--every-branch").exit_code == 0


def test_only_some_stories_are_played_when_asked_and_nothing_is_said_about_branches(folder: Path) -> None:
    ended = firebreak("test", stories(folder, GOOD + BAD), "--only", "We Answer", "--every-branch")

    assert ended.exit_code == 0
    assert "branches" not in ended.stdout
    assert ended.stderr == "1 story, all as told\n"


def test_a_title_that_no_story_has_ends_with_2(folder: Path) -> None:
    ended = firebreak("test", stories(folder, GOOD), "--only", "nobody")

    assert (ended.exit_code, ended.stderr) == (2, "firebreak: no story's title holds 'nobody'\n")


def test_a_story_can_be_told_minute_by_minute(folder: Path) -> None:
    ended = firebreak("test", stories(folder, GOOD), "--tell")

    assert "  we answer\n" in ended.stdout
    assert "       5m  Decided: Ana Ruiz answered “Do we answer?” with “Yes”" in ended.stdout


def test_a_playbook_stands_for_its_stories_and_a_folder_for_all(folder: Path) -> None:
    file = stories(folder, GOOD)
    (folder / ".hidden").mkdir()
    shutil.copy(file, folder / ".hidden" / "call.test.yaml")
    said = [firebreak("test", each).stdout for each in (file, folder / "call.yaml", folder)]

    assert said[0] == said[1] == said[2]


def test_the_people_may_be_those_of_another_file(folder: Path) -> None:
    file = stories(folder, GOOD)
    people = (folder / "organisation.yaml").rename(folder / "people.yaml")

    assert firebreak("test", file).exit_code == 2
    assert firebreak("test", file, "--organisation", people).exit_code == 0


def test_json_is_the_whole_answer(folder: Path) -> None:
    ended = firebreak("test", stories(folder, GOOD + BAD), "--json")
    answer = json.loads(ended.stdout)
    (file,) = answer["files"]

    assert (ended.exit_code, answer["stories"], answer["failed"]) == (1, 2, 1)
    assert [story["ok"] for story in file["stories"]] == [True, False]
    assert file["stories"][1]["failures"][0]["line"] == 7
    assert file["coverage"]["branches"] == 16
    assert {"kind": "option", "step": "answer", "way": "no", "words": "answer is answered no"} in file["coverage"]["missing"]


def test_a_playbook_with_errors_is_named_and_the_others_are_played(folder: Path) -> None:
    stories(folder, GOOD)
    (folder / "broken.yaml").write_text((folder / "call.yaml").read_text().replace("needs: [listen]", "needs: [lisen]", 1), "utf-8")
    (folder / "broken.test.yaml").write_text(GOOD, "utf-8")
    ended = firebreak("test", folder)

    assert ended.exit_code == 1
    assert "its playbook has errors:\n" in ended.stdout
    assert "FB104 error" in ended.stdout
    assert ended.stderr == "1 story, all as told, 1 file could not be played\n"


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("call.yaml", "there are no stories: no file"),
        ("", "there are no stories in"),
        ("alone.test.yaml", "'alone.test.yaml' has no playbook beside it"),
        ("none.test.yaml", "there are no stories: no file"),
    ],
)
def test_where_there_is_nothing_to_play_it_ends_with_2_and_says_so(folder: Path, path: str, sentence: str) -> None:
    if path.startswith("alone"):
        (folder / path).write_text(GOOD, "utf-8")
    ended = firebreak("test", folder / path)

    assert ended.exit_code == 2
    assert sentence in ended.stderr
