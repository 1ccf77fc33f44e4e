"""What the served product does at every heartbeat."""

import asyncio
from pathlib import Path

from sqlalchemy import func, select

from engine.store.tables import remote_calls
from tests.api.night import Night, night


async def _calls(dark: Night) -> int:
    return await dark.house.parts.database.read(lambda tx: tx.execute(select(func.count()).select_from(remote_calls)).scalar_one())


async def test_calls_to_slack_that_no_longer_count_are_forgotten(tmp_path: Path) -> None:
    async with night(tmp_path) as dark:
        await dark.house.declared()
        await dark.settle()
        kept = await _calls(dark)
        dark.house.clock.forward(minutes=10)
        stop = asyncio.Event()
        working = asyncio.create_task(dark.house.parts.worker.run(stop))
        async with asyncio.timeout(20):
            while await _calls(dark) > kept / 2:  # noqa: ASYNC110 - no event tells that a chore is done
                await asyncio.sleep(0)
        stop.set()
        await working

    assert kept > 5
