"""Where several processes work: what is sent together is recorded together, and nobody waits for a claim."""

import asyncio
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy import Connection, text
from sqlalchemy.util import await_only

from engine.incident.effects import Delivery
from engine.store.job import DELIVER, Job
from engine.store.outbox import owe
from engine.store.pgqueue import dequeue
from engine.store.queued import enqueue_owed
from tests.runtime.given import House

KINDS = ("postgresql",)


def message(name: str, lane: str) -> Delivery:
    return Delivery(name, "say", f"war_room:{lane}", f"The words of {name}.", replaces=True)


async def owing(home: House, *said: Delivery) -> None:
    incident, now = await home.incident("INC-1"), home.clock.now()

    def unit(tx: Connection) -> None:
        owe(tx, home.sealer, incident.id, said, now)
        enqueue_owed(tx, incident.id, now)

    await home.database.write(unit)


async def state_of(home: House, name: str) -> str:
    return {each.id: each.state for each in await home.deliveries("INC-1")}[name]


async def test_what_is_sent_together_is_recorded_in_one_transaction_and_a_newer_body_stays_owed(home: House) -> None:
    await owing(home, message("a", "x"), message("b", "y"), message("later", "y"), message("c", "z"))
    claimed = (await home.courier.claim(10)).owed
    await owing(home, replace(message("a", "x"), text="Newer words."))
    await asyncio.gather(*(home.courier.deliver(each) for each in claimed))
    transactions = await home.database.read(
        lambda tx: tx.execute(text("SELECT count(DISTINCT xmin::text) FROM deliveries WHERE id IN ('a', 'b', 'c')")).scalar()
    )
    states = [await state_of(home, name) for name in ("a", "b", "c", "later")]
    await home.forward(minutes=1)

    assert (home.channel.ids[:3], transactions, states) == (["a", "b", "c"], 1, ["pending", "sent", "sent", "pending"])
    assert sorted(home.channel.ids[3:]) == ["a", "later"]
    assert {each.delivery.id for each in home.channel.sent[3:] if each.receipt} == {"a"}


async def test_whoever_owes_to_an_incident_never_waits_for_a_claim_of_what_is_queued_already(home: House) -> None:
    await owing(home, message("a", "x"))
    incident, now, worker = await home.incident("INC-1"), home.clock.now(), UUID(int=7)
    claimed, may_go_on = asyncio.Event(), asyncio.Event()

    async with asyncio.timeout(3):
        claiming = asyncio.create_task(_claim_slowly(home, worker, claimed, may_go_on))
        await claimed.wait()
        await home.database.write(lambda tx: enqueue_owed(tx, incident.id, now))
        is_waiting = not claiming.done()
        may_go_on.set()
        await claiming

    assert is_waiting


async def _claim_slowly(home: House, worker: UUID, claimed: asyncio.Event, may_go_on: asyncio.Event) -> None:
    """Claim, and leave the transaction open until told to go on."""

    def unit(tx: Connection) -> None:
        assert [each.about for each in dequeue(tx, worker, DELIVER, 1) if isinstance(each, Job)] == ["a"]
        claimed.set()
        await_only(may_go_on.wait())

    await home.database.write(unit)
