"""When storage is slow Slack is answered in time, the work is finished, and its answer follows."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.api.slack.given import open_desk
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
        assert followed == "INC-1: Note: Ana Ruiz wrote: while it was locked."


async def test_a_form_that_can_not_be_stored_stays_open_and_says_so(tmp_path: Path, slack: FakeSlack) -> None:
    async with open_desk(tmp_path, slack, patience=30) as desk:
        await desk.types("ana", "start trial Something")
        with _locked(tmp_path / "data" / "firebreak.db"):
            said = await desk.submits("ana", slack.views[-1], site="Plant 4")

        assert "Storage is away for the moment, so nothing was changed" in said["errors"]["title"]
        assert "code" in await desk.incident()
