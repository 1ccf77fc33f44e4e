"""`firebreak serve` and `firebreak worker`: the long-running processes. What they tell people goes to stdout, their log to stderr."""

import asyncio
import gc
import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import Annotated, Final

import typer
import uvicorn
from fastapi import FastAPI

from api.app import create_app, create_watched_worker
from api.cli.output import answer, talk
from api.cli.settings import settings
from api.cli.trouble import Trouble
from api.parts import Parts
from api.settings import Settings
from api.wiring import build, dismantle
from engine.store.tokens import list_tokens, made_first

DRAIN_SECONDS: Final = 8
"""How long requests under way are given when the service stops."""


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; FIREBREAK_HOST.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65_535, help="Port; FIREBREAK_PORT.", show_default="8000")] = None,
    worker: Annotated[bool, typer.Option("--worker/--no-worker", help="Also send what is owed and act when time passes.")] = True,
) -> None:
    """Serve HTTP, Slack and the worker in one process. The first run prints an admin token, once."""
    asyncio.run(_serve(settings(host=host, port=port), with_worker=worker))


def work(
    watch_port: Annotated[
        int | None,
        typer.Option(min=0, max=65_535, help="Answer /healthz, /readyz and /metrics on this port, and nothing else.", show_default="none"),
    ] = None,
) -> None:
    """Only send what is owed and act when time passes, without serving HTTP."""
    asyncio.run(_work(settings()) if watch_port is None else _work_watched(settings(port=watch_port)))


async def _serve(chosen: Settings, *, with_worker: bool) -> None:
    with _listening(chosen.host, chosen.port) as listener:
        bound = chosen.model_copy(update={"port": listener.getsockname()[1]})
        parts = await build(bound)
        try:
            token = await _first_token(parts)
            _introduce(bound, token)
            await _answer_until_told(create_app(parts, with_worker=with_worker), listener)
        finally:
            await dismantle(parts)
    talk("firebreak has stopped")


async def _work_watched(chosen: Settings) -> None:
    with _listening(chosen.host, chosen.port) as listener:
        bound = chosen.model_copy(update={"port": listener.getsockname()[1]})
        parts = await build(bound)
        try:
            talk(f"the worker runs, and says at http://{bound.host}:{bound.port}/readyz how it is; end it with Ctrl+C")
            await _answer_until_told(create_watched_worker(parts), listener)
        finally:
            await dismantle(parts)
    talk("firebreak has stopped")


async def _answer_until_told(application: FastAPI, listener: socket.socket) -> None:
    """Answer what comes until a signal ends it."""
    config = uvicorn.Config(application, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=DRAIN_SECONDS)
    _end_by_returning()
    _settle_down()
    await Server(config, application.state.following.close).serve(sockets=[listener])


class Server(uvicorn.Server):
    """Ends what never ends by itself, such as streams, as soon as it is told to stop: it would be waited for in vain."""

    def __init__(self, config: uvicorn.Config, on_exit: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_exit = on_exit

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self._on_exit()


async def _work(chosen: Settings) -> None:
    parts = await build(chosen)
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        _settle_down()
        talk("the worker runs; end it with Ctrl+C")
        await parts.worker.run(stop)
    finally:
        await dismantle(parts)
    talk("firebreak has stopped")


def _listening(host: str, port: int) -> socket.socket:
    """Take the port before anything else is done, so that a second server ends at once.

    Connections inherit that nothing is held back: a head and a body are two packets, and the second would wait for 40 ms.
    asyncio sets this itself only on sockets that name their protocol, which those of `create_server` don't.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = (error.strerror or "it failed").lower()
        raise Trouble(f"can't listen on {host}:{port}: {reason}", "choose another port: --port, or FIREBREAK_PORT") from error
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _settle_down() -> None:
    """Take what was made while starting out of garbage collection: looking through it stopped every answer for 100 ms, thrice a second."""
    gc.collect()
    gc.freeze()


def _end_by_returning() -> None:
    """Let uvicorn end in peace: it raises the signal that stopped it once more, which would cut the clean-up short."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)


async def _first_token(parts: Parts) -> str | None:
    """Make an admin token if there has never been any token."""
    now = parts.clock.now()
    if await parts.database.read(list_tokens):
        return None
    return await parts.database.write(lambda tx: made_first(tx, "admin", ["admin"], now=now))


def _introduce(chosen: Settings, token: str | None) -> None:
    answer(f"Firebreak serves on {chosen.address}")
    answer(f"  API          {chosen.address}/v1, documented at {chosen.address}/docs")
    answer(f"  well?        {chosen.address}/readyz")
    answer(f"  messages     {'go to Slack' if chosen.slack_bot_token else 'are printed here: no Slack account is set up'}")
    if token:
        answer(f"  admin token  {token}")
        answer("               shown this once; use it as FIREBREAK_TOKEN, and make others with 'firebreak token create'")
