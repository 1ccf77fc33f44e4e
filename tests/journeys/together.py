"""`firebreak serve --workers N` on a real PostgreSQL, with a small house of its own, and its processes seen from outside."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.api.given import write_house
from tests.journeys.given import HTTP, ROOT, Client, eventually

STARTS = 60.0
"""Seconds that processes are given to start: each loads everything anew, on machines that do other things too."""


@dataclass
class Together:
    """The command, where it answers, and what it said of itself."""

    process: subprocess.Popen[str]
    url: str
    said: str
    log: Path
    people: dict[str, Client] = field(default_factory=dict)

    @property
    def admin(self) -> Client:
        token = re.search(r"fb_\S+", self.said)
        assert token, self.said
        return Client(self.url, token[0])

    def person(self, name: str) -> Client:
        if name not in self.people:
            body = {"name": name, "person": name, "scopes": ["incidents:read", "incidents:write"]}
            self.people[name] = Client(self.url, self.admin.post("/v1/tokens", body, expect=201)["token"])
        return self.people[name]

    def ready(self) -> dict[str, object]:
        facts: dict[str, object] = HTTP.get(f"{self.url}/readyz").json()
        return facts

    def figure(self, name: str, **labels: str) -> dict[str, float]:
        """Give a figure by the number of the process (or the empty word), as whichever process answers tells it."""
        families = text_string_to_metric_families(HTTP.get(f"{self.url}/metrics").text)
        samples = [one for family in families for one in family.samples if one.name == name and labels.items() <= one.labels.items()]
        return {one.labels.get("process", ""): one.value for one in samples}

    def processes(self) -> list[int]:
        """List its processes that serve, by their ids."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]

    def ends(self) -> int:
        self.process.terminate()
        return self.process.wait(20)


def lives(process: int) -> bool:
    """Say whether there is a process with this id that has not ended."""
    with suppress(OSError):
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    return False


@contextmanager
def together(folder: Path, database: str, **more: str) -> Iterator[Together]:
    """Start it with two processes, wait until both answer, and end it."""
    house = write_house(folder)
    text = house.organisation.read_text("utf-8").replace("email: ana@example.com", "email: ana@example.com, slack: U0ANA")
    house.organisation.write_text(text, "utf-8")
    ours = {
        "DATABASE_URL": database,
        "DATA_DIR": str(house.data_dir),
        "PLAYBOOKS": str(house.playbooks),
        "ORGANISATION": str(house.organisation),
        "METRICS": "on",
        "LOG_FORMAT": "json",
        **more,
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FIREBREAK_")}
    environment = inherited | {"PYTHONUNBUFFERED": "1"} | {f"FIREBREAK_{name}": value for name, value in ours.items()}
    command = [str(Path(sys.executable).with_name("firebreak")), "serve", "--port", "0", "--workers", "2"]
    with (folder / "said").open("w") as said, (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=said, stderr=log, text=True)
    running = Together(process, "", "", folder / "log")
    try:
        eventually(lambda: introduced(running, folder / "said"), STARTS)
        eventually(lambda: running.ready()["processes"] == "2 of 2", STARTS)
        running.said = (folder / "said").read_text()
        yield running
    finally:
        for number in (*running.processes(), process.pid) if process.poll() is None else ():
            os.kill(number, signal.SIGKILL)
        process.wait()


def introduced(running: Together, said: Path) -> bool:
    assert running.process.poll() is None, running.log.read_text()
    running.said = said.read_text()
    url = re.search(r"serves on (\S+)\n(?:.*\n)*  messages .*\n(?:  admin token .*\n .*\n)?", running.said)
    running.url = url[1] if url else ""
    return url is not None
