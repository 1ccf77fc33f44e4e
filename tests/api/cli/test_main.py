"""The command tree: every command has help, a wrong one gets advice, and nothing ends in a traceback."""

import pytest

from api.cli.main import COMMANDS
from tests.api.cli.given import firebreak


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    shown = firebreak(command, "--help")

    assert shown.exit_code == 0
    assert "Usage:" in shown.stdout


def test_the_help_lists_every_command() -> None:
    shown = firebreak("--help").stdout

    assert [name for name in COMMANDS if name not in shown] == []


def test_a_misspelt_command_gets_the_nearest_one() -> None:
    ended = firebreak("chekc")

    assert ended.exit_code == 2
    assert ended.stderr == "firebreak: there is no command 'chekc'; did you mean check?\n"


def test_the_version_is_said() -> None:
    assert firebreak("--version").stdout.startswith("firebreak ")


@pytest.mark.parametrize(
    ("arguments", "env"),
    [
        (("serve",), {"FIREBREAK_PORT": "many"}),
        (("token", "list"), {"FIREBREAK_DATA_DIR": "/nowhere/at/all"}),
        (("audit", "verify"), {"FIREBREAK_DATABASE_URL": "mysql://x/y"}),
        (("incident", "list"), {"FIREBREAK_SERVER": "http://127.0.0.1:1"}),
        (("incident", "list"), {"FIREBREAK_SERVER": "no address"}),
        (("db", "upgrade"), {"FIREBREAK_DATA_DIR": "/proc/none"}),
    ],
)
def test_what_an_operator_can_mend_is_a_sentence_and_exit_2(arguments: tuple[str, ...], env: dict[str, str]) -> None:
    ended = firebreak(*arguments, env=env)

    assert ended.exit_code == 2
    assert ended.stderr.startswith("firebreak: ")
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""
