"""`firebreak token`: on the database when nobody has it, through the server when one does; the text is shown once."""

import json
from pathlib import Path

import httpx

from tests.api.cli.given import Served, firebreak

READ = ("--scope", "incidents:read")


def test_a_token_is_made_before_the_first_server_runs(tmp_path: Path) -> None:
    made = firebreak("token", "create", "--name", "helpdesk", *READ, env={"FIREBREAK_DATA_DIR": str(tmp_path)})

    assert made.exit_code == 0
    assert made.stdout.startswith("fb_")
    assert made.stdout.count("\n") == 1


def test_the_list_never_shows_the_text(tmp_path: Path) -> None:
    env = {"FIREBREAK_DATA_DIR": str(tmp_path)}
    secret = firebreak("token", "create", "--name", "helpdesk", *READ, env=env).stdout.strip()
    shown = firebreak("token", "list", "--json", env=env).stdout

    assert [token["name"] for token in json.loads(shown)["items"]] == ["helpdesk"]
    assert secret not in shown


def test_a_revoked_token_stays_in_the_list_and_cannot_be_revoked_again(tmp_path: Path) -> None:
    env = {"FIREBREAK_DATA_DIR": str(tmp_path)}
    made = json.loads(firebreak("token", "create", "--name", "old", *READ, "--json", env=env).stdout)
    first, second = (firebreak("token", "revoke", made["id"], env=env) for _ in range(2))

    assert (first.exit_code, second.exit_code) == (0, 1)
    assert json.loads(firebreak("token", "list", "--json", env=env).stdout)["items"][0]["revoked_at"]


def test_a_rotated_token_has_a_new_text_and_says_how_long_the_old_one_works(tmp_path: Path) -> None:
    env = {"FIREBREAK_DATA_DIR": str(tmp_path)}
    made = json.loads(firebreak("token", "create", "--name", "desk", *READ, "--json", env=env).stdout)
    rotated = firebreak("token", "rotate", made["id"], "--overlap-hours", "2", env=env)
    at_once = firebreak("token", "rotate", made["id"], "--overlap-hours", "0", env=env)
    unknown = firebreak("token", "rotate", "nothing", env=env)

    assert (rotated.exit_code, at_once.exit_code, unknown.exit_code) == (0, 0, 1)
    assert rotated.stdout.startswith("fb_")
    assert rotated.stdout.strip() != made["token"]
    assert "the old one works until" in rotated.stderr
    assert "the old one works no more" in at_once.stderr


def test_beside_a_running_server_the_server_rotates_it(server: Served) -> None:
    here = {"FIREBREAK_DATA_DIR": str(server.folder), "FIREBREAK_TOKEN": server.token or "", "FIREBREAK_BASE_URL": server.url}
    made = json.loads(firebreak("token", "create", "--name", "turned", *READ, "--json", env=here).stdout)
    rotated = firebreak("token", "rotate", made["id"], env=here)
    texts = (made["token"], rotated.stdout.strip())
    answers = [httpx.get(f"{server.url}/v1/incidents", headers={"Authorization": f"Bearer {text}"}).status_code for text in texts]

    assert (rotated.exit_code, answers) == (0, [200, 200])


def test_beside_a_running_server_the_server_makes_it(server: Served) -> None:
    here = {"FIREBREAK_DATA_DIR": str(server.folder), "FIREBREAK_TOKEN": server.token or "", "FIREBREAK_BASE_URL": server.url}
    made = firebreak("token", "create", "--name", "beside", *READ, env=here)
    answered = httpx.get(f"{server.url}/v1/incidents", headers={"Authorization": f"Bearer {made.stdout.strip()}"})

    assert made.exit_code == 0
    assert answered.status_code == 200


def test_beside_a_running_server_without_a_token_says_how(server: Served) -> None:
    ended = firebreak("token", "create", "--name", "beside", *READ, env={"FIREBREAK_DATA_DIR": str(server.folder)})

    assert ended.exit_code == 2
    assert "put an admin token into FIREBREAK_TOKEN" in ended.stderr


def test_a_token_that_is_no_admins_makes_none(server: Served) -> None:
    ended = firebreak("token", "create", "--name", "more", "--scope", "admin", env=server.person("ana"))

    assert ended.exit_code == 1


def test_an_unknown_scope_lists_the_known_ones(tmp_path: Path) -> None:
    ended = firebreak("token", "create", "--name", "x", "--scope", "all", env={"FIREBREAK_DATA_DIR": str(tmp_path)})

    assert ended.exit_code == 2
    assert "incidents:write" in ended.stderr


def test_a_personal_token_is_for_somebody_of_the_organisation(tmp_path: Path) -> None:
    ended = firebreak("token", "create", "--name", "x", *READ, "--person", "nobody", env={"FIREBREAK_DATA_DIR": str(tmp_path)})

    assert ended.exit_code == 1
    assert "'nobody' is nobody in the organisation file" in ended.stderr
