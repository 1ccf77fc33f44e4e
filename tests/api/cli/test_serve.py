"""`firebreak serve`: introduces itself, prints the admin token once, keeps others off its file, and ends in peace."""

import socket
from pathlib import Path

import httpx

from tests.api.cli.given import firebreak, served


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
