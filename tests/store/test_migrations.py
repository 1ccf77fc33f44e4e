"""The schema: migrations give exactly the tables of `tables.py`, in one transaction, and refuse what is newer."""

import asyncio
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from engine.store.database import Database, open_database
from engine.store.fault import Fault
from engine.store.migrate import SCRIPTS, is_current, known_revisions, upgrade
from engine.store.pgqueue import PREFIX
from engine.store.tables import metadata

ROOT = Path(__file__).parents[2]


def _schema(file: Path) -> list[tuple[str, str]]:
    shell = sqlite3.connect(file)
    found = shell.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name").fetchall()
    shell.close()
    return found


def is_ours(_object: object, name: str | None, *_: object) -> bool:
    """Leave out the tables that pgqueuer describes (`test_pgqueue.py` compares those), and what each database indexes words with."""
    return not (name or "").startswith((f"{PREFIX}pgqueuer", "search_index")) and name != "vector"


async def test_migrations_and_tables_say_the_same(database: Database) -> None:
    def unit(tx: Connection) -> list[object]:
        known = MigrationContext.configure(tx, opts={"compare_type": True, "include_object": is_ours})
        return list(compare_metadata(known, metadata))

    assert await database.read(unit) == []


def test_the_names_of_the_scripts_are_their_revisions() -> None:
    script = ScriptDirectory(str(SCRIPTS))

    assert known_revisions() == sorted(each.revision for each in script.walk_revisions())
    assert known_revisions()[-1] == script.get_current_head()


async def test_an_upgraded_database_is_current(database: Database) -> None:
    assert await database.read(is_current)


def test_upgrading_again_changes_nothing(file: Path) -> None:
    before = _schema(file)
    upgrade(f"sqlite:///{file}")

    assert _schema(file) == before


def test_the_folder_of_a_new_database_is_made(tmp_path: Path) -> None:
    upgrade(f"sqlite:///{tmp_path / 'new' / 'folder' / 'firebreak.db'}")

    assert (tmp_path / "new" / "folder" / "firebreak.db").exists()


def test_a_schema_that_this_program_does_not_know_is_refused_and_left_alone(file: Path) -> None:
    shell = sqlite3.connect(file)
    with shell:
        shell.execute("UPDATE alembic_version SET version_num = '9999'")
    before = _schema(file)
    shell.close()

    with pytest.raises(Fault, match="newer than this program"):
        upgrade(f"sqlite:///{file}")
    assert _schema(file) == before


async def test_a_schema_that_was_not_upgraded_is_a_fault_that_says_what_to_run(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    sqlite3.connect(path).close()
    path.touch()
    database = open_database(f"sqlite:///{path}")

    with pytest.raises(Fault, match="firebreak db upgrade"):
        await database.read(lambda tx: tx.exec_driver_sql("SELECT * FROM incidents").all())
    assert not await database.read(is_current)
    await database.close()


def test_a_migration_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "firebreak.db"
    shell = sqlite3.connect(path)
    shell.execute("CREATE TABLE tokens (something_else TEXT)")
    shell.commit()
    shell.close()
    before = _schema(path)

    with pytest.raises(Exception, match="tokens already exists"):
        upgrade(f"sqlite:///{path}")
    assert _schema(path) == before


def test_an_upgrade_that_is_killed_starts_over(tmp_path: Path) -> None:
    path = tmp_path / "firebreak.db"
    for _ in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", f"from engine.store.migrate import upgrade; print(1, flush=True); upgrade('sqlite:///{path}')"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        assert child.stdout is not None
        child.stdout.read(1)
        child.kill()
        child.wait()
        child.stdout.close()
    upgrade(f"sqlite:///{path}")
    database = open_database(f"sqlite:///{path}", mode="read")

    assert asyncio.run(_is_current(database))


async def _is_current(database: Database) -> bool:
    try:
        return await database.read(is_current)
    finally:
        await database.close()


def test_every_migration_can_be_taken_back() -> None:
    scripts = list(ScriptDirectory(str(SCRIPTS)).walk_revisions())

    assert scripts
    assert all(script.module.downgrade.__code__.co_names for script in scripts)


def test_migrations_run_from_wherever_the_package_is_installed(tmp_path: Path) -> None:
    installed = tmp_path / "site-packages"
    shutil.copytree(ROOT / "engine", installed / "engine", ignore=shutil.ignore_patterns("__pycache__"))
    command = "from engine.store import migrate; migrate.upgrade('sqlite:///new.db'); print(migrate.__file__)"
    ran = subprocess.run(
        [sys.executable, "-c", command],
        cwd=tmp_path,
        env={"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.stdout.startswith(str(installed)), ran.stderr
    assert ("incidents" in dict(_schema(tmp_path / "new.db")), SCRIPTS.is_relative_to(ROOT / "engine")) == (True, True)
