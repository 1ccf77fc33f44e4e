"""A process without a worker keeps its clock right, and looks for what was lost, all the same."""

import asyncio

from api.keeping import keep
from engine.store.fault import Fault


async def test_chores_are_done_again_and_again_also_while_the_database_is_away() -> None:
    stop, done = asyncio.Event(), [0, 0]

    async def away() -> None:
        done[0] += 1
        raise Fault("PostgreSQL can't be reached", done="read nothing", advice="wait")

    async def other() -> None:
        done[1] += 1
        if done[1] == 3:
            stop.set()

    await asyncio.wait_for(keep((away, other), stop, every=0.001), 10)

    assert done == [3, 3]


async def test_where_there_is_nothing_to_do_nothing_is_waited_for() -> None:
    await asyncio.wait_for(keep((), asyncio.Event()), 10)
