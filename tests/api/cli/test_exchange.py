"""`firebreak export` and `firebreak import`: a playbook there and back, other tools' files in, and a clean answer on stdout."""

import json
from pathlib import Path

import pytest

from tests.api.cli.given import PLAYBOOKS, firebreak

CASES = PLAYBOOKS.parent / "tests" / "exchange" / "cases"
ARGUMENT = PLAYBOOKS / "filmed_workplace_argument.yaml"
DOXXING = PLAYBOOKS / "employee_doxxing.yaml"
THEIRS = CASES / "ok" / "stix-and-foreign-extension.json"


def test_a_playbook_comes_back_byte_for_byte(tmp_path: Path) -> None:
    written = firebreak("export", ARGUMENT, "--to", "cacao", "--output", tmp_path / "argument.json")
    back = firebreak("import", tmp_path / "argument.json", "--output", tmp_path / "copy")
    files = [file.relative_to(tmp_path / "copy") for file in (tmp_path / "copy").rglob("*") if file.is_file()]

    assert (written.exit_code, back.exit_code) == (0, 0)
    assert sorted(map(str, files)) == ["filmed_workplace_argument.yaml", "templates/internal_note.md.j2", "templates/public_update.md.j2"]
    assert [file for file in files if (tmp_path / "copy" / file).read_bytes() != (PLAYBOOKS / file).read_bytes()] == []


def test_the_document_is_the_answer_and_the_rest_is_said_aside() -> None:
    shown = firebreak("export", ARGUMENT)

    assert json.loads(shown.stdout)["spec_version"] == "cacao-2.0"
    assert "FB701" in shown.stderr


def test_exporting_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        firebreak("export", ARGUMENT, "--output", tmp_path / name)

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_without_extensions_nothing_of_ours_is_in_the_file() -> None:
    document = json.loads(firebreak("export", ARGUMENT, "--strip-extensions").stdout)

    assert "playbook_extensions" not in document
    assert "extension_definitions" not in document
    assert [step for step in document["workflow"].values() if "step_extensions" in step] == []


def test_what_is_privileged_is_left_out_and_named() -> None:
    without, with_all = firebreak("export", DOXXING), firebreak("export", DOXXING, "--with-privileged")

    assert "left out, because they are privileged: legal_steps\nso the exact source is left out as well" in without.stderr
    assert '"legal_steps"' not in without.stdout
    assert '"legal_steps"' in with_all.stdout
    assert "left out" not in with_all.stderr


def test_a_playbook_with_errors_is_not_exported(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("firebreak: 1\nid: bad\n")
    ended = firebreak("export", tmp_path / "bad.yaml")

    assert (ended.exit_code, ended.stdout) == (1, "")
    assert "only a sound playbook is exported" in ended.stderr


def test_a_file_that_is_not_there_could_not_run(tmp_path: Path) -> None:
    codes = [firebreak(command, tmp_path / "nowhere").exit_code for command in ("export", "import")]

    assert codes == [2, 2]


def test_an_import_without_output_prints_the_playbook_alone() -> None:
    shown = firebreak("import", CASES / "ok" / "while-loop.json")

    assert shown.exit_code == 0
    assert shown.stdout.startswith("# Imported from CACAO 2.0: playbook--")
    assert "FB703" in shown.stderr


@pytest.mark.parametrize("case", sorted((CASES / "ok").glob("*.json")), ids=lambda case: case.stem)
def test_what_was_imported_checks(case: Path, tmp_path: Path) -> None:
    firebreak("import", case, "--output", tmp_path)
    checked = firebreak("check", tmp_path, "--format", "json")
    errors = [found["code"] for found in json.loads(checked.stdout)["diagnostics"] if found["level"] == "error"]

    assert set(errors) <= {"FB211"}  # a called playbook lies somewhere else


def test_extensions_of_other_tools_come_back_in_the_next_export(tmp_path: Path) -> None:
    firebreak("import", THEIRS, "--output", tmp_path / "theirs.yaml")
    document = json.loads(firebreak("export", tmp_path / "theirs.yaml").stdout)
    names = [definition["name"] for definition in document["extension_definitions"].values()]

    assert (tmp_path / "theirs.cacao.json").is_file()
    assert "shift-plan" in names
    assert '"shift": "night"' in json.dumps(document)


def test_a_file_with_other_content_is_not_replaced_unasked(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("mine")
    refused = firebreak("import", THEIRS, "--output", tmp_path / "mine.yaml")
    untouched = (tmp_path / "mine.yaml").read_text()
    forced = firebreak("import", THEIRS, "--output", tmp_path / "mine.yaml", "--force")

    assert (refused.exit_code, untouched) == (2, "mine")
    assert "is there already, with other content" in refused.stderr
    assert forced.exit_code == 0
    assert (tmp_path / "mine.yaml").read_text() != "mine"


def test_an_import_never_writes_through_a_link_that_leads_out(tmp_path: Path) -> None:
    firebreak("export", ARGUMENT, "--output", tmp_path / "argument.json")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "templates").symlink_to(tmp_path / "elsewhere")
    ended = firebreak("import", tmp_path / "argument.json", "--output", tmp_path / "copy")

    assert ended.exit_code == 2
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_findings_come_as_json_for_programs(tmp_path: Path) -> None:
    shown = firebreak("import", CASES / "err" / "FB704-circle.json", "--output", tmp_path, "--format", "json")
    answer = json.loads(shown.stdout)

    assert shown.exit_code == 1
    assert answer["errors"] == 1
    assert answer["diagnostics"][0]["notes"][0].startswith("at /workflow/action--")
    assert answer["files"] == [str(tmp_path / "round_and_round.yaml")]


def test_a_mattermost_file_is_recognised_and_can_be_named() -> None:
    file = CASES / "ok" / "mattermost-export.json"

    assert firebreak("import", file).stdout == firebreak("import", file, "--from", "mattermost").stdout != ""
    assert firebreak("import", file, "--from", "cacao").exit_code == 1


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe{", b"[" * 10_000, b'{"a": 1}', b"null"])
def test_what_is_no_playbook_is_said_in_a_sentence(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(content)
    ended = firebreak("import", tmp_path / "x.json")

    assert (ended.exit_code, ended.stdout) == (1, "")
    assert "Traceback" not in ended.stderr
    assert "nothing was imported" in ended.stderr
