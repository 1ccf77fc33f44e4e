"""`firebreak serve`: introduces itself, prints the admin token once, keeps others off its file, and ends in peace."""

import socket
import subprocess
from pathlib import Path

import httpx

from tests.api.cli.given import PATIENCE, PROGRAM, ROOT, environment, firebreak, served


def test_the_first_run_prints_an_admin_token_that_works_and_the_second_none(tmp_path: Path) -> None:
    with served(tmp_path) as first:
        answered = httpx.get(f"{first.url}/v1/tokens", headers={"Authorization": f"Bearer {first.token}"})
        ended = first.stop()
    with served(tmp_path) as second:
        introduction = second.introduction

    assert answered.status_code == 200
    assert ended == 0
    assert "fb_" not in introduction


def test_it_says_where_it_is_and_becomes_ready(tmp_path: Path) -> None:
    with served(tmp_path) as running:
        is_documented = httpx.get(f"{running.url}/docs").status_code

    assert f"{running.url}/v1" in running.introduction
    assert "are printed here: no Slack account is set up" in running.introduction
    assert is_documented == 200


def test_a_second_server_on_the_same_file_is_refused(tmp_path: Path) -> None:
    with served(tmp_path):
        ended = firebreak("serve", "--port", "0", env={"FIREBREAK_DATA_DIR": str(tmp_path)})

    assert ended.exit_code == 2
    assert "already writes to this database" in ended.stderr


def test_the_worker_is_refused_beside_a_server(tmp_path: Path) -> None:
    with served(tmp_path):
        ended = firebreak("worker", env={"FIREBREAK_DATA_DIR": str(tmp_path)})

    assert ended.exit_code == 2


def test_a_taken_port_is_said_before_anything_is_made(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = firebreak("serve", "--port", port, env={"FIREBREAK_DATA_DIR": str(tmp_path / "data")})

    assert ended.exit_code == 2
    assert f"can't listen on 127.0.0.1:{port}: address already in use" in ended.stderr
    assert not (tmp_path / "data").exists()


def test_several_processes_on_one_file_are_refused_with_what_to_do(tmp_path: Path) -> None:
    ended = firebreak("serve", "--workers", "2", env={"FIREBREAK_DATA_DIR": str(tmp_path / "data")})
    by_setting = firebreak("serve", env={"FIREBREAK_DATA_DIR": str(tmp_path / "data"), "FIREBREAK_WORKERS": "2"})

    assert (ended.exit_code, by_setting.exit_code, (tmp_path / "data").exists()) == (2, 2, False)
    assert "one SQLite file serves one process" in ended.stderr
    assert "FIREBREAK_DATABASE_URL" in ended.stderr


def test_more_processes_than_slack_lets_connect_are_refused(tmp_path: Path) -> None:
    env = {"FIREBREAK_DATABASE_URL": "postgresql://firebreak@/none?host=/nowhere", "FIREBREAK_SLACK_APP_TOKEN": "xapp-1"}
    ended = firebreak("serve", "--workers", "11", env=env)

    assert ended.exit_code == 2
    assert "choose at most --workers 10" in ended.stderr


def test_a_first_process_that_can_not_start_ends_all_with_its_words(tmp_path: Path) -> None:
    database = "postgresql://firebreak@/none?host=/nowhere"
    with (tmp_path / "log").open("w") as log:
        command = [*PROGRAM, "serve", "--port", "0", "--workers", "2"]
        env = environment(tmp_path / "data", FIREBREAK_DATABASE_URL=database)
        ended = subprocess.run(command, cwd=ROOT, env=env, stdout=log, stderr=log, timeout=PATIENCE)

    assert ended.returncode == 2
    assert "firebreak: PostgreSQL can't be reached" in (tmp_path / "log").read_text()
