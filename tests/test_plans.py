"""The plans on paper beside the shipped playbooks are what the command prints now; `make plans` prints them again."""

from pathlib import Path

import pytest

from tests.api.cli.given import PLAYBOOKS, firebreak

NAMES = sorted(file.stem for file in PLAYBOOKS.glob("*.yaml") if file.stem != "organisation" and not file.stem.endswith(".test"))


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_plan_is_what_the_command_prints(name: str) -> None:
    printed = firebreak("graph", PLAYBOOKS / f"{name}.yaml", "--format", "html")

    assert printed.exit_code == 0, printed.stderr
    assert (PLAYBOOKS / "plans" / f"{name}.html").read_text("utf-8") == printed.stdout, "run: make plans"


def test_every_plan_belongs_to_a_playbook() -> None:
    assert sorted(file.stem for file in Path(PLAYBOOKS / "plans").glob("*.html")) == NAMES
