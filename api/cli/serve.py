"""`firebreak serve` and `firebreak worker`: the long-running processes. What they tell people goes to stdout, their log to stderr.

The product is loaded by whoever serves: of several processes the one that watches over them needs none of it.
"""

import asyncio
import gc
import signal
import socket
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Final

import typer

from api.cli.loading import undisturbed
from api.cli.output import answer, talk
from api.cli.settings import settings
from api.cli.several import Crew, end_with_parent
from api.cli.trouble import Trouble
from api.cli.trouble import told as say
from api.logs import configure_logging
from api.settings import Settings
from api.siblings import Siblings
from engine.store.database_url import is_postgres
from engine.store.fault import Fault

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.parts import Parts

DRAIN_SECONDS: Final = 8
"""How long requests under way are given when the service stops."""
SOCKETS: Final = 10
"""Connections that Slack lets one app open at a time, over all its machines."""
_SELDOM: Final = 10_000
"""New objects after which garbage is looked for: a request makes some thousands, and hardly ever a circle of them."""


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; FIREBREAK_HOST.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65_535, help="Port; FIREBREAK_PORT.", show_default="8000")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="Processes on one port and one PostgreSQL; FIREBREAK_WORKERS.", show_default="1")
    ] = None,
    worker: Annotated[bool, typer.Option("--worker/--no-worker", help="Also send what is owed and act when time passes.")] = True,
) -> None:
    """Serve HTTP, Slack and the worker, in one process or several. The first run prints an admin token, once."""
    chosen = settings(host=host, port=port, workers=workers)
    if chosen.workers > 1:
        raise typer.Exit(_serve_together(chosen, with_worker=worker))
    asyncio.run(_serve(chosen, with_worker=worker))


def work(
    watch_port: Annotated[
        int | None,
        typer.Option(min=0, max=65_535, help="Answer /healthz, /readyz and /metrics on this port, and nothing else.", show_default="none"),
    ] = None,
) -> None:
    """Only send what is owed and act when time passes, without serving HTTP."""
    asyncio.run(_work(settings()) if watch_port is None else _work_watched(settings(port=watch_port)))


async def _serve(chosen: Settings, *, with_worker: bool) -> None:
    with undisturbed():
        from api.app import create_app
        from api.wiring import build, dismantle

    with _listening(chosen.host, chosen.port) as listener:
        bound = chosen.model_copy(update={"port": listener.getsockname()[1]})
        parts = await build(bound)
        try:
            token = await _first_token(parts)
            _introduce(bound, token)
            await _answer_until_told(create_app(parts, with_worker=with_worker), listener, parts)
        finally:
            await dismantle(parts)
    talk("firebreak has stopped")


def _serve_together(chosen: Settings, *, with_worker: bool) -> int:
    """Serve with several processes; returns the exit code."""
    _may_be_several(chosen)
    configure_logging(chosen)
    with _listening(chosen.host, chosen.port) as listener, TemporaryDirectory(prefix="firebreak-serve-") as folder:
        bound = chosen.model_copy(update={"port": listener.getsockname()[1]})
        crew = Crew(partial(serve_beside, bound, with_worker), chosen.workers, listener, Path(folder))
        code = asyncio.run(crew.run())
    if not code:
        talk("firebreak has stopped")
    return code


def serve_beside(chosen: Settings, with_worker: bool, siblings: Siblings, listener: socket.socket, told: Connection | None) -> int:
    """Be one of several processes; returns the exit code."""
    try:
        asyncio.run(_serve_beside(chosen, with_worker, siblings, listener, told))
    except (Trouble, Fault) as error:
        return say(error)
    return 0


async def _serve_beside(chosen: Settings, with_worker: bool, siblings: Siblings, listener: socket.socket, told: Connection | None) -> None:
    with undisturbed():
        from api.app import create_app
        from api.wiring import build, dismantle

    end_with_parent()
    parts = await build(chosen, siblings=siblings)
    try:
        if told is not None:
            _introduce(chosen, await _first_token(parts))
            told.send(True)
            told.close()
        await _answer_until_told(create_app(parts, with_worker=with_worker), listener, parts)
    finally:
        await dismantle(parts)


def _may_be_several(chosen: Settings) -> None:
    if not is_postgres(chosen.database):
        raise Trouble(
            "one SQLite file serves one process: only one may write to it",
            "for several, name a PostgreSQL: FIREBREAK_DATABASE_URL ('firebreak db copy' takes everything there)",
            "or leave out --workers and FIREBREAK_WORKERS: one process is enough for most ('Sizing' in docs/operating.md)",
        )
    if chosen.slack_app_token is not None and chosen.workers > SOCKETS:
        raise Trouble(f"Slack lets an app open {SOCKETS} connections, and each process opens one", f"choose at most --workers {SOCKETS}")


async def _work_watched(chosen: Settings) -> None:
    with undisturbed():
        from api.app import create_watched_worker
        from api.wiring import build, dismantle

    with _listening(chosen.host, chosen.port) as listener:
        bound = chosen.model_copy(update={"port": listener.getsockname()[1]})
        parts = await build(bound)
        try:
            talk(f"the worker runs, and says at http://{bound.host}:{bound.port}/readyz how it is; end it with Ctrl+C")
            await _answer_until_told(create_watched_worker(parts), listener, parts)
        finally:
            await dismantle(parts)
    talk("firebreak has stopped")


async def _answer_until_told(application: "FastAPI", listener: socket.socket, parts: "Parts") -> None:
    """Answer what comes until a signal ends it; another has the files read again."""
    from uvicorn import Config

    from api.cli.draining import DrainingServer

    config = Config(application, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=DRAIN_SECONDS)
    _end_by_returning()
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, parts.reloading.ask)
    _settle_down()
    await DrainingServer(config, application.state.following.close).serve(sockets=[listener])


async def _work(chosen: Settings) -> None:
    with undisturbed():
        from api.wiring import build, dismantle

    parts = await build(chosen)
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, parts.reloading.ask)
    try:
        _settle_down()
        talk("the worker runs; end it with Ctrl+C")
        await asyncio.gather(parts.reloading.run(stop), parts.worker.run(stop))
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
    gc.set_threshold(_SELDOM)


def _end_by_returning() -> None:
    """Let uvicorn end in peace: it raises the signal that stopped it once more, which would cut the clean-up short."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)


async def _first_token(parts: "Parts") -> str | None:
    """Make an admin token if there has never been any token."""
    from engine.store.tokens import list_tokens, made_first

    now = parts.clock.now()
    if await parts.database.read(list_tokens):
        return None
    return await parts.database.write(lambda tx: made_first(tx, "admin", ["admin"], now=now))


def _introduce(chosen: Settings, token: str | None) -> None:
    answer(f"Firebreak serves on {chosen.address}")
    answer(f"  API          {chosen.address}/v1, documented at {chosen.address}/docs")
    answer(f"  well?        {chosen.address}/readyz")
    if chosen.workers > 1:
        answer(f"  processes    {chosen.workers}")
    answer(f"  messages     {'go to Slack' if chosen.slack_bot_token else 'are printed here: no Slack account is set up'}")
    if token:
        answer(f"  admin token  {token}")
        answer("               shown this once; use it as FIREBREAK_TOKEN, and make others with 'firebreak token create'")
