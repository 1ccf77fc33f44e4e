"""`soundness` looks at a database as a whole, finds what is wrong with it, and changes nothing."""

import sqlite3
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from engine.store.database import Database, open_database
from engine.store.migrate import SCRIPTS
from engine.store.outbox import owe
from engine.store.seal import Sealer
from engine.store.soundness import Soundness, soundness
from tests.postgres_server import PostgresServer
from tests.store.given import NOW, a_delivery, a_step, an_event, declare, personal

OTHER = "another secret of sufficient length"


@pytest.fixture
async def written(database: Database, sealer: Sealer) -> Database:
    """Two incidents with steps, something sealed and something owed."""

    def unit(tx: Connection) -> None:
        for number in (1, 2):
            event = an_event(1, who=personal("Jo Roe", "Jo Roe"))
            incident_id = declare(tx, sealer, number, events=[event], steps=[a_step()], participants=["ana"])
            owe(tx, sealer, incident_id, [a_delivery(f"INC-{number}:1:0")], NOW)

    await database.write(sealer.confirm)
    await database.write(unit)
    return database


def planned(_tx: Connection, _digest: str) -> frozenset[str]:
    return frozenset({"facts"})


async def looked(database: Database, sealer: Sealer | None) -> Soundness:
    return await database.read(lambda tx: soundness(tx, sealer, planned))


async def found(database: Database, sealer: Sealer | None, *changes: str) -> list[str]:
    """Change a database as somebody with a shell would, and list what is found."""

    def unit(tx: Connection) -> None:
        for change in changes:
            tx.execute(text(change))

    await database.write(unit)
    return [f"{each.incident}: {each.text}" for each in (await looked(database, sealer)).findings]


async def test_a_whole_database_is_sound(written: Database, sealer: Sealer) -> None:
    assert await looked(written, sealer) == Soundness(ScriptDirectory(str(SCRIPTS)).get_current_head(), 2, 2, 2, ())


async def test_an_empty_one_is_sound_too(database: Database, sealer: Sealer) -> None:
    assert (await looked(database, sealer)).findings == ()


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ("DELETE FROM steps WHERE incident_id LIKE '%2'", "INC-2: it lacks steps of its playbook: facts"),
        (
            "UPDATE incidents SET version = 2 WHERE number = 1",
            "INC-1: it stands at version 2, with 1 events up to 1 and its newest head at 1",
        ),
        ("DELETE FROM heads WHERE number = 2", "INC-2: it stands at version 1, with 1 events up to 1 and its newest head at 0"),
        ("DELETE FROM events", "INC-1: it stands at version 1, with 0 events up to 0 and its newest head at 1"),
        ("UPDATE incidents SET head_digest = 'x' WHERE number = 2", "INC-2: its head is not the digest of its last event"),
    ],
)
async def test_what_does_not_agree_is_found(written: Database, sealer: Sealer, change: str, finding: str) -> None:
    assert (await found(written, sealer, change))[0].startswith(finding)


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ("UPDATE alembic_version SET version_num = '0001'", "None: it has schema 0001, which is not this program's: run"),
        ("UPDATE alembic_version SET version_num = '9999'", "None: it has schema 9999, which is not this program's: run"),
        ("DELETE FROM alembic_version", "None: it has no schema of Firebreak's: run"),
    ],
)
async def test_a_schema_that_is_not_this_programs_is_found(kind: str, written: Database, sealer: Sealer, change: str, finding: str) -> None:
    (only,) = await found(written, sealer, change)

    assert only.startswith(finding)


async def test_a_key_that_does_not_open_what_is_sealed_is_found(written: Database) -> None:
    assert await found(written, Sealer(OTHER)) == ["None: 4 sealing keys can't be opened with the secret key that is here"]
    assert [finding.partition(",")[0] for finding in await found(written, None)] == ["None: there is no secret key here"]


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_rows_that_point_nowhere_are_found(kind: str, written: Database, sealer: Sealer) -> None:
    loose = "SET LOCAL session_replication_role = replica", "UPDATE participants SET incident_id = 'nothing' WHERE incident_id LIKE '%1'"
    lost = await found(written, sealer, *loose)

    assert lost == ["None: 1 rows of participants point to rows of incidents that are not there"]


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_a_series_of_numbers_that_lags_behind_is_found(kind: str, written: Database, sealer: Sealer) -> None:
    behind = "SELECT setval(pg_get_serial_sequence('deliveries', 'number'), 1, false)"

    assert await found(written, sealer, behind) == ["None: the numbers of deliveries are behind: the next row would get one that is taken"]


async def test_a_bare_database_has_no_schema(postgres: PostgresServer, sealer: Sealer) -> None:
    opened = open_database(postgres.bare(), mode="read")
    findings = (await looked(opened, sealer)).findings
    await opened.close()

    assert findings[0].text.startswith("it has no schema of Firebreak's")


async def test_an_index_of_words_that_lost_some_shows_on_sqlite(file: Path, sealer: Sealer) -> None:
    shell = sqlite3.connect(file)
    with shell:
        shell.executescript("DROP TRIGGER search_texts_added; INSERT INTO search_texts VALUES (1048577, 'wflood')")
    shell.close()
    opened = open_database(f"sqlite:///{file}")
    findings = (await looked(opened, None)).findings
    await opened.close()

    assert any("the search index has 0 of 1 entries" in each.text for each in findings)
