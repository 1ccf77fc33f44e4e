"""The audit: one byte anywhere, a row taken away or moved, is found and named; a sound history is not accused."""

# ruff: noqa: S608 - somebody who tampers writes any column of any table, so statements are put together here

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import Connection, Integer, Table

from engine.store.audit import PROTECTED, AuditReport, verify
from engine.store.audit_rebuilt import NOT_REBUILT, Rebuild, Rebuilt
from engine.store.database import Database
from engine.store.erasure import erase_subject
from engine.store.event_log import StoredEvent
from engine.store.projections import Projection
from engine.store.seal import Sealer
from engine.store.tables import events, heads, incidents, metadata, participants, step_people, steps
from tests.store.given import NOW, a_row, a_step, an_event, declare, folded_notes, note, personal

STEPS = (a_step("facts"), a_step("named", position=1, title=personal("Call Jo Roe", "Jo Roe"), people=("bo",)))
READ_TABLES = (steps, step_people, participants)
UNCHAINED_TABLES = {
    "keys": "a changed key opens nothing: every value under it is damaged, which shows when it is read",
    "key_uses": "only says where erasing has to look",
    "playbooks": "pinned by digest: whoever loads a version computes it anew",
    "tokens": "credentials, not history",
    "token_overlaps": "credentials, not history",
    "webhooks": "whom machines are told by, not history",
    "webhook_messages": "what machines are owed and were sent, not history",
    "settings": "facts about the installation, not history",
}


@pytest.fixture
async def history(database: Database, sealer: Sealer) -> None:
    """Two incidents, the first of three events in two commits, the second of two."""

    def unit(tx: Connection) -> None:
        said = [an_event(1, who=personal("Jo Roe", "Jo Roe")), an_event(2)]
        declare(tx, sealer, 1, events=said, steps=STEPS, participants=["ana"])
        declare(tx, sealer, 2, events=[an_event(1), an_event(2)], steps=STEPS, participants=["ana"])
        note(tx, sealer, "INC-1", an_event(3))

    await database.write(unit)


def _rebuild(_tx: Connection, chain: Sequence[StoredEvent]) -> Rebuilt:
    """Fold events as the given snapshots do; the first incident has three."""
    number = 1 if len(chain) == 3 else 2
    row = a_row(number, version=len(chain))
    return Rebuilt(folded_notes(chain, row.title), Projection(row, STEPS, frozenset({"ana"})))


def _tamper(file: Path, *statements: str) -> None:
    """Change the file as somebody with a shell would."""
    shell = sqlite3.connect(file)
    with shell:
        for statement in statements:
            shell.execute(statement)
    shell.close()


async def _verified(database: Database, sealer: Sealer, rebuild: Rebuild | None = None, key: str | None = None) -> AuditReport:
    return await database.read(lambda tx: verify(tx, sealer, rebuild=rebuild, key=key))


def _texts(report: AuditReport) -> list[str]:
    return [f"{finding.incident}: {finding.text}" for finding in report.findings]


@pytest.mark.usefixtures("history")
async def test_a_sound_history_is_consistent_and_says_that_it_is_not_anchored(database: Database, sealer: Sealer) -> None:
    report = await _verified(database, sealer, _rebuild)

    assert (report.verdict, report.incidents, report.events, report.heads, _texts(report)) == ("consistent, not anchored", 2, 5, 3, [])


async def test_nothing_is_consistent_too(database: Database, sealer: Sealer) -> None:
    assert (await _verified(database, sealer)).verdict == "consistent, not anchored"


def _changes(table: Table, name: str) -> list[str]:
    """Change a column of one row in the ways that its type allows, among them a single byte."""
    column, where = f'"{name}"', f"rowid = (SELECT rowid FROM {table.name} ORDER BY rowid LIMIT 1 OFFSET 1)"
    if isinstance(table.c[name].type, Integer):
        return [f"UPDATE {table.name} SET {column} = {column} + 1000 WHERE {where}"]
    one_byte = f"substr({column}, 1, length({column}) - 1) || char(unicode(substr({column}, -1)) + 5)"
    return [
        f"UPDATE {table.name} SET {column} = {one_byte} WHERE {where}",
        f"UPDATE {table.name} SET {column} = CAST({column} AS BLOB) WHERE {where}",
        f"UPDATE {table.name} SET {column} = {column} || ' ' WHERE {where}",
    ]


CHAINED = [(table, column) for table, columns in PROTECTED.items() for column in columns]
READ = [(table, column.name) for table in READ_TABLES for column in table.columns]
ROW = [(incidents, column.name) for column in incidents.columns if column.name not in PROTECTED[incidents]]


def test_every_column_of_every_table_is_protected_or_has_a_reason_not_to_be() -> None:
    known = {(table.name, column) for table, column in (*CHAINED, *READ, *ROW)}
    excused = UNCHAINED_TABLES.keys() | NOT_REBUILT.keys()
    columns = {(table.name, column.name) for table in metadata.sorted_tables for column in table.columns}

    assert {(table, column) for table, column in columns - known if table not in excused} == set()
    assert {column.name for column in events.columns} == set(PROTECTED[events])
    assert {column.name for column in heads.columns} == set(PROTECTED[heads])


@pytest.mark.parametrize(("table", "column"), CHAINED, ids=str)
@pytest.mark.usefixtures("history")
async def test_a_change_of_any_chained_column_is_found_without_reading_what_it_says(
    file: Path, database: Database, sealer: Sealer, table: Table, column: str
) -> None:
    for change in _changes(table, column):
        before = sqlite3.connect(file)
        kept = before.execute(f"SELECT rowid, * FROM {table.name} ORDER BY rowid LIMIT 1 OFFSET 1").fetchone()
        before.close()
        _tamper(file, change)

        assert (await _verified(database, sealer)).findings, change

        names = ["rowid", *(each.name for each in table.columns)]
        undo = sqlite3.connect(file)
        with undo:
            undo.execute(f"UPDATE {table.name} SET " + ", ".join(f'"{name}" = ?' for name in names) + " WHERE rowid = ?", (*kept, kept[0]))
        undo.close()


@pytest.mark.parametrize(("table", "column"), [each for each in (*READ, *ROW) if ".".join((each[0].name, each[1])) not in NOT_REBUILT])
@pytest.mark.usefixtures("history")
async def test_a_change_of_any_read_column_is_found_by_rebuilding(
    file: Path, database: Database, sealer: Sealer, table: Table, column: str
) -> None:
    fresh = "'2001-01-01T00:00:00.000000Z'" if column.endswith("_at") or column == "due_order" else "'other'"
    value = {"summary": "'{}'", "snapshot": "'{\"schema\":1}'", "people": "'[]'", "title": "'\"x\"'"}.get(column, fresh)
    if isinstance(table.c[column].type, Integer) or column in ("is_open", "private"):
        value = f'1000 - "{column}"'
    _tamper(file, f'UPDATE {table.name} SET "{column}" = {value} WHERE rowid = (SELECT max(rowid) FROM {table.name})')

    assert (await _verified(database, sealer, _rebuild)).findings


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (
            "UPDATE events SET payload = '{}' WHERE seq = 2 AND incident_id LIKE '%1'",
            "INC-1: event 2 was changed: it does not match its digest",
        ),
        ("DELETE FROM events WHERE seq = 2 AND incident_id LIKE '%1'", "INC-1: event 2 is missing"),
        ("DELETE FROM events WHERE seq > 1 AND incident_id LIKE '%1'", "INC-1: events 2 to 3 are missing at the end"),
        ("DELETE FROM events WHERE incident_id LIKE '%2'", "INC-2: events 1 to 2 are missing at the end"),
        ("DELETE FROM heads WHERE number = 2", "None: entries 2 to 2 of the heads are missing"),
        ("DELETE FROM heads WHERE number = 3", "INC-1: the incident is stored at version 3, but its newest head is 2"),
        ("DELETE FROM incidents WHERE number = 2", f"{2:032x}: incident {2:032x} is missing, its heads are not"),
        ("UPDATE incidents SET version = 2 WHERE number = 1", "INC-1: the incident is stored at version 2, but has 3 events"),
    ],
)
@pytest.mark.usefixtures("history")
async def test_it_says_which_row_is_wrong_and_how(file: Path, database: Database, sealer: Sealer, change: str, finding: str) -> None:
    _tamper(file, change)

    assert finding in _texts(await _verified(database, sealer))


@pytest.mark.usefixtures("history")
async def test_reordered_events_are_found(file: Path, database: Database, sealer: Sealer) -> None:
    own = "incident_id LIKE '%1'"
    _tamper(
        file,
        f"UPDATE events SET seq = 99 WHERE seq = 1 AND {own}",
        f"UPDATE events SET seq = 1 WHERE seq = 2 AND {own}",
        f"UPDATE events SET seq = 2 WHERE seq = 99 AND {own}",
    )

    assert "INC-1: event 1 does not follow event 0: one of them was changed or moved" in _texts(await _verified(database, sealer))


@pytest.mark.usefixtures("history")
async def test_an_event_moved_to_another_incident_is_found(file: Path, database: Database, sealer: Sealer) -> None:
    _tamper(file, "UPDATE events SET incident_id = (SELECT id FROM incidents WHERE number = 2) WHERE seq = 3")

    assert {finding.incident for finding in (await _verified(database, sealer)).findings} == {"INC-1", "INC-2"}


@pytest.mark.usefixtures("history")
async def test_a_whole_incident_taken_away_with_its_events_is_missed_by_the_heads(file: Path, database: Database, sealer: Sealer) -> None:
    gone = "(SELECT id FROM incidents WHERE number = 2)"
    tables = ("events", "steps", "step_people", "participants")
    _tamper(file, *(f"DELETE FROM {table} WHERE incident_id = {gone}" for table in tables), "DELETE FROM incidents WHERE number = 2")

    assert _texts(await _verified(database, sealer)) == [f"{2:032x}: incident {2:032x} is missing, its heads are not"]


@pytest.mark.usefixtures("history")
async def test_a_chain_that_was_computed_anew_no_longer_has_the_heads_on_its_side(file: Path, database: Database, sealer: Sealer) -> None:
    """Somebody changes the last event, its digest and the incident's head, but forgets the log of heads."""
    forged = "f" * 64
    _tamper(
        file,
        f"UPDATE events SET digest = '{forged}' WHERE seq = 3",
        f"UPDATE incidents SET head_digest = '{forged}' WHERE number = 1",
    )

    assert "INC-1: event 3 is not the one that entry 3 of the heads names" in _texts(await _verified(database, sealer))


@pytest.mark.usefixtures("history")
async def test_one_incident_can_be_checked_alone(file: Path, database: Database, sealer: Sealer) -> None:
    _tamper(file, "UPDATE events SET payload = '{}' WHERE incident_id LIKE '%2'")
    sound, wrong, unknown = [await _verified(database, sealer, key=key) for key in ("INC-1", "INC-2", "INC-3")]

    assert (sound.verdict, wrong.verdict, _texts(unknown)) == (
        "consistent, not anchored",
        "2 findings",
        ["INC-3: there is no incident INC-3"],
    )


@pytest.mark.usefixtures("history")
async def test_a_step_added_to_or_taken_from_a_list_is_named(file: Path, database: Database, sealer: Sealer) -> None:
    _tamper(file, "UPDATE steps SET step = 'invented' WHERE step = 'facts' AND incident_id LIKE '%2'")

    assert _texts(await _verified(database, sealer, _rebuild)) == [
        "INC-2: step facts is missing from the to-do lists",
        "INC-2: step invented stands in the to-do lists, but not in the events",
    ]


@pytest.mark.usefixtures("history")
async def test_a_damaged_box_is_a_finding_and_not_an_end(file: Path, database: Database, sealer: Sealer) -> None:
    _tamper(file, """UPDATE incidents SET snapshot = replace(snapshot, '"box":"', '"box":"AAAA') WHERE number = 1""")

    assert any("can't be read" in text for text in _texts(await _verified(database, sealer, _rebuild)))


@pytest.mark.parametrize(
    "change",
    ["due_at = 'soon'", "due_at = CAST(due_at AS BLOB)", "people = 'ana'", "title = '{'", "is_open = 7", "private = 'no'"],
)
@pytest.mark.usefixtures("history")
async def test_what_can_no_longer_be_read_is_a_finding_and_not_an_end(file: Path, database: Database, sealer: Sealer, change: str) -> None:
    _tamper(file, f"UPDATE steps SET {change}")

    assert {finding.incident for finding in (await _verified(database, sealer, _rebuild)).findings} == {"INC-1", "INC-2"}


@pytest.mark.usefixtures("history")
async def test_erasing_somebody_breaks_no_chain_and_no_rebuilding(database: Database, sealer: Sealer) -> None:
    await erase_subject(database, sealer, "Jo Roe", reason="asked", at=NOW)

    def erased(tx: Connection, chain: Sequence[StoredEvent]) -> Rebuilt:
        rebuilt = _rebuild(tx, chain)
        note_left = {"$": "personal", "value": "[erased 2026-03-02: asked]", "erased": True}
        named = (STEPS[0], a_step("named", position=1, title=note_left, people=("bo",)))
        return Rebuilt(rebuilt.snapshot, Projection(rebuilt.projection.incident, named, rebuilt.projection.participants))

    report = await _verified(database, sealer, erased)

    assert _texts(report) == []
