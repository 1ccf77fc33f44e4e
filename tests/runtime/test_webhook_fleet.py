"""Several processes on one PostgreSQL tell webhooks what happens: each event once, in order, while commands go on."""

import asyncio
from pathlib import Path

from engine.incident import commands as c
from tests.runtime.given import WORK, house, playbook
from tests.runtime.webhook_given import hooks
from tests.until import until

KINDS = ("postgresql",)
"""On SQLite one process writes."""

INCIDENTS, NOTES = 3, 8


async def test_two_processes_tell_each_event_once_and_in_order_while_commands_go_on(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as one, house(tmp_path, clock=one.clock) as other:
        first = hooks(one)
        second = hooks(other, first.receiver)
        webhooks = [await first.subscribe(events=("Noted",)) for _ in range(2)]
        keys = [(await one.declare()).key for _ in range(INCIDENTS)]
        stop = asyncio.Event()
        running = [asyncio.create_task(each.messenger.run(stop)) for each in (first, second)]
        notes = (home.do(key, c.Note(f"{number}")) for number in range(NOTES // 2) for key in keys for home in (one, other))
        await asyncio.gather(*notes)
        await until(lambda: len(first.receiver.ids) >= INCIDENTS * NOTES * len(webhooks))
        stop.set()
        await asyncio.gather(*running)
        states = {each.state for webhook in webhooks for each in await first.log(webhook)}

    assert states == {"sent"}
    assert len(first.receiver.ids) == INCIDENTS * NOTES * len(webhooks)
    for key in keys:
        numbers = [int(each.partition(":")[2]) for each in first.receiver.ids if each.startswith(f"{key}:")]
        once = list(dict.fromkeys(numbers))
        assert once == sorted(once)
        assert all(numbers.count(each) == len(webhooks) for each in once)
