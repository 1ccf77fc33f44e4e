"""`firebreak diff`: words, JSON, and the exit codes of diff."""

import json
from pathlib import Path

import pytest

from tests.api.cli.given import PLAYBOOKS, firebreak

FILMED = PLAYBOOKS / "filmed_workplace_argument.yaml"


@pytest.fixture
def weaker(tmp_path: Path) -> Path:
    text = FILMED.read_text("utf-8").replace("quorum: all", "quorum: any").replace("id: brief_shift,", "id: brief_crew,")
    for template in (PLAYBOOKS / "templates").iterdir():
        (tmp_path / "templates").mkdir(exist_ok=True)
        (tmp_path / "templates" / template.name).write_bytes(template.read_bytes())
    for beside in ("organisation.yaml", "deepfake_impersonation.yaml", "employee_doxxing.yaml"):
        (tmp_path / beside).write_bytes((PLAYBOOKS / beside).read_bytes())
    (tmp_path / "weaker.yaml").write_text(text.replace("brief_shift,", "brief_crew,"), "utf-8")
    return tmp_path / "weaker.yaml"


def test_a_file_and_itself_say_the_same() -> None:
    ended = firebreak("diff", FILMED, FILMED)

    assert (ended.exit_code, ended.stdout, ended.stderr) == (0, "no difference\n", "")


def test_differences_end_with_1_and_are_told_in_words(weaker: Path) -> None:
    ended = firebreak("diff", FILMED, weaker)

    assert ended.exit_code == 1, ended.stderr
    assert ended.stdout.startswith("approval ok_holding: quorum all -> any\n")
    assert "moving a run: appears: brief_crew; vanishes: brief_shift" in ended.stdout


def test_json_has_every_change_with_its_values(weaker: Path) -> None:
    found = json.loads(firebreak("diff", FILMED, weaker, "--json").stdout)

    assert found["same"] is False
    assert found["changes"][0] | {"lines": []} == {
        "part": "approval",
        "name": "ok_holding",
        "change": "changed",
        "field": "quorum",
        "before": "all",
        "after": "any",
        "words": "approval ok_holding: quorum all -> any",
        "lines": [],
    }
    assert found["moving"] == {"appear": ["brief_crew"], "vanish": ["brief_shift"], "held": ["brief_shift"]}


def test_a_playbook_with_errors_could_not_be_compared(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("firebreak: 1\n", "utf-8")
    ended = firebreak("diff", FILMED, tmp_path / "broken.yaml")

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "has errors; only sound playbooks can be compared" in ended.stderr
