"""`firebreak check`: findings on stdout in three formats, talk on stderr, and exit codes that scripts can use."""

import json
import shutil
from pathlib import Path

import pytest

from tests.api.cli.given import PLAYBOOKS, firebreak

SOUND = """\
firebreak: 1
id: call
title: A call
version: 1.0.0
owner: lead
summary: Somebody calls.
roles: {lead: {title: Lead}}
steps:
  - {id: pick_up, task: Pick up, role: lead}
follow_ups:
  - {id: day_30, at: 30d from declared, role: lead, task: Look}
  - {id: day_60, at: 60d from declared, role: lead, task: Look}
  - {id: day_120, at: 120d from declared, role: lead, task: Look}
"""
WRONG = SOUND.replace("role: lead}\nfollow", "role: laed}\nfollow")


def playbook(folder: Path, text: str, name: str = "call.yaml") -> Path:
    file = folder / name
    file.write_text(text, "utf-8")
    return file


def test_a_sound_playbook_says_nothing_on_stdout_and_ends_with_0(tmp_path: Path) -> None:
    ended = firebreak("check", playbook(tmp_path, SOUND))

    assert (ended.exit_code, ended.stdout, ended.stderr) == (0, "", "nothing found\n")


def test_an_error_is_shown_with_its_place_and_ends_with_1(tmp_path: Path) -> None:
    file = playbook(tmp_path, WRONG)
    ended = firebreak("check", file)

    assert ended.exit_code == 1
    assert f"{file}:9:40: FB103 error" in ended.stdout
    assert "\x1b" not in ended.stdout


def test_a_file_that_is_not_there_ends_with_2(tmp_path: Path) -> None:
    ended = firebreak("check", tmp_path / "none.yaml")

    assert ended.exit_code == 2
    assert "no such file or directory" in ended.stderr


def test_json_is_the_whole_answer(tmp_path: Path) -> None:
    ended = firebreak("check", playbook(tmp_path, WRONG), "--format", "json")

    assert json.loads(ended.stdout)["diagnostics"][0]["code"] == "FB103"
    assert ended.exit_code == 1


def test_github_annotations_escape_what_would_end_them(tmp_path: Path) -> None:
    folder = tmp_path / "a,b:c"
    folder.mkdir()
    ended = firebreak("check", playbook(folder, WRONG), "--format", "github")

    assert ended.stdout.startswith("::error file=")
    assert "a%2Cb%3Ac/call.yaml,line=9,col=40,endColumn=44,title=FB103::" in ended.stdout


def test_sarif_is_the_whole_answer_and_brings_the_pages(tmp_path: Path) -> None:
    ended = firebreak("check", playbook(tmp_path, WRONG), "--format", "sarif")
    (run,) = json.loads(ended.stdout)["runs"]

    assert ended.exit_code == 1
    assert run["results"][0]["ruleId"] == "FB103"
    assert "a role, or a person" in run["tool"]["driver"]["rules"][0]["help"]["markdown"]


def test_sarif_names_files_as_a_code_host_finds_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "our books"
    folder.mkdir()
    playbook(folder, WRONG)
    monkeypatch.chdir(tmp_path)

    for path in (Path("our books/call.yaml"), folder / "call.yaml"):
        location = json.loads(firebreak("check", path, "--format", "sarif").stdout)["runs"][0]["results"][0]["locations"][0]

        assert location["physicalLocation"]["artifactLocation"] == {"uri": "our%20books/call.yaml"}


def test_sarif_of_a_sound_playbook_has_no_results(tmp_path: Path) -> None:
    ended = firebreak("check", playbook(tmp_path, SOUND), "--format", "sarif")

    assert (ended.exit_code, json.loads(ended.stdout)["runs"][0]["results"]) == (0, [])


def test_a_folder_stands_for_all_playbooks_in_it_and_nothing_else(tmp_path: Path) -> None:
    playbook(tmp_path, WRONG)
    playbook(tmp_path, "on: push\n", "workflow.yaml")
    playbook(tmp_path, "- story: none\n", "call.test.yaml")
    ended = firebreak("check", tmp_path, "--format", "json")

    assert {each["file"] for each in json.loads(ended.stdout)["diagnostics"]} == {str(tmp_path / "call.yaml")}


def test_a_folder_without_a_playbook_ends_with_2(tmp_path: Path) -> None:
    assert firebreak("check", tmp_path).exit_code == 2


def test_the_organisation_beside_a_playbook_is_used(tmp_path: Path) -> None:
    shutil.copy(PLAYBOOKS / "organisation.yaml", tmp_path)
    file = playbook(tmp_path, SOUND.replace("{title: Lead}", '{title: Lead, assign: "oncall:nobody"}'))

    assert "FB114" in firebreak("check", file).stdout


def test_a_named_organisation_comes_before_the_one_beside(tmp_path: Path) -> None:
    file = playbook(tmp_path, SOUND.replace("{title: Lead}", '{title: Lead, assign: "oncall:press"}'))
    playbook(tmp_path, "firebreak_organisation: 1\nname: Nobody\n", "organisation.yaml")

    assert "FB114" in firebreak("check", file).stdout
    assert "FB114" not in firebreak("check", file, "--organisation", PLAYBOOKS / "organisation.yaml").stdout


def test_a_broken_organisation_counts_once(tmp_path: Path) -> None:
    playbook(tmp_path, "firebreak_organisation: 1\n", "organisation.yaml")
    playbook(tmp_path, SOUND)
    playbook(tmp_path, SOUND.replace("id: call", "id: second"), "second.yaml")
    ended = firebreak("check", tmp_path, "--format", "json")

    assert json.loads(ended.stdout)["errors"] == 1


def test_a_playbook_that_is_started_is_looked_up_beside(tmp_path: Path) -> None:
    starts = "  - {id: next, playbook: WHICH}\nfollow_ups:"
    playbook(tmp_path, SOUND)
    known = playbook(tmp_path, SOUND.replace("id: call", "id: caller").replace("follow_ups:", starts.replace("WHICH", "call")), "a.yaml")
    unknown = playbook(tmp_path, SOUND.replace("id: call", "id: other").replace("follow_ups:", starts.replace("WHICH", "cal")), "b.yaml")

    assert firebreak("check", known).exit_code == 0
    assert "unknown playbook 'cal'. Did you mean 'call'?" in firebreak("check", unknown).stdout


def test_the_shipped_playbooks_are_sound() -> None:
    assert firebreak("check", PLAYBOOKS).exit_code == 0


@pytest.mark.parametrize("bytes_", [b"", b"\x00\xff", b"firebreak: 1\n" + b"a: [" * 5_000])
def test_no_bytes_end_in_a_traceback(tmp_path: Path, bytes_: bytes) -> None:
    file = tmp_path / "x.yaml"
    file.write_bytes(bytes_)
    ended = firebreak("check", file)

    assert ended.exit_code == 1
    assert "Traceback" not in ended.stdout + ended.stderr
