"""The hooks for pre-commit run commands that exist, on playbooks and on nothing else."""

import re

import pytest

from api.cli.main import COMMANDS
from engine.language.source import read_source
from tests.api.cli.given import PLAYBOOKS, ROOT

HOOKS = read_source((ROOT / ".pre-commit-hooks.yaml").read_bytes(), file="hooks").document
assert isinstance(HOOKS, list)


def is_looked_at(hook: dict[str, str], file: str) -> bool:
    """Decide as pre-commit does: searched for, from the repository's root."""
    return bool(re.search(hook["files"], file)) and not re.search(hook["exclude"], file)


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_runs_a_command_that_exists(hook: dict[str, str]) -> None:
    program, command = hook["entry"].split()

    assert program == "firebreak"
    assert command in COMMANDS
    assert hook["language"] == "python"


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_looks_at_playbooks_and_at_nothing_else(hook: dict[str, str]) -> None:
    ours = [file.relative_to(ROOT).as_posix() for file in PLAYBOOKS.glob("*.yaml") if not file.stem.endswith(".test")]
    others = ["playbooks/argument.test.yaml", ".github/workflows/check.yaml", "playbooks/.hidden.yaml", "api/cli/demo.yaml"]

    assert [file for file in ours if not is_looked_at(hook, file)] == []
    assert [file for file in others if is_looked_at(hook, file)] == []
