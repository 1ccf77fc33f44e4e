"""Everything a way in needs, made once by `api.wiring` and handed to all of them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi import Request

from api.metrics import Metrics
from api.settings import Settings
from api.siblings import Siblings
from api.workspace import Socket, Workspace
from engine.channels.channel import Channel
from engine.runtime.clock import Clock
from engine.runtime.handle import Handler
from engine.runtime.library import Library
from engine.runtime.messenger import Messenger
from engine.runtime.reloading import Reloading
from engine.runtime.worker import Chore, Worker
from engine.store.database import Database
from engine.store.seal import Sealer

if TYPE_CHECKING:
    from api.spans import Tracing

Closer = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Parts:
    """The running product; `channel` is where the worker sends."""

    settings: Settings
    clock: Clock
    database: Database
    sealer: Sealer
    library: Library
    handler: Handler
    worker: Worker
    reloading: Reloading
    messenger: Messenger
    channel: Channel
    workspace: Workspace | None = None
    """The Slack workspace that is answered; None where Slack is not set up."""
    closers: tuple[Closer, ...] = ()
    slack_trouble: Callable[[], str | None] | None = None
    """Gives Slack's code while it refuses our credentials; None where nothing is sent to Slack."""
    socket: Socket | None = None
    """What brings Slack's envelopes; None where Slack comes to our address, or is not set up."""
    slack_lost: Callable[[str], Awaitable[None]] | None = None
    """Says that Slack took our credentials away, with Slack's word for it."""
    metrics: Metrics = field(default_factory=Metrics)
    """What this process counts."""
    siblings: Siblings | None = None
    """The other processes of the same `serve`; None where it is alone."""
    tracing: "Tracing | None" = None
    """What makes spans; None where nothing is traced."""
    kept: tuple[Chore, ...] = ()
    """What every process on a shared database does now and then; the worker does it, and without one whoever serves has to."""


def parts_in(request: Request) -> Parts:
    """Give the parts that the application was made with."""
    parts = request.app.state.parts
    assert isinstance(parts, Parts)
    return parts


async def parts_of(request: Request) -> Parts:
    """Give the same to a route; a coroutine, because FastAPI sends any other dependency to a thread and back."""
    return parts_in(request)
