"""The morning's list leaves by itself, to one person, and nobody else reads it."""

import asyncio
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

from tests.api.given import MONDAY, House, running

_PATIENCE = 20.0
"""Seconds before this test gives up."""


class Paper(StringIO):
    """Says when a morning's list is printed on it."""

    def __init__(self) -> None:
        super().__init__()
        self.came = asyncio.Event()

    def write(self, text: str, /) -> int:
        if "Good morning" in text:
            self.came.set()
        return super().write(text)


async def the_list_of_ana(house: House, who: str) -> dict[str, Any]:
    """The delivery as somebody sees it."""
    client = await (house.admin() if who == "admin" else house.person(who))
    answer = await client.get("/v1/incidents/INC-1/deliveries", params={"limit": 200})
    return next(dict(each) for each in answer.json()["items"] if each["id"] == "digest:ana:2026-11-24")


async def test_a_running_worker_sends_it_in_the_morning_and_only_its_receiver_reads_it(tmp_path: Path) -> None:
    paper = Paper()
    async with running(tmp_path, printed=paper) as house:
        await house.declared()
        house.clock.move_to(MONDAY + timedelta(hours=23, minutes=30))
        stop = asyncio.Event()
        working = asyncio.create_task(house.parts.worker.run(stop))
        await asyncio.wait_for(paper.came.wait(), _PATIENCE)
        stop.set()
        await working
        texts = {who: (await the_list_of_ana(house, who))["text"] for who in ("ana", "ben", "admin")}

    assert texts["ana"].startswith("Good morning, Ana Ruiz. You have")
    assert (texts["ben"], texts["admin"]) == (None, None)
