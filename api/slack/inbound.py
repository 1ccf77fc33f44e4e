"""The three addresses that Slack calls: slash commands, presses and forms, events.

    verify (401) -> read (400) -> who (a sentence) -> command, on disk -> answer, within three seconds

Rules:
- The change is on disk before Slack is answered. What takes longer than `PATIENCE` is finished all the same,
  and its answer follows as a whisper.
- Whatever happens, the answer is an honest sentence for whoever asked: when storage is away it says so.
- Certificate probes (`ssl_check`) are not signed, and do nothing.
"""

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any, Final

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.background import BackgroundTask

from api.body import ARRIVAL_SECONDS, LIMIT
from api.parts import Parts
from api.problems import Problem
from api.slack.actions import Presses, presses
from api.slack.commands import Commands
from api.slack.doing import Doing
from api.slack.finding import Finder
from api.slack.payloads import Interaction, Named, read_event, read_form, read_interaction, read_slash
from api.slack.people import STRANGER, UNREACHABLE, actor_of
from api.slack.replies import Reply, Said, form_body, slash_body
from api.slack.signature import Signatures
from api.slack.start_form import CHOOSE, PLAYBOOK, TITLE
from api.slack.starting import Starting, Submitted
from api.workspace import Workspace
from engine.channels.slack_text import escape
from engine.incident.actor import Actor
from engine.store.fault import Fault

SHORTCUT: Final = "incident_start"
"""Callback of the global shortcut "Start an incident"."""
PATIENCE: Final = 2.5
"""Seconds; Slack gives up after three."""
AWAY: Final = "Storage is away for the moment, so nothing was changed. Try again in a minute; what was done before is safe."
SLOW: Final = "This takes longer than usual. The answer follows here; look before you try again."

_log = structlog.get_logger("firebreak.slack")


def slack_router(parts: Parts, workspace: Workspace, *, patience: float = PATIENCE) -> APIRouter:
    """Build the routes for one workspace; `patience` in seconds."""
    door = Door(parts, workspace, patience)
    router = APIRouter(prefix="/slack", include_in_schema=False)
    router.add_api_route("/commands", door.commands, methods=["GET", "POST"])
    router.add_api_route("/interactive", door.interactive, methods=["GET", "POST"])
    router.add_api_route("/events", door.events, methods=["POST"])
    return router


class Door:
    """What stands behind the addresses; HTTP and Socket Mode come to the same functions."""

    def __init__(self, parts: Parts, workspace: Workspace, patience: float) -> None:
        doing = Doing(parts)
        starting = Starting(parts, doing, workspace)
        self._parts = parts
        self._workspace = workspace
        self._patience = patience
        self._signatures = Signatures(parts.settings.signing_secrets, parts.clock.now)
        self._slash = Commands(parts, doing, Finder(parts), starting)
        self._presses = Presses(parts, doing)
        self._starting = starting
        self._late: set[asyncio.Task[Said]] = set()

    async def commands(self, request: Request) -> Response:
        """Answer a slash command."""
        body = await self._genuine(request)
        if isinstance(body, Response):
            return body
        try:
            slash = read_slash(read_form(body))
        except Problem as problem:
            return _unread(problem)
        actor = await self._actor(slash.user_id, slash.team_id)
        if isinstance(actor, Reply):
            return _answered(slash_body(actor))
        return _answered(slash_body(await self._in_time(self._slash.answer(slash, actor), slash.response_url)))

    async def interactive(self, request: Request) -> Response:
        """Answer a press or a submitted form; other interactions are taken and left."""
        body = await self._genuine(request)
        if isinstance(body, Response):
            return body
        try:
            interaction = read_interaction(read_form(body))
        except Problem as problem:
            return _unread(problem)
        match interaction.type:
            case "block_actions":
                return await self._pressed(interaction)
            case "view_submission":
                return await self._submitted(interaction)
            case "shortcut" if interaction.callback_id == SHORTCUT:
                return await self._shortcut(interaction)
            case _:
                return Response()

    async def events(self, request: Request) -> Response:
        """Answer an event; the challenge that proves the address comes back as it came."""
        body = await self._genuine(request)
        if isinstance(body, Response):
            return body
        try:
            event = read_event(body)
        except Problem as problem:
            return _unread(problem)
        if event.type == "url_verification":
            return PlainTextResponse(event.challenge)
        if event.event.get("type") in ("tokens_revoked", "app_uninstalled"):
            _log.error("slack took the app's tokens away", event_type=event.event.get("type"))
        return Response()

    async def _pressed(self, interaction: Interaction) -> Response:
        actor = await self._who(interaction)
        if isinstance(actor, Reply):
            return self._whispering(interaction.response_url, actor)
        said = [await self._in_time(self._presses.answer(press), interaction.response_url) for press in presses(interaction, actor)]
        return self._whispering(interaction.response_url, *said)

    async def _submitted(self, interaction: Interaction) -> Response:
        view = interaction.view
        if view is None:
            return Response()
        actor = await self._who(interaction)
        said = actor if isinstance(actor, Reply) else await self._in_time(self._starting.submit(Submitted(view, actor)), "")
        return _answered(form_body(said, first_block=PLAYBOOK if view.callback_id == CHOOSE else TITLE))

    async def _shortcut(self, interaction: Interaction) -> Response:
        """Open the start form; a shortcut has no place to answer at, so a "no" is only logged."""
        actor = await self._who(interaction)
        if not isinstance(actor, Reply):
            once = f"shortcut:{interaction.trigger_id}"
            await self._in_time(self._starting.begin("", actor, trigger=interaction.trigger_id, once=once), "")
        return Response()

    async def _genuine(self, request: Request) -> bytes | Response:
        """Read the body, at most 1 MiB, and check its signature; a probe is answered at once."""
        if request.query_params.get("ssl_check") == "1":
            return Response()
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

    async def _who(self, interaction: Interaction) -> Actor | Reply:
        """Find who pressed; their own team counts, which in a shared channel is not ours."""
        user, team = interaction.user or Named(), interaction.team or Named()
        return await self._actor(user.id, user.team_id or team.id)

    async def _actor(self, user: str, team: str) -> Actor | Reply:
        pinned = await self._workspace.team()
        if pinned is None:
            return Reply(UNREACHABLE)
        actor = actor_of(self._parts.library.organisation, user=user, team=team, pinned=pinned)
        return actor or Reply(STRANGER.format(user=f"`{escape(user)}`"))

    async def _in_time(self, work: Coroutine[Any, Any, Said], response_url: str) -> Said:
        """Wait for an answer as long as Slack does; what is late is whispered when it is there."""
        task = asyncio.create_task(_honest(work))
        done, _ = await asyncio.wait({task}, timeout=self._patience)
        if done:
            return task.result()
        late = asyncio.create_task(self._follow(task, response_url))
        self._late.add(late)
        late.add_done_callback(self._late.discard)
        return Reply(SLOW)

    async def _follow(self, task: asyncio.Task[Said], response_url: str) -> Said:
        said = await task
        await self._whisper(response_url, said)
        return said

    def _whispering(self, response_url: str, *said: Said) -> Response:
        """Answer Slack now, and whisper what has to be said after."""
        words = [each for each in said if isinstance(each, Reply) and each.text]
        return Response(background=BackgroundTask(self._whisper, response_url, *words) if words else None)

    async def _whisper(self, response_url: str, *said: Said) -> None:
        text = "\n".join(each.text for each in said if isinstance(each, Reply) and each.text)
        if text and response_url:
            await self._workspace.whisper(response_url, text)


async def _honest(work: Awaitable[Said]) -> Said:
    try:
        return await work
    except Fault as fault:
        _log.error("slack was told that storage is away", fault=str(fault))
        return Reply(AWAY)


async def _read(request: Request) -> bytes | None:
    """Read a body; None when it is too large."""
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > LIMIT:
            return None
    return bytes(received)


def _answered(body: dict[str, Any]) -> Response:
    return JSONResponse(body) if body else Response()


def _unread(problem: Problem) -> Response:
    return PlainTextResponse(str(problem), status_code=400)
