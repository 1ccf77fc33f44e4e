"""Which incidents are worked in a channel: from receipts, by an index, and only for those who may know."""

from pathlib import Path

from sqlalchemy import Connection, text

from engine.store.database import Database
from engine.store.outbox import claim_due, owe, record_sent
from engine.store.projections import IncidentRow
from engine.store.rooms import catch_up, incidents_in, put_room
from engine.store.seal import Sealer
from tests.store.given import NOW, a_delivery, declare, minutes

OPEN = ("active", "contained", "closed")


async def _declared(database: Database, sealer: Sealer, *numbers: int) -> None:
    await database.write(lambda tx: [declare(tx, sealer, number) for number in numbers])


async def _sent(database: Database, sealer: Sealer, kind: str, channel: str, **body: object) -> None:
    """Owe and send a delivery of the first incident, whose receipt names a channel."""
    delivery = a_delivery(f"INC-1:{kind}", kind=kind, replaces=True, body=dict(body))

    def unit(tx: Connection) -> None:
        owe(tx, sealer, f"{1:032x}", [delivery], NOW)
        for owed in claim_due(tx, sealer, NOW, limit=9, lease_until=minutes(1)):
            record_sent(tx, sealer, owed, {"channel": channel}, NOW)

    await database.write(unit)


async def _found(database: Database, sealer: Sealer, *channels: str, viewer: str | None = None) -> list[IncidentRow]:
    return await database.read(lambda tx: incidents_in(tx, sealer, channels, statuses=OPEN, viewer=viewer))


async def test_a_rooms_receipt_tells_where_an_incident_is_worked(database: Database, sealer: Sealer) -> None:
    await _declared(database, sealer, 1, 2)
    await _sent(database, sealer, "room", "C1")

    assert [row.key for row in await _found(database, sealer, "C1")] == ["INC-1"]
    assert await _found(database, sealer, "C2") == []


async def test_a_rehearsals_card_tells_the_id_behind_the_name(database: Database, sealer: Sealer) -> None:
    await _declared(database, sealer, 1)
    await _sent(database, sealer, "room", "#rehearsal", rehearsal=True)
    by_name = await _found(database, sealer, "#rehearsal")
    await _sent(database, sealer, "card", "C9", rehearsal=True)
    await _sent(database, sealer, "room", "#rehearsal", rehearsal=True)

    assert [row.key for row in by_name] == ["INC-1"]
    assert [row.key for row in await _found(database, sealer, "C9")] == ["INC-1"]


async def test_no_channel_is_readable_in_the_table(database: Database, sealer: Sealer) -> None:
    await _declared(database, sealer, 1)
    await _sent(database, sealer, "room", "C0SECRET")

    assert "C0SECRET" not in str(await database.read(lambda tx: tx.execute(text("SELECT * FROM rooms")).all()))


async def test_who_may_not_know_of_an_incident_does_not_find_it(database: Database, sealer: Sealer) -> None:
    await database.write(lambda tx: declare(tx, sealer, 1, visibility="participants"))
    await database.write(lambda tx: put_room(tx, sealer, f"{1:032x}", {"channel": "C1"}))

    assert await _found(database, sealer, "C1", viewer="eve") == []
    assert len(await _found(database, sealer, "C1")) == 1


async def test_rooms_of_an_older_database_are_caught_up_with_once(database: Database, sealer: Sealer) -> None:
    await _declared(database, sealer, 1)
    await _sent(database, sealer, "room", "C1")
    await database.write(lambda tx: tx.execute(text("DELETE FROM rooms")))
    caught = [await database.write(lambda tx: catch_up(tx, sealer)) for _ in range(2)]

    assert caught == [1, 0]
    assert len(await _found(database, sealer, "C1")) == 1


async def test_a_channel_is_looked_up_by_an_index(file: Path, database: Database) -> None:
    question = "SELECT incidents.key FROM rooms JOIN incidents ON incidents.id = rooms.incident_id WHERE rooms.fingerprint = 'x'"
    steps = [row.detail for row in await database.read(lambda tx: tx.execute(text(f"EXPLAIN QUERY PLAN {question}")).all())]

    assert "ix_rooms_fingerprint" in steps[0]
    assert not any(step.startswith("SCAN") for step in steps)
