"""Puts the product together from its settings; the only place that names a concrete channel.

    Parts = await build(settings)      database upgraded and opened, library loaded, channels chosen
    await dismantle(parts)             everything given back

Without a Slack token and with no address or secret of the organisation file in the environment, everything
is printed on the console: nobody needs an account. As soon as one is set, what has no account fails
visibly instead, because printed words are not published words.
"""

import asyncio
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from rich.console import Console

from api.logs import configure_logging
from api.parts import Closer, Parts
from api.settings import Settings
from api.war_rooms import StoredRooms
from engine.channels.channel import Channel
from engine.channels.console import ConsoleChannel
from engine.channels.http_step import HttpStepChannel
from engine.channels.outlet import Outlet
from engine.channels.router import Route, Router
from engine.channels.slack import SlackChannel
from engine.channels.slack_workspace import SlackWorkspace
from engine.channels.ticket import TicketChannel
from engine.channels.webhook import WebhookChannel
from engine.language.organisation import Organisation
from engine.runtime.clock import Clock, SystemClock
from engine.runtime.courier import Courier
from engine.runtime.handle import Handler
from engine.runtime.library import Library
from engine.runtime.worker import Worker
from engine.store.database import Database, open_database
from engine.store.fault import Fault
from engine.store.idempotency import forget_expired
from engine.store.migrate import upgrade
from engine.store.seal import Sealer

KEY_FILE: Final = "secret.key"


async def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    channel: Channel | None = None,
    environment: Mapping[str, str] | None = None,
    console: Console | None = None,
) -> Parts:
    """Make a running product; `channel` replaces every way out. Raises Fault."""
    configure_logging(settings)
    time = clock or SystemClock()
    _make_folder(settings.data_dir)
    sealer = Sealer(secret_of(settings))
    await asyncio.to_thread(upgrade, settings.database)
    database = open_database(settings.database)
    try:
        await database.write(sealer.confirm)
        library = Library(database, time, playbooks=settings.playbooks, organisation_file=settings.organisation)
        await library.load()
    except Fault:
        await database.close()
        raise
    rooms = StoredRooms(database, sealer)
    ways = _ways_out(settings, library, rooms, time, environment=environment or os.environ, console=console or Console())
    way_out = channel or ways.router
    handler = Handler(database, sealer, library, time)
    courier = Courier(database, sealer, handler, way_out, time)
    worker = Worker(database, handler, courier, time, chores=(library.refresh, partial(_forget, database, time)))
    workspace = _workspace(settings)
    closers = (*ways.closers, *((workspace.close,) if workspace else ()))
    slack = ways.slack
    trouble = None if slack is None else lambda: slack.trouble
    return Parts(settings, time, database, sealer, library, handler, worker, way_out, workspace, closers, trouble)


async def dismantle(parts: Parts) -> None:
    """Close connections, then the database."""
    for close in parts.closers:
        await close()
    await parts.database.close()


def secret_of(settings: Settings) -> str:
    """Give the secret that seals personal values: the one that is set, else one kept in the data folder, made once."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    path = settings.data_dir / KEY_FILE
    try:
        return _kept_secret(path)
    except OSError as error:
        raise Fault(
            f"the secret key {path} can't be read or made: {error.strerror}",
            done="started nothing",
            advice="make the data folder writable, or set FIREBREAK_SECRET_KEY",
        ) from error


def _kept_secret(path: Path) -> str:
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32))
            file.flush()
            os.fsync(file.fileno())
    return path.read_text(encoding="ascii").strip()


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Fault(
            f"the data folder {path} can't be made: {error.strerror}", done="started nothing", advice="set FIREBREAK_DATA_DIR"
        ) from error


async def _forget(database: Database, clock: Clock) -> None:
    now = clock.now()
    await database.write(lambda tx: forget_expired(tx, now))


@dataclass(frozen=True, slots=True)
class _Ways:
    """Every way out: the router over them, and what has to be closed."""

    router: Router
    closers: tuple[Closer, ...]
    slack: SlackChannel | None


def _ways_out(
    settings: Settings, library: Library, rooms: StoredRooms, clock: Clock, *, environment: Mapping[str, str], console: Console
) -> _Ways:
    def organisation() -> Organisation:
        return library.organisation

    printed, outlet = ConsoleChannel(console), Outlet(lambda: organisation().outgoing_hosts)
    channels: dict[Route, Channel] = dict.fromkeys(("slack", "person", "email", "webhook", "ticket"), printed)
    channels["http"] = HttpStepChannel(outlet, environment=environment)
    closers: list[Closer] = [outlet.close]
    slack: SlackChannel | None = None
    if settings.slack_bot_token is not None:
        slack = SlackChannel(settings.slack_bot_token.get_secret_value(), organisation, rooms, base_url=settings.slack_api_url)
        channels |= {"slack": slack, "person": slack}
        closers.append(slack.close)
    if settings.slack_bot_token is not None or _has_address(organisation(), environment):
        channels["webhook"] = WebhookChannel(outlet, organisation, environment=environment, now=clock.now)
        channels["ticket"] = TicketChannel(outlet, organisation, environment=environment)
        del channels["email"]
    return _Ways(Router(channels, organisation), tuple(closers), slack)


def _workspace(settings: Settings) -> SlackWorkspace | None:
    """Make what answers Slack; requests can only be trusted with a signing secret."""
    if settings.slack_bot_token is None or not settings.signing_secrets:
        return None
    return SlackWorkspace(settings.slack_bot_token.get_secret_value(), base_url=settings.slack_api_url)


def _has_address(organisation: Organisation, environment: Mapping[str, str]) -> bool:
    """Say whether any channel or ticket system of the organisation is set up in the environment."""
    names = [entry.url_secret for entry in organisation.channels.values()] + [system.secret for system in organisation.tickets.values()]
    return any(name and environment.get(name) for name in names)
