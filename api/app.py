"""The HTTP application: routes under `/v1`, Slack where it is set up, health, and the worker beside them unless told not to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from api.body import LIMIT
from api.edge import Edge
from api.errors import handle_errors
from api.openapi import describe_with
from api.parts import Parts
from api.routes import commands, deliveries, health, incidents, playbooks, steps, tasks, tokens
from api.slack.inbound import slack_router

ROUTERS: Final = (
    playbooks.router,
    incidents.router,
    steps.router,
    commands.people,
    deliveries.router,
    commands.router,
    tasks.router,
    tokens.router,
    health.router,
)


def release() -> str:
    """Give the installed version, or `0` when run from a folder that was never installed."""
    try:
        return version("firebreak")
    except PackageNotFoundError:
        return "0"


def create_app(parts: Parts, *, with_worker: bool = True) -> FastAPI:
    """Make the application over running parts; whoever made the parts dismantles them."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        stop = asyncio.Event()
        working = asyncio.create_task(parts.worker.run(stop)) if with_worker else None
        yield
        stop.set()
        if working is not None:
            await working

    app = FastAPI(title="Firebreak", version=release(), lifespan=lifespan, redirect_slashes=False)
    app.state.parts = parts
    app.state.base_url = parts.settings.address
    app.state.routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    for router in ROUTERS:
        app.include_router(router)
    if parts.workspace is not None:
        app.include_router(slack_router(parts, parts.workspace))
    handle_errors(app)
    describe_with(app)
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=LIMIT)
    app.add_middleware(Edge)
    return app
