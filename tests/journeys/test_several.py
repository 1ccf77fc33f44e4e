"""Two servers and two workers on one PostgreSQL: nothing is sent twice, no deadline is missed, whoever dies."""

import asyncio
import json
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from engine.runtime.clock import SystemClock
from engine.store.database import open_database
from engine.store.tokens import create_token
from tests.free_port import free_port
from tests.journeys.given import HTTP, ROOT, Client, Server, eventually
from tests.journeys.test_filmed_argument import START
from tests.postgres_server import PostgresServer

KINDS = ("postgresql",)
INCIDENTS = 6


@dataclass
class Fleet:
    """Several processes on one database, each with a data folder of its own."""

    folder: Path
    database: str
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def clock(self) -> Path:
        return self.folder / "clock"

    def server(self) -> str:
        """Start `firebreak serve --no-worker`; returns its address."""
        port = free_port()
        self._started("-c", "from api.cli.main import app; app()", "serve", "--no-worker", "--port", str(port))
        url = f"http://127.0.0.1:{port}"
        eventually(lambda: HTTP.get(f"{url}/healthz").status_code == 200)
        return url

    def worker(self) -> subprocess.Popen[str]:
        return self._started("-m", "tests.journeys.worked", str(self.clock))

    def posted_twice(self) -> list[str]:
        """List what was posted twice, although nobody died over it."""
        lines = [line for log in self.folder.glob("*.log") for line in log.read_text().splitlines() if line.startswith('{"id"')]
        posted = Counter(each["id"] for each in map(json.loads, lines) if each["kind"] == "posted")
        return [delivery for delivery, times in posted.items() if times > 1]

    def end(self) -> None:
        for process in self.running:
            process.terminate()
        for process in self.running:
            process.wait(20)

    def _started(self, *command: str) -> subprocess.Popen[str]:
        number = len(self.running)
        log = (self.folder / f"{number}.log").open("w")
        environment = {
            "PATH": "/usr/bin:/bin",
            "FIREBREAK_DATABASE_URL": self.database,
            "FIREBREAK_DATA_DIR": str(self.folder / str(number)),
            "FIREBREAK_SECRET_KEY": "the same secret for all of them",
            "FIREBREAK_LOG_LEVEL": "warning",
        }
        process = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=environment, stdout=log, stderr=log, text=True)
        log.close()
        self.running.append(process)
        return process


async def admin_of(address: str) -> str:
    """Make an admin token as an operator would on the machine itself."""
    opened = open_database(address)
    try:
        secret, _ = await opened.write(lambda tx: create_token(tx, "admin", ["admin"], now=SystemClock().now()))
    finally:
        await opened.close()
    return secret


@pytest.fixture
def fleet(kind: str, tmp_path: Path, postgres: PostgresServer) -> Iterator[Fleet]:
    taken = postgres.take()
    (tmp_path / "clock").write_text("0")
    running = Fleet(tmp_path, taken)
    yield running
    running.end()
    postgres.give_back(taken)


def deliveries(admin: Client, key: str) -> list[dict[str, object]]:
    return list(admin.get(f"/v1/incidents/{key}/deliveries", limit=200)["items"])


def late(admin: Client, key: str) -> int:
    told = admin.get(f"/v1/incidents/{key}/timeline", limit=200)["items"]
    return sum("Late" in item["text"] and "Save every copy" in item["text"] for item in told)


def is_quiet(admin: Client, keys: list[str]) -> bool:
    return all(each["state"] != "pending" for key in keys for each in deliveries(admin, key))


def test_two_servers_and_two_workers_send_everything_once_and_miss_no_deadline_although_one_is_killed(fleet: Fleet) -> None:
    token = asyncio.run(admin_of(fleet.database))
    first, second = fleet.server(), fleet.server()
    workers = [fleet.worker(), fleet.worker()]
    admins = [Client(first, token), Client(second, token)]
    body = {"name": "ana", "person": "ana", "scopes": ["incidents:read", "incidents:write"]}
    ana = admins[0].post("/v1/tokens", body, expect=201)["token"]
    people = [Client(first, ana), Client(second, ana)]
    keys = [people[number % 2].post("/v1/incidents", START, expect=201)["key"] for number in range(INCIDENTS)]
    eventually(lambda: is_quiet(admins[1], keys))
    fleet.clock.write_text(str(51 * 60))
    workers[0].kill()
    eventually(lambda: all(late(admins[0], key) == 3 for key in keys))
    eventually(lambda: is_quiet(admins[0], keys))

    states = Counter(str(each["state"]) for key in keys for each in deliveries(admins[1], key))
    assert sorted(keys) == sorted(f"INC-{number}" for number in range(1, INCIDENTS + 1))
    assert (states.keys() <= {"sent", "waiting"}, fleet.posted_twice()) == (True, [])
    assert [late(admins[1], key) for key in keys] == [3] * INCIDENTS


def test_while_postgres_is_away_requests_are_told_so_within_five_seconds_and_then_it_goes_on(
    tmp_path: Path, fleet: Fleet, postgres: PostgresServer
) -> None:
    server = Server(tmp_path, extra={"FIREBREAK_DATABASE_URL": fleet.database}).start()
    assert server.process is not None
    fleet.running.append(server.process)
    ana = server.person("ana")
    key = ana.post("/v1/incidents", START, expect=201)["key"]
    postgres.stop(signal.SIGQUIT)
    began = time.monotonic()
    refused = HTTP.post(f"{server.url}/v1/incidents", json=START, headers={"Authorization": f"Bearer {ana.token}"})
    took = time.monotonic() - began
    ready = HTTP.get(f"{server.url}/readyz")
    postgres.start()
    eventually(lambda: HTTP.get(f"{server.url}/readyz").status_code == 200)

    assert (refused.status_code, int(refused.headers["Retry-After"]) > 0, took < 5) == (503, True, True)
    assert (ready.status_code, bool(re.search("can't be reached|does not answer", ready.text))) == (503, True), ready.text
    assert ana.get(f"/v1/incidents/{key}")["key"] == key
