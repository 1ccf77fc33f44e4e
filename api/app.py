"""The HTTP application: routes under `/v1`, Slack where it is set up, health, and the worker beside them unless told not to."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from api.body import LIMIT
from api.edge import Edge
from api.errors import handle_errors
from api.openapi import describe_with
from api.parts import Parts
from api.rate import Rate
from api.room import acts, plan, rooms, signing_in
from api.routes import calendar, commands, deliveries, health, incidents, live, metrics, playbooks, reach, steps, tasks, tokens
from api.slack.answering import Answering
from api.slack.inbound import slack_router
from api.slack.socket_mode import SocketMode
from api.watching import Watch
from engine.runtime.following import Following

ROUTERS: Final = (
    playbooks.router,
    incidents.router,
    steps.router,
    commands.people,
    deliveries.router,
    live.router,
    commands.router,
    tasks.router,
    calendar.router,
    tokens.router,
    reach.router,
    signing_in.router,
    rooms.router,
    plan.router,
    acts.router,
    health.router,
    metrics.router,
)


def release() -> str:
    """Give the installed version, or `0` when run from a folder that was never installed."""
    try:
        return version("firebreak")
    except PackageNotFoundError:
        return "0"


def create_app(parts: Parts, *, with_worker: bool = True) -> FastAPI:
    """Make the application over running parts; whoever made the parts dismantles them."""
    answering = Answering(parts, parts.workspace) if parts.workspace is not None else None

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        stop = asyncio.Event()
        running = [asyncio.create_task(parts.worker.run(stop))] if with_worker else []
        if parts.socket is not None and answering is not None:
            running.append(asyncio.create_task(SocketMode(parts.socket, answering).run(stop)))
        yield
        stop.set()
        await asyncio.gather(*running)

    app = _application("Firebreak", lifespan)
    if answering is not None and parts.settings.signing_secrets:
        app.include_router(slack_router(parts, answering))  # first, because routes are tried in order and Slack waits for three seconds
    return _complete(app, parts, ROUTERS)


def create_watched_worker(parts: Parts) -> FastAPI:
    """Make the application of a process that only works: whether it is up, whether it is well, and its figures."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        stop = asyncio.Event()
        running = asyncio.create_task(parts.worker.run(stop))
        yield
        stop.set()
        await running

    app = _application("Firebreak worker", lifespan)
    return _complete(app, parts, (health.router, metrics.router))


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
    """Add the routes, and what every request passes."""
    app.state.parts = parts
    app.state.watch = Watch(parts)
    app.state.rate = Rate(parts.settings.rate_limit)
    app.state.following = Following(parts.database)
    app.state.base_url = parts.settings.address
    app.state.routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    for router in routers:
        app.include_router(router)
    handle_errors(app)
    describe_with(app)
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=LIMIT)
    app.add_middleware(Edge, metrics=parts.metrics)
    return app
