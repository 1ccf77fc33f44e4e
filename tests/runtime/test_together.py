"""Pieces that come while others are being done share one go, and a broken piece is nobody else's trouble."""

import asyncio
from collections.abc import Sequence

import pytest

from engine.runtime.together import Together
from engine.store.fault import Fault

KINDS = ("sqlite",)


class Work:
    """Writes down each go; breaks over 0, and stands still until it may go on."""

    def __init__(self) -> None:
        self.goes: list[list[int]] = []
        self.began, self.may_go = asyncio.Event(), asyncio.Event()
        self.fault: Fault | None = None
        self.together = Together(self.do)

    async def do(self, pieces: Sequence[int]) -> None:
        self.goes.append(list(pieces))
        self.began.set()
        await self.may_go.wait()
        if self.fault is not None:
            raise self.fault
        if 0 in pieces:
            raise ZeroDivisionError("a broken piece")

    async def put(self, *pieces: int) -> list[BaseException | None]:
        return await asyncio.gather(*(self.together.put(piece) for piece in pieces), return_exceptions=True)


async def test_who_comes_meanwhile_is_in_the_next_go() -> None:
    work = Work()
    first = asyncio.create_task(work.put(1))
    await work.began.wait()
    rest = asyncio.create_task(work.put(2, 3, 4))
    await asyncio.sleep(0)
    work.may_go.set()
    await asyncio.gather(first, rest)

    assert work.goes == [[1], [2, 3, 4]]


async def test_a_broken_piece_is_raised_to_whoever_put_it_and_the_others_are_done() -> None:
    work = Work()
    work.may_go.set()
    ends = await work.put(1, 0, 2)

    assert [type(end) for end in ends] == [type(None), ZeroDivisionError, type(None)]
    assert work.goes == [[1, 0, 2], [1], [0], [2]]


async def test_a_fault_is_raised_to_all_and_nothing_is_tried_alone() -> None:
    work = Work()
    work.may_go.set()
    work.fault = Fault("the disk is full", done="kept nothing", advice="make room")
    ends = await work.put(1, 2)

    assert [str(end) for end in ends] == [str(work.fault)] * 2
    assert work.goes == [[1, 2]]


async def test_who_gives_up_waiting_stops_nobody() -> None:
    work = Work()
    impatient, patient = (asyncio.create_task(work.together.put(piece)) for piece in (1, 2))
    await work.began.wait()
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    work.may_go.set()
    await patient

    assert work.goes == [[1, 2]]
