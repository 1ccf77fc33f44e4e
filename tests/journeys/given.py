"""A server in its own process, people with their own tokens, and a clock that is moved ahead."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from api.settings import Settings
from tests.free_port import free_port
from tests.prepared import prepare

ROOT = Path(__file__).parents[2]
HTTP = httpx.Client(timeout=20)
PATIENCE = 20.0
"""Seconds that a server or its worker is given."""


@dataclass
class Server:
    """`python -m tests.journeys.served` on a folder of its own."""

    folder: Path
    extra: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    ahead: float = 0.0
    starts: str | None = None
    """When the day begins, instead of now (RFC 3339)."""
    token: str = ""
    process: subprocess.Popen[str] | None = None
    _people: dict[str, "Client"] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        ours = {"FIREBREAK_DATA_DIR": str(self.folder / "data"), "FIREBREAK_PORT": str(self.port), "FIREBREAK_LOG_LEVEL": "warning"}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("FIREBREAK_")}
        return {**inherited, **ours, **self.extra}

    def start(self) -> "Server":
        self._prepare()
        clock = self.folder / "clock"
        clock.write_text(str(self.ahead))
        command = [sys.executable, "-m", "tests.journeys.served", str(clock), *([self.starts] if self.starts else [])]
        log = (self.folder / "server.log").open("a")
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.process.stdout is not None
        lines = iter(self.process.stdout.readline, "")
        token = next((line.split()[1] for line in lines if line.startswith("token ")), None)
        assert token is not None, f"it did not start: {(self.folder / 'server.log').read_text()[-2000:]}"
        self.token = token
        self._people.clear()
        eventually(lambda: HTTP.get(f"{self.url}/readyz").status_code == 200)
        return self

    def _prepare(self) -> None:
        """Spare a first start with the shipped playbooks and a file its proofs."""
        data, address = self.folder / "data", self.extra.get("FIREBREAK_DATABASE_URL", "sqlite:")
        if address.startswith("sqlite:") and self.starts is None and "FIREBREAK_PLAYBOOKS" not in self.extra and not data.exists():
            playbooks = ROOT / "playbooks"
            prepare(Settings(data_dir=data, playbooks=playbooks, organisation=playbooks / "organisation.yaml"))

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(PATIENCE)

    def forward(self, **span: float) -> None:
        """Move the clock ahead, in hours, minutes or days."""
        seconds = {"days": 86_400, "hours": 3_600, "minutes": 60}
        self.ahead += sum(seconds[unit] * amount for unit, amount in span.items())
        (self.folder / "clock").write_text(str(self.ahead))

    @property
    def admin(self) -> "Client":
        return Client(self.url, self.token)

    def person(self, name: str) -> "Client":
        """Somebody with a personal token."""
        if name not in self._people:
            body = {"name": name, "person": name, "scopes": ["incidents:read", "incidents:write"]}
            self._people[name] = Client(self.url, self.admin.post("/v1/tokens", body, expect=201)["token"])
        return self._people[name]


@dataclass
class Client:
    """Somebody's token and the calls made with it."""

    url: str
    token: str

    def post(self, path: str, body: dict[str, Any] | None = None, *, expect: int = 200) -> dict[str, Any]:
        response = HTTP.post(self.url + path, json=body or {}, headers=self._headers)
        assert response.status_code == expect, f"{path}: {response.status_code} {response.text}"
        answer: dict[str, Any] = response.json()
        return answer

    def put(self, path: str, body: dict[str, Any], *, expect: int = 200) -> dict[str, Any]:
        response = HTTP.put(self.url + path, json=body, headers=self._headers)
        assert response.status_code == expect, f"{path}: {response.status_code} {response.text}"
        answer: dict[str, Any] = response.json()
        return answer

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        response = HTTP.get(self.url + path, params=query, headers=self._headers)
        assert response.status_code == 200, f"{path}: {response.status_code} {response.text}"
        answer: dict[str, Any] = response.json()
        return answer

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@dataclass
class Case:
    """One incident seen from outside; `as_role` finds whoever holds a role now."""

    server: Server
    key: str

    @property
    def facts(self) -> dict[str, Any]:
        return self.server.admin.get(f"/v1/incidents/{self.key}")

    def step(self, name: str, *, by: str | None = None) -> dict[str, Any]:
        client = self.server.person(by) if by else self.server.admin
        return client.get(f"/v1/incidents/{self.key}/steps/{name}")

    def holder(self, role: str) -> str:
        return str(self.facts["roles"][role]["person"])

    def do(self, step: str, command: str, body: dict[str, Any] | None = None, *, role: str, expect: int = 200) -> dict[str, Any]:
        """A step's command, given by whoever holds `role`."""
        client = self.server.person(self.holder(role))
        return client.post(f"/v1/incidents/{self.key}/steps/{step}/{command}", body, expect=expect)

    def command(self, command: str, body: dict[str, Any] | None = None, *, role: str, expect: int = 200) -> dict[str, Any]:
        client = self.server.person(self.holder(role))
        return client.post(f"/v1/incidents/{self.key}/{command}", body, expect=expect)

    def finish(self, step: str, *, role: str) -> None:
        """Tick everything and complete."""
        for entry in self.step(step, by=self.holder(role))["checklist"]:
            self.do(step, "tick", {"item": entry["item"]}, role=role)
        self.do(step, "complete", role=role)

    def agree(self, approval: str, *roles: str) -> None:
        """Turn the keys of these roles on the words as they stand."""
        for role in roles:
            version = self.step(approval, by=self.holder(role))["content_hash"]
            self.do(approval, "approve", {"version": version, "role": role}, role=role)

    def timeline(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            page = self.server.admin.get(f"/v1/incidents/{self.key}/timeline", limit=200, **({"cursor": cursor} if cursor else {}))
            items += page["items"]
            cursor = page["next"]
            if cursor is None:
                return items


def eventually(claim: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Look until the claim is true; fail after so many seconds."""
    deadline = time.monotonic() + patience
    while True:
        try:
            if claim():
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < deadline, "it did not come true in time"
