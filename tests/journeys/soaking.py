"""A real `firebreak serve` under writers, and an independent checker that reads its file without Firebreak.

`SOAK` makes everything so many times longer: 1 in CI, more with `make soak`.
"""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

from benchmarks.load_client import Ask, Connection, written
from benchmarks.load_fill import Filled, fill
from benchmarks.load_server import Process
from benchmarks.slack_ack import STEPS

SOAK = int(os.environ.get("SOAK", "1"))
WRITERS = 8
FEW = 20
"""Incidents that stand in the file before."""

_GONE = (OSError, EOFError, TimeoutError)


@dataclass
class Life:
    """One process that serves a filled database."""

    filled: Filled
    process: Process
    running: "subprocess.Popen[str]"

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.filled.token}"}

    def post(self, path: str, body: dict[str, Any], *, status: int = 200, **headers: str) -> Ask:
        return Ask(written("POST", path, body=json.dumps(body).encode(), **self.headers, **headers), status)

    def get(self, path: str) -> Ask:
        return Ask(written("GET", path, **self.headers))

    def raw(self, path: str, body: bytes, **headers: str) -> bytes:
        return written("POST", path, body=body, **self.headers, **headers)


@contextmanager
def serving(filled: Filled, *options: str, **extra: str) -> Iterator[Life]:
    """Serve until the block ends, however it ends."""
    environment = {"PATH": "/usr/bin:/bin", "FIREBREAK_LOG_LEVEL": "error", "FIREBREAK_RATE_LIMIT": "0", **filled.settings, **extra}
    command = [str(Path(sys.executable).with_name("firebreak")), "serve", "--port", "0", *options]
    with (filled.folder / "server.log").open("a") as log:
        running = subprocess.Popen(command, cwd=filled.folder, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
    assert running.stdout is not None
    try:
        line = next((line for line in running.stdout if " serves on " in line), None)
        assert line is not None, (filled.folder / "server.log").read_text()[-2000:]
        Thread(target=running.stdout.read, daemon=True).start()  # messages are printed there; nobody who reads them must hold up the server
        yield Life(filled, Process(int(line.rpartition(":")[2]), running.pid, 0.0), running)
    finally:
        running.kill()
        running.wait()


def filled_in(folder: Path) -> Filled:
    """Make a database to suffer."""
    return fill(folder, FEW, only_trial=True)


def a_note(life: Life, place: int) -> Ask:
    """Write one note, into one of a few incidents."""
    return life.post(f"/v1/incidents/INC-{place % FEW + 1}/note", {"text": "storm"})


@dataclass
class Account:
    """What writers were told. `asked` holds each request by its idempotency key; `unsure` those that were never answered."""

    asked: dict[str, tuple[str, str]] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    declared: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    resets: int = 0
    """Connections that broke before there was an answer; one that was never taken is none."""
    names: Iterator[int] = field(default_factory=count)

    @property
    def unsure(self) -> dict[str, tuple[str, str]]:
        return {key: request for key, request in self.asked.items() if key not in self.acknowledged}

    async def write(self, life: Life, stop: asyncio.Event) -> None:
        """Write notes, and now and then declare, until told to stop or cut off."""
        connection = Connection(life.process.port)
        while not stop.is_set():
            number = next(self.names)
            kind, where = ("declare", "") if number % 10 == 9 else ("note", f"INC-{number % FEW + 1}")
            key = f"soak-{number}"
            self.asked[key] = (kind, where)
            if not await self.ask(life, connection, key):
                break
        connection.close()

    async def ask(self, life: Life, connection: Connection, key: str) -> bool:
        """Send one request under its key; False when the connection broke."""
        kind, where = self.asked[key]
        body = {"playbook": "trial", "title": key} if kind == "declare" else {"text": key}
        path, wanted = ("/v1/incidents", 201) if kind == "declare" else (f"/v1/incidents/{where}/note", 200)
        try:
            status, _, answer = await connection.ask(life.post(path, body, idempotency_key=key).wire)
        except ConnectionRefusedError:
            return False
        except _GONE:
            self.resets += 1
            return False
        if status == wanted:
            self.acknowledged.add(key)
        elif status not in (429, 503):
            self.refused.append(f"{status}: {answer[:200]!r}")
        return True


def found_in(file: Path) -> Counter[str]:
    """Count, in the log itself, what each request left behind."""
    with closing(sqlite3.connect(file)) as database:
        rows = database.execute("SELECT type, payload FROM events WHERE type IN ('Noted', 'Declared')").fetchall()
    marks = (json.loads(payload) for _, payload in rows)
    names = (str(each.get("text") or each.get("title") or "") for each in marks)
    return Counter(name for name in names if name.startswith("soak-"))


def faults_of(file: Path) -> list[str]:
    """Say what is wrong with the file: pages, references, incidents that were built by half."""
    with closing(sqlite3.connect(file)) as database:
        pages = [row[0] for row in database.execute("PRAGMA integrity_check") if row[0] != "ok"]
        references = [str(row) for row in database.execute("PRAGMA foreign_key_check")]
        built = "SELECT i.key, count(s.step) FROM incidents i LEFT JOIN steps s ON s.incident_id = i.id GROUP BY i.id"
        halves = [f"{key} has {steps} steps" for key, steps in database.execute(built) if steps != STEPS]
    return pages + references + halves


def chain_of(filled: Filled) -> subprocess.CompletedProcess[str]:
    """Let the audit go through every chain."""
    command = [str(Path(sys.executable).with_name("firebreak")), "audit", "verify"]
    environment = {"PATH": "/usr/bin:/bin", **filled.settings}
    return subprocess.run(command, cwd=filled.folder, env=environment, capture_output=True, text=True, timeout=300)


def end(life: Life) -> None:
    life.running.send_signal(signal.SIGTERM)
