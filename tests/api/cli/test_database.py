"""`firebreak db upgrade`, `audit verify` and `erase` on the history that a server left behind."""

import json
import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.api.cli.given import PROGRAM, ROOT, firebreak, served

INPUTS = ("-i", "site=Plant 4", "-i", "people=Fred Hollis", "-i", "video_urls=https://video.example/1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a server that ran one incident and was stopped."""
    folder = tmp_path_factory.mktemp("history")
    with served(folder) as running:
        declared = firebreak("incident", "declare", "filmed_workplace_argument", *INPUTS, env=running.env)
        assert declared.exit_code == 0, declared.stderr
        running.stop()
    return folder


def copied(folder: Path, to: Path) -> dict[str, str]:
    """Copy a stopped database with its key; gives the environment that reads the copy."""
    for name in ("firebreak.db", "secret.key"):
        (to / name).write_bytes((folder / name).read_bytes())
    return {"FIREBREAK_DATA_DIR": str(to)}


def test_an_untouched_history_is_consistent(folder: Path) -> None:
    ended = firebreak("audit", "verify", env={"FIREBREAK_DATA_DIR": str(folder)})

    assert ended.exit_code == 0
    assert ended.stdout.startswith("consistent, not anchored: ")


def test_one_incident_can_be_looked_at_alone(folder: Path) -> None:
    shown = firebreak("audit", "verify", "INC-1", "--json", env={"FIREBREAK_DATA_DIR": str(folder)})

    assert json.loads(shown.stdout)["incidents"] == 1


def test_one_changed_byte_is_found_and_named(folder: Path, tmp_path: Path) -> None:
    env = copied(folder, tmp_path)
    with closing(sqlite3.connect(tmp_path / "firebreak.db")) as database, database:
        database.execute("UPDATE events SET payload = replace(payload, 'capture', 'capturf') WHERE seq = (SELECT max(seq) FROM events)")
        database.execute("UPDATE events SET actor = replace(actor, 'admin', 'bdmin') WHERE seq = 1")
    ended = firebreak("audit", "verify", env=env)

    assert ended.exit_code == 1
    assert "INC-1: event 1 was changed: it does not match its digest" in ended.stdout


def test_an_incident_that_is_not_there_is_a_finding(folder: Path) -> None:
    assert firebreak("audit", "verify", "INC-9", env={"FIREBREAK_DATA_DIR": str(folder)}).exit_code == 1


def test_a_database_that_is_sound_is_said_to_be_and_left_as_it_is(folder: Path, tmp_path: Path) -> None:
    env = copied(folder, tmp_path)
    before = (tmp_path / "firebreak.db").read_bytes()
    ended, as_json = firebreak("db", "check", env=env), firebreak("db", "check", "--json", env=env)

    assert (ended.exit_code, ended.stdout.startswith("sound: schema ")) == (0, True)
    assert (json.loads(as_json.stdout)["incidents"], json.loads(as_json.stdout)["findings"]) == (1, [])
    assert (tmp_path / "firebreak.db").read_bytes() == before


def test_what_is_wrong_with_a_database_is_said_and_ends_with_1(folder: Path, tmp_path: Path) -> None:
    env = copied(folder, tmp_path)
    with closing(sqlite3.connect(tmp_path / "firebreak.db")) as database, database:
        database.execute("DELETE FROM steps WHERE step = 'capture'")
    ended = firebreak("db", "check", env={**env, "FIREBREAK_SECRET_KEY": "another key than that of before"})

    assert ended.exit_code == 1
    assert "INC-1: it lacks steps of its playbook: capture" in ended.stdout
    assert "sealing keys can't be opened with the secret key that is here" in ended.stdout


def test_a_database_that_is_checked_is_not_made(tmp_path: Path) -> None:
    ended = firebreak("db", "check", env={"FIREBREAK_DATA_DIR": str(tmp_path / "none")})

    assert (ended.exit_code, (tmp_path / "none").exists()) == (2, False)


def test_whoever_is_erased_is_in_no_file_and_the_history_still_verifies(folder: Path, tmp_path: Path) -> None:
    env = copied(folder, tmp_path)
    ended = firebreak("erase", "Fred Hollis", "--reason", "asked us to", "--yes", env=env)
    verified = firebreak("audit", "verify", env=env)

    assert (ended.exit_code, verified.exit_code) == (0, 0), verified.stdout
    assert [file.name for file in tmp_path.iterdir() if b"Fred Hollis" in file.read_bytes()] == []


def test_somebody_nothing_is_known_of_can_not_be_erased(folder: Path, tmp_path: Path) -> None:
    ended = firebreak("erase", "Jane Doe", "--reason", "asked us to", "--yes", env=copied(folder, tmp_path))

    assert ended.exit_code == 1
    assert "nothing is stored about 'Jane Doe'" in ended.stderr


def test_erasing_asks_first_at_a_terminal(folder: Path, tmp_path: Path) -> None:
    env = copied(folder, tmp_path)
    before = (tmp_path / "firebreak.db").read_bytes()
    keyboard, terminal = os.openpty()
    os.write(keyboard, b"n\n")
    words = (*PROGRAM, "erase", "Fred Hollis", "--reason", "asked us to")
    ended = subprocess.run(words, cwd=ROOT, env={**os.environ, **env}, stdin=terminal, capture_output=True, text=True, timeout=60)

    assert (ended.returncode, "for good?" in ended.stderr) == (1, True)
    assert (tmp_path / "firebreak.db").read_bytes() == before


def test_erasing_asks_nobody_where_nobody_can_answer(folder: Path, tmp_path: Path) -> None:
    ended = firebreak("erase", "Fred Hollis", "--reason", "asked us to", env=copied(folder, tmp_path))

    assert ended.exit_code == 1
    assert "--yes" in ended.stderr


def test_upgrading_makes_a_database_and_again_changes_nothing(tmp_path: Path) -> None:
    env = {"FIREBREAK_DATA_DIR": str(tmp_path / "new")}

    assert [firebreak("db", "upgrade", env=env).exit_code for _ in range(2)] == [0, 0]
    assert (tmp_path / "new" / "firebreak.db").exists()
