"""Logs of earlier versions are read for ever: each recorded one still decodes, folds and tells its story.

`FIREBREAK_RECORD=1` records the log of the version in `pyproject.toml`; a log that is there is never rewritten.
"""

import json
import os
import tomllib
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from engine.incident.codec import decode_entry, encode_actor, encode_event
from engine.incident.events import Entry
from engine.incident.evolve import replay
from engine.incident.story import sentence
from tests.incident.given import ROOT, Run, shipped_world
from tests.incident.walking import walk_to_the_end

RECORDED = Path(__file__).parent / "recorded"
INPUTS = {"video_urls": ["https://video.example/1"], "site": "Plant 4", "people": ["fred", "john"]}


def record(path: Path) -> None:
    run = Run.begin(shipped_world("filmed_workplace_argument"), inputs=INPUTS)
    walk_to_the_end(run, Random(1))
    rows = [[entry.at.isoformat(), encode_actor(entry.by), *encode_event(entry)] for entry in run.entries]
    path.write_text("\n".join(json.dumps(row, sort_keys=True) for row in rows) + "\n")


def entries_of(path: Path) -> list[Entry]:
    rows: list[Any] = [json.loads(line) for line in path.read_text().splitlines()]
    return [decode_entry(at=datetime.fromisoformat(at), actor=by, type=kind, payload=payload) for at, by, kind, payload in rows]


def test_this_version_has_a_recorded_log() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    path = RECORDED / f"{version}.jsonl"
    if os.environ.get("FIREBREAK_RECORD") and not path.exists():
        record(path)

    assert path.exists()


@pytest.mark.parametrize("path", sorted(RECORDED.glob("*.jsonl")), ids=lambda path: path.stem)
def test_a_recorded_log_still_folds_to_its_end(path: Path) -> None:
    entries = entries_of(path)
    incident = replay(entries)

    assert (incident.status, incident.version) == ("complete", len(entries))
    assert all(sentence(shipped_world("filmed_workplace_argument"), incident, entry) for entry in entries)
