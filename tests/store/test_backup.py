"""A backup is one moment, whole, readable without us; what is wrong with it is found before anything is restored."""

import io
import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection

from engine.store.backup import Look, Source, examine, make_backup
from engine.store.database import Database, open_database
from engine.store.fault import Fault
from engine.store.restore import put_in_place, standing
from engine.store.seal import Sealer
from engine.store.search_index import add_texts
from tests.store.given import NOW, a_step, an_event, declare, minutes, note, personal

ROOT = Path(__file__).parents[2]
STEPS = frozenset({"facts", "tell"})


def _planned(tx: Connection, digest: str) -> frozenset[str]:
    return STEPS


def _twelve(tx: Connection, digest: str) -> frozenset[str]:
    """Name the steps that `writing_child` gives each incident."""
    return frozenset(f"step_{place}" for place in range(12))


def _untold(what: str, share: float) -> None:
    pass


def _back_up(database: Path, file: Path, *, key: str | None = None) -> Look:
    return make_backup(Source(database, "1.2.3", NOW, key), file, planned=_planned, told=_untold)


def _look(file: Path, into: Path) -> Look:
    return examine(file, into, planned=_planned, told=_untold)


@pytest.fixture
async def written(database: Database, sealer: Sealer, file: Path) -> Path:
    """A database with two incidents, which somebody has open."""

    def unit(tx: Connection) -> None:
        for number in (1, 2):
            steps = [a_step(name, position=place) for place, name in enumerate(sorted(STEPS))]
            declare(tx, sealer, number, events=[an_event(1, who=personal("Jo Roe", "Jo Roe"))], steps=steps, participants=["ana"])
            add_texts(tx, number, [(1, [f"INC-{number}", "Harbour flooded"])])

    await database.write(unit)
    return file


@pytest.fixture
def backed_up(written: Path, tmp_path: Path) -> Path:
    _back_up(written, tmp_path / "backup.tar")
    return tmp_path / "backup.tar"


@contextmanager
def _changed(file: Path) -> Iterator[dict[str, bytes]]:
    """Give a backup's members to be changed, and pack them again."""
    with tarfile.open(file) as archive:
        members = {member.name: content.read() for member in archive if (content := archive.extractfile(member))}
    yield members
    with tarfile.open(file, "w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def _rows(database: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as shell:
        return shell.execute(question).fetchall()


def test_a_backup_says_what_is_in_it(written: Path, tmp_path: Path) -> None:
    look = _back_up(written, tmp_path / "backup.tar")
    head = _rows(written, "SELECT number, digest FROM heads ORDER BY number DESC LIMIT 1")

    assert (look.findings, look.manifest.program, look.manifest.with_key) == ((), "1.2.3", False)
    assert [(look.manifest.head_number, look.manifest.head_digest)] == head
    assert {name: look.manifest.counts[name] for name in ("incidents", "events", "steps")} == {"incidents": 2, "events": 2, "steps": 4}


def test_a_backup_opens_with_tar_and_sqlite_alone(backed_up: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    subprocess.run(["tar", "xf", backed_up, "-C", tmp_path / "out"], check=True)

    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["firebreak.db", "manifest.json"]
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["counts"]["incidents"] == 2
    assert _rows(tmp_path / "out" / "firebreak.db", "SELECT count(*) FROM incidents") == [(2,)]


def test_what_is_found_by_words_is_found_in_a_backup(backed_up: Path, tmp_path: Path) -> None:
    with tarfile.open(backed_up) as archive:
        archive.extract("firebreak.db", tmp_path / "out", filter="data")

    assert _rows(
        tmp_path / "out" / "firebreak.db", "SELECT count(*) FROM search_index WHERE search_index MATCH '\"wharbour wflooded\"'"
    ) == [(2,)]


def test_only_its_owner_may_read_a_backup_and_nothing_else_is_left_beside_it(written: Path, tmp_path: Path) -> None:
    (tmp_path / "backups").mkdir()
    _back_up(written, tmp_path / "backups" / "one.tar")

    assert [(file.name, file.stat().st_mode & 0o777) for file in (tmp_path / "backups").iterdir()] == [("one.tar", 0o600)]


def test_a_backup_takes_the_place_of_nothing(backed_up: Path, written: Path) -> None:
    before = backed_up.read_bytes()

    with pytest.raises(Fault, match="is there already"):
        _back_up(written, backed_up)
    assert backed_up.read_bytes() == before


def test_the_secret_key_is_in_it_only_when_asked_for(written: Path, tmp_path: Path) -> None:
    _back_up(written, tmp_path / "without.tar")
    _back_up(written, tmp_path / "with.tar", key="the very secret key")

    assert b"the very secret key" not in (tmp_path / "without.tar").read_bytes()
    assert _look(tmp_path / "without.tar", tmp_path / "one.db").key is None
    assert _look(tmp_path / "with.tar", tmp_path / "two.db").key == "the very secret key"


async def test_what_was_overwritten_is_not_in_a_backup(written: Path, database: Database, tmp_path: Path) -> None:
    await database.write(lambda tx: tx.exec_driver_sql("UPDATE incidents SET external_ref = 'a word to forget'"))
    await database.write(lambda tx: tx.exec_driver_sql("UPDATE incidents SET external_ref = NULL"))
    _back_up(written, tmp_path / "backup.tar")

    assert b"a word to forget" not in (tmp_path / "backup.tar").read_bytes()


async def test_what_is_written_after_it_is_not_in_a_backup(
    written: Path, database: Database, sealer: Sealer, backed_up: Path, tmp_path: Path
) -> None:
    await database.write(lambda tx: note(tx, sealer, "INC-1", an_event(2)))
    look = _look(backed_up, tmp_path / "restored.db")

    assert look.findings == ()
    assert _rows(tmp_path / "restored.db", "SELECT count(*) FROM events") == [(2,)]


def test_every_byte_of_the_database_in_it_counts(backed_up: Path, tmp_path: Path) -> None:
    with _changed(backed_up) as members:
        members["firebreak.db"] = members["firebreak.db"][:-1] + b"x"
    look = _look(backed_up, tmp_path / "restored.db")

    assert [finding.text for finding in look.findings] == ["the database in it was changed: it does not match its SHA-256"]


def test_a_manifest_that_counts_otherwise_is_found(backed_up: Path, tmp_path: Path) -> None:
    with _changed(backed_up) as members:
        members["manifest.json"] = members["manifest.json"].replace(b'"incidents": 2', b'"incidents": 3')

    assert [finding.text for finding in _look(backed_up, tmp_path / "restored.db").findings] == [
        "its manifest was changed: it counts other rows than there are"
    ]


def test_an_older_format_reads_and_a_newer_one_says_which_release_is_needed(backed_up: Path, tmp_path: Path) -> None:
    with _changed(backed_up) as members:
        members["manifest.json"] = members["manifest.json"].replace(b'"firebreak_backup": 1', b'"firebreak_backup": 2, "new": true')

    with pytest.raises(Fault, match=r"written by a newer Firebreak \(1\.2\.3\)"):
        _look(backed_up, tmp_path / "restored.db")


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.9])
def test_half_a_backup_is_refused(backed_up: Path, tmp_path: Path, cut: float) -> None:
    content = backed_up.read_bytes()
    backed_up.write_bytes(content[: int(len(content) * cut)])

    with pytest.raises(Fault, match="not a whole backup"):
        _look(backed_up, tmp_path / "restored.db")


def test_any_other_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "photo.tar").write_bytes(b"no tar at all")

    with pytest.raises(Fault, match="not a whole backup"):
        _look(tmp_path / "photo.tar", tmp_path / "restored.db")


def test_a_newer_schema_is_refused_and_names_the_release(written: Path, tmp_path: Path) -> None:
    newer = Path(shutil.copy(written, tmp_path / "newer.db"))
    with closing(sqlite3.connect(newer)) as shell, shell:
        shell.execute("UPDATE alembic_version SET version_num = '9999'")
    _back_up(newer, tmp_path / "backup.tar")

    with pytest.raises(Fault, match=r"newer Firebreak \(1\.2\.3, schema 9999\)"):
        _look(tmp_path / "backup.tar", tmp_path / "restored.db")


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE events SET payload = '{}' WHERE incident_id = (SELECT id FROM incidents WHERE key = 'INC-1')", "event 1 was changed"),
        ("DELETE FROM heads WHERE number = 2", "its newest head is"),
        ("DELETE FROM steps WHERE step = 'tell' AND number = 2", "it lacks steps of its playbook: tell"),
        ("INSERT INTO participants (incident_id, person, number) VALUES ('nobody', 'ana', 9)", "points to a row of incidents"),
    ],
)
def test_a_backup_of_what_is_wrong_is_kept_and_says_so(written: Path, tmp_path: Path, change: str, found: str) -> None:
    wrong = Path(shutil.copy(written, tmp_path / "wrong.db"))
    shutil.copy(written.with_name(written.name + "-wal"), tmp_path / "wrong.db-wal")
    with closing(sqlite3.connect(wrong)) as shell, shell:
        shell.execute(change)
    made = _back_up(wrong, tmp_path / "backup.tar")
    read = _look(tmp_path / "backup.tar", tmp_path / "restored.db")

    assert found in " ".join(finding.text for finding in made.findings)
    assert found in " ".join(finding.text for finding in read.findings)


def test_eight_writers_leave_every_backup_consistent(file: Path, tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-m", "tests.store.writing_child", f"sqlite:///{file}"], cwd=ROOT, stdout=subprocess.PIPE)
    assert child.stdout is not None
    heads = []
    try:
        for number in range(6):
            for _ in range(40):
                child.stdout.readline()
            source = Source(file, "1.2.3", minutes(number))
            made = make_backup(source, tmp_path / f"{number}.tar", planned=_twelve, told=_untold)
            look = examine(tmp_path / f"{number}.tar", tmp_path / f"{number}.db", planned=_twelve, told=_untold)
            assert (made.findings, look.findings) == ((), ())
            heads.append(look.manifest.head_number)
    finally:
        child.kill()
        child.wait()
        child.stdout.close()

    assert heads == sorted(set(heads)), "each holds more than the one before"


async def test_a_restored_database_opens_and_goes_on(backed_up: Path, sealer: Sealer, tmp_path: Path) -> None:
    staged, target = tmp_path / "staged.db", tmp_path / "new" / "firebreak.db"
    target.parent.mkdir()
    _look(backed_up, staged)
    put_in_place(staged, target, now=NOW)
    database = open_database(f"sqlite:///{target}")
    await database.write(lambda tx: note(tx, sealer, "INC-1", an_event(2)))
    await database.close()

    assert _rows(target, "SELECT count(*) FROM events") == [(3,)]
    assert (target.stat().st_mode & 0o777, sorted(file.name for file in standing(target))) == (0o600, ["firebreak.db"])


@contextmanager
def _files_of_at_most(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size, as on a full disk."""
    before, heard = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, heard)


@pytest.mark.parametrize("size", [50_000, 250_000])
def test_a_full_disk_leaves_no_half_backup(written: Path, tmp_path: Path, size: int) -> None:
    (tmp_path / "backups").mkdir()

    with _files_of_at_most(size), pytest.raises(Fault):
        _back_up(written, tmp_path / "backups" / "one.tar")
    assert [*(tmp_path / "backups").iterdir()] == []


def test_a_full_disk_restores_nothing(backed_up: Path, tmp_path: Path) -> None:
    with _files_of_at_most(50_000), pytest.raises(Fault, match="File too large"):
        _look(backed_up, tmp_path / "restored.db")


def test_what_is_there_is_moved_aside_with_its_log_so_that_it_still_opens(written: Path, backed_up: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    for name in ("firebreak.db", "firebreak.db-wal"):
        shutil.copy(written.with_name(name), there)
    staged = tmp_path / "staged.db"
    _look(backed_up, staged)
    moved = put_in_place(staged, there / "firebreak.db", now=NOW)

    assert [file.name.replace(".before-restore-20260302T090000.000000Z", "") for file in moved] == ["firebreak.db", "firebreak.db-wal"]
    assert _rows(moved[0], "SELECT count(*) FROM incidents") == [(2,)]


def test_a_log_without_its_database_is_moved_aside_too(written: Path, backed_up: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    shutil.copy(written.with_name("firebreak.db-wal"), there)
    staged = tmp_path / "staged.db"
    _look(backed_up, staged)
    put_in_place(staged, there / "firebreak.db", now=NOW)

    assert [file.name for file in there.iterdir() if file.name.endswith("-wal")] == [
        "firebreak.db.before-restore-20260302T090000.000000Z-wal"
    ]
    assert os.listdir(there).count("firebreak.db") == 1  # noqa: PTH208 - names alone
