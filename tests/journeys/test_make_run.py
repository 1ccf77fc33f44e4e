"""`make run` from a checkout: installs only what the lock files pin, serves, and ends with Ctrl+C like any program."""

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.free_port import free_port

ROOT = Path(__file__).parents[2]
PATIENCE = 60


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    """An environment that is up to date: its `firebreak` is this checkout's."""
    folder = tmp_path / "venv"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    program = folder / "bin" / "firebreak"
    start = "from api.cli.main import app; app(prog_name='firebreak')"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c "{start}" "$@"\n')
    program.chmod(0o755)
    for stamp in (".run", ".check"):
        (folder / stamp).touch()
    return folder


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE)


def test_it_serves_says_where_and_ends_with_control_c(venv: Path, tmp_path: Path) -> None:
    port = free_port()
    environment = {**os.environ, "FIREBREAK_DATA_DIR": str(tmp_path / "data"), "FIREBREAK_PORT": str(port), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        ["make", "run", f"VENV={venv}"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=(tmp_path / "log").open("w"),
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        said = "".join(process.stdout.readline() for _ in range(6))
        ready = httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=PATIENCE).status_code
        os.killpg(process.pid, signal.SIGINT)
        process.wait(PATIENCE)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)

    assert re.search(rf"serves on http://127.0.0.1:{port}\n", said)
    assert re.search(r"admin token  fb_\S{20,}", said)
    assert ready == 200
    assert "firebreak has stopped" in (tmp_path / "log").read_text()


def test_an_environment_that_is_up_to_date_is_left_alone(venv: Path) -> None:
    assert "pip" not in make("-n", "run", f"VENV={venv}").stdout


@pytest.mark.parametrize(("target", "lock"), [("run", "requirements.lock"), ("check", "requirements-dev.lock")])
def test_what_is_installed_is_pinned_by_hash(tmp_path: Path, target: str, lock: str) -> None:
    installs = [line for line in make("-n", target, f"VENV={tmp_path / 'none'}").stdout.splitlines() if "pip install" in line]

    assert [line for line in installs if "--require-hashes" not in line and "--no-deps --no-build-isolation" not in line] == []
    assert any(f"-r {lock}" in line for line in installs)


def test_without_a_python_it_says_what_is_missing(tmp_path: Path) -> None:
    ended = make("run", "PYTHON=", f"VENV={tmp_path / 'none'}")

    assert ended.returncode == 2
    assert "firebreak needs Python 3.11 or newer" in ended.stderr


def test_ci_is_make_check_and_nothing_else() -> None:
    script = ROOT / ".ci" / "run"

    assert os.access(script, os.X_OK)
    assert script.read_text("utf-8").splitlines()[-1] == "exec make check"


def test_make_check_runs_every_check() -> None:
    planned = make("-n", "check", f"VENV={ROOT / '.venv'}").stdout

    for command in ("ruff format --check .", "ruff check .", "mypy --strict engine api", "lint-imports", "pytest -q -n 3"):
        assert command in planned
