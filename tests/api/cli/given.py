"""Sentences to begin a test of the terminal with: a command in this process, and `firebreak serve` in a process of its own."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from typer.testing import CliRunner, Result

from api.cli.main import app
from api.settings import Settings
from tests.prepared import prepare

ROOT = Path(__file__).parents[3]
PLAYBOOKS = ROOT / "playbooks"
PROGRAM = (sys.executable, "-c", "from api.cli.main import app; app(prog_name='firebreak')")
PATIENCE = 60
ITS_OWN = {"FIREBREAK_DATABASE_URL", "FIREBREAK_SECRET_KEY", "FIREBREAK_PLAYBOOKS", "FIREBREAK_ORGANISATION"}
"""What makes a first start another than the one that is prepared."""


def firebreak(*arguments: str | Path, env: Mapping[str, str] | None = None, typed: str | None = None) -> Result:
    """Run a command in this process, with no FIREBREAK_ variable but those given."""
    clean: dict[str, str | None] = {name: None for name in os.environ if name.startswith("FIREBREAK_")}
    return CliRunner(env={**clean, "NO_COLOR": "1", **(env or {})}).invoke(app, [str(each) for each in arguments], input=typed)


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Give an environment whose database is in `folder`."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("FIREBREAK_")}
    return {**known, "FIREBREAK_DATA_DIR": str(folder), "FIREBREAK_LOG_LEVEL": "warning", **more}


@dataclass
class Served:
    """A running `firebreak serve`, as it introduced itself."""

    process: subprocess.Popen[str]
    folder: Path
    url: str
    token: str | None
    introduction: str

    @property
    def env(self) -> dict[str, str]:
        """What a terminal on the same machine has in its environment."""
        return {"FIREBREAK_DATA_DIR": str(self.folder), "FIREBREAK_SERVER": self.url, "FIREBREAK_TOKEN": self.token or ""}

    def person(self, name: str) -> dict[str, str]:
        """Give the environment of a person with a token of their own."""
        scopes = ("--scope", "incidents:read", "--scope", "incidents:write", "--scope", "playbooks:read")
        made = firebreak("token", "create", "--name", name, "--person", name, *scopes, env=self.env)
        assert made.exit_code == 0, made.stderr
        return {**self.env, "FIREBREAK_TOKEN": made.stdout.strip()}

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


@contextmanager
def served(folder: Path, *options: str, **more: str) -> Iterator[Served]:
    """Start `firebreak serve` on a free port, with `more` in its environment, and end it."""
    if not ITS_OWN & more.keys() and not (folder / "firebreak.db").exists():
        prepare(Settings(data_dir=folder, playbooks=PLAYBOOKS, organisation=PLAYBOOKS / "organisation.yaml"))
    command, env = [*PROGRAM, "serve", "--port", "0", *options], environment(folder, PYTHONUNBUFFERED="1", **more)
    with (folder / "server.log").open("a") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        yield _introduced(process, folder)
    finally:
        process.kill()
        process.wait()


def _introduced(process: subprocess.Popen[str], folder: Path) -> Served:
    """Read what it says until it says no more before somebody is told something."""
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(4)]
    url = re.search(r"serves on (\S+)", lines[0])
    assert url, f"it did not start: {(folder / 'server.log').read_text()}"
    fresh = not (folder / "seen").exists()
    (folder / "seen").touch()
    lines += [process.stdout.readline() for _ in range(2)] if fresh else []
    introduction = "".join(lines)
    token = re.search(r"fb_\S+", introduction)
    threading.Thread(target=process.stdout.read, daemon=True).start()  # a pipe that nobody empties would stop the server
    assert httpx.get(f"{url[1]}/healthz", timeout=PATIENCE).status_code == 200
    return Served(process, folder, url[1], token[0] if token else None, introduction)
