"""Killed at any step, at any moment: what was acknowledged stands, what was not is whole or absent, nothing owed is lost."""

import itertools
import os
import random
import shutil
import signal
import sqlite3
import time
from collections import Counter
from pathlib import Path

import pytest

from engine.incident.events import Escalated, Noted
from engine.incident.personal import plain_text
from engine.runtime.clock import SystemClock, VirtualClock
from engine.runtime.history import entries_of, rebuild_with
from engine.store.audit import verify
from engine.store.event_log import read_events
from engine.store.views import IncidentFilter, incidents_found
from tests.runtime import crashing
from tests.runtime.given import CHILD, HTTP, PARENT, WORK, House, house, playbook

KINDS = ("sqlite",)
"""Processes are killed on one file here, where the next one takes over at once; `test_several.py` does it on PostgreSQL."""

ROUNDS = int(os.environ.get("FIREBREAK_CRASH_ROUNDS", "0"))
"""Lives under eight clients; without a wish, as many as fit into `BUDGET`."""
BUDGET = 6.0
"""Seconds."""
LEAST = 8
KILLED = -signal.SIGKILL


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    crashing.prepare(folder, playbook(WORK), playbook(HTTP, id="count"), playbook(PARENT, id="parent"), playbook(CHILD, id="child"))
    return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "house"))


async def _keys(home: House) -> list[str]:
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = await home.database.read(
            lambda tx, at=cursor: incidents_found(tx, home.sealer, IncidentFilter(), viewer=None, cursor=at, limit=200)  # type: ignore[misc]
        )
        found += [row.key for row in page.items]
        cursor = page.next
        if cursor is None:
            return found


async def _history(home: House, key: str) -> list[object]:
    incident = await home.incident(key)
    events = await home.database.read(lambda tx: read_events(tx, home.sealer, incident.id))
    return [entry.event for entry in entries_of(events)]


async def _notes(home: House, key: str) -> list[str]:
    return [plain_text(event.text) for event in await _history(home, key) if isinstance(event, Noted)]


async def _assert_sound(home: House) -> None:
    report = await home.database.read(lambda tx: verify(tx, home.sealer, rebuild=rebuild_with(home.library)))
    assert report.findings == ()


def _assert_file_sound(folder: Path) -> None:
    connection = sqlite3.connect(folder / "firebreak.db")
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    finally:
        connection.close()


@pytest.mark.parametrize("step", range(1, 9))
async def test_a_note_killed_at_any_step_is_whole_or_absent_and_earlier_ones_stand(folder: Path, step: int) -> None:
    assert crashing.as_main(crashing.command_at, folder, "note", step) == KILLED

    async with house(folder) as home:
        assert await _notes(home, "INC-1") == ["acknowledged"] + ["under way"] * (step == 8)
        await _assert_sound(home)
    assert crashing.lines(folder / "acknowledged.txt") == ["INC-1 acknowledged"]


@pytest.mark.parametrize("step", range(1, 9))
async def test_a_declaration_killed_at_any_step_is_whole_or_absent(folder: Path, step: int) -> None:
    assert crashing.as_main(crashing.command_at, folder, "declare", step) == KILLED

    async with house(folder) as home:
        assert await _keys(home) == ["INC-2", "INC-1"][step < 8 :]
        for key in await _keys(home):
            assert list((await home.incident(key)).steps) == ["facts", "tell", "finish"]
        assert (await home.declare()).key == ("INC-3" if step == 8 else "INC-2")
        await _assert_sound(home)


@pytest.mark.parametrize("step", range(1, 9))
async def test_an_alarm_killed_at_any_step_fires_once(folder: Path, step: int) -> None:
    assert crashing.as_main(crashing.command_at, folder, "tick", step) == KILLED

    async with house(folder, clock=crashing.clock_after(hours=1, minutes=10)) as home:
        await home.worker.run_until_idle()

        assert len([event for event in await _history(home, "INC-1") if isinstance(event, Escalated)]) == 1
        await _assert_sound(home)


@pytest.mark.parametrize("nth", [1, 3])
@pytest.mark.parametrize("step", range(1, 5))
async def test_no_delivery_is_lost_whichever_step_of_the_courier_is_the_last(folder: Path, step: int, nth: int) -> None:
    assert crashing.as_main(crashing.courier_at, folder, "trial", step, nth) == KILLED

    async with house(folder, channel=crashing.PrintedConsole(folder), clock=crashing.clock_after(minutes=10)) as home:
        await home.worker.run_until_idle()
        deliveries = await home.deliveries("INC-1")

    printed = (folder / "printed.txt").read_text()
    times = Counter(crashing.lines(folder / "printed_ids.txt"))
    assert {each.state for each in deliveries} == {"sent"}
    assert all(each.text in printed for each in deliveries if each.kind != "bookmarks")  # the console leaves them out
    assert all(1 <= times[each.id] <= 2 for each in deliveries)


@pytest.mark.parametrize("step", range(1, 5))
async def test_a_request_is_recorded_once_whichever_step_of_the_courier_is_the_last(folder: Path, step: int) -> None:
    assert crashing.as_main(crashing.courier_at, folder, "count", step, 2) == KILLED

    async with house(folder, clock=crashing.clock_after(minutes=10)) as home:
        await home.worker.run_until_idle()

        history = [type(event).__name__ for event in await _history(home, "INC-1")]
        assert (await home.incident("INC-1")).steps["count"].state == "done"
        assert history.count("RequestAnswered") == 1


@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("step", range(1, 5))
async def test_a_linked_incident_is_started_once_whichever_step_of_the_courier_is_the_last(folder: Path, step: int, nth: int) -> None:
    crashing.as_main(crashing.courier_at, folder, "parent", step, nth)

    async with house(folder, clock=crashing.clock_after(minutes=10)) as home:
        await home.worker.run_until_idle()

        assert await _keys(home) == ["INC-2", "INC-1"]
        assert (await home.incident("INC-1")).steps["call"].reference == "INC-2"


@pytest.mark.timeout(600 + 5 * ROUNDS)
async def test_random_kills_under_eight_clients_lose_nothing(folder: Path) -> None:
    dice = random.Random(ROUNDS)  # squared: most die young, all within a second
    begun = time.monotonic()
    for life in itertools.count():
        if (ROUNDS and life == ROUNDS) or (not ROUNDS and life >= LEAST and time.monotonic() - begun > BUDGET):
            break
        ours, theirs = crashing.CONTEXT.Pipe()
        process = crashing.CONTEXT.Process(target=crashing.clients, args=(folder, life, theirs))
        process.start()
        assert ours.poll(5), "a killed process must be back within 5 s"
        process.join(dice.random() ** 2)
        process.kill()
        process.join()
        _assert_file_sound(folder)

    await _assert_nothing_lost(folder)


async def _assert_nothing_lost(folder: Path) -> None:
    acknowledged = [line.split() for line in crashing.lines(folder / "acknowledged.txt")]
    async with house(folder, channel=crashing.PrintedConsole(folder), clock=SystemClock()) as home:
        found = {key: await _notes(home, key) for key in await _keys(home)}
        incidents = [await home.incident(key) for key in found]
        await _assert_sound(home)
    everywhere = Counter(note for notes in found.values() for note in notes)
    declared = Counter(incident.external_ref for incident in incidents)

    assert len(acknowledged) > ROUNDS
    assert [line for line in acknowledged if line[1] == "note" and line[0] not in found[line[2]]] == []
    assert [line for line in acknowledged if line[1] == "declare" and declared[line[0]] != 1] == []
    assert max(everywhere.values()) == max(declared.values()) == 1
    assert all(list(incident.steps) == ["facts", "tell", "finish"] for incident in incidents)
    await _assert_all_told(folder, [incident.key for incident in incidents])


async def _assert_all_told(folder: Path, keys: list[str]) -> None:
    clock = VirtualClock(SystemClock().now())
    clock.forward(minutes=10)
    async with house(folder, channel=crashing.PrintedConsole(folder), clock=clock) as home:
        await home.worker.run_until_idle()
        deliveries = [each for key in keys for each in await home.deliveries(key)]

    assert {each.state for each in deliveries} == {"sent"}
    assert {each.id for each in deliveries} == set(crashing.lines(folder / "printed_ids.txt"))
