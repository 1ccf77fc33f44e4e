"""Puts the product together from its settings; the only place that names a concrete channel.

    Parts = await build(settings)      database upgraded and opened, library loaded, channels chosen
    await dismantle(parts)             everything given back

Without a Slack token and with no address or secret of the organisation file in the environment, everything
is printed on the console: nobody needs an account. As soon as one is set, what has no account fails
visibly instead, because printed words are not published words.
"""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rich.console import Console
from sqlalchemy import Connection

from api.answers import Answers
from api.beside import Outside, beside_of, require_whole_pack
from api.keeping import clock_for, kept_on
from api.observing import observed
from api.pack.folder import Folder
from api.pack.gathering import Source
from api.pack.writing import Place
from api.parts import Closer, Parts
from api.secret_key import secret_of
from api.settings import Settings
from api.siblings import Siblings
from api.war_rooms import StoredRooms
from engine.channels.channel import Channel
from engine.channels.console import ConsoleChannel
from engine.channels.email import EmailChannel
from engine.channels.heartbeat import HeartbeatAddress
from engine.channels.http_step import HttpStepChannel
from engine.channels.outlet import Outlet
from engine.channels.pagerduty import PagerDutyChannel
from engine.channels.reaching import WAYS, Reaching, Way
from engine.channels.router import Route, Router
from engine.channels.slack_gate import SILENCE, Gate
from engine.channels.slack_pace import wait_among
from engine.channels.smtp_server import SmtpServer, read_smtp_url
from engine.channels.ticket import TicketChannel
from engine.channels.twilio import TwilioAccount, TwilioChannel
from engine.channels.webhook import WebhookChannel
from engine.channels.webhook_post import WebhookPost
from engine.incident.phone import number_of
from engine.language.organisation import Organisation
from engine.runtime.call_record import StoredCalls
from engine.runtime.clock import Clock
from engine.runtime.courier import Courier
from engine.runtime.digest import Digests
from engine.runtime.handle import Handler
from engine.runtime.indexing import Indexing
from engine.runtime.library import Library
from engine.runtime.measuring import Meter
from engine.runtime.messenger import Messenger
from engine.runtime.reloading import Reloading
from engine.runtime.slack_alarm import SlackAlarm
from engine.runtime.worker import Chore, Worker
from engine.store.database import Database, open_database
from engine.store.fault import Fault
from engine.store.idempotency import forget_expired
from engine.store.migrate import upgrade
from engine.store.rooms import catch_up
from engine.store.seal import Sealer

if TYPE_CHECKING:
    from engine.channels.slack import SlackChannel
    from engine.channels.slack_socket import SlackSocket
    from engine.channels.slack_workspace import SlackWorkspace


async def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    channel: Channel | None = None,
    environment: Mapping[str, str] | None = None,
    console: Console | None = None,
    siblings: Siblings | None = None,
) -> Parts:
    """Make a running product; `channel` replaces every way out, `siblings` are processes behind the same port. Raises Fault."""
    known = environment or os.environ
    look = observed(settings, known, siblings)
    accounts, outside = _accounts(settings), Outside(_watcher(settings), place_of(settings))
    time = clock or clock_for(settings)
    _make_folder(settings.data_dir)
    sealer = Sealer(secret_of(settings))
    await asyncio.to_thread(upgrade, settings.database)
    database = look.of(open_database(settings.database, pool=settings.database_pool, committed=look.metrics.committed))
    kept = await kept_on(database, time)
    library = await _library(database, sealer, time, settings=settings, meter=look.meter)
    rooms, calls = StoredRooms(database, sealer), StoredCalls(database, time, wait_among)
    to_people = _ways_to_people(accounts, library, rooms, Answers(sealer, settings.address), clock=time, environment=known)
    alarm = _alarm(settings, database, library, to_people, clock=time)
    gate, printed = Gate(time.now, calls, alarm=alarm), console or Console()
    ways = _ways_out(settings, library, rooms, time, gate=gate, environment=known, console=printed, to_people=to_people)
    way_out = channel or ways.router
    handler = Handler(database, sealer, library, time, meter=look.meter)
    courier = Courier(database, sealer, handler, way_out, time, meter=look.meter)
    digests = Digests(database, sealer, library, time, handler.woken)
    beside = beside_of(settings, Source(database, sealer, lambda: library.organisation), time, look.metrics, outside)
    chores: tuple[Chore, ...] = (*kept, partial(_forget, database, time), calls.forget, digests.owe_due, alarm.remind)
    hooks = _hooks(settings, database, sealer, library, clock=time)
    every = (*chores, Indexing(database, sealer, library).catch_up, *beside.chores, hooks.messenger.forget_old)
    worker = Worker(database, handler, courier, time, chores=every, beside=(hooks.messenger.run,), meter=look.meter)
    workspace = _workspace(settings)
    closers = (alarm.close, hooks.close, *beside.closers, *ways.closers, *((workspace.close,) if workspace else ()), *look.closers)
    slack = ways.slack
    trouble, lost = (None, None) if slack is None else (lambda: slack.trouble, slack.shut)
    made = (database, sealer, library, handler, worker, Reloading(library), hooks.messenger)
    return Parts(settings, time, *made, way_out, workspace, closers, trouble, _socket(settings), lost, *look, kept)


async def dismantle(parts: Parts) -> None:
    """Close connections, then the database."""
    for close in parts.closers:
        await close()
    await parts.database.close()


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Fault(
            f"the data folder {path} can't be made: {error.strerror}", done="started nothing", advice="set FIREBREAK_DATA_DIR"
        ) from error


async def _library(database: Database, sealer: Sealer, clock: Clock, *, settings: Settings, meter: Meter) -> Library:
    """Load the playbooks and the organisation file; what fails leaves the database free."""
    try:
        await database.write(partial(_made_ready, sealer))
        library = Library(database, clock, playbooks=settings.playbooks, organisation_file=settings.organisation, meter=meter)
        await library.load()
    except Fault:
        await database.close()
        raise
    return library


def _made_ready(sealer: Sealer, tx: Connection) -> None:
    """Check the secret, then read what an older program left sealed."""
    sealer.confirm(tx)
    catch_up(tx, sealer)


async def _forget(database: Database, clock: Clock) -> None:
    now = clock.now()
    await database.write(lambda tx: forget_expired(tx, now))


@dataclass(frozen=True, slots=True)
class _Ways:
    """Every way out: the router over them, and what has to be closed."""

    router: Router
    closers: tuple[Closer, ...]
    slack: "SlackChannel | None"


def _ways_out(
    settings: Settings,
    library: Library,
    rooms: StoredRooms,
    clock: Clock,
    *,
    gate: Gate,
    environment: Mapping[str, str],
    console: Console,
    to_people: "_ToPeople",
) -> _Ways:
    def organisation() -> Organisation:
        return library.organisation

    printed, outlet = ConsoleChannel(console), Outlet(lambda: organisation().outgoing_hosts)
    channels: dict[Route, Channel] = dict.fromkeys(("slack", "person", "email", "webhook", "ticket"), printed)
    channels["http"] = HttpStepChannel(outlet, environment=environment)
    closers: list[Closer] = [outlet.close]
    slack = _slack(settings, organisation, rooms, gate)
    if slack is not None:
        channels |= {"slack": slack, "person": slack}
        closers.append(slack.close)
    if slack is not None or to_people.ways or _has_address(organisation(), environment):
        channels["webhook"] = WebhookChannel(outlet, organisation, environment=environment, now=clock.now)
        channels["ticket"] = TicketChannel(outlet, organisation, environment=environment)
        del channels["email"]
    if "email" in to_people.ways:
        channels["email"] = to_people.ways["email"]
    closers.append(to_people.close)
    is_printed = slack is None and not to_people.ways
    channels["person"] = Reaching(
        dict.fromkeys(WAYS, printed) if is_printed else {"slack": channels["slack"], **to_people.ways}, organisation
    )
    return _Ways(Router(channels, organisation), tuple(closers), slack)


@dataclass(frozen=True, slots=True)
class _Hooks:
    """What sends webhooks their messages, and what has to be closed after it."""

    messenger: Messenger
    close: Closer


def _hooks(settings: Settings, database: Database, sealer: Sealer, library: Library, *, clock: Clock) -> _Hooks:
    def hosts() -> Sequence[str]:
        return library.organisation.outgoing_hosts

    outlet = Outlet(hosts)
    poster = WebhookPost(outlet, hosts, now=clock.now)
    keep, pause_after = timedelta(days=settings.webhook_log_days), timedelta(days=settings.webhook_pause_days)
    messenger = Messenger(database, sealer, library, clock, poster, address=settings.address, keep=keep, pause_after=pause_after)
    return _Hooks(messenger, outlet.close)


def _slack(settings: Settings, organisation: Callable[[], Organisation], rooms: StoredRooms, gate: Gate) -> "SlackChannel | None":
    if settings.slack_bot_token is None:
        return None
    from engine.channels.slack import SlackChannel

    token = settings.slack_bot_token.get_secret_value()
    return SlackChannel(token, organisation, rooms, gate=gate, base_url=settings.slack_api_url, address=settings.address)


@dataclass(frozen=True, slots=True)
class _Accounts:
    """What an operator has set up to reach people beyond Slack."""

    smtp: SmtpServer | None
    twilio: TwilioAccount | None
    pagerduty: str
    slack: bool


@dataclass(frozen=True, slots=True)
class _ToPeople:
    """The ways of reaching people beyond Slack that have an account; with none anywhere all of them are printed."""

    ways: dict[Way, Channel]
    close: Closer


def _accounts(settings: Settings) -> _Accounts:
    """Read the accounts; raises Fault when one is set up by halves."""
    try:
        smtp = read_smtp_url(settings.smtp_url.get_secret_value()) if settings.smtp_url else None
    except ValueError as error:
        raise Fault(f"FIREBREAK_SMTP_URL: {error}", done="started nothing", advice="see docs/operating.md, 'Reaching people'") from error
    return _Accounts(smtp, _twilio_account(settings), settings.pagerduty_events_url, settings.slack_bot_token is not None)


def _ways_to_people(
    accounts: _Accounts, library: Library, rooms: StoredRooms, answers: Answers, *, clock: Clock, environment: Mapping[str, str]
) -> _ToPeople:
    def organisation() -> Organisation:
        return library.organisation

    async def room_link(key: str) -> str | None:
        channel = await rooms.channel_of(key) if accounts.slack else None
        return f"https://slack.com/app_redirect?channel={channel}" if channel else None

    providers = [urlsplit(url).netloc for url in (accounts.pagerduty, accounts.twilio.api if accounts.twilio else "") if url]
    outlet = Outlet(lambda: providers)
    ways: dict[Way, Channel] = {}
    if accounts.smtp is not None:
        ways["email"] = EmailChannel(accounts.smtp, organisation, now=clock.now, room_link=room_link, answers_at=answers.page)
    if accounts.twilio is not None:
        ways["phone"] = ways["sms"] = TwilioChannel(outlet, organisation, accounts.twilio, answers_at=answers.voice)
    if any(person.pagerduty and environment.get(person.pagerduty) for person in organisation().people.values()):
        ways["pagerduty"] = PagerDutyChannel(
            outlet, organisation, environment=environment, page_key=answers.page_key, url=accounts.pagerduty
        )
    return _ToPeople(ways, outlet.close)


def _alarm(settings: Settings, database: Database, library: Library, to_people: _ToPeople, *, clock: Clock) -> SlackAlarm:
    """Make what tells people elsewhere about Slack: by every way but Slack and PagerDuty, whose alerts are about incidents."""
    ways: dict[Way, Channel] = {way: channel for way, channel in to_people.ways.items() if way != "pagerduty"}
    elsewhere = Reaching(ways, lambda: library.organisation)

    def people() -> list[str]:
        return library.organisation.defaults.alarm

    return SlackAlarm(database, clock, people, elsewhere, address=settings.address, silence=SILENCE)


def _watcher(settings: Settings) -> HeartbeatAddress | None:
    """Make what tells the watching service; raises Fault when its address can't be used."""
    if settings.heartbeat_url is None:
        return None
    fail, header = settings.heartbeat_fail_url, settings.heartbeat_header
    try:
        return HeartbeatAddress(
            settings.heartbeat_url.get_secret_value(),
            fail_url=fail.get_secret_value() if fail else None,
            header=header.get_secret_value() if header else None,
        )
    except ValueError as error:
        raise Fault(
            f"the heartbeat's address can't be used: {error}", done="started nothing", advice="see docs/operating.md, 'Heartbeat'"
        ) from error


def place_of(settings: Settings) -> Place | None:
    """Make where offline packs are kept; raises Fault when it is set up by halves, or can't be."""
    require_whole_pack(settings)
    where = settings.pack_folder
    if where is None or "://" not in where:
        return Folder(Path(where)) if where else None
    try:
        from engine.channels.bucket import Bucket

        return Bucket(where)
    except ImportError as error:
        raise Fault("buckets need a library", done="started nothing", advice="install firebreak[bucket]") from error
    except ValueError as error:
        raise Fault(
            f"FIREBREAK_PACK_FOLDER can't be used: {error}", done="started nothing", advice="see docs/operating.md, 'The offline pack'"
        ) from error


def _twilio_account(settings: Settings) -> TwilioAccount | None:
    sid, token, sender = settings.twilio_account_sid, settings.twilio_auth_token, settings.twilio_from
    if sid is None and token is None and sender is None:
        return None
    number = number_of(sender)
    if sid is None or token is None or number is None:
        raise Fault(
            "Twilio is set up by halves",
            done="started nothing",
            advice="set FIREBREAK_TWILIO_ACCOUNT_SID, FIREBREAK_TWILIO_AUTH_TOKEN and FIREBREAK_TWILIO_FROM (+16045550000)",
        )
    if settings.base_url is None:
        raise Fault(
            "Twilio can't bring answers back to an address that is not set",
            done="started nothing",
            advice="set FIREBREAK_BASE_URL to the public https address of this server",
        )
    return TwilioAccount(sid, token.get_secret_value(), number, settings.twilio_api_url)


def _workspace(settings: Settings) -> "SlackWorkspace | None":
    """Make what answers Slack; what comes can only be trusted with a signing secret, or by a connection of our own."""
    if settings.slack_bot_token is None or not (settings.signing_secrets or settings.slack_app_token):
        return None
    from engine.channels.slack_workspace import SlackWorkspace

    return SlackWorkspace(settings.slack_bot_token.get_secret_value(), base_url=settings.slack_api_url)


def _socket(settings: Settings) -> "SlackSocket | None":
    """Make what connects to Slack; nothing can be answered without a bot token."""
    if settings.slack_bot_token is None or settings.slack_app_token is None:
        return None
    from engine.channels.slack_socket import SlackSocket

    return SlackSocket(settings.slack_app_token.get_secret_value(), base_url=settings.slack_api_url)


def _has_address(organisation: Organisation, environment: Mapping[str, str]) -> bool:
    """Say whether any channel or ticket system of the organisation is set up in the environment."""
    names = [entry.url_secret for entry in organisation.channels.values()] + [system.secret for system in organisation.tickets.values()]
    return any(name and environment.get(name) for name in names)
