"""Two o'clock at night: a product with every way of reaching people, strict fakes on the other side, and people who answer."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree as ET

import httpx
from pydantic import SecretStr
from rich.console import Console
from twilio.request_validator import RequestValidator

from api.app import create_app
from api.settings import Settings
from api.wiring import build, dismantle
from engine.incident.phone import number_of
from engine.runtime.clock import VirtualClock
from engine.store.outbox import next_due
from tests.api.given import OPEN, House, write_house
from tests.channels.fake_mail import FakeMail, fake_mail
from tests.channels.fake_providers import ROUTING_KEY, SID, be_pagerduty, be_twilio, form, said_by_phone
from tests.channels.local_server import LocalServer, Received, local_server
from tests.fake_slack import TOKEN, FakeSlack
from tests.fake_slack_server import fake_slack
from tests.prepared import prepare

TWO = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
"""02:00 in Vancouver, a Tuesday."""
TWILIO_TOKEN = "t0ken-of-twilio"
PAGERDUTY_SECRET = "signs-pagerdutys-webhooks"
OURS = "http://firebreak.test"

ORGANISATION = """
firebreak_organisation: 1
name: Example
timezone: America/Vancouver
quiet_hours: "22:00-07:00"
people:
  ana: {name: Ana Ruiz, email: ana@example.com, slack: U0ANA}
  ben: {name: Ben Okafor, email: ben@example.com, slack: U0BEN, phone: "+1 604 555 0110"}
  cho: {name: Cho Min, email: cho@example.com, slack: U0CHO, pagerduty: PAGERDUTY_CHO}
  dee: {name: Dee Lund, email: dee@example.com, slack: U0DEE, phone: "555 0112"}
  eve: {name: Eve Moran, email: eve@example.com, slack: U0EVE}
groups: {leads: [ana], lawyers: [ben, eve], comms: [cho], press: [dee]}
defaults: {ladder: office}
ladders: {office: [{late: 30m, to: incident_lead}]}
channels: {site: {kind: manual, where: example.com, audience: [public]}}
"""
PLAYBOOK = (
    OPEN.replace("VISIBILITY", "organisation")
    .replace('"group:lawyers"}', '"group:lawyers", ack: 30m, reach: [{after: 2m, by: sms}, {after: 4m, by: phone}]}')
    .replace('"group:comms"}', '"group:comms", ack: 30m, reach: [{after: 3m, by: pagerduty}]}')
    .replace('"group:press"}', '"group:press", ack: 30m, reach: [{after: 1m, by: email}, {after: 5m, by: phone}]}')
    .replace("approvers: [legal, comms_lead],", "approvers: [legal, comms_lead], due: 20m,")
)


@dataclass
class Night:
    """The product, the providers on the other side, and what people do with their phones."""

    house: House
    slack: FakeSlack
    twilio: LocalServer
    pagerduty: LocalServer
    mail: FakeMail
    client: httpx.AsyncClient
    sent: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)

    async def forward(self, **span: float) -> None:
        """Move the clock, letting everything on the way happen at its instant."""
        worker, clock = self.house.parts.worker, self.house.clock
        until = clock.now() + timedelta(**span)
        while (at := await worker.next_at()) is not None and at <= until:
            clock.move_to(at)
            await worker.run_until_idle()
        clock.move_to(until)
        await worker.run_until_idle()

    async def settle(self) -> None:
        """Let everything leave that is owed within the minute, at Slack's pace."""
        until = self.house.clock.now() + timedelta(minutes=1)
        while (at := await self.house.parts.database.read(next_due)) is not None and at <= until:
            self.house.clock.move_to(at)
            await self.house.parts.worker.run_until_idle()

    def calls(self, resource: str) -> list[Received]:
        """What Twilio was asked to do: `Calls` or `Messages`."""
        return [each for each in self.twilio.received if each.path.endswith(f"/{resource}.json")]

    def heard(self, resource: str) -> list[tuple[str, str]]:
        """Whom Twilio reached, and what they heard or read."""
        return [(form(each)["To"], said_by_phone(each)) for each in self.calls(resource)]

    def answers_at(self) -> str:
        """Where the key that is pressed in the last call goes."""
        gather = ET.fromstring(form(self.calls("Calls")[-1])["Twiml"]).find("Gather")
        assert gather is not None
        return gather.attrib["action"]

    async def presses(self, digit: str, *, to: str = "+16045550110", at: str | None = None) -> httpx.Response:
        """Press a key in the last call, as Twilio tells it."""
        url = at or self.answers_at()
        return await self.from_twilio(url, {"CallSid": "CA" + "1" * 32, "From": "+16045550000", "To": to, "Digits": digit})

    async def texts(self, text: str, *, number: str = "+1 604 555 0110") -> httpx.Response:
        """Write a text message to our number, as Twilio tells it."""
        fields = {"MessageSid": "SM" + "1" * 32, "From": number_of(number) or number, "To": "+16045550000", "Body": text}
        return await self.from_twilio(f"{OURS}/reach/sms", fields)

    async def from_twilio(self, url: str, fields: dict[str, str], *, token: str = TWILIO_TOKEN) -> httpx.Response:
        signature = RequestValidator(token).compute_signature(url, fields)
        headers = {"x-twilio-signature": signature, "content-type": "application/x-www-form-urlencoded"}
        return await self.post(urlsplit(url).path, urlencode(fields).encode(), headers)

    async def from_pagerduty(self, kind: str, alert: str, *, secret: str = PAGERDUTY_SECRET) -> httpx.Response:
        """Tell what happened to an alert, as PagerDuty's webhooks do (version 3)."""
        data = {"id": "PGR0VU2", "type": "incident", "status": "acknowledged", "incident_key": alert}
        body = json.dumps({"event": {"id": "E1", "event_type": kind, "resource_type": "incident", "data": data}}).encode()
        signature = "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return await self.post("/reach/pagerduty", body, {"x-pagerduty-signature": f"v1={'0' * 64},{signature}"})

    async def post(self, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        self.sent.append((path, body, headers))
        return await self.client.post(path, content=body, headers=headers)

    async def again(self) -> httpx.Response:
        """Send the last answer once more, byte for byte."""
        path, body, headers = self.sent[-1]
        return await self.client.post(path, content=body, headers=headers)

    def events(self, action: str) -> list[dict[str, Any]]:
        """What PagerDuty was told to do."""
        found: list[dict[str, Any]] = [json.loads(each.body) for each in self.pagerduty.received]
        return [each for each in found if each["event_action"] == action]

    async def role(self, role: str, key: str = "INC-1") -> dict[str, Any]:
        answer = await (await self.house.admin()).get(f"/v1/incidents/{key}")
        found: dict[str, Any] = answer.json()["roles"][role]
        return found

    async def version(self, key: str = "INC-1") -> int:
        answer = await (await self.house.admin()).get(f"/v1/incidents/{key}")
        return int(answer.json()["version"])

    async def timeline(self, key: str = "INC-1") -> str:
        answer = await (await self.house.admin()).get(f"/v1/incidents/{key}/timeline", params={"limit": 200})
        assert answer.status_code == 200, answer.text
        return str(answer.text)


@asynccontextmanager
async def night(folder: Path, **settings: Any) -> AsyncIterator[Night]:
    """Run the product at two o'clock at night, with an account everywhere; `settings` replaces some."""
    with fake_slack() as slack, local_server() as twilio, local_server() as pagerduty:
        be_twilio(twilio, TWILIO_TOKEN)
        be_pagerduty(pagerduty)
        async with fake_mail() as mail, AsyncExitStack() as clients:
            given = _accounts(slack, twilio, pagerduty, mail) | settings
            clock, paper = VirtualClock(TWO), StringIO()
            made = _house(folder, slack).model_copy(update=given)
            prepare(made, clock)
            parts = await build(made, clock=clock, console=Console(file=paper, width=200), environment={"PAGERDUTY_CHO": ROUTING_KEY})
            app = create_app(parts, with_worker=False)
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            client = await clients.enter_async_context(httpx.AsyncClient(transport=transport, base_url=OURS))
            yield Night(House(parts, app, clock, paper, clients), slack, twilio, pagerduty, mail, client)
            await dismantle(parts)


def _house(folder: Path, slack: FakeSlack) -> Settings:
    made = write_house(folder)
    made.organisation.write_text(ORGANISATION, encoding="utf-8")
    (made.playbooks / "trial.yaml").write_text(PLAYBOOK, encoding="utf-8")
    (made.playbooks / "quiet.yaml").unlink()
    for person in ("ANA", "BEN", "CHO", "DEE", "EVE"):
        slack.user(f"U0{person}")
    return made


def _accounts(slack: FakeSlack, twilio: LocalServer, pagerduty: LocalServer, mail: FakeMail) -> dict[str, Any]:
    return {
        "slack_bot_token": SecretStr(TOKEN),
        "slack_api_url": slack.url,
        "smtp_url": SecretStr(f"smtp://127.0.0.1:{mail.port}?from=firebreak@example.com&tls=none"),
        "twilio_account_sid": SID,
        "twilio_auth_token": SecretStr(TWILIO_TOKEN),
        "twilio_from": "+1 604 555 0000",
        "twilio_api_url": twilio.url,
        "pagerduty_events_url": pagerduty.url,
        "pagerduty_webhook_secret": SecretStr(PAGERDUTY_SECRET),
    }
