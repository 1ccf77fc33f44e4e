"""Counts for whoever watches: what is owed and what is open, by what can be told to anybody."""

from sqlalchemy import Connection, update

from engine.store.database import Database
from engine.store.outbox import owe
from engine.store.seal import Sealer
from engine.store.tables import deliveries
from engine.store.watching import WITHHELD, OpenIncidents, Queued, open_incidents, queued
from tests.store.given import a_delivery, declare, minutes


async def test_what_is_owed_is_counted_by_scheme_and_state_with_the_oldest(database: Database, sealer: Sealer) -> None:
    def unit(tx: Connection) -> list[Queued]:
        incident = declare(tx, sealer, 1)
        for number, (target, at) in enumerate([("slack:#a", 3), ("slack:#b", 2), ("person:ana", 1), ("email:a@x.ca", 9), ("slack:#c", 0)]):
            owe(tx, sealer, incident, [a_delivery(f"INC-1:{number}:0", target=target)], minutes(at))
        for name, state in (("INC-1:3:0", "sent"), ("INC-1:4:0", "dead")):
            tx.execute(update(deliveries).where(deliveries.c.id == name).values(state=state))
        return queued(tx)

    assert await database.write(unit) == [
        Queued("person", "pending", 1, minutes(1)),
        Queued("slack", "dead", 1, minutes(0)),
        Queued("slack", "pending", 2, minutes(2)),
    ]


async def test_what_runs_is_counted_and_what_only_participants_may_know_of_is_not_described(database: Database, sealer: Sealer) -> None:
    def unit(tx: Connection) -> list[OpenIncidents]:
        declare(tx, sealer, 1)
        declare(tx, sealer, 2)
        declare(tx, sealer, 3, status="closed")
        declare(tx, sealer, 4, mode="rehearsal", severity="sev1")
        declare(tx, sealer, 5, visibility="participants", severity="sev1", status="contained")
        declare(tx, sealer, 6, visibility="participants")
        return open_incidents(tx)

    assert await database.write(unit) == [
        OpenIncidents("sev1", "active", "rehearsal", 1),
        OpenIncidents("sev2", "active", "live", 2),
        OpenIncidents(WITHHELD, WITHHELD, "live", 2),
    ]


async def test_where_nothing_is_there_is_nothing_to_count(database: Database) -> None:
    assert await database.read(lambda tx: (queued(tx), open_incidents(tx))) == ([], [])
