"""`firebreak keys`: another secret takes over, beside a running server or on the database, and says when the old one may go."""

import json
from pathlib import Path
from typing import Any

from tests.api.cli.given import Served, firebreak, served
from tests.api.given import write_house

OLD, NEW = "the-old-secret-of-this-house", "the-new-secret-of-this-house"
BOTH = f"{NEW},{OLD}"


def at(folder: Path, secret: str) -> dict[str, str]:
    return {
        "FIREBREAK_DATA_DIR": str(folder),
        "FIREBREAK_SECRET_KEY": secret,
        "FIREBREAK_PLAYBOOKS": str(folder / "playbooks"),
        "FIREBREAK_ORGANISATION": str(folder / "organisation.yaml"),
    }


def counts(told: dict[str, Any]) -> list[int]:
    return [secret["keys"] for secret in told["secrets"]]


def declared(running: Served) -> None:
    inputs = ("-i", "site=Plant 4", "-i", "people=Fred Hollis", "-i", "links=https://video.example/1")
    ended = firebreak("incident", "declare", "trial", *inputs, env=running.env)
    assert ended.exit_code == 0, ended.stderr


def test_the_whole_way_beside_a_running_server(tmp_path: Path) -> None:
    write_house(tmp_path)
    with served(tmp_path, **at(tmp_path, OLD)) as running:
        declared(running)
        assert firebreak("backup", tmp_path / "before.tar", env=at(tmp_path, OLD)).exit_code == 0
        running.stop()
    with served(tmp_path, **at(tmp_path, BOTH)) as both:
        env = {**at(tmp_path, OLD), "FIREBREAK_BASE_URL": both.url, "FIREBREAK_TOKEN": running.token or ""}
        refused = firebreak("keys", "rotate", env={**env, "FIREBREAK_TOKEN": ""})
        done = json.loads(firebreak("keys", "rotate", "--json", env=env).stdout)
        status = firebreak("keys", "status", env=at(tmp_path, BOTH))
        both.stop()
    audited = firebreak("audit", "verify", env=at(tmp_path, NEW))

    assert (refused.exit_code, "put an admin token into FIREBREAK_TOKEN" in refused.stderr) == (2, True)
    assert done["rewrapped"] == counts(done)[0] > 1
    assert (counts(done)[1], done["unreadable"], done["done"]) == (0, 0, True)
    assert (status.exit_code, "the first secret is enough now" in status.stderr) == (0, True)
    assert (audited.exit_code, audited.stdout[:10]) == (0, "consistent")
    assert said_of(tmp_path, OLD) == said_of(tmp_path, BOTH) == "the secret key here opens what is sealed in it"
    assert "NOT the one" in said_of(tmp_path, NEW)


def said_of(folder: Path, secret: str) -> str:
    """Say what a check tells of the secret for the backup from before."""
    checked = firebreak("backup", "--check", folder / "before.tar", env=at(folder, secret))
    assert checked.exit_code == 0, checked.stderr
    return next(line for line in checked.stderr.splitlines() if "secret key" in line)


def test_on_a_database_that_nobody_serves(tmp_path: Path) -> None:
    assert firebreak("keys", "rotate", env=at(tmp_path, OLD)).exit_code == 0
    before = firebreak("keys", "status", env=at(tmp_path, BOTH))
    rotated = firebreak("keys", "rotate", env=at(tmp_path, BOTH))
    other = firebreak("keys", "status", "--json", env=at(tmp_path, OLD))
    wrong = firebreak("keys", "rotate", env=at(tmp_path, OLD))

    assert (before.exit_code, "run: firebreak keys rotate" in before.stderr) == (0, True)
    assert rotated.stdout.splitlines()[0] == "1 key sealed anew"
    assert (other.exit_code, json.loads(other.stdout)["unreadable"]) == (1, 1)
    assert (wrong.exit_code, "another FIREBREAK_SECRET_KEY" in wrong.stderr) == (2, True)


def test_the_key_in_the_data_folder_may_hold_both(tmp_path: Path) -> None:
    env = {name: value for name, value in at(tmp_path, "").items() if value}
    (tmp_path / "secret.key").write_text(f"{OLD}\n")
    firebreak("keys", "rotate", env=env)
    (tmp_path / "secret.key").write_text(f"{BOTH}\n")
    rotated = json.loads(firebreak("keys", "rotate", "--json", env=env).stdout)
    (tmp_path / "secret.key").write_text(f"{NEW}\n")

    assert (rotated["rewrapped"], rotated["done"]) == (1, True)
    assert json.loads(firebreak("keys", "status", "--json", env=env).stdout)["done"]


def test_without_a_key_none_is_made(tmp_path: Path) -> None:
    ended = firebreak("keys", "status", env={"FIREBREAK_DATA_DIR": str(tmp_path)})

    assert (ended.exit_code, "there is no secret key here" in ended.stderr) == (2, True)
    assert not (tmp_path / "secret.key").exists()
