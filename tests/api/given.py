"""Sentences to begin a test of the HTTP way in with: a running house, tokens, and people who send requests."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from rich.console import Console

from api.app import create_app
from api.parts import Parts
from api.settings import Settings
from api.wiring import build, dismantle
from engine.runtime.clock import VirtualClock
from engine.store.tokens import create_token
from tests.api.contract import Contract, contract_of
from tests.prepared import prepare

MONDAY = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
"""Monday, 09:00 in Vancouver: the office is open."""

EVERY_SCOPE = ("incidents:read", "incidents:write", "playbooks:read", "playbooks:write")
HASH = "ab" * 32

ORGANISATION = """
firebreak_organisation: 1
name: Example
timezone: America/Vancouver
people:
  ana: {name: Ana Ruiz, email: ana@example.com}
  ben: {name: Ben Okafor, email: ben@example.com}
  cho: {name: Cho Min, email: cho@example.com}
  dee: {name: Dee Lund, email: dee@example.com}
  eve: {name: Eve Moran, email: eve@example.com}
  fay: {name: Fay Stone, email: fay@example.com}
groups: {leads: [ana], lawyers: [ben], comms: [cho], press: [dee]}
defaults: {ladder: office}
ladders: {office: [{late: 30m, to: incident_lead}]}
channels:
  site: {kind: manual, where: "example.com", audience: [public]}
  newsroom: {kind: webhook, url_secret: NEWSROOM_URL, audience: [public]}
rehearsal: {channel: "#rehearsal", people: [ana]}
"""

TRIAL = """
firebreak: 1
id: trial
title: A trial
version: 1.0.0
owner: incident_lead
summary: For tests.
settings: {visibility: VISIBILITY}
inputs:
  site: {type: text, required: true, label: Site or team}
  people: {type: people, personal: true}
  links: {type: url_list}
  reach: {type: choice, options: [small, large], ask: later}
roles:
  incident_lead: {title: Lead, assign: "group:leads"}
  legal: {title: Counsel, assign: "group:lawyers"}
  comms_lead: {title: Head of communications, assign: "group:comms"}
  press: {title: Press officer, assign: "group:press"}
severity:
  levels: {sev2: {title: Spreading, means: some}, sev1: {title: Crisis, means: all}}
  start: sev2
milestones:
  said: {title: Words are out, reached_by: [post], within: 60m}
metrics:
  time_to_words: {title: Minutes to words, type: elapsed, from: declared, to: said, target: "<= 60m"}
  views: {title: Views, type: number, source: facts, target: "<= 1000"}
templates:
  line: {text: "We know about {{ inputs.site }}."}
steps:
  - {id: facts, task: Find out what happened, role: incident_lead, due: 20m, checklist: [Who, Where]}
  - {id: care, task: Speak to the people, role: legal, private: true, do: Ask nothing, due: 30m, result: {type: text}}
  - {id: keep, evidence: Save every copy, role: press, from: inputs.links, collect: [screenshot]}
  - id: speak
    decision: Do we post?
    role: comms_lead
    needs: [facts]
    options: {post: {label: Post it, then: [draft]}, wait: {label: Wait, then: []}}
  - {id: draft, statement: Say what we know, role: press, audience: public, template: line}
  - {id: agree, approval: Agree the words, of: draft, approvers: [legal, comms_lead], on_reject: {rework: draft}}
  - {id: post, publish: Say it, of: draft, role: press, needs: [agree], channels: [site]}
  - {id: finish, task: Look back, role: incident_lead, needs: [facts, care, post], even_if_blocked: true, sets: closed}
follow_ups:
  - {id: day_30, at: 30d from closed, role: incident_lead, task: Ask again, measure: [views]}
"""

OPEN = TRIAL.replace("VISIBILITY", "organisation")
QUIET = TRIAL.replace("VISIBILITY", "participants").replace("id: trial", "id: quiet")


def write_house(folder: Path, *, organisation: str = "") -> Settings:
    """Write the files of a small organisation, with more in its file if wanted, and the settings that lead to them."""
    playbooks = folder / "playbooks"
    playbooks.mkdir()
    (playbooks / "trial.yaml").write_text(OPEN, encoding="utf-8")
    (playbooks / "quiet.yaml").write_text(QUIET, encoding="utf-8")
    (folder / "organisation.yaml").write_text(ORGANISATION + organisation, encoding="utf-8")
    return Settings(
        data_dir=folder / "data", playbooks=playbooks, organisation=folder / "organisation.yaml", base_url="http://firebreak.test"
    )


@dataclass
class House:
    """A running product with a virtual clock, and everything it printed."""

    parts: Parts
    app: FastAPI
    clock: VirtualClock
    printed: StringIO
    clients: AsyncExitStack
    _known: dict[str, httpx.AsyncClient] = field(default_factory=dict)
    _contract: Contract = field(init=False)

    def __post_init__(self) -> None:
        self._contract = contract_of(self.app)

    async def token(self, name: str = "robot", *scopes: str, **options: Any) -> str:
        """Make a token with these scopes (by default all but admin)."""
        wanted, now = scopes or EVERY_SCOPE, self.clock.now()
        secret, _ = await self.parts.database.write(lambda tx: create_token(tx, name, wanted, now=now, **options))
        return secret

    async def client(self, token: str | None = None, **headers: str) -> httpx.AsyncClient:
        """A client that sends this token with every request."""
        given = {"Authorization": f"Bearer {token}", **headers} if token else headers
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return await self.clients.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url="http://firebreak.test", headers=given, event_hooks={"response": [self._fits]})
        )

    async def _fits(self, answer: httpx.Response) -> None:
        """Hold every answer that any test gets against the OpenAPI document."""
        await self._contract.hold(answer)

    async def person(self, name: str) -> httpx.AsyncClient:
        """Somebody with a personal token."""
        if name not in self._known:
            self._known[name] = await self.client(await self.token(f"of {name}", person=name))
        return self._known[name]

    async def admin(self) -> httpx.AsyncClient:
        return await self.client(await self.token("root", "admin"))

    async def declared(self, playbook: str = "trial", *, by: str = "ana", **fields: Any) -> str:
        """Declare an incident and give its key."""
        body = {"playbook": playbook, "inputs": {"site": "Plant 4"}, **fields}
        answer = await (await self.person(by)).post("/v1/incidents", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["key"])

    async def does(self, who: str, path: str, **body: Any) -> dict[str, Any]:
        """Send a command that must be accepted."""
        answer = await (await self.person(who)).post(path, json=body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@asynccontextmanager
async def running(folder: Path, *, printed: StringIO | None = None, organisation: str = "") -> AsyncIterator[House]:
    """Run the product on a real database file in `folder`, with the clock in the test's hands."""
    clock, paper, settings = VirtualClock(MONDAY), printed or StringIO(), write_house(folder, organisation=organisation)
    prepare(settings, clock)
    parts = await build(settings, clock=clock, console=Console(file=paper, width=200), environment={"HOME": "/nowhere"})
    async with AsyncExitStack() as clients:
        app = create_app(parts, with_worker=False)
        yield House(parts, app, clock, paper, clients)
    await dismantle(parts)
