"""When storage is slow Slack is answered in time and the work is finished; when it is away, whoever asked reads so, and nothing changed."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from sqlalchemy import Connection

from api.slack.answering import AWAY, SLOW
from tests.api.slack.given import Desk, open_desk
from tests.api.slack.given_events import hears, pin, timeline
from tests.fake_slack import FakeSlack


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Hold the database's write lock, as another program would."""
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        holder.execute("ROLLBACK")
        holder.close()


async def _whispered(slack: FakeSlack) -> str:
    """Wait, at most ten seconds, for what is whispered next."""
    heard = await asyncio.to_thread(slack.heard.wait, 10)
    assert heard, "nothing was whispered"
    return str(slack.whispers[-1]["text"])


async def test_a_late_answer_is_whispered(tmp_path: Path, slack: FakeSlack) -> None:
    async with open_desk(tmp_path, slack, patience=0.3) as desk:
        await desk.house.declared()
        with _locked(tmp_path / "data" / "firebreak.db"):
            said = await desk.types("ana", "note INC-1 while it was locked")
        followed = await _whispered(slack)

        assert said == "This takes longer than usual. The answer follows here; look before you try again."
        assert followed == "INC-1: Note: Ana Ruiz added: while it was locked."


async def test_a_form_that_can_not_be_stored_stays_open_and_says_so(tmp_path: Path, slack: FakeSlack) -> None:
    async with open_desk(tmp_path, slack, patience=30) as desk:
        await desk.types("ana", "start trial Something")
        with _locked(tmp_path / "data" / "firebreak.db"):
            said = await desk.submits("ana", slack.views[-1], site="Plant 4")

        assert "Storage is away for the moment, so nothing was changed" in said["errors"]["title"]
        assert "code" in await desk.incident()


def _full(tx: Connection) -> None:
    """Let the file grow no further, as a full disk would; until the writer has opened it anew, which it does after a fault."""
    tx.exec_driver_sql("PRAGMA max_page_count = 1")


async def test_slack_waits_no_three_seconds_while_the_database_is_locked(tmp_path: Path, slack: FakeSlack) -> None:
    async with open_desk(tmp_path, slack) as desk:
        await desk.house.declared()
        await desk.types("ana", "help")
        begun = perf_counter()
        with _locked(tmp_path / "data" / "firebreak.db"):
            said = await desk.types("ana", "note INC-1 while it was locked")
            waited = perf_counter() - begun
        followed = await _whispered(slack)
        before = (await desk.incident())["version"]
        await desk.again()

        assert (said, waited < 3) == (SLOW, True)
        assert followed == "INC-1: Note: Ana Ruiz added: while it was locked."
        assert (await desk.incident())["version"] == before


async def test_a_command_reads_that_the_database_is_locked(tmp_path: Path, slack: FakeSlack) -> None:
    async with open_desk(tmp_path, slack, patience=30) as desk:
        await desk.house.declared()
        before = (await desk.incident())["version"]
        with _locked(tmp_path / "data" / "firebreak.db"):
            said = await desk.types("ana", "note INC-1 while it was locked")

        assert said == AWAY
        assert (await desk.incident())["version"] == before


async def test_a_press_is_whispered_that_the_database_is_locked(tmp_path: Path, slack: FakeSlack) -> None:
    async with open_desk(tmp_path, slack, patience=30) as desk:
        room = await desk.started()
        with _locked(tmp_path / "data" / "firebreak.db"):
            said = await desk.presses("ana", room, "facts", "tick", ticked=("1",))

        assert said == AWAY
        assert not any(item["done"] for item in (await desk.step("facts"))["checklist"])


async def test_a_full_disk_is_told_to_whoever_types_presses_or_submits(desk: Desk) -> None:
    await desk.started()
    await desk.types("ana", "start trial Something else")
    before = (await desk.incident())["version"]
    await desk.house.parts.database.write(_full)
    typed = await desk.types("ana", f"note INC-1 {'the press has called, again. ' * 100}")
    await desk.house.parts.database.write(_full)
    submitted = await desk.submits("ana", desk.slack.views[-1], site="Plant 4 " * 300)

    assert typed == AWAY
    assert AWAY in submitted["errors"].values()
    assert (await desk.incident())["version"] == before


async def test_when_the_disk_has_room_again_the_same_form_starts_the_incident(desk: Desk) -> None:
    await desk.types("ana", "start trial Something")
    form = desk.slack.views[-1]
    await desk.house.parts.database.write(_full)
    refused = await desk.submits("ana", form, site="Plant 4 " * 300)
    taken = await desk.submits("ana", form, site="Plant 4 " * 300)

    assert (refused["response_action"], taken["response_action"]) == ("errors", "update")


async def test_an_event_that_can_not_be_stored_is_asked_for_again(tmp_path: Path, slack: FakeSlack) -> None:
    async with open_desk(tmp_path, slack, patience=30) as desk:
        room = await desk.started()
        event = pin(desk, "ana", room, slack.says("U0BEN", room, "It is offline"))
        with _locked(tmp_path / "data" / "firebreak.db"):
            refused = await hears(desk, event)
        taken = await desk.again()

        assert (refused.status_code, taken.status_code) == (503, 200)
        assert sum("It is offline" in text for text in await timeline(desk)) == 1
