"""`firebreak backup` beside a running server, `restore` on a new machine, and `db copy` to an empty database."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.api.cli.given import PLAYBOOKS, firebreak, served
from tests.postgres_server import PostgresServer

INPUTS = ("-i", "site=Plant 4", "-i", "people=Fred Hollis", "-i", "video_urls=https://video.example/1")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a server's data in `data` and two backups taken while it ran: `one.tar`, and `keyed.tar` with the key."""
    folder = tmp_path_factory.mktemp("backups")
    (folder / "data").mkdir()
    with served(folder / "data") as running:
        declared = firebreak("incident", "declare", "filmed_workplace_argument", *INPUTS, env=running.env)
        assert declared.exit_code == 0, declared.stderr
        ended = firebreak("backup", folder / "one.tar", env=running.env)
        keyed = firebreak("backup", folder / "keyed.tar", "--with-key", "--json", env=running.env)
        refused = firebreak("restore", folder / "one.tar", "--force", env=running.env)
        running.stop()
    (folder / "said.json").write_text(json.dumps([ended.stdout, ended.stderr, keyed.stdout, keyed.stderr, refused.stderr]))
    (folder / "ended.json").write_text(json.dumps([ended.exit_code, keyed.exit_code, refused.exit_code]))
    return folder


def _said(made: Path) -> list[str]:
    return list(json.loads((made / "said.json").read_text()))


def _at(folder: Path, **more: str) -> dict[str, str]:
    return {"FIREBREAK_DATA_DIR": str(folder), "FIREBREAK_ORGANISATION": str(PLAYBOOKS / "organisation.yaml"), **more}


def _key(made: Path) -> str:
    return (made / "data" / "secret.key").read_text()


def test_a_backup_beside_a_running_server_says_what_it_holds_and_that_the_key_is_not_in_it(made: Path) -> None:
    answer, talk, *_ = _said(made)

    assert json.loads((made / "ended.json").read_text())[:2] == [0, 0]
    assert "one.tar holds 1 incident with " in answer
    assert "does NOT hold the secret key: without FIREBREAK_SECRET_KEY" in talk
    assert _key(made).encode() not in (made / "one.tar").read_bytes()


def test_a_backup_with_the_key_warns_and_answers_for_programs(made: Path) -> None:
    facts = json.loads(_said(made)[2])

    assert (facts["with_key"], facts["findings"], facts["counts"]["incidents"]) == (True, [], 1)
    assert "whoever has this file reads everything in it" in _said(made)[3]
    assert _key(made).encode() in (made / "keyed.tar").read_bytes()


def test_nothing_is_restored_below_a_running_server(made: Path) -> None:
    assert json.loads((made / "ended.json").read_text())[2] == 2
    assert "already writes to this database" in _said(made)[4]


def test_checking_a_backup_writes_nothing_and_knows_the_key(made: Path, tmp_path: Path) -> None:
    ended = firebreak("backup", made / "one.tar", "--check", env=_at(tmp_path, FIREBREAK_SECRET_KEY=_key(made)))

    assert (ended.exit_code, [*tmp_path.iterdir()]) == (0, [])
    assert ended.stdout.startswith("whole: 1 incident with ")
    assert "the secret key here opens what is sealed in it" in ended.stderr


@pytest.mark.parametrize(("key", "said"), [({}, "there is no secret key here"), ({"FIREBREAK_SECRET_KEY": "x" * 32}, "is NOT the one")])
def test_checking_says_loudly_where_the_key_is_missing_or_another(made: Path, tmp_path: Path, key: dict[str, str], said: str) -> None:
    ended = firebreak("backup", made / "one.tar", "--check", env=_at(tmp_path, **key))

    assert ended.exit_code == 0
    assert said in ended.stderr


def test_names_may_be_relative(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    key = {"FIREBREAK_SECRET_KEY": _key(made)}
    ended = [
        firebreak("backup", "two.tar", env=_at(made / "data")),
        firebreak("backup", "--check", "two.tar", env=_at(made / "data")),
        firebreak("restore", "two.tar", env=_at(Path("new"), **key)),
        firebreak("audit", "verify", env=_at(Path("new"), **key)),
    ]

    assert [each.exit_code for each in ended] == [0, 0, 0, 0], [each.stderr for each in ended]


def test_a_damaged_backup_is_found_and_not_restored(made: Path, tmp_path: Path) -> None:
    content = bytearray((made / "one.tar").read_bytes())
    content[content.index(b"SQLite format 3") + 5_000] ^= 1
    (tmp_path / "bad.tar").write_bytes(content)
    checked = firebreak("backup", tmp_path / "bad.tar", "--check", env=_at(tmp_path / "data"))
    restored = firebreak("restore", tmp_path / "bad.tar", env=_at(tmp_path / "data"))

    assert (checked.exit_code, restored.exit_code) == (1, 1)
    assert "does not match its SHA-256" in restored.stdout
    assert [file for file in (tmp_path / "data").iterdir() if file.suffix != ".lock"] == []


def test_a_restored_house_verifies_and_serves(made: Path, tmp_path: Path) -> None:
    restored = firebreak("restore", made / "keyed.tar", "--json", env=_at(tmp_path))
    verified = firebreak("audit", "verify", env=_at(tmp_path))

    assert (restored.exit_code, json.loads(restored.stdout)["key"]) == (0, "fits"), restored.stderr
    assert verified.stdout.startswith("consistent, not anchored: ")
    assert ((tmp_path / "secret.key").stat().st_mode & 0o777, (tmp_path / "firebreak.db").stat().st_mode & 0o777) == (0o600, 0o600)
    (tmp_path / "seen").touch()
    with served(tmp_path) as running:
        assert running.stop() == 0


def test_a_database_that_is_there_is_never_overwritten(made: Path, tmp_path: Path) -> None:
    shutil.copy(made / "data" / "firebreak.db", tmp_path)
    before = (tmp_path / "firebreak.db").read_bytes()
    ended = firebreak("restore", made / "one.tar", env=_at(tmp_path))

    assert (ended.exit_code, (tmp_path / "firebreak.db").read_bytes()) == (1, before)
    assert "add --force to move it aside" in ended.stderr


def test_force_moves_aside_what_is_there_and_says_where_to(made: Path, tmp_path: Path) -> None:
    for name in ("firebreak.db", "secret.key"):
        shutil.copy(made / "data" / name, tmp_path)
    (tmp_path / "secret.key").write_text("another key than the packed one")
    ended = firebreak("restore", made / "keyed.tar", "--force", "--json", env=_at(tmp_path))

    assert ended.exit_code == 0, ended.stderr
    assert sorted(Path(path).name.partition(".before-restore-")[0] for path in json.loads(ended.stdout)["moved_aside"]) == [
        "firebreak.db",
        "secret.key",
    ]
    assert (tmp_path / "secret.key").read_text() == _key(made)


def test_another_key_that_is_there_is_not_replaced_without_being_told(made: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("another key than the packed one")
    ended = firebreak("restore", made / "keyed.tar", env=_at(tmp_path))

    assert ended.exit_code == 1
    assert "is another key than the one in the backup" in ended.stderr
    assert not (tmp_path / "firebreak.db").exists()


def test_what_is_no_backup_could_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("no backup")

    assert firebreak("restore", tmp_path / "note.txt", env=_at(tmp_path / "data")).exit_code == 2
    assert firebreak("restore", tmp_path / "absent.tar", env=_at(tmp_path / "data")).exit_code == 2


def test_on_postgresql_too_a_backup_is_checked_and_restores(made: Path, tmp_path: Path, postgres: PostgresServer) -> None:
    first, second = postgres.take(), postgres.take()
    firebreak("restore", made / "one.tar", env=_at(tmp_path, FIREBREAK_DATABASE_URL=first))
    backed_up = firebreak("backup", tmp_path / "pg.tar", "--json", env=_at(made / "data", FIREBREAK_DATABASE_URL=first))
    restored = firebreak("restore", tmp_path / "pg.tar", "--json", env=_at(made / "data", FIREBREAK_DATABASE_URL=second))
    again = firebreak("restore", tmp_path / "pg.tar", env=_at(made / "data", FIREBREAK_DATABASE_URL=second))
    verified = firebreak("audit", "verify", env=_at(made / "data", FIREBREAK_DATABASE_URL=second))
    postgres.give_back(first)
    postgres.give_back(second)

    assert (backed_up.exit_code, restored.exit_code, again.exit_code) == (0, 0, 2), backed_up.stderr + restored.stderr
    assert json.loads(restored.stdout)["key"] == "fits"
    assert json.loads(restored.stdout)["head"] == json.loads(_said(made)[2])["head"]
    assert "pg_dump --format=custom" in backed_up.stderr
    assert "the new database is not empty" in again.stderr
    assert verified.stdout.startswith("consistent, not anchored: ")
    assert [file.name for file in tmp_path.iterdir()] == ["pg.tar"]


def test_nothing_that_is_said_about_postgresql_holds_its_password(tmp_path: Path) -> None:
    env = _at(tmp_path, FIREBREAK_DATABASE_URL="postgresql://fb:verysecret@127.0.0.1:1/firebreak")
    ended = firebreak("backup", tmp_path / "b.tar", env=env)

    assert ended.exit_code == 2
    assert "postgresql://fb@127.0.0.1:1/firebreak" in ended.stderr
    assert "verysecret" not in ended.stderr


def test_everything_is_copied_to_an_empty_database_which_then_verifies(made: Path, tmp_path: Path) -> None:
    target = tmp_path / "new" / "firebreak.db"
    ended = firebreak("db", "copy", f"sqlite:///{made / 'data' / 'firebreak.db'}", f"sqlite:///{target}", "--json", env={})
    (tmp_path / "new" / "secret.key").write_text(_key(made))
    verified = firebreak("audit", "verify", env=_at(tmp_path / "new"))

    assert ended.exit_code == 0, ended.stderr
    assert json.loads(ended.stdout)["counts"]["incidents"] == 1
    assert verified.stdout.startswith("consistent, not anchored: "), verified.stdout


def test_everything_is_copied_to_postgresql_and_back_and_verifies_on_both(made: Path, tmp_path: Path, postgres: PostgresServer) -> None:
    first, second, third = f"sqlite:///{made / 'data' / 'firebreak.db'}", postgres.take(), f"sqlite:///{tmp_path / 'firebreak.db'}"
    ended = [firebreak("db", "copy", *urls, "--json", env={}) for urls in ((first, second), (second, third))]
    verified = [firebreak("audit", "verify", env=_at(made / "data", FIREBREAK_DATABASE_URL=url)) for url in (first, second, third)]
    postgres.give_back(second)

    assert [each.exit_code for each in ended] == [0, 0], [each.stderr for each in ended]
    assert json.loads(ended[0].stdout)["head"] == json.loads(ended[1].stdout)["head"]
    assert len({each.stdout for each in verified}) == 1
    assert verified[1].stdout.startswith("consistent, not anchored: ")


def test_between_postgresql_servers_the_line_is_said(tmp_path: Path) -> None:
    ended = firebreak("db", "copy", "postgresql://fb:verysecret@one/a", "postgresql://fb:verysecret@two/b", env={})

    assert ended.exit_code == 2
    assert "pg_dump" in ended.stderr
    assert "verysecret" not in ended.stderr


def test_a_second_copy_into_the_same_database_is_refused(made: Path, tmp_path: Path) -> None:
    urls = f"sqlite:///{made / 'data' / 'firebreak.db'}", f"sqlite:///{tmp_path / 'firebreak.db'}"
    codes = [firebreak("db", "copy", *urls, env={}).exit_code for _ in range(2)]
    with closing(sqlite3.connect(tmp_path / "firebreak.db")) as shell:
        (count,) = shell.execute("SELECT count(*) FROM incidents").fetchone()

    assert (codes, count) == ([0, 2], 1)


def test_copying_onto_itself_is_refused(made: Path) -> None:
    url = f"sqlite:///{made / 'data' / 'firebreak.db'}"
    ended = firebreak("db", "copy", url, url, env={})

    assert ended.exit_code == 2
    assert "the same file" in ended.stderr
