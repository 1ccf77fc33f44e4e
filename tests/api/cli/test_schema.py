"""`firebreak schema`: the schema on stdout or in a file, whole or not at all."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.api.cli.given import firebreak


@pytest.mark.parametrize("document", ["playbook", "organisation"])
def test_the_schema_is_the_whole_answer(document: str) -> None:
    ended = firebreak("schema", document)

    Draft202012Validator.check_schema(json.loads(ended.stdout))
    assert (ended.exit_code, ended.stderr) == (0, "")


def test_it_can_be_written_into_a_file(tmp_path: Path) -> None:
    file = tmp_path / "playbook.schema.json"
    file.write_text("old")
    ended = firebreak("schema", "playbook", "--output", file)

    assert (ended.exit_code, ended.stdout) == (0, "")
    assert file.read_text("utf-8") == firebreak("schema", "playbook").stdout
    assert "# yaml-language-server: $schema=playbook.schema.json" in ended.stderr
    assert list(tmp_path.iterdir()) == [file]


def test_where_nothing_can_be_written_it_ends_with_2(tmp_path: Path) -> None:
    ended = firebreak("schema", "playbook", "--output", tmp_path / "none" / "x.json")

    assert ended.exit_code == 2
    assert "can't write" in ended.stderr


def test_there_is_no_schema_of_anything_else() -> None:
    assert firebreak("schema", "story").exit_code == 2
