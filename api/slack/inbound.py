"""The three addresses that Slack calls: slash commands, presses and forms, events.

    read (413, 408) -> verify (401) -> parse (400) -> the same answer as in Socket Mode

Rules:
- Nothing is parsed before its signature is checked.
- Certificate probes (`ssl_check`) are not signed, and do nothing; nothing else comes by GET.
"""

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.background import BackgroundTask

from api.body import ARRIVAL_SECONDS, LIMIT, parse_json
from api.parts import Parts
from api.problems import Problem
from api.slack.answering import Ack, Answering, Kind
from api.slack.payloads import read_form
from api.slack.signature import Signatures


def slack_router(parts: Parts, answering: Answering) -> APIRouter:
    """Build the routes; whoever stands behind them answers Socket Mode too."""
    door = Door(parts, answering)
    router = APIRouter(prefix="/slack", include_in_schema=False)
    router.add_api_route("/commands", door.commands, methods=["GET", "POST"])
    router.add_api_route("/interactive", door.interactive, methods=["GET", "POST"])
    router.add_api_route("/events", door.events, methods=["POST"])
    return router


class Door:
    """Lets in what Slack signed."""

    def __init__(self, parts: Parts, answering: Answering) -> None:
        self._answering = answering
        self._signatures = Signatures(parts.settings.signing_secrets, parts.clock.now)

    async def commands(self, request: Request) -> Response:
        """Answer a slash command."""
        body = await self._genuine(request)
        return body if isinstance(body, Response) else await self._answered("slash_commands", body)

    async def interactive(self, request: Request) -> Response:
        """Answer a press, a submitted form or a shortcut."""
        body = await self._genuine(request)
        return body if isinstance(body, Response) else await self._answered("interactive", body)

    async def events(self, request: Request) -> Response:
        """Answer an event; the challenge that proves the address comes back as it came."""
        body = await self._genuine(request)
        return body if isinstance(body, Response) else await self._answered("events_api", body, attempt=_attempt(request))

    async def _answered(self, kind: Kind, body: bytes, *, attempt: int = 0) -> Response:
        try:
            payload = _payload(kind, body)
            if kind == "events_api" and payload.get("type") == "url_verification":
                return PlainTextResponse(str(payload.get("challenge", "")))
            payload |= {"retry_attempt": attempt} if kind == "events_api" else {}
            return _response(await self._answering.answer(kind, payload))
        except Problem as problem:
            return PlainTextResponse(str(problem), status_code=400)

    async def _genuine(self, request: Request) -> bytes | Response:
        """Read the body, at most 1 MiB, and check its signature; a probe is answered at once."""
        if request.query_params.get("ssl_check") == "1":
            return Response()
        if request.method != "POST":
            return PlainTextResponse("only POST is taken", status_code=405, headers={"allow": "POST"})
        try:
            async with asyncio.timeout(ARRIVAL_SECONDS):
                body = await _read(request)
        except TimeoutError:
            return PlainTextResponse("the body did not arrive in time", status_code=408)
        if body is None:
            return PlainTextResponse(f"a request body is at most {LIMIT} bytes", status_code=413)
        if b"ssl_check=1" in body.split(b"&"):
            return Response()
        if not self._signatures.are_genuine(body, request.headers):
            return PlainTextResponse("the signature is missing, too old or not Slack's", status_code=401)
        return body


def _payload(kind: Kind, body: bytes) -> dict[str, Any]:
    """Parse a body; raises Problem when it is not what Slack sends."""
    if kind == "slash_commands":
        return dict(read_form(body))
    parsed = parse_json(body if kind == "events_api" else read_form(body).get("payload", "").encode())
    if not isinstance(parsed, dict):
        raise Problem("invalid", "this is not what Slack sends: it is no JSON object")
    return parsed


def _attempt(request: Request) -> int:
    """Read how often Slack sent an event before."""
    said = request.headers.get("x-slack-retry-num", "")
    return int(said) if said in ("1", "2", "3") else 0


async def _read(request: Request) -> bytes | None:
    """Read a body; None when it is too large."""
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > LIMIT:
            return None
    return bytes(received)


def _response(ack: Ack) -> Response:
    after = BackgroundTask(ack.after) if ack.after else None
    if ack.again:
        return PlainTextResponse("not done yet; send it again", status_code=503, background=after)
    return JSONResponse(dict(ack.body), background=after) if ack.body else Response(background=after)
