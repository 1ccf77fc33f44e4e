"""A product that answers Slack, people who type and press there, and bolt as the judge of every request they send.

Whatever is sent here, a real slack-bolt app with the same secret has accepted and dispatched first.
"""

import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
from fastapi import FastAPI
from pydantic import SecretStr
from rich.console import Console
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.middleware.request_verification.async_request_verification import AsyncRequestVerification
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import Clock as SlackClock
from slack_sdk.signature import SignatureVerifier

from api.app import create_app
from api.parts import Parts
from api.slack.answering import Answering
from api.slack.inbound import slack_router
from api.wiring import build, dismantle
from engine.runtime.clock import VirtualClock
from engine.store.outbox import next_due
from tests.api.given import MONDAY, House, write_house
from tests.fake_slack import TEAM, TOKEN, FakeSlack
from tests.prepared import prepare

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
APP = "A0FIREBREAK"
MINUTE = timedelta(minutes=1)
PEOPLE = ("ana", "ben", "cho", "dee", "eve")
_WORD = {"/slack/commands": "command", "/slack/interactive": "payload", "/slack/events": "event"}


class _Moved(SlackClock):
    """The test's clock, as the verifier asks for it."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock.now().timestamp()


class Judge:
    """A real bolt app: says whether it accepted a request and found a listener for it."""

    def __init__(self, clock: VirtualClock, secret: str = SECRET) -> None:
        async def authorize(**_: Any) -> AuthorizeResult:
            return AuthorizeResult(enterprise_id=None, team_id=TEAM, bot_token=TOKEN, bot_id="B0FIREBREAK", bot_user_id="U0FIREBREAK")

        self.heard: list[str] = []
        self._app = AsyncApp(
            name="judge",  # else it looks through the whole stack for one, which takes longer than most tests
            signing_secret=secret,
            authorize=authorize,
            process_before_response=True,
            raise_error_for_unhandled_request=False,
        )
        for middleware in self._app._async_middleware_list:
            if isinstance(middleware, AsyncRequestVerification):
                middleware.verifier.clock = _Moved(clock)
        anything = re.compile(".*", re.DOTALL)
        for listen in (self._app.command, self._app.action, self._app.view, self._app.shortcut):
            listen(anything)(self._listener())
        self._app.view({"type": "view_closed", "callback_id": anything})(self._listener())
        self._app.event(anything)(self._event_listener())

    async def accepts(self, body: str, headers: Mapping[str, str]) -> bool:
        """Say whether bolt would have let this in and found somebody to hear it."""
        before = len(self.heard)
        answer = await self._app.async_dispatch(AsyncBoltRequest(body=body, headers=dict(headers)))
        return answer.status == 200 and len(self.heard) > before

    async def takes(self, payload: dict[str, Any]) -> bool:
        """Say whether bolt would have taken this from a Socket Mode connection and found somebody to hear it."""
        before = len(self.heard)
        answer = await self._app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=payload, headers={}))
        return answer.status == 200 and len(self.heard) > before

    def _listener(self) -> Any:
        async def listen(ack: Any, body: dict[str, Any]) -> None:
            self.heard.append(str(body.get("type", "command")))
            await ack()

        return listen

    def _event_listener(self) -> Any:
        async def listen(body: dict[str, Any]) -> None:
            self.heard.append(str(body.get("type")))

        return listen


@dataclass
class Desk:
    """A running product, the fake Slack that it talks to, and what people do in Slack."""

    house: House
    slack: FakeSlack
    judge: Judge
    client: httpx.AsyncClient
    sent: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def signed(self, body: str, content_type: str, *, secret: str = SECRET) -> dict[str, str]:
        at = str(int(self.house.clock.now().timestamp()))
        signature = SignatureVerifier(secret).generate_signature(timestamp=at, body=body)
        return {"content-type": content_type, "x-slack-request-timestamp": at, "x-slack-signature": signature or ""}

    async def send(self, path: str, body: str, content_type: str = "application/x-www-form-urlencoded") -> httpx.Response:
        """Sign and send, after bolt has accepted the very same request."""
        headers = self.signed(body, content_type)
        assert await self.judge.accepts(body, headers), f"bolt refuses what this test sends to {path}"
        self.sent.append((path, body, headers))
        answer = await self.client.post(path, content=body.encode(), headers=headers)
        if answer.status_code == 200 and answer.headers.get("content-type", "").startswith("application/json"):
            self.slack.answered(answer.json())
        return answer

    async def again(self) -> httpx.Response:
        """Send the last request once more, byte for byte."""
        path, body, headers = self.sent[-1]
        return await self.client.post(path, content=body.encode(), headers=headers)

    async def types(self, who: str, text: str, *, channel: str = "C0RANDOM", name: str = "random") -> str:
        """Type `/incident …` and read the answer that only `who` sees."""
        answer = await self.slash(who, text, channel=channel, name=name)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["text"]) if answer.content else ""

    async def slash(self, who: str, text: str, *, channel: str = "C0RANDOM", name: str = "random", team: str = TEAM) -> httpx.Response:
        fields = {
            "token": "deprecated",
            "team_id": team,
            "team_domain": "example",
            "channel_id": channel,
            "channel_name": name,
            "user_id": slack_id(who),
            "user_name": who,
            "command": "/incident",
            "text": text,
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "response_url": self.slack.response_url(),
            "trigger_id": self.slack.trigger(),
        }
        return await self.send("/slack/commands", urlencode(fields))

    async def types_in(self, room: str, who: str, text: str) -> str:
        """Type in an incident's channel."""
        return await self.types(who, text, channel=self.slack.named(room).id, name=room)

    async def presses(self, who: str, room: str, step: str, action: str, *, ticked: tuple[str, ...] | None = None) -> str:
        """Press an element of a step's message; gives what was whispered back, or nothing."""
        message = self.message(room, step)
        found = next(each for each in _elements(message) if each["action_id"].startswith(action))
        return await self.press(who, room, message["ts"], found, ticked=ticked)

    async def press(
        self,
        who: str,
        room: str,
        ts: str,
        element: dict[str, Any],
        *,
        ticked: tuple[str, ...] | None = None,
        message: dict[str, Any] | None = None,
    ) -> str:
        """Press an element of a message, which Slack sends along as it stands, or as `message`; gives what was whispered."""
        action = {"type": element["type"], "action_id": element["action_id"], "block_id": "b", "action_ts": self.slack.trigger()}
        if "value" in element:
            action["value"] = element["value"]
        if "selected_option" in element:
            action["selected_option"] = element["selected_option"]
        if ticked is not None:
            action["selected_options"] = [option for option in element["options"] if option["value"] in ticked]
        where = {"type": "message", "message_ts": ts, "channel_id": self.slack.named(room).id}
        more: dict[str, Any] = {"channel": {"id": self.slack.named(room).id, "name": room}, "response_url": self.slack.response_url()}
        stands = message or self.slack.named(room).messages.get(ts)
        more |= {} if stands is None else {"message": stands}
        before = len(self.slack.whispers)
        answer = await self.interact(who, "block_actions", actions=[action], container=where, **more)
        assert (answer.status_code, answer.content) == (200, b"")
        return "\n".join(whisper["text"] for whisper in self.slack.whispers[before:])

    async def submits(self, who: str, view: dict[str, Any], **given: Any) -> dict[str, Any]:
        """Fill in and submit a form; gives Slack's instruction, or nothing."""
        whole = {"id": "V0", "hash": "1.x", **view, "state": {"values": filled(view, given)}}
        answer = await self.interact(who, "view_submission", view=whole)
        assert answer.status_code == 200, answer.text
        return dict(answer.json()) if answer.content else {}

    async def interact(self, who: str, kind: str, *, team: str = TEAM, **more: Any) -> httpx.Response:
        payload = {
            "type": kind,
            "user": {"id": slack_id(who), "username": who, "name": who, "team_id": team},
            "team": {"id": TEAM, "domain": "example"},
            "api_app_id": APP,
            "token": "deprecated",
            "trigger_id": self.slack.trigger(),
            **more,
        }
        return await self.send("/slack/interactive", urlencode({"payload": json.dumps(payload)}))

    async def works(self) -> None:
        """Let the worker do everything that is due, and send what waits a moment for its pace."""
        parts, until = self.house.parts, self.house.clock.now() + MINUTE
        await parts.worker.run_until_idle()
        while (at := await parts.database.read(next_due)) is not None and at <= until:
            self.house.clock.move_to(at)
            await parts.worker.run_until_idle()

    def message(self, room: str, step: str) -> dict[str, Any]:
        """The message of a step in a room."""
        key = f":task:{step}"
        return next(each for each in self.slack.messages(room) if each["metadata"]["event_payload"]["op_id"].endswith(key))

    async def incident(self, key: str = "INC-1") -> dict[str, Any]:
        answer = await (await self.house.admin()).get(f"/v1/incidents/{key}")
        return dict(answer.json())

    async def step(self, step: str, key: str = "INC-1") -> dict[str, Any]:
        answer = await (await self.house.admin()).get(f"/v1/incidents/{key}/steps/{step}")
        return dict(answer.json())

    async def started(self, **inputs: Any) -> str:
        """Start the trial incident as Ana, and let its room be made; gives the room's name."""
        await self.types("ana", "start trial Something at Plant 4")
        said = await self.submits("ana", self.slack.views[-1], site="Plant 4", **inputs)
        assert said["response_action"] == "update", said
        await self.works()
        return "inc-inc-1"


def slack_id(who: str) -> str:
    return f"U0{who.upper()}"


def filled(view: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """What Slack sends of a form in which `given` was filled in, by block or input name."""
    fields = {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}
    return {
        block: {element["action_id"]: _entered(element, given.get(block, given.get(block.removeprefix("in:"))))}
        for block, element in fields.items()
    }


def _entered(element: dict[str, Any], value: Any) -> dict[str, Any]:
    kind = element["type"]
    match kind:
        case "static_select" | "radio_buttons":
            chosen = next((option for option in element["options"] if option["value"] == value), element.get("initial_option"))
            return {"type": kind, "selected_option": chosen}
        case "checkboxes":
            at_first = [option["value"] for option in element.get("initial_options", [])]
            ticked = at_first if value is None else value
            return {"type": kind, "selected_options": [option for option in element["options"] if option["value"] in ticked]}
        case "users_select":
            return {"type": kind, "selected_user": value}
        case "datepicker":
            return {"type": kind, "selected_date": value or element.get("initial_date")}
        case "datetimepicker":
            return {"type": kind, "selected_date_time": value or element.get("initial_date_time")}
        case _:
            return {"type": kind, "value": value if value is not None else element.get("initial_value")}


def _elements(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [element for block in message["blocks"] for element in block.get("elements", []) if "action_id" in element]


@asynccontextmanager
async def open_desk(
    folder: Path, slack: FakeSlack, *, patience: float | None = None, organisation: Callable[[str], str] = str
) -> AsyncIterator[Desk]:
    """Run the product over a fake Slack whose people are those of the organisation file; `eve` is in no Slack.

    `organisation` may change the file's text.
    """
    settings = write_house(folder)
    text = settings.organisation.read_text(encoding="utf-8")
    for person in PEOPLE[:-1]:
        slack.user(slack_id(person))
        text = text.replace(f"email: {person}@example.com", f"email: {person}@example.com, slack: {slack_id(person)}")
    settings.organisation.write_text(organisation(text), encoding="utf-8")
    given = {"slack_bot_token": SecretStr(TOKEN), "slack_signing_secret": SecretStr(SECRET), "slack_api_url": slack.url}
    clock, printed = VirtualClock(MONDAY), StringIO()
    prepare(settings, clock)
    parts = await build(settings.model_copy(update=given), clock=clock, console=Console(file=printed, width=200), environment={})
    async with AsyncExitStack() as clients:
        app = create_app(parts, with_worker=False) if patience is None else _impatient(parts, patience)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        client = await clients.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://firebreak.test"))
        yield Desk(House(parts, app, clock, printed, clients), slack, Judge(clock), client)
    await dismantle(parts)


def _impatient(parts: Parts, patience: float) -> FastAPI:
    """The same application, waiting less (or longer) before it says that the answer follows; in seconds."""
    assert parts.workspace is not None
    app = create_app(replace(parts, workspace=None), with_worker=False)
    app.include_router(slack_router(parts, Answering(parts, parts.workspace, patience=patience)))
    return app
