"""How long Slack waits for an answer: signed notes and presses by 32 clients at once, to a real `firebreak serve` on an SQLite file.

Every answer was on disk before it was given. The worker runs beside it and sends to a fake Slack in a
process of its own. The floor is requests that do nothing (certificate probes), measured in the same run: it is what
HTTP and this machine cost alone. The server's processor time for each answer says what a quiet machine would do:
32 clients wait 32 times as long.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from slack_sdk.signature import SignatureVerifier

from benchmarks.figure import Figure

CLIENTS: Final = 32
SECONDS: Final = 5.0
STEPS: Final = 34
GOAL_MS: Final = 100.0

SECRET: Final = "8f742231b10e8888abcd99yyyzzz85a5"  # noqa: S105 - made up
ROOT: Final = Path(__file__).parents[1]
ORGANISATION: Final = """
firebreak_organisation: 1
name: Example
people: {ana: {name: Ana Ruiz, email: ana@example.com, slack: U0ANA}}
groups: {leads: [ana]}
"""
PLAYBOOK: Final = """
firebreak: 1
id: trial
title: A trial
version: 1.0.0
owner: incident_lead
summary: To be measured.
roles: {incident_lead: {title: Lead, assign: "group:leads"}}
steps:
"""
FAKE: Final = """
import sys
from tests.fake_slack_server import fake_slack
with fake_slack() as slack:
    slack.user("U0ANA", email="ana@example.com")
    print(slack.url, flush=True)
    sys.stdin.read()
"""

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds that each answer took, and how many were not what they should be."""

    floor: list[float]
    notes: list[float]
    presses: list[float]
    failed: int
    processor: float
    """The server's processor time, worker included, for each note and press."""


@dataclass(frozen=True, slots=True)
class Server:
    """The running command."""

    port: int
    process: int

    @property
    def processor(self) -> float:
        """Seconds of processor time so far; 0 where the system doesn't say."""
        stat = Path(f"/proc/{self.process}/stat")
        if not stat.exists():
            return 0.0
        fields = stat.read_text("utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Client:
    """One kept connection that sends one request after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def post(self, path: str, body: bytes) -> tuple[float, int, bytes]:
        """Sign and send; gives seconds, status and body."""
        at = str(int(time.time()))  # noqa: TID251 - the server signs by the wall clock
        signature = SignatureVerifier(SECRET).generate_signature(timestamp=at, body=body)
        head = (
            f"POST {path} HTTP/1.1\r\nhost: firebreak\r\ncontent-type: application/x-www-form-urlencoded\r\n"
            f"x-slack-request-timestamp: {at}\r\nx-slack-signature: {signature}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        begun = time.perf_counter()
        self._writer.write(head.encode() + body)
        status, text = await self._answer()
        return time.perf_counter() - begun, status, text

    async def _answer(self) -> tuple[int, bytes]:
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        return int(head[9:12]), await self._reader.readexactly(length)

    def close(self) -> None:
        self._writer.close()


def measure() -> Figure:
    """Measure both; the figure is the slower one's 99th percentile."""
    measured = run(SECONDS)
    notes, presses = _told(measured.notes), _told(measured.presses)
    how = f"{CLIENTS} clients; notes: {notes}; presses: {presses}; floor: {_told(measured.floor)}; {measured.failed} failed"
    how += f"; {measured.processor * 1000:.1f} ms of processor time each"
    worst = max(percentile(measured.notes), percentile(measured.presses)) * 1000
    return Figure("answer to Slack, on disk, 99th percentile", worst if not measured.failed else float("inf"), GOAL_MS, "ms", how)


def run(seconds: float) -> Measured:
    """Measure notes for so many seconds, then a press for each step of each incident."""
    with tempfile.TemporaryDirectory() as folder, fake_process() as url, served(Path(folder), url) as server:
        return asyncio.run(_measured(server, seconds))


def percentile(seconds: list[float], *, of: float = 0.99) -> float:
    """Give the value that so large a part is not above."""
    return sorted(seconds)[min(len(seconds) - 1, int(len(seconds) * of))]


async def _measured(server: Server, seconds: float) -> Measured:
    clients = [Client(*await asyncio.open_connection("127.0.0.1", server.port)) for _ in range(CLIENTS)]
    keys = [await _declared(client) for client in clients]
    floor = await _all(clients, lambda client, _: _until(seconds / 3, client, lambda: ("/slack/commands", b"ssl_check=1", b"")))
    before = server.processor
    notes = await _all(clients, lambda client, place: _until(seconds, client, lambda: _note(keys[place])))
    presses = await _all(clients, lambda client, place: _each(client, [_press(keys[place], step) for step in range(STEPS)]))
    used = server.processor - before
    unfinished = [key for client, key in zip(clients, keys, strict=True) if await _has_open_tasks(client, key)]
    if unfinished:
        raise RuntimeError(f"presses were not taken in {', '.join(unfinished)}")
    for client in clients:
        client.close()
    failed = sum(1 for each in (*floor, *notes, *presses) if each is None)
    return Measured(
        *([each for each in kind if each is not None] for kind in (floor, notes, presses)), failed, used / (len(notes) + len(presses))
    )


Asked = tuple[str, bytes, bytes]
"""A path, a body, and what the answer must hold."""


async def _all(clients: list[Client], work: Callable[[Client, int], Awaitable[list[float | None]]]) -> list[float | None]:
    done = await asyncio.gather(*(work(client, place) for place, client in enumerate(clients)))
    return [each for one in done for each in one]


async def _until(seconds: float, client: Client, make: Callable[[], Asked]) -> list[float | None]:
    end, taken = time.perf_counter() + seconds, []
    while time.perf_counter() < end:
        taken.append(await _once(client, make()))
    return taken


async def _each(client: Client, asked: list[Asked]) -> list[float | None]:
    return [await _once(client, each) for each in asked]


async def _once(client: Client, asked: Asked) -> float | None:
    path, body, wanted = asked
    seconds, status, text = await client.post(path, body)
    return seconds if status == 200 and wanted in text else None


async def _declared(client: Client) -> str:
    _, _, text = await client.post("/slack/commands", slash("start trial Something"))
    return str(json.loads(text)["text"]).partition(":")[0]


async def _has_open_tasks(client: Client, key: str) -> bool:
    _, status, text = await client.post("/slack/commands", slash(f"tasks {key} all"))
    return status != 200 or b"Do it" in text


def _note(key: str) -> Asked:
    return "/slack/commands", slash(f"note {key} the press has called"), b"Ana Ruiz"


def slash(text: str) -> bytes:
    who = {"team_id": "T0TEAM", "user_id": "U0ANA", "channel_id": "C1", "channel_name": "random", "command": "/incident"}
    return urlencode({**who, "text": text, "trigger_id": f"1.{next(_numbers)}", "response_url": ""}).encode()


def _press(key: str, step: int) -> Asked:
    action = {"type": "button", "action_id": "done", "block_id": "b", "action_ts": f"1.{next(_numbers)}", "value": f"{key}|step_{step}"}
    payload = {
        "type": "block_actions",
        "user": {"id": "U0ANA", "team_id": "T0TEAM"},
        "team": {"id": "T0TEAM"},
        "trigger_id": f"1.{next(_numbers)}",
        "container": {"type": "message", "message_ts": "1.1", "channel_id": "C1"},
        "actions": [action],
    }
    return "/slack/interactive", urlencode({"payload": json.dumps(payload)}).encode(), b""


@contextmanager
def fake_process() -> Iterator[str]:
    process = subprocess.Popen([sys.executable, "-c", FAKE], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


@contextmanager
def served(folder: Path, slack: str) -> Iterator[Server]:
    """Run the real command on a free port."""
    books = folder / "playbooks"
    books.mkdir()
    (books / "organisation.yaml").write_text(ORGANISATION, "utf-8")
    steps = "".join(a_step(number) for number in range(STEPS))
    (books / "trial.yaml").write_text(PLAYBOOK + steps, "utf-8")
    command = [str(Path(sys.executable).with_name("firebreak")), "serve", "--port", "0"]
    process = subprocess.Popen(
        command, cwd=folder, env=environment(folder, slack), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        line = next((line for line in process.stdout if " serves on " in line), None)
        if line is None:
            raise RuntimeError("the server did not start")
        yield Server(int(line.rpartition(":")[2]), process.pid)
    finally:
        process.terminate()
        process.wait(30)


def a_step(number: int) -> str:
    """Write a task that begins when the one before it is done, so that each press also opens something."""
    return f"  - {{id: step_{number}, role: incident_lead, task: Do it, needs: [{f'step_{number - 1}' if number else ''}]}}\n"


def environment(folder: Path, slack: str) -> dict[str, str]:
    ours = {"SLACK_BOT_TOKEN": "xoxb-fake-bot-token", "SLACK_SIGNING_SECRET": SECRET, "SLACK_API_URL": slack}
    ours |= {"LOG_LEVEL": "error", "RATE_LIMIT": "0"}
    places = {
        "DATA_DIR": str(folder / "data"),
        "PLAYBOOKS": str(folder / "playbooks"),
        "ORGANISATION": str(folder / "playbooks/organisation.yaml"),
    }
    return {"PATH": "/usr/bin:/bin", **{f"FIREBREAK_{name}": value for name, value in (ours | places).items()}}


def _told(seconds: list[float]) -> str:
    return f"{len(seconds)}, median {statistics.median(seconds) * 1000:.0f} ms, 99% {percentile(seconds) * 1000:.0f} ms"


if __name__ == "__main__":
    print(measure())
