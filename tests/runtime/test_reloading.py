"""Files are read again when they have come to rest, at once for whoever asks, and whatever breaks meanwhile."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from structlog.testing import capture_logs

from engine.runtime.reloading import Reloading


@dataclass
class Files:
    """A library whose files look as they are told, once for each look; the last look lasts."""

    looks: list[str]
    loaded: str = "first"
    done: list[str] = field(default_factory=list)
    looked: int = 0

    async def look(self) -> str:
        seen = self.looks[min(self.looked, len(self.looks) - 1)]
        self.looked += 1
        if seen == "gone":
            raise OSError("the folder went away")
        return seen

    async def refresh(self) -> None:
        seen = self.looks[min(self.looked - 1, len(self.looks) - 1)]
        if seen != self.loaded:
            self.loaded = seen
            self.done.append(f"took {seen}")

    async def load(self) -> None:
        self.done.append("read at once")


async def running(files: Files, until: Callable[[], bool], *, ask: bool = False) -> None:
    """Let it look until something is so."""
    stop = asyncio.Event()
    reloading = Reloading(files, every=60 if ask else 0.001)  # type: ignore[arg-type]
    task = asyncio.create_task(reloading.run(stop))
    if ask:
        reloading.ask()
    async with asyncio.timeout(20):
        while not until():  # noqa: ASYNC110 - nothing tells that it has looked
            await asyncio.sleep(0.001)
    stop.set()
    with suppress(asyncio.CancelledError):
        await task


async def test_what_is_still_being_written_is_left_to_its_end() -> None:
    files = Files(["first", "half", "three quarters", "whole", "whole"])
    await running(files, lambda: files.looked > 6)

    assert files.done == ["took whole"]


async def test_while_nothing_changes_nothing_is_read() -> None:
    files = Files(["first"])
    await running(files, lambda: files.looked > 4)

    assert files.done == []


async def test_who_asks_does_not_wait_for_the_next_look() -> None:
    files = Files(["first"])
    await running(files, lambda: bool(files.done), ask=True)

    assert (files.done, files.looked) == (["read at once"], 0)


async def test_what_breaks_is_logged_and_the_next_look_comes() -> None:
    files = Files(["first", "gone", "second", "second"])
    with capture_logs() as log:
        await running(files, lambda: bool(files.done))

    assert files.done == ["took second"]
    assert [each["event"] for each in log] == ["the files could not be read again"]
