"""A pack is written every hour and soon after what changes it, by one worker, and a failure stops nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from engine.incident import commands as c
from engine.incident.actor import Actor
from engine.incident.versions import subject_version
from engine.runtime.packs import AGAIN, EVERY, Packs, last_pack
from engine.store.fault import Fault
from tests.runtime.beside import Noticing, worked
from tests.runtime.given import PUBLISH, WORK, House, house, playbook

FULL = Fault("the offline pack can't be written: no space left on device", done="the packs before it stay", advice="free some space")


@dataclass
class Desk:
    """Writes packs, or fails as it is told."""

    faults: list[Exception] = field(default_factory=list)
    written: list[datetime] = field(default_factory=list)
    counted: list[str] = field(default_factory=list)
    let: asyncio.Event | None = None
    begun: int = 0
    began: asyncio.Event = field(default_factory=asyncio.Event)

    async def write(self, now: datetime) -> str:
        self.begun += 1
        self.began.set()
        if self.let is not None:
            await self.let.wait()
        if self.faults:
            raise self.faults.pop(0)
        self.written.append(now)
        return "pack.zip"


@dataclass
class Packing:
    home: House
    desk: Desk
    packs: Packs

    async def come_by(self, **later: float) -> int:
        """Let the chore come by after so long; returns how many packs have been written by then."""
        self.home.clock.forward(**later)
        await self.packs.write_due()
        await self.packs.settled()
        return len(self.desk.written)


@asynccontextmanager
async def packing(folder: Path, *, steps: str = WORK, desk: Desk | None = None) -> AsyncIterator[Packing]:
    writer = desk or Desk()
    async with house(folder, playbook(steps), channel=Noticing()) as home:
        made = Packing(home, writer, Packs(home.database, home.clock, writer.write, counted=writer.counted.append))
        yield made
        await made.packs.close()


async def test_one_is_written_at_once_and_then_every_hour(tmp_path: Path) -> None:
    async with packing(tmp_path) as it:
        counts = [await it.come_by(), await it.come_by(seconds=30), await it.come_by(minutes=59), await it.come_by(seconds=30)]

    assert counts == [1, 1, 1, 2]
    assert it.desk.counted == ["written"] * 2


async def test_what_is_declared_or_closed_is_in_the_next_one_and_several_changes_share_it(tmp_path: Path) -> None:
    async with packing(tmp_path) as it:
        await it.come_by()
        first, second = await it.home.declare(), await it.home.declare()
        declared = await it.come_by(seconds=30)
        await it.home.do(first.key, c.Note(text="nothing new"))
        noted = await it.come_by(seconds=30)
        await it.home.do(second.key, c.Cancel(reason="a mistake"))
        closed = await it.come_by(seconds=30)

    assert (declared, noted, closed) == (2, 2, 3)


async def test_words_that_are_approved_are_in_the_next_one(tmp_path: Path) -> None:
    async with packing(tmp_path, steps=PUBLISH) as it:
        key = (await it.home.declare()).key
        await it.home.do(key, c.SubmitDraft(step="draft"), by="dee")
        seen = await it.home.handler.look(key, Actor(admin=True))
        assert seen is not None
        version = subject_version(seen.world, seen.incident, "draft") or ""
        before = await it.come_by(seconds=30)
        await it.home.do(key, c.Approve(step="agree", version=version), by="ben")
        half = await it.come_by(seconds=30)
        await it.home.do(key, c.Approve(step="agree", version=version), by="cho")
        agreed = await it.come_by(seconds=30)

    assert (before, half, agreed) == (1, 1, 2)


async def test_of_several_workers_one_writes(tmp_path: Path) -> None:
    async with packing(tmp_path) as it:
        several = [Packs(it.home.database, it.home.clock, it.desk.write, counted=it.desk.counted.append) for _ in range(8)]
        await asyncio.gather(*(packs.write_due() for packs in several))
        await asyncio.gather(*(packs.settled() for packs in several))

    assert len(it.desk.written) == 1


async def test_what_fails_is_kept_counted_and_tried_again_while_the_last_good_one_is_remembered(tmp_path: Path) -> None:
    async with packing(tmp_path) as it:
        await it.come_by()
        good = it.desk.written[0]
        it.desk.faults = [FULL]
        await it.come_by(seconds=EVERY.total_seconds())
        failed = await it.home.database.read(last_pack)
        soon = await it.come_by(seconds=AGAIN.total_seconds() - 1), it.desk.begun
        later = await it.come_by(seconds=1), it.desk.begun
        mended = await it.home.database.read(last_pack)

    assert failed is not None
    assert mended is not None
    assert (failed.written_at, failed.trouble) == (good, f"{FULL.what}: {FULL.advice}")
    assert (soon, later) == ((1, 2), (2, 3))
    assert (mended.trouble, it.desk.counted) == (None, ["written", "failed", "written"])


@pytest.mark.parametrize("fault", [FULL, ZeroDivisionError()])
async def test_a_failure_keeps_the_worker_from_nothing(tmp_path: Path, fault: Exception) -> None:
    async with packing(tmp_path, desk=Desk(faults=[fault])) as it:
        await worked(it.home, it.packs.write_due, it.desk.began)

    assert it.desk.counted == ["failed"]


async def test_a_folder_that_hangs_keeps_the_worker_from_nothing_and_is_not_tried_beside_it(tmp_path: Path) -> None:
    async with packing(tmp_path, desk=Desk(let=asyncio.Event())) as it:
        await worked(it.home, it.packs.write_due, it.desk.began)
        it.home.clock.forward(hours=3)
        await it.packs.write_due()

    assert (it.desk.begun, it.desk.counted) == (1, [])
