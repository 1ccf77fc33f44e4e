"""The HTTP application: routes under `/v1`, Slack where it is set up, health, and the worker beside them unless told not to."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from api.body import LIMIT
from api.edge import Edge
from api.errors import handle_errors
from api.keeping import keep
from api.openapi import describe_with
from api.parts import Parts
from api.rate import Rate
from api.release import release
from api.room import acts, plan, rooms, signing_in
from api.routes import (
    calendar,
    commands,
    deliveries,
    health,
    incidents,
    keys,
    live,
    metrics,
    playbooks,
    reach,
    steps,
    tasks,
    tokens,
    webhooks,
)
from api.siblings import Siblings, keep_saying
from api.watching import Watch
from engine.runtime.following import Following

if TYPE_CHECKING:
    from api.slack.answering import Answering

ROUTERS: Final = (
    incidents.lists,
    tasks.router,
    playbooks.router,
    incidents.router,
    steps.router,
    commands.people,
    deliveries.router,
    live.router,
    commands.router,
    calendar.router,
    tokens.router,
    webhooks.router,
    keys.router,
    reach.router,
    signing_in.router,
    rooms.router,
    plan.router,
    acts.router,
    health.router,
    metrics.router,
)


def create_app(parts: Parts, *, with_worker: bool = True) -> FastAPI:
    """Make the application over running parts; whoever made the parts dismantles them."""
    answering = _answering(parts)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        stop = asyncio.Event()
        running = [asyncio.create_task(parts.reloading.run(stop))]
        running.append(asyncio.create_task(parts.worker.run(stop) if with_worker else keep(parts.kept, stop)))
        if parts.socket is not None and answering is not None:
            from api.slack.socket_mode import SocketMode

            running.append(asyncio.create_task(SocketMode(parts.socket, answering).run(stop)))
        if parts.siblings is not None:
            running.append(asyncio.create_task(_tell_siblings(parts, parts.siblings, stop)))
        yield
        stop.set()
        await asyncio.gather(*running)

    app = _application("Firebreak", lifespan)
    if answering is not None and parts.settings.signing_secrets:
        from api.slack.inbound import slack_router

        app.router.routes.extend(slack_router(parts, answering).routes)  # first, because Slack waits for three seconds
    return _complete(app, parts, ROUTERS)


def _answering(parts: Parts) -> "Answering | None":
    """Make what answers Slack, where it is set up."""
    if parts.workspace is None:
        return None
    from api.slack.answering import Answering

    return Answering(parts, parts.workspace)


def create_watched_worker(parts: Parts) -> FastAPI:
    """Make the application of a process that only works: whether it is up, whether it is well, and its figures."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        stop = asyncio.Event()
        running = [asyncio.create_task(work(stop)) for work in (parts.reloading.run, parts.worker.run)]
        yield
        stop.set()
        await asyncio.gather(*running)

    app = _application("Firebreak worker", lifespan)
    return _complete(app, parts, (health.router, metrics.router))


async def _tell_siblings(parts: Parts, siblings: Siblings, stop: asyncio.Event) -> None:
    """Let the processes behind the same port know what only this one knows."""
    trouble, socket = parts.slack_trouble or (lambda: None), parts.socket
    await keep_saying(siblings, stop, slack=trouble, socket=lambda: socket.is_connected if socket else None)


def _application(title: str, lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]]) -> FastAPI:
    """Make an application without FastAPI's own telemetry, which gives addresses and the words of errors to any OpenTelemetry it finds."""
    return FastAPI(
        title=title,
        version=release(),
        lifespan=lifespan,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False, "auto_configure": False},
    )


def _complete(app: FastAPI, parts: Parts, routers: Sequence[APIRouter]) -> FastAPI:
    """Add the routes, and what every request passes; routes are tried in order.

    The routers' routes are taken as they are: to include a router makes all of its routes once more, at the first request.
    """
    app.state.parts = parts
    app.state.watch = Watch(parts)
    app.state.rate = Rate(parts.settings.rate_limit)
    app.state.following = Following(parts.database)
    app.state.base_url = parts.settings.address
    app.state.routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    for router in routers:
        app.router.routes.extend(router.routes)
    handle_errors(app)
    describe_with(app)
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=LIMIT)
    app.add_middleware(Edge, metrics=parts.metrics, tracing=parts.tracing)
    return app
