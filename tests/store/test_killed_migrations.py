"""Migrations of a database full of incidents: killed at any statement they start over; and none takes away what an older release reads."""

import ast
import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from engine.store.backup import Source, examine, make_backup
from engine.store.database import Database, open_database
from engine.store.migrate import SCRIPTS, is_current, is_usable, upgrade
from engine.store.outbox import owe
from engine.store.seal import Sealer
from engine.store.sqlite_file import writing_engine
from tests.postgres_server import PostgresServer
from tests.store.given import NOW, SECRET, a_delivery, a_step, an_event, declare
from tests.store.killed_upgrade import upgraded

INCIDENTS = int(os.environ.get("FIREBREAK_MIGRATED_INCIDENTS", "500"))
KILLS = 20
COUNTED = ("incidents", "events", "steps", "deliveries")


@pytest.fixture
async def old(tmp_path: Path) -> Path:
    """A database of the first schema with incidents, steps, events and deliveries in it."""
    file = tmp_path / "firebreak.db"
    upgrade(f"sqlite:///{file}")
    database, sealer = open_database(f"sqlite:///{file}"), Sealer(SECRET)

    def unit(tx: Connection) -> None:
        for number in range(1, INCIDENTS + 1):
            incident_id = declare(tx, sealer, number, events=[an_event(1)], steps=[a_step(f"s{each}") for each in range(3)])
            owe(tx, sealer, incident_id, [a_delivery(f"INC-{number}:1:0")], NOW)

    await database.write(unit)
    await database.close()
    engine, config = writing_engine(file), Config()
    config.set_main_option("script_location", str(SCRIPTS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
    engine.dispose()
    return file


def _seen(file: Path) -> tuple[object, ...]:
    """What a killed migration must leave as it was: the schema, its revision, and every row of what matters."""
    with closing(sqlite3.connect(file)) as shell:
        assert shell.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert shell.execute("PRAGMA foreign_key_check").fetchall() == []
        return (
            shell.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall(),
            shell.execute("SELECT version_num FROM alembic_version").fetchall(),
            *(shell.execute(f"SELECT count(*) FROM {name}").fetchone() for name in COUNTED),  # noqa: S608 - our own names
        )


@pytest.mark.timeout(300)
def test_an_upgrade_killed_midway_twenty_times_changes_nothing_and_then_completes(old: Path) -> None:
    before, copy = _seen(old), old.with_name("copy.db")
    copy.write_bytes(old.read_bytes())
    _, whole = upgraded(f"sqlite:///{copy}")
    assert whole is not None
    ends = [upgraded(f"sqlite:///{old}", 1 + number * (whole - 1) // KILLS)[0] for number in range(KILLS)]

    assert ends == [-signal.SIGKILL] * KILLS
    assert _seen(old) == before
    assert upgraded(f"sqlite:///{old}") == (0, whole)
    assert _seen(old)[2:] == before[2:]
    engine = writing_engine(old)
    with engine.begin() as connection:
        assert is_current(connection)
    engine.dispose()


@pytest.mark.timeout(300)
def test_on_postgresql_an_upgrade_killed_midway_starts_over_too(postgres: PostgresServer) -> None:
    _, whole = upgraded(postgres.bare())
    assert whole is not None
    address = postgres.bare()
    ends = [upgraded(address, 1 + number * (whole - 1) // 6)[0] for number in range(6)]

    assert ends == [-signal.SIGKILL] * 6
    assert upgraded(address) == (0, whole), "nothing was left by those that were killed"


def test_a_backup_of_an_older_schema_is_whole_and_restores_to_this_one(old: Path, tmp_path: Path) -> None:
    made = make_backup(Source(old, "0.0.1", NOW), tmp_path / "old.tar", planned=_unplanned, told=_untold)
    look = examine(tmp_path / "old.tar", tmp_path / "new.db", planned=_unplanned, told=_untold)
    engine = writing_engine(tmp_path / "new.db")
    with engine.begin() as connection:
        restored = is_current(connection)
    engine.dispose()

    assert (made.findings, look.findings, look.manifest.schema) == ((), (), "0001")
    assert restored
    assert _seen(tmp_path / "new.db")[2:] == _seen(old)[2:]


def _unplanned(tx: Connection, digest: str) -> frozenset[str]:
    return frozenset({"s0", "s1", "s2"})


def _untold(what: str, share: float) -> None:
    pass


@pytest.mark.parametrize(("revision", "goes_on"), [("9999", True), ("0001", False), ("0000", False)])
async def test_a_program_that_runs_goes_on_below_a_newer_schema_and_not_below_an_older_one(
    database: Database, revision: str, goes_on: bool
) -> None:
    assert await database.read(is_usable)
    head = await database.read(lambda tx: tx.execute(text("SELECT version_num FROM alembic_version")).scalar_one())
    await database.write(lambda tx: tx.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": revision}) and None)
    found = await database.read(lambda tx: (is_current(tx), is_usable(tx)))
    await database.write(lambda tx: tx.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": head}) and None)

    assert found == (False, goes_on)


TAKES_AWAY = {"drop_table", "drop_column", "drop_constraint", "rename_table", "alter_column", "batch_alter_table"}
WORDS = ("DROP ", "RENAME ", "DELETE ", "ALTER COLUMN")


def _calls(file: Path) -> Iterator[ast.Call]:
    """Give what a migration calls on its way up."""
    module = ast.parse(file.read_text("utf-8"))
    ways = [node for node in module.body if isinstance(node, ast.FunctionDef) and node.name != "downgrade"]
    yield from (node for way in ways for node in ast.walk(way) if isinstance(node, ast.Call))


def _is_contract(file: Path) -> bool:
    return "\nCONTRACT: Final = " in file.read_text("utf-8")


def _faults(file: Path) -> list[str]:
    """Say what an older release that still runs would stumble over."""
    faults = []
    for call in _calls(file):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        text = ast.unparse(call)
        if name in TAKES_AWAY or (name == "execute" and any(word in text.upper() for word in WORDS)):
            faults.append(text)
        if name == "add_column" and "nullable=False" in text and "server_default" not in text:
            faults.append(text)
    return faults


@pytest.mark.parametrize("file", sorted((SCRIPTS / "versions").glob("*.py")), ids=lambda file: file.stem)
def test_a_migration_only_adds_or_says_that_it_is_a_contract(file: Path) -> None:
    assert _is_contract(file) or _faults(file) == []


@pytest.mark.parametrize(
    "change",
    [
        'op.drop_column("steps", "people")',
        'op.execute("alter table steps rename to tasks")',
        'op.add_column("steps", sa.Column("weight", sa.Integer(), nullable=False))',
        'op.alter_column("steps", "role", nullable=False)',
    ],
)
def test_a_migration_that_takes_away_is_noticed(tmp_path: Path, change: str) -> None:
    file = tmp_path / "0099_example.py"
    file.write_text(f"def upgrade() -> None:\n    {change}\n\n\ndef downgrade() -> None:\n    pass\n")

    assert len(_faults(file)) == 1
