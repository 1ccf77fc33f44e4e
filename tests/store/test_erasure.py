"""Forgetting a person: their name never stood in any file, and nobody can read it any more, from no copy."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from engine.store.database import Database, open_database
from engine.store.erasure import erase_incident, erase_subject
from engine.store.event_log import load, read_events
from engine.store.fault import Fault
from engine.store.idempotency import New, Stored, reserve, save
from engine.store.outbox import claim_due, owe, record_dead, record_sent
from engine.store.seal import Sealer
from engine.store.tables import keys
from engine.store.views import deliveries_of
from tests.store.given import NOW, a_delivery, a_step, an_event, declare, minutes, personal

NAME = "Josephine Quibble"
ERASED = "[erased 2026-03-02: asked]"


@pytest.fixture
async def named(database: Database, sealer: Sealer) -> str:
    """An incident that speaks of somebody wherever it can."""

    def unit(tx: Connection) -> str:
        mark = personal(NAME, NAME)
        incident_id = declare(
            tx,
            sealer,
            events=[an_event(1, who=mark)],
            steps=[a_step("call", title=personal(f"Call {NAME}", NAME))],
            summary={"who": mark},
            links=[f"https://video.example/{NAME}"],
        )
        said = [a_delivery(f"INC-1:1:{number}", target=f"person:{number}", text=f"Tell {NAME}.") for number in range(3)]
        owe(tx, sealer, incident_id, [*said, a_delivery("INC-1:1:3", target="person:3", text="Tell nobody.")], NOW)
        reserved = reserve(tx, sealer, key=f"for {NAME}", token_id="t", body_hash="h", now=NOW)
        assert isinstance(reserved, New)
        save(tx, sealer, reserved, Stored(201, {"who": NAME}), incident_id)
        return incident_id

    incident_id = await database.write(unit)

    def send(tx: Connection) -> None:
        first, second, *_ = claim_due(tx, sealer, NOW, limit=10, lease_until=minutes(0))
        record_sent(tx, sealer, first, {"ts": "1", "to": NAME}, NOW)
        record_dead(tx, second, "channel_not_found", NOW)

    await database.write(send)
    return incident_id


def _files(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()))


@pytest.mark.usefixtures("named")
async def test_a_personal_name_stands_in_no_file_at_any_time(tmp_path: Path, database: Database, sealer: Sealer) -> None:
    backup = tmp_path / "backup"
    backup.mkdir()
    shell = sqlite3.connect(tmp_path / "firebreak.db")
    copy = sqlite3.connect(backup / "copy.db")
    shell.backup(copy)
    shell.close()
    copy.close()
    before = _files_without_folders(tmp_path) + _files(backup)
    await erase_subject(database, sealer, NAME, reason="asked", at=NOW)
    after = _files_without_folders(tmp_path) + _files(backup)

    for spelling in (NAME, NAME.casefold(), NAME.upper(), "Quibble"):
        assert spelling.encode() not in before
        assert spelling.encode() not in after


def _files_without_folders(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()) if file.is_file())


@pytest.mark.usefixtures("named")
async def test_a_destroyed_key_stands_in_no_file_any_more(tmp_path: Path, file: Path, database: Database, sealer: Sealer) -> None:
    def wrapped(tx: Connection) -> list[str]:
        return [
            row.wrapped
            for row in tx.execute(select(keys).order_by(keys.c.id))
            if row.lookup == sealer.fingerprint("subject", NAME.casefold())
        ]

    (key,) = await database.read(wrapped)
    before = _files_without_folders(tmp_path)
    await erase_subject(database, sealer, NAME, reason="asked", at=NOW)
    after = _files_without_folders(tmp_path)

    assert key.encode() in before
    assert key.encode() not in after
    assert sealer.fingerprint("subject", NAME.casefold()).encode() not in after


async def test_everything_marked_reads_as_erased_afterwards(database: Database, sealer: Sealer, named: str) -> None:
    found = await erase_subject(database, sealer, NAME.upper(), reason="asked", at=NOW)
    stored = await database.read(lambda tx: load(tx, sealer, named))
    (event,) = await database.read(lambda tx: read_events(tx, sealer, named))
    assert stored is not None

    assert found
    assert event.payload["who"] == {"$": "personal", "value": ERASED, "erased": True}
    assert stored.snapshot["notes"][0]["who"]["value"] == ERASED


async def test_copies_inside_whole_texts_are_forgotten_and_what_must_still_go_out_is_kept(
    database: Database, sealer: Sealer, named: str
) -> None:
    await erase_subject(database, sealer, NAME, reason="asked", at=NOW)
    page = await database.read(lambda tx: deliveries_of(tx, sealer, named))
    due = await database.write(lambda tx: claim_due(tx, sealer, minutes(9), limit=10, lease_until=minutes(10)))

    assert [(each.state, each.text) for each in page.items] == [
        ("sent", ERASED),
        ("erased", ERASED),
        ("erased", ERASED),
        ("pending", "Tell nobody."),
    ]
    assert [owed.delivery.text for owed in due] == ["Tell nobody."]


@pytest.mark.usefixtures("named")
async def test_a_stored_answer_keeps_its_status_and_loses_its_words(database: Database, sealer: Sealer) -> None:
    await erase_subject(database, sealer, NAME, reason="asked", at=NOW)

    def again(tx: Connection) -> object:
        return reserve(tx, sealer, key=f"for {NAME}", token_id="t", body_hash="h", now=NOW)

    assert await database.write(again) == Stored(201, None)


async def test_forgetting_somebody_unknown_says_so(database: Database, sealer: Sealer) -> None:
    assert not await erase_subject(database, sealer, "Nobody", reason="asked", at=NOW)


async def test_a_card_that_was_erased_is_owed_anew_and_still_edited(database: Database, sealer: Sealer) -> None:
    card = a_delivery("INC-1:card", kind="card", replaces=True, text=f"About {NAME}")

    def unit(tx: Connection) -> None:
        incident_id = declare(tx, sealer, events=[an_event(1, who=personal(NAME, NAME))])
        owe(tx, sealer, incident_id, [card], NOW)
        (owed,) = claim_due(tx, sealer, NOW, limit=1, lease_until=minutes(1))
        record_sent(tx, sealer, owed, {"ts": "1"}, NOW)

    await database.write(unit)
    await erase_subject(database, sealer, NAME, reason="asked", at=NOW)

    def newer(tx: Connection) -> list[tuple[str, object]]:
        owe(tx, sealer, f"{1:032x}", [a_delivery("INC-1:card", kind="card", replaces=True, text="About [erased]")], minutes(1))
        return [(owed.delivery.text, owed.receipt) for owed in claim_due(tx, sealer, minutes(1), limit=1, lease_until=minutes(2))]

    assert await database.write(newer) == [("About [erased]", {"ts": "1"})]


async def test_an_erased_incident_reads_on_without_what_had_no_subject(database: Database, sealer: Sealer) -> None:
    def unit(tx: Connection) -> str:
        incident_id = declare(tx, sealer, events=[an_event(1, note=personal("unwell"), who=personal(NAME, NAME))])
        owe(tx, sealer, incident_id, [a_delivery("INC-1:1:0"), a_delivery("INC-1:1:1")], NOW)
        (owed,) = claim_due(tx, sealer, NOW, limit=1, lease_until=minutes(1))
        record_sent(tx, sealer, owed, {"ts": "1"}, NOW)
        return incident_id

    incident_id = await database.write(unit)
    await erase_incident(database, sealer, incident_id, reason="asked", at=NOW)
    (event,) = await database.read(lambda tx: read_events(tx, sealer, incident_id))
    page = await database.read(lambda tx: deliveries_of(tx, sealer, incident_id))
    due = await database.write(lambda tx: claim_due(tx, sealer, minutes(9), limit=10, lease_until=minutes(10)))

    assert (event.payload["note"]["value"], event.payload["who"]["value"]) == (ERASED, NAME)
    assert [(each.state, each.text, each.receipt) for each in page.items] == [("sent", ERASED, None), ("erased", ERASED, None)]
    assert due == []


async def test_a_reader_that_keeps_the_log_in_use_is_reported(file: Path, database: Database, sealer: Sealer) -> None:
    await database.write(lambda tx: declare(tx, sealer, events=[an_event(1, who=personal(NAME, NAME))]))
    reader = sqlite3.connect(file, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM events").fetchone()
    with pytest.raises(Fault, match="readers kept the write-ahead log"):
        await erase_subject(database, sealer, NAME, reason="asked", at=NOW)
    reader.close()
    await database.scrub()

    assert file.with_name(file.name + "-wal").stat().st_size == 0


async def test_erasing_holds_across_a_restart(file: Path, sealer: Sealer) -> None:
    database = open_database(f"sqlite:///{file}")
    incident_id = await database.write(lambda tx: declare(tx, sealer, events=[an_event(1, who=personal(NAME, NAME))]))
    await erase_subject(database, sealer, NAME, reason="asked", at=NOW)
    await database.close()
    again = open_database(f"sqlite:///{shutil.copy(file, file.with_name('copy.db'))}")
    (event,) = await again.read(lambda tx: read_events(tx, sealer, incident_id))
    await again.close()

    assert event.payload["who"]["value"] == ERASED
