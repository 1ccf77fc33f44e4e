"""An incident comes back from its snapshot, from its events, or not at all, and always the same."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from engine.incident import commands as c
from engine.incident.state import SCHEMA
from engine.runtime.history import entries_of
from engine.runtime.order import ordered
from engine.runtime.outcome import Handled
from engine.store.canonical import canonical
from engine.store.event_log import read_events
from engine.store.fault import Fault
from tests.runtime.given import PUBLISH, WORK, House, house, person, playbook


async def _write_schema(home: House, schema: int) -> None:
    """Make the stored snapshot look as if another version of the program had written it."""

    def unit(tx: Connection) -> int:
        snapshot = json.loads(tx.execute(text("SELECT snapshot FROM incidents")).scalar_one())
        change = text("UPDATE incidents SET snapshot = :snapshot")
        return tx.execute(change, {"snapshot": canonical({**snapshot, "schema": schema})}).rowcount

    await home.database.write(unit)


async def test_a_snapshot_of_an_older_shape_is_rebuilt_from_the_events(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        await home.declare()
        before = await home.do("INC-1", c.TickItem("facts", "1"))
        await _write_schema(home, SCHEMA - 1)

        assert await home.incident("INC-1") == before
        assert (await home.do("INC-1", c.Note("x"))).version > before.version


async def test_a_snapshot_of_a_newer_shape_is_a_fault(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        await home.declare()
        await _write_schema(home, SCHEMA + 1)

        with pytest.raises(Fault, match="written by a newer Firebreak"):
            await home.handler.handle("INC-1", c.Note("x"), person("ana"))
        with pytest.raises(Fault, match="written by a newer Firebreak"):
            await home.handler.look("INC-1", person("ana"))


async def test_the_events_read_back_are_the_entries_that_were_answered(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        declared = await home.handler.declare("trial", c.Declare(id="", key="", inputs={"people": ["Fred Berg"]}), person("ana"))
        noted = await home.handler.handle("INC-1", c.Note("Fred Berg called"), person("ana"))
        assert isinstance(declared, Handled)
        assert isinstance(noted, Handled)

        stored = await home.database.read(lambda tx: read_events(tx, home.sealer, declared.incident.id))

        assert entries_of(stored) == [*declared.entries, *noted.entries]


async def test_steps_keep_the_playbook_s_order_after_a_restart(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(PUBLISH)) as home:
        incident = await home.declare()
        after = await home.do("INC-1", c.AddTask("Call the mayor", "press"))
        clock = home.clock
    async with house(tmp_path, clock=clock) as home:
        found = await home.incident("INC-1")

    assert list(incident.steps) == ["draft", "agree", "post", "finish"]
    assert list(found.steps) == list(after.steps) == [*incident.steps, *after.added]


async def test_putting_in_order_changes_nothing_but_the_order(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        await home.declare(inputs={"people": ["Fred Berg"], "links": ["https://video.example/1"]})
        seen = await home.handler.look("INC-1", person("ana"))

        assert seen is not None
        assert ordered(seen.world, seen.incident) == seen.incident
