"""What watches over several processes: it starts them after the first, starts them again, and lets none outlive its end."""

import asyncio
import io
import json
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from api.cli.several import Crew, Serve
from api.logs import configure_logging
from api.settings import Settings
from tests.api.cli.crewing import brief, hopeless, starting, steady, stubborn
from tests.journeys.given import eventually

PATIENCE = 60.0


class Watched:
    """A crew that runs, what its processes noted, and its log."""

    def __init__(self, folder: Path, running: asyncio.Task[int], log: io.StringIO) -> None:
        self.folder = folder
        self.running = running
        self.log = log

    def notes(self) -> list[str]:
        file = self.folder / "notes"
        return file.read_text().splitlines() if file.exists() else []

    def processes(self) -> list[int]:
        return [int(note.split()[2]) for note in self.notes() if " lives " in note]

    async def sees(self, what: str, times: int) -> None:
        await asyncio.to_thread(eventually, lambda: sum(what in note for note in self.notes()) >= times, PATIENCE)

    async def ends(self) -> int:
        os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            return await self.running


@asynccontextmanager
async def crewed(folder: Path, serve: Serve, *, last: float = 30.0) -> AsyncIterator[Watched]:
    log = io.StringIO()
    configure_logging(Settings(log_format="json"), log)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = asyncio.create_task(Crew(serve, 2, listener, folder, last).run())
        yield Watched(folder, running, log)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.remove_signal_handler(number)


def lives(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


async def test_a_signal_to_reload_reaches_each_and_one_to_end_ends_all(tmp_path: Path) -> None:
    async with crewed(tmp_path, steady) as crew:
        await crew.sees("lives", 2)
        os.kill(os.getpid(), signal.SIGHUP)
        await crew.sees("reloaded", 2)
        code, processes = await crew.ends(), crew.processes()

    assert (code, len(processes), [each for each in processes if lives(each)]) == (0, 2, [])
    assert sorted(note for note in crew.notes() if "reloaded" in note) == ["1 reloaded", "2 reloaded"]


async def test_who_does_not_end_is_ended_by_force(tmp_path: Path) -> None:
    async with crewed(tmp_path, stubborn, last=0.2) as crew:
        await crew.sees("lives", 2)
        code = await crew.ends()

    assert (code, [each for each in crew.processes() if lives(each)]) == (0, [])
    assert "processes did not end in time, and are ended by force" in crew.log.getvalue()


async def test_who_ends_soon_again_and_again_is_started_after_growing_pauses(tmp_path: Path) -> None:
    async with crewed(tmp_path, brief) as crew:
        await crew.sees("2 ended", 3)
        code = await crew.ends()
    told = [json.loads(line) for line in crew.log.getvalue().splitlines()]

    assert code == 0
    assert [(line["process"], line["code"], line["seconds"]) for line in told[:2]] == [(2, 3, 1.0), (2, 3, 2.0)]


async def test_a_first_process_that_ends_before_it_answers_ends_the_whole_with_its_code(tmp_path: Path) -> None:
    async with crewed(tmp_path, hopeless) as crew, asyncio.timeout(PATIENCE):
        code = await crew.running

    assert (code, crew.notes()) == (5, [])


async def test_it_can_be_ended_while_the_first_process_still_starts(tmp_path: Path) -> None:
    async with crewed(tmp_path, starting) as crew:
        await crew.sees("lives", 1)
        code = await crew.ends()

    assert (code, [each for each in crew.processes() if lives(each)], len(crew.notes())) == (0, [], 1)


@pytest.mark.parametrize("ended", [signal.SIGKILL, signal.SIGTERM])
async def test_one_that_somebody_ends_is_replaced(tmp_path: Path, ended: signal.Signals) -> None:
    async with crewed(tmp_path, steady) as crew:
        await crew.sees("lives", 2)
        os.kill(crew.processes()[0], ended)
        await crew.sees("lives", 3)
        code = await crew.ends()

    assert (code, "a process has ended; it is started again" in crew.log.getvalue()) == (0, True)
