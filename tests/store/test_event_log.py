"""The log: what is appended is read back, chained, and refuses whoever comes too late."""

from dataclasses import replace

import pytest
from sqlalchemy import Connection, select

from engine.store.chain import ORIGIN, digest_of
from engine.store.database import Database
from engine.store.event_log import Conflict, append, load, next_number, read_events
from engine.store.seal import Sealer
from engine.store.tables import events, heads, incidents, instant_text
from tests.store.given import ACTOR, NOW, a_row, an_event, declare, minutes, note, personal


async def test_an_incident_is_loaded_by_key_and_by_id_as_it_was_stored(database: Database, sealer: Sealer) -> None:
    snapshot = {"schema": 1, "people": [personal("Jo Roe", "Jo Roe")], "notes": []}
    incident_id = await database.write(lambda tx: declare(tx, sealer, 7, snapshot=snapshot))
    by_key, by_id, unknown = await database.read(lambda tx: [load(tx, sealer, name) for name in ("INC-7", incident_id, "INC-8")])

    assert by_key == by_id
    assert by_key is not None
    assert (by_key.snapshot, by_key.version, by_key.playbook_digest, unknown) == (snapshot, 1, "d" * 64, None)


async def test_events_are_read_back_in_order_with_their_personal_parts(database: Database, sealer: Sealer) -> None:
    said = [an_event(number, who=personal("Jo Roe", "Jo Roe")) for number in (1, 2, 3)]
    incident_id = await database.write(lambda tx: declare(tx, sealer, events=said))
    stored = await database.read(lambda tx: read_events(tx, sealer, incident_id, after=1, limit=2))

    assert [(event.seq, event.at, event.actor, event.payload) for event in stored] == [
        (seq, minutes(seq), ACTOR, said[seq - 1].payload) for seq in (2, 3)
    ]


async def test_a_name_under_a_mark_stands_in_no_column(database: Database, sealer: Sealer) -> None:
    def unit(tx: Connection) -> str:
        declare(tx, sealer, events=[an_event(1, who=personal("Jo Roe", "Jo Roe"))], summary={"who": personal("Jo Roe")})
        return "".join(str([*tx.execute(select(table))]) for table in (events, incidents, heads))

    assert "Jo Roe" not in await database.write(unit)


async def test_each_event_is_digested_with_the_one_before(database: Database, sealer: Sealer) -> None:
    incident_id = await database.write(lambda tx: declare(tx, sealer, events=[an_event(1), an_event(2)]))

    def unit(tx: Connection) -> tuple[list[str], list[str]]:
        rows = tx.execute(select(events).order_by(events.c.seq)).all()
        previous = [ORIGIN, rows[0].digest]
        said = [(row.seq, instant_text(row.at), row.actor, row.type, row.payload) for row in rows]
        return [digest_of(incident_id, *row, before) for row, before in zip(said, previous, strict=True)], [row.digest for row in rows]

    computed, stored = await database.read(unit)

    assert computed == stored


def test_values_next_to_each_other_are_not_confused() -> None:
    assert len({digest_of("ab", "c"), digest_of("a", "bc"), digest_of("abc"), digest_of("a", "b,c"), digest_of(1), digest_of("1")}) == 6


async def test_whoever_loaded_an_older_version_gets_a_conflict_and_changes_nothing(database: Database, sealer: Sealer) -> None:
    await database.write(lambda tx: declare(tx, sealer))
    old = await database.read(lambda tx: load(tx, sealer, "INC-1"))
    assert old is not None
    await database.write(lambda tx: note(tx, sealer, "INC-1", an_event(2)))

    with pytest.raises(Conflict, match="INC-1 is not at version 1 any more"):
        await database.write(lambda tx: append(tx, sealer, old, events=[an_event(3)], row=a_row(version=2), snapshot={}))
    stored = await database.read(lambda tx: load(tx, sealer, "INC-1"))
    assert stored is not None
    assert (stored.version, len(stored.snapshot["notes"])) == (2, 2)


async def test_a_head_that_was_changed_meanwhile_is_a_conflict_too(database: Database, sealer: Sealer) -> None:
    await database.write(lambda tx: declare(tx, sealer))
    stored = await database.read(lambda tx: load(tx, sealer, "INC-1"))
    assert stored is not None

    with pytest.raises(Conflict):
        await database.write(
            lambda tx: append(tx, sealer, replace(stored, head_digest="f" * 64), events=[an_event(2)], row=a_row(version=2), snapshot={})
        )


async def test_an_incident_is_declared_once(database: Database, sealer: Sealer) -> None:
    await database.write(lambda tx: declare(tx, sealer))

    with pytest.raises(Conflict, match="INC-1 exists already"):
        await database.write(lambda tx: declare(tx, sealer))


async def test_a_version_that_does_not_follow_is_a_bug(database: Database, sealer: Sealer) -> None:
    with pytest.raises(ValueError, match="can't make version 3"):
        await database.write(lambda tx: append(tx, sealer, None, events=[an_event(1)], row=a_row(version=3), snapshot={}))


async def test_numbers_count_on_without_gaps_after_a_failure(database: Database, sealer: Sealer) -> None:
    def failing(tx: Connection) -> None:
        declare(tx, sealer, next_number(tx))
        raise LookupError

    numbers = [await database.write(next_number)]
    await database.write(lambda tx: declare(tx, sealer, next_number(tx)))
    with pytest.raises(LookupError):
        await database.write(failing)
    numbers.append(await database.write(next_number))

    assert numbers == [1, 2]


async def test_every_change_of_every_incident_stands_in_the_heads(database: Database, sealer: Sealer) -> None:
    def unit(tx: Connection) -> list[tuple[int, str, int]]:
        declare(tx, sealer, 1)
        declare(tx, sealer, 2, events=[an_event(1), an_event(2)])
        note(tx, sealer, "INC-1", an_event(2))
        return [(row.number, row.incident_id[-1], row.version) for row in tx.execute(select(heads).order_by(heads.c.number))]

    assert await database.write(unit) == [(1, "1", 1), (2, "2", 2), (3, "1", 2)]


async def test_instants_keep_their_microseconds_and_are_utc(database: Database, sealer: Sealer) -> None:
    at = NOW.replace(microsecond=123_456)
    incident_id = await database.write(lambda tx: declare(tx, sealer, events=[replace(an_event(1), at=at)]))
    stored = await database.read(lambda tx: read_events(tx, sealer, incident_id))

    assert (stored[0].at, stored[0].at.utcoffset() == NOW.utcoffset(), instant_text(at)) == (at, True, "2026-03-02T09:00:00.123456Z")
