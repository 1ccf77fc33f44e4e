"""The command tree: every command has help, a wrong one gets advice, and nothing ends in a traceback."""

import subprocess
import sys

import pytest

from api.cli.main import ABOUT, COMMANDS, built
from tests.api.cli.given import ROOT, firebreak


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    shown = firebreak(command, "--help")

    assert shown.exit_code == 0
    assert "Usage:" in shown.stdout


def test_the_help_lists_every_command() -> None:
    shown = firebreak("--help").stdout

    assert [name for name in COMMANDS if name not in shown] == []


def test_the_help_says_of_each_command_what_the_command_says_of_itself() -> None:
    own = {name: str(built(name, load()).help).partition("\n\n")[0].replace("\n", " ") for name, load in COMMANDS.items()}

    assert own == ABOUT


@pytest.mark.parametrize(
    ("run", "unused"),
    [
        ("from api.cli.main import app\ntry: app(['--help'])\nexcept SystemExit: pass", ("fastapi", "sqlalchemy", "pydantic", "yaml")),
        ("import api.cli.token, api.cli.database", ("fastapi", "alembic", "aiohttp")),
        (
            "import api.cli.serve, api.app, api.wiring",
            (
                "alembic",
                "aiohttp",
                "slack_sdk",
                "asyncpg",
                "sqlalchemy.orm",
                "pycryptosat",
                "pgqueuer",
                "pyzipper",
                "api.slack",
                "engine.analysis",
            ),
        ),
    ],
)
def test_what_is_not_used_is_not_loaded(run: str, unused: tuple[str, ...]) -> None:
    looking = f"{run}\nimport sys; sys.exit(' '.join(name for name in {unused!r} if name in sys.modules) or 0)"
    loaded = subprocess.run([sys.executable, "-c", looking], cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert (loaded.returncode, loaded.stderr) == (0, "")


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
