"""`firebreak graph`: three forms, into a file or to standard output; a playbook with errors is not drawn."""

from pathlib import Path

import pytest

from tests.api.cli.given import PLAYBOOKS, firebreak

FILMED = PLAYBOOKS / "filmed_workplace_argument.yaml"


@pytest.mark.parametrize(("form", "begins"), [("svg", "<svg "), ("mermaid", "flowchart TD\n"), ("html", "<!doctype html>\n")])
def test_each_form_goes_to_standard_output(form: str, begins: str) -> None:
    ended = firebreak("graph", FILMED, "--format", form)

    assert (ended.exit_code, ended.stderr) == (0, "")
    assert ended.stdout.startswith(begins)


def test_svg_is_what_it_draws_unless_told_otherwise() -> None:
    assert firebreak("graph", FILMED).stdout == firebreak("graph", FILMED, "--format", "svg").stdout


def test_it_writes_a_file_and_says_so(tmp_path: Path) -> None:
    ended = firebreak("graph", FILMED, "--output", tmp_path / "picture.svg")

    assert (ended.exit_code, ended.stdout, ended.stderr.replace("\n", "")) == (0, "", f"wrote {tmp_path / 'picture.svg'}")
    assert (tmp_path / "picture.svg").read_text("utf-8") == firebreak("graph", FILMED).stdout


def test_a_playbook_with_errors_gives_its_findings_and_no_picture(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(FILMED.read_text("utf-8").replace("needs: [facts]", "needs: [fakts]"), "utf-8")
    ended = firebreak("graph", broken)

    assert (ended.exit_code, ended.stdout) == (1, "")
    assert "FB104" in ended.stderr
    assert ended.stderr.endswith("has errors; only a sound one can be drawn\n")


def test_a_file_that_is_not_there_could_not_be_run(tmp_path: Path) -> None:
    ended = firebreak("graph", tmp_path / "none.yaml")

    assert (ended.exit_code, ended.stdout) == (2, "")


def test_private_steps_are_shown_only_when_asked_for() -> None:
    secret = "Do not ask what happened"

    assert secret not in firebreak("graph", FILMED, "--format", "html").stdout
    assert secret in firebreak("graph", FILMED, "--format", "html", "--with-private").stdout
    assert firebreak("graph", FILMED, "--with-private").exit_code == 2


def test_the_plan_names_no_person() -> None:
    printed = firebreak("graph", FILMED, "--format", "html", "--organisation", PLAYBOOKS / "organisation.yaml").stdout

    assert "Ana" not in printed
    assert "duty@counsel.example" not in printed
