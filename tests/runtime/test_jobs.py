"""One contract for whatever hands out jobs: the owed rows of a file, and pgqueuer's queue on PostgreSQL.

Everything that is owed is done once, in its order, whoever dies over it, and what is rolled back leaves nothing.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import structlog
from sqlalchemy import Connection, text

from api.cli.copying import from_postgres, to_any
from engine.channels.channel import Failed
from engine.incident.effects import Delivery
from engine.incident.events import Escalated
from engine.runtime.clock import SystemClock
from engine.runtime.history import entries_of
from engine.store.alarms import set_alarm
from engine.store.event_log import read_events
from engine.store.fault import Fault
from engine.store.migrate import upgrade
from engine.store.outbox import owe, revive
from engine.store.queued import enqueue_owed
from tests.postgres_server import PostgresServer
from tests.runtime import crashing
from tests.runtime.given import DATABASES, WORK, House, Recording, house, playbook

TAKEN_OVER = 10.0
"""Seconds within which somebody else does what a killed process had in hand."""


@pytest.fixture
async def other(tmp_path: Path, home: House, kind: str) -> AsyncIterator[House]:
    """A second worker on the same database, where there can be one."""
    if kind == "sqlite":
        yield home
        return
    async with house(tmp_path, channel=home.channel, clock=home.clock) as opened:
        yield opened


def messages(*names: str, target: str = "war_room:x") -> list[Delivery]:
    return [Delivery(name, "say", target, f"The words of {name}.") for name in names]


async def owing(home: House, *said: Delivery, then: Callable[[], None] = lambda: None) -> None:
    """Owe messages as a command would, in one transaction; `then` is the last that happens in it."""
    incident, now = await home.incident("INC-1"), home.clock.now()

    def unit(tx: Connection) -> None:
        owe(tx, home.sealer, incident.id, said, now)
        enqueue_owed(tx, incident.id, now)
        then()

    await home.database.write(unit)


async def state_of(home: House, name: str) -> str:
    return {each.id: each.state for each in await home.deliveries("INC-1")}[name]


def give_up() -> None:
    raise ZeroDivisionError("a bug behind the last statement")


async def test_what_is_owed_is_done_once(home: House) -> None:
    await owing(home, *messages("a"))
    await home.worker.run_until_idle()
    await home.worker.run_until_idle()

    assert (home.channel.ids, await state_of(home, "a")) == (["a"], "sent")


async def test_what_was_rolled_back_leaves_nothing_to_do(home: House) -> None:
    with pytest.raises(ZeroDivisionError):
        await owing(home, *messages("a"), then=give_up)
    await home.forward(minutes=1)

    assert home.channel.ids == []


async def test_a_nudge_about_what_is_settled_does_nothing(home: House) -> None:
    await owing(home, *messages("a"))
    await home.worker.run_until_idle()
    incident, now = await home.incident("INC-1"), home.clock.now()
    for _ in range(3):
        await home.database.write(lambda tx: enqueue_owed(tx, incident.id, now))
    await home.worker.run_until_idle()

    assert home.channel.ids == ["a"]


async def test_of_one_lane_workers_send_in_order_and_nothing_twice(home: House, other: House) -> None:
    lanes = {f"war_room:{lane}": [f"{lane}{number}" for number in range(6)] for lane in "xyz"}
    for target, names in lanes.items():
        await owing(home, *messages(*names, target=target))
    while sum(await asyncio.gather(home.worker.run_until_idle(), other.worker.run_until_idle())):
        pass

    assert {target: [each for each in home.channel.ids if each in names] for target, names in lanes.items()} == lanes
    assert len(home.channel.ids) == 18


async def test_a_sending_that_failed_is_tried_again_at_its_time_and_its_lane_waits(home: House) -> None:
    home.channel.answers = [Failed("not now", retry=True)]
    await owing(home, *messages("a", "b"))
    await home.worker.run_until_idle()
    tried = list(home.channel.ids)
    await home.forward(minutes=1)

    assert (tried, home.channel.ids) == (["a"], ["a", "a", "b"])


async def test_what_can_never_be_sent_is_dead_to_be_seen_holds_up_nobody_and_is_revived_by_hand(home: House) -> None:
    home.channel.answers = [Failed("there is no such channel", retry=False)]
    await owing(home, *messages("a", "b"))
    await home.worker.run_until_idle()
    dead = await state_of(home, "a")
    incident, now = await home.incident("INC-1"), home.clock.now()
    await home.database.write(lambda tx: (revive(tx, "a", now), enqueue_owed(tx, incident.id, now)))
    await home.worker.run_until_idle()

    assert (dead, home.channel.ids, await state_of(home, "a")) == ("dead", ["a", "b", "a"], "sent")


async def test_poison_is_tried_less_and_less_and_stops_no_other(home: House) -> None:
    home.channel.poison = {"a"}
    await owing(home, *messages("a"), *messages("b", "c", target="war_room:y"))
    await home.forward(minutes=10)

    tries = home.channel.ids.count("a")
    (seen,) = [each for each in await home.deliveries("INC-1") if each.id == "a"]
    assert (await state_of(home, "b"), await state_of(home, "c")) == ("sent", "sent")
    assert 2 < tries < 30
    assert (seen.state, seen.attempts, "broke off" in (seen.last_error or "")) == ("pending", tries, True)


async def test_what_kills_every_process_that_sends_it_is_dead_in_the_end(home: House) -> None:
    await owing(home, *messages("a", "b"))
    died = text("UPDATE deliveries SET attempts = 39 WHERE id = 'a'")
    await home.database.write(lambda tx: tx.execute(died).rowcount)
    for _ in range(2):
        await home.courier.jobs.sweep(home.clock.now(), at_once=True)
        last = (await home.courier.claim(10)).owed
        home.clock.forward(minutes=6)
        await home.fall_silent()
    await home.worker.run_until_idle()

    assert ([each.attempt for each in last], await state_of(home, "a"), home.channel.ids) == ([41], "dead", ["b"])


async def test_a_newer_body_that_comes_while_the_older_is_sent_goes_out_too(home: House) -> None:
    held = home.channel.hold("a")
    await owing(home, *messages("a"))
    sending = asyncio.create_task(home.worker.run_until_idle())
    await held.begun.wait()
    await owing(home, Delivery("a", "say", "war_room:x", "Newer words.", replaces=True))
    held.go.set()
    await sending
    await home.forward(minutes=1)

    assert [(each.delivery.id, each.delivery.text) for each in home.channel.sent] == [("a", "The words of a."), ("a", "Newer words.")]


async def test_a_timer_that_several_notice_acts_once(home: House, other: House) -> None:
    home.clock.forward(minutes=51)
    for each in (home, other, home, other):
        await each.courier.jobs.sweep(home.clock.now(), at_once=True)
    await asyncio.gather(home.worker.run_until_idle(), other.worker.run_until_idle())
    await home.worker.run_until_idle()

    incident = await home.incident("INC-1")
    events = await home.database.read(lambda tx: read_events(tx, home.sealer, incident.id))
    assert len([entry for entry in entries_of(events) if isinstance(entry.event, Escalated)]) == 1


async def test_an_alarm_that_was_moved_meanwhile_does_not_ring(home: House) -> None:
    home.clock.forward(minutes=21)
    await home.courier.jobs.sweep(home.clock.now(), at_once=True)
    incident, later = await home.incident("INC-1"), home.clock.now() + timedelta(hours=1)
    await home.database.write(lambda tx: set_alarm(tx, incident.id, later))
    rung = await home.courier.jobs.alarms(home.clock.now())

    assert rung == []


async def test_what_a_worker_ends_too_late_takes_nothing_from_who_has_it_now(home: House, other: House) -> None:
    await owing(home, *messages("a", "b"))
    (slow,) = (await home.courier.claim(10)).owed
    home.clock.forward(minutes=6)
    await home.fall_silent()
    (quick,) = (await other.courier.claim(10)).owed
    await home.courier.give_back(slow, "it was slow")
    meanwhile = (await home.courier.claim(10)).owed
    await other.courier.deliver(quick)

    assert (slow.attempt, quick.attempt, meanwhile, home.channel.ids) == (1, 2, [], ["a"])


async def test_what_is_being_sent_stays_its_own_however_long_it_takes(home: House, other: House, kind: str) -> None:
    await owing(home, *messages("a"))
    (owed,) = (await home.courier.claim(10)).owed
    async with home.courier.jobs.held(owed.job):
        await home.fall_silent()
        async with asyncio.timeout(10):
            while kind == "postgresql" and await silent(home):  # noqa: ASYNC110 - only the database tells
                await asyncio.sleep(0.05)
        taken = (await other.courier.claim(10)).owed

    assert taken == []


async def silent(home: House) -> int:
    """Count the jobs whose holder has not been heard of for a while."""
    old = text("SELECT count(*) FROM firebreak_pgqueuer WHERE heartbeat < now() - interval '30 seconds'")
    return int(await home.database.read(lambda tx: tx.execute(old).scalar_one()))


async def test_what_a_killed_process_had_in_hand_is_done_by_another_within_ten_seconds(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK), clock=SystemClock(), channel=Recording()) as home:
        await home.declare()
        url = DATABASES.url(tmp_path)
        if not home.database.is_shared:
            await home.database.close()
        began = await asyncio.to_thread(crashing.killed_while_sending, tmp_path, url)
    killed_at = time.monotonic()
    async with house(tmp_path, clock=SystemClock(), channel=Recording()) as heir:
        stop = asyncio.Event()
        running = asyncio.create_task(heir.worker.run(stop))
        async with asyncio.timeout(2 * TAKEN_OVER):
            while not set(began) <= set(heir.channel.ids):
                await heir.channel.changed.wait()
                heir.channel.changed.clear()
        took = time.monotonic() - killed_at
        stop.set()
        await running

    assert began
    assert took < TAKEN_OVER
    assert {each.doubts for each in heir.channel.sent if each.delivery.id in began} == {1}


class Ahead:
    """A clock that goes five minutes before the others."""

    def __init__(self, home: House) -> None:
        self._clock = home.clock

    def now(self) -> datetime:
        now: datetime = self._clock.now()
        return now + timedelta(minutes=5)


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_clocks_that_differ_by_five_minutes_take_nothing_from_each_other(tmp_path: Path, home: House) -> None:
    held = home.channel.hold("a")
    await owing(home, *messages("a"))
    sending = asyncio.create_task(home.worker.run_until_idle())
    await held.begun.wait()
    async with house(tmp_path, channel=home.channel, clock=Ahead(home)) as ahead:
        await ahead.worker.run_until_idle()
        await owing(ahead, *messages("b", target="war_room:y"))
        held.go.set()
        await sending
        await home.worker.run_until_idle()

    assert (home.channel.ids.count("a"), home.channel.ids.count("b")) == (1, 1)


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_on_a_full_disk_nothing_is_owed_and_later_everything_goes_on(home: House) -> None:
    def full(tx: Connection) -> None:
        tx.exec_driver_sql(f"PRAGMA max_page_count = {tx.exec_driver_sql('PRAGMA page_count').scalar_one()}")

    await home.database.write(full)
    outcomes = await asyncio.gather(*(owing(home, *messages(f"{n}", target=f"war_room:{n}")) for n in range(200)), return_exceptions=True)
    refused = sum(isinstance(outcome, Fault) for outcome in outcomes)
    await home.database.write(lambda tx: tx.exec_driver_sql("PRAGMA max_page_count = 1000000").scalar())
    await home.worker.run_until_idle()
    kept = sorted(home.channel.ids)
    with suppress(Fault):
        await owing(home, *messages("later"))
    await home.worker.run_until_idle()

    assert refused > 0
    assert kept == sorted(f"{n}" for n, outcome in enumerate(outcomes) if outcome is None)
    assert home.channel.ids[-1] == "later"


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_when_all_jobs_are_lost_everything_owed_is_done_all_the_same(home: House) -> None:
    await owing(home, *messages("a", "b"), *messages("c", target="war_room:y"))
    (first, *_) = (await home.courier.claim(1)).owed
    await home.database.write(lambda tx: tx.execute(text("DELETE FROM firebreak_pgqueuer")).rowcount)
    home.clock.forward(minutes=51)
    await home.worker.run_until_idle()

    assert {first.delivery.id, "a", "b", "c"} <= set(home.channel.ids)
    assert [each for each in home.channel.ids if each in "ab"] == ["a", "b"]
    assert any("late" in each.delivery.text.lower() for each in home.channel.sent)


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_jobs_that_nobody_can_do_are_parked_and_stop_no_other(home: House) -> None:
    strange = text(
        "INSERT INTO firebreak_pgqueuer (priority, status, entrypoint, payload, created) VALUES"
        " (0, 'queued', 'unheard_of', '', now() - interval '2 minutes'), (0, 'queued', 'of_tomorrow', '', now()),"
        " (0, 'queued', 'deliver', 'no content', now() - interval '1 second')"
    )
    await home.database.write(lambda tx: tx.execute(strange).rowcount)
    await owing(home, *messages("a"))
    with structlog.testing.capture_logs() as log:
        await home.worker.run_until_idle()
        for _ in range(2):
            await home.courier.jobs.look_after()
    left = await home.database.read(
        lambda tx: tx.execute(text("SELECT entrypoint, status::text FROM firebreak_pgqueuer ORDER BY id")).all()
    )

    assert home.channel.ids == ["a"]
    assert [tuple(row) for row in left] == [("unheard_of", "failed"), ("of_tomorrow", "queued"), ("deliver", "failed")]
    assert sorted(line["kind"] for line in log if line["log_level"] == "error") == ["deliver", "unheard_of"]


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_jobs_are_neither_copied_nor_needed_where_everything_is_copied_to(
    tmp_path: Path, home: House, postgres: PostgresServer
) -> None:
    await owing(home, *messages("a"), *messages("b", target="war_room:y"))
    await home.courier.claim(1)
    file, back, target = tmp_path / "copied.db", tmp_path / "back", postgres.take()
    upgrade(f"sqlite:///{file}")
    await from_postgres(DATABASES.url(tmp_path), file, lambda *_: None)
    await to_any(file, target, lambda *_: None)
    DATABASES.taken[back] = target
    back.mkdir()
    async with house(back, playbook(WORK), clock=home.clock, channel=Recording()) as heir:
        jobs = await heir.database.read(lambda tx: tx.execute(text("SELECT count(*) FROM firebreak_pgqueuer")).scalar_one())
        await heir.worker.run_until_idle()

        assert (jobs, sorted(heir.channel.ids)) == (0, ["a", "b"])


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_a_worker_hears_of_what_another_process_owes(home: House, other: House) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(other.worker.run(stop))
    took = []
    for name in "abc":
        began = time.monotonic()
        await owing(home, *messages(name))
        async with asyncio.timeout(5):
            while name not in home.channel.ids:
                await home.channel.changed.wait()
                home.channel.changed.clear()
        took.append(time.monotonic() - began)
    stop.set()
    await running

    assert min(took) < 0.5, "it looks only once a second"
