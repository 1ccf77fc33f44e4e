"""Several processes on one PostgreSQL: commands wait for each other, work is shared, and who is alive keeps what is theirs."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from engine.channels.channel import Outcome, Outgoing
from engine.incident import commands as c
from engine.runtime.history import rebuild_with
from engine.runtime.outcome import Handled
from engine.store.audit import verify
from tests.runtime.given import WORK, House, ScriptedChannel, arrived, house, person, playbook

KINDS = ("postgresql",)
"""On SQLite one process writes."""


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[tuple[House, House]]:
    """Two houses on one database, whose channels and clocks are the same."""
    async with house(tmp_path, playbook(WORK)) as one, house(tmp_path, channel=one.channel, clock=one.clock) as other:
        yield one, other


class Held:
    """A channel that lets nothing through until it is told to."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.busy, self.free = asyncio.Event(), asyncio.Event()

    async def send(self, outgoing: Outgoing) -> Outcome:
        self.sent.append(outgoing.delivery.id)
        self.busy.set()
        await self.free.wait()
        return arrived(outgoing)


def later(home: House, **span: float) -> None:
    home.clock.move_to(home.clock.now() + timedelta(**span))


async def test_commands_on_one_incident_from_two_processes_all_happen_one_after_another(two: tuple[House, House]) -> None:
    await two[0].declare()

    before = (await two[0].incident("INC-1")).version
    outcomes = await asyncio.gather(*(each.handler.handle("INC-1", c.Note(f"{n}"), person("ana")) for n in range(10) for each in two))

    report = await two[0].database.read(lambda tx: verify(tx, two[0].sealer, rebuild=rebuild_with(two[0].library)))
    assert all(isinstance(outcome, Handled) for outcome in outcomes)
    assert ((await two[1].incident("INC-1")).version, report.findings) == (before + 20, ())


async def test_incidents_declared_in_two_processes_have_consecutive_numbers(two: tuple[House, House]) -> None:
    declared = await asyncio.gather(*(each.declare() for _ in range(6) for each in two))

    assert sorted(incident.key for incident in declared) == sorted(f"INC-{number}" for number in range(1, 13))


async def test_two_workers_send_everything_once(two: tuple[House, House]) -> None:
    for _ in range(6):
        await two[0].declare()

    while sum(await asyncio.gather(*(each.worker.run_until_idle() for each in two))):
        pass

    channel = two[0].channel
    assert isinstance(channel, ScriptedChannel)
    posted = [outgoing.delivery.id for outgoing in channel.sent if not outgoing.receipt]
    assert (len(posted), {each.doubts for each in channel.sent}) == (len(set(posted)), {0})


async def test_a_deadline_acts_once_although_two_workers_wait_for_it(two: tuple[House, House]) -> None:
    await two[0].declare()
    later(two[0], minutes=21)
    await asyncio.gather(*(each.worker.run_until_idle() for each in two))

    once = await two[0].incident("INC-1")
    await asyncio.gather(*(each.worker.run_until_idle() for each in two))
    assert await two[1].incident("INC-1") == once


async def test_a_process_that_starts_takes_nothing_from_one_that_lives(tmp_path: Path) -> None:
    held = Held()
    async with house(tmp_path, playbook(WORK), channel=held) as one:
        await one.declare()
        sending = asyncio.create_task(one.worker.run_until_idle())
        await held.busy.wait()
        began = list(held.sent)

        async with house(tmp_path, clock=one.clock) as other:
            await other.courier.take_over()
            await other.worker.run_until_idle()
            taken = [outgoing.delivery.id for outgoing in other.channel.sent]
        held.free.set()
        await sending

    assert set(began).isdisjoint(taken)


async def test_what_a_dead_process_had_is_taken_over_and_known_to_be_in_doubt(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as one:
        await one.declare()
        claimed = (await one.courier.claim(50)).owed

        async with house(tmp_path, clock=one.clock) as other:
            await other.worker.run_until_idle()
            early = {outgoing.delivery.id for outgoing in other.channel.sent}
            await other.fall_silent()
            await other.worker.run_until_idle()
            sent = {outgoing.delivery.id: outgoing.doubts for outgoing in other.channel.sent}

    assert early.isdisjoint(owed.delivery.id for owed in claimed)
    assert {sent[owed.delivery.id] for owed in claimed} == {1}
