"""`firebreak pack` writes the pack beside a running server and says where; `--check` opens one and needs nothing else."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.cli.given import Served, firebreak, served
from tests.api.given import write_house
from tests.api.pack.given import PASSPHRASE, opened_by_the_book
from tests.channels.local_server import local_server
from tests.journeys.given import eventually


@dataclass
class Packed:
    """What became of a server that writes packs, and of a command beside it."""

    folder: Path
    said: str
    readiness: dict[str, Any]
    figures: str
    heard: list[tuple[str, str]]
    log: str

    @property
    def file(self) -> Path:
        return Path(self.said.strip())


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Packed:
    """A server whose worker writes packs into `by_itself`, and a command that wrote one into `packs` meanwhile."""
    folder = tmp_path_factory.mktemp("packing")
    write_house(folder)
    for name in ("data", "packs", "by_itself"):
        (folder / name).mkdir()
    by_itself = {"FIREBREAK_PACK_FOLDER": str(folder / "by_itself"), "FIREBREAK_LOG_LEVEL": "debug", "FIREBREAK_METRICS": "on"}
    with local_server() as watcher:
        by_itself["FIREBREAK_HEARTBEAT_URL"] = f"{watcher.url}/ping/s3cret"
        with served(folder / "data", **env(folder, **by_itself)) as running:
            declared = firebreak("incident", "declare", "trial", "-i", "site=Plant 4", "-i", "people=Fred Hollis", env=running.env)
            assert declared.exit_code == 0, declared.stderr
            ended = firebreak("pack", env=env(folder))
            assert ended.exit_code == 0, ended.stderr
            eventually(lambda: (readiness(running)["pack"], readiness(running)["heartbeat"]) == ("ok", "ok"))
            facts, figures = readiness(running), httpx.get(f"{running.url}/metrics").text
            running.stop()
    heard = [(each.method, each.path) for each in watcher.received]
    return Packed(folder, ended.stdout, facts, figures, heard, (folder / "data" / "server.log").read_text())


def readiness(running: Served) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{running.url}/readyz").json()
    return found


def env(folder: Path, **more: str) -> dict[str, str]:
    return {
        "FIREBREAK_DATA_DIR": str(folder / "data"),
        "FIREBREAK_PLAYBOOKS": str(folder / "playbooks"),
        "FIREBREAK_ORGANISATION": str(folder / "organisation.yaml"),
        "FIREBREAK_PACK_FOLDER": str(folder / "packs"),
        "FIREBREAK_PACK_PASSPHRASE": PASSPHRASE,
        **more,
    }


def test_it_says_where_the_pack_is_and_the_pack_holds_the_incident(packed: Packed) -> None:
    files = opened_by_the_book(packed.file, PASSPHRASE)

    assert packed.file.parent == packed.folder / "packs"
    assert b"INC-1" in files["index.html"]
    assert len([name for name in files if name.startswith("plan-")]) == 2
    assert b"Fred Hollis" not in files["incident-1.html"]


def test_a_worker_writes_it_and_sends_the_heartbeat_by_itself(packed: Packed) -> None:
    (pack, *_) = sorted((packed.folder / "by_itself").iterdir())

    assert (packed.readiness["ready"], packed.readiness["problems"]) == (True, [])
    assert b"Ana Ruiz" in opened_by_the_book(pack, PASSPHRASE)["people.html"]
    assert packed.heard[0] == ("GET", "/ping/s3cret")
    assert re.search(r'^firebreak_packs_total{outcome="written"} [1-9]', packed.figures, re.MULTILINE)
    assert re.search(r'^firebreak_heartbeats_total{outcome="answered"} [1-9]', packed.figures, re.MULTILINE)
    assert "offline pack written" in packed.log
    assert [secret for secret in (PASSPHRASE, "s3cret") if secret in packed.log] == []


def test_a_whole_one_is_said_to_be_whole(packed: Packed) -> None:
    ended = firebreak("pack", "--check", packed.file, env={"FIREBREAK_PACK_PASSPHRASE": PASSPHRASE})
    as_json = firebreak("pack", "--check", packed.file, "--json", env={"FIREBREAK_PACK_PASSPHRASE": PASSPHRASE})

    assert ended.exit_code == 0, ended.stderr
    assert " is whole: 1 incident, 2 plans, 6 people of Example, as of 20" in ended.stdout
    assert "index.html" in json.loads(as_json.stdout)["files"]


@pytest.mark.parametrize(
    ("file", "passphrase", "why"),
    [
        ("pack", "another passphrase, as long", "the passphrase does not open it"),
        ("pack", "", "there is no passphrase to open it with"),
        ("missing.zip", PASSPHRASE, "no such file"),
    ],
)
def test_what_does_not_open_is_said_and_ends_with_2(packed: Packed, file: str, passphrase: str, why: str) -> None:
    path = packed.file if file == "pack" else packed.folder / file
    ended = firebreak("pack", "--check", path, env={"FIREBREAK_PACK_PASSPHRASE": passphrase})

    assert ended.exit_code == 2
    assert why in ended.stderr


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"FIREBREAK_PACK_FOLDER": "", "FIREBREAK_PACK_PASSPHRASE": ""}, "the offline pack is not set up"),
        ({"FIREBREAK_PACK_PASSPHRASE": ""}, "set up by halves"),
        ({"FIREBREAK_PACK_READER": "nobody"}, "'nobody' is not in the organisation file"),
        ({"FIREBREAK_PACK_FOLDER": "/nowhere/at/all"}, "no such file or directory"),
    ],
)
def test_what_can_not_be_written_is_said_and_ends_with_2(packed: Packed, changed: dict[str, str], why: str) -> None:
    ended = firebreak("pack", env=env(packed.folder, **changed))

    assert ended.exit_code == 2
    assert why in ended.stderr
