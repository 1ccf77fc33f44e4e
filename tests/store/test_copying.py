"""Everything goes over to an empty database as it is stored, or nothing does."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, update

from engine.store.audit import verify
from engine.store.copying import Copied, copy_everything
from engine.store.database import Database, open_database
from engine.store.fault import Fault
from engine.store.finding import Finding
from engine.store.migrate import upgrade
from engine.store.outbox import claim_due, owe
from engine.store.seal import Sealer
from engine.store.search_index import add_texts
from engine.store.sqlite_file import reading_engine
from engine.store.tables import deliveries, metadata
from engine.store.views import IncidentFilter, incidents_counted
from tests.conftest import BOTH
from tests.postgres_server import PostgresServer
from tests.store.given import NOW, a_delivery, a_step, an_event, declare, note, personal

INCIDENTS = 12


def _untold(what: str, share: float) -> None:
    pass


def _sound(tx: Connection) -> list[Finding]:
    return [*verify(tx, None).findings]


def _wrong(tx: Connection) -> list[Finding]:
    return [Finding("INC-1", 1, "event 1 was changed")]


@pytest.fixture
async def written(database: Database, sealer: Sealer, file: Path) -> Path:
    def unit(tx: Connection) -> None:
        for number in range(1, INCIDENTS + 1):
            event = an_event(1, who=personal("Jo Roe", "Jo Roe"), said="ça \U0001f525 {}")
            incident_id = declare(tx, sealer, number, events=[event], steps=[a_step()], participants=["ana"], links=["https://one.example"])
            owe(tx, sealer, incident_id, [a_delivery(f"INC-{number}:1:0")], NOW)

    await database.write(sealer.confirm)
    await database.write(unit)
    return file


@pytest.fixture
def new_file(tmp_path: Path) -> str:
    """The address of an empty SQLite database beside the first one."""
    upgrade(f"sqlite:///{tmp_path / 'new.db'}")
    return f"sqlite:///{tmp_path / 'new.db'}"


@pytest.fixture(params=BOTH)
def new_address(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty database of either kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("new_file")
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with server.lent() as taken:
        yield taken


@pytest.fixture
async def empty(new_address: str) -> AsyncIterator[Database]:
    opened = open_database(new_address)
    yield opened
    await opened.close()


async def _copied(source: Path, target: Database, check: object = _sound) -> Copied:
    engine = reading_engine(source)

    def unit(tx: Connection) -> Copied:
        with engine.begin() as read:
            return copy_everything(read, tx, check=check, told=_untold)  # type: ignore[arg-type]

    try:
        return await target.write(unit)
    finally:
        engine.dispose()


async def _everything(database: Database) -> dict[str, list[str]]:
    """Give every row of every table, as text, in one order on all databases."""

    def unit(tx: Connection) -> dict[str, list[str]]:
        return {name: sorted(str(tuple(row)) for row in tx.execute(select(table))) for name, table in metadata.tables.items()}

    return await database.read(unit)


def _stored(file: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(file)) as shell:
        return {name: shell.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in metadata.tables}  # noqa: S608 - our own names


async def test_every_row_of_every_table_is_the_same_on_the_other_side(written: Path, database: Database, empty: Database) -> None:
    copied = await _copied(written, empty)

    assert await _everything(empty) == await _everything(database)
    assert dict(copied.counts) == {name: len(rows) for name, rows in _stored(written).items()}


async def test_text_goes_over_byte_for_byte(written: Path, new_file: str) -> None:
    target = open_database(new_file)
    await _copied(written, target)
    await target.close()

    assert _stored(Path(new_file.removeprefix("sqlite:///"))) == _stored(written)


async def test_what_is_sealed_opens_on_the_other_side_with_the_same_key(written: Path, empty: Database, sealer: Sealer) -> None:
    await _copied(written, empty)
    await empty.write(sealer.confirm)
    after = await empty.write(lambda tx: note(tx, sealer, "INC-1", an_event(2)))

    assert after.version == 2
    assert "Jo Roe" in str(after.snapshot)


async def test_words_are_found_on_the_other_side(written: Path, database: Database, empty: Database) -> None:
    await database.write(lambda tx: add_texts(tx, 7, [(1, ["INC-7", "Harbour flooded"])]))
    await _copied(written, empty)

    assert await empty.read(lambda tx: incidents_counted(tx, IncidentFilter(text='"harbour flooded"'), viewer=None)) == 1


async def test_the_number_series_go_on_behind_what_was_copied(written: Path, empty: Database, sealer: Sealer) -> None:
    await _copied(written, empty)

    def more(tx: Connection) -> None:
        owe(tx, sealer, declare(tx, sealer, INCIDENTS + 1), [a_delivery("INC-13:1:0")], NOW)

    await empty.write(more)

    numbers = await empty.read(lambda tx: [*tx.execute(select(deliveries.c.number).order_by(deliveries.c.number)).scalars()])
    assert numbers[:-1] == [*range(1, INCIDENTS + 1)]
    assert numbers[-1] > INCIDENTS


async def test_places_in_a_lane_go_on_behind_what_was_copied(written: Path, database: Database, empty: Database, sealer: Sealer) -> None:
    await database.write(lambda tx: tx.execute(update(deliveries).where(deliveries.c.number == 1).values(position=1_000)) and None)
    await _copied(written, empty)

    def more(tx: Connection) -> None:
        owe(tx, sealer, declare(tx, sealer, INCIDENTS + 1), [a_delivery("INC-13:1:0")], NOW)

    await empty.write(more)

    positions = await empty.read(lambda tx: [*tx.execute(select(deliveries.c.position).order_by(deliveries.c.number)).scalars()])
    assert positions[-1] > positions[0] == 1_000


async def test_what_had_been_set_aside_in_its_lane_comes_to_its_turn_on_the_other_side(
    written: Path, database: Database, empty: Database, sealer: Sealer
) -> None:
    def met(tx: Connection) -> list[str]:
        owe(tx, sealer, f"{1:032x}", [a_delivery("INC-1:2:0")], NOW)
        claimed = claim_due(tx, sealer, NOW, limit=50, lease_until=NOW)
        return [owed.delivery.id for owed in claimed]

    claimed = await database.write(met)
    await _copied(written, empty)
    due = await empty.read(lambda tx: tx.execute(select(deliveries.c.due_at).where(deliveries.c.id == "INC-1:2:0")).scalar())

    assert "INC-1:2:0" not in claimed
    assert due == NOW


async def test_a_database_that_is_not_empty_is_refused_and_left_alone(written: Path, empty: Database, sealer: Sealer) -> None:
    await empty.write(lambda tx: declare(tx, sealer, 99))
    before = await _everything(empty)

    with pytest.raises(Fault, match=r"the new database is not empty: there are .*incidents"):
        await _copied(written, empty)
    assert await _everything(empty) == before


async def test_what_does_not_hold_on_the_other_side_is_not_kept(written: Path, empty: Database) -> None:
    with pytest.raises(Fault, match="what was copied does not hold: event 1 was changed"):
        await _copied(written, empty, check=_wrong)

    assert {name for name, rows in (await _everything(empty)).items() if rows} == set()


async def test_a_row_that_is_changed_on_the_way_is_noticed(written: Path, new_file: str) -> None:
    target = open_database(new_file)
    trigger = "CREATE TRIGGER worse AFTER INSERT ON tokens BEGIN UPDATE tokens SET name = 'other' WHERE id = new.id; END"
    await target.write(lambda tx: tx.exec_driver_sql(trigger))
    with closing(sqlite3.connect(written)) as shell, shell:
        shell.execute("INSERT INTO tokens (id, name, digest, scopes, act_as, created_at) VALUES ('1', 'desk', 'd', '[]', 0, '2026')")

    with pytest.raises(Fault, match=r"tokens holds other rows than were copied \(1 of 1\)"):
        await _copied(written, target)
    await target.close()


async def test_a_source_of_another_shape_is_refused(written: Path, empty: Database) -> None:
    with closing(sqlite3.connect(written)) as shell, shell:
        shell.execute("UPDATE alembic_version SET version_num = '0001'")

    with pytest.raises(Fault, match="run firebreak db upgrade on it first"):
        await _copied(written, empty)
