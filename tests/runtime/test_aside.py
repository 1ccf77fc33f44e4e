"""Work on a thread of its own gives its answer or its error to whoever waits, and keeps no program from ending."""

import asyncio
import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest

from engine.runtime.aside import aside

KINDS = ("sqlite",)
HANGING = """
import asyncio, threading
from engine.runtime.aside import aside

async def main():
    waiting = asyncio.create_task(aside(threading.Event().wait))
    await asyncio.sleep(0.05)
    waiting.cancel()
    await asyncio.wait([waiting])

asyncio.run(main())
print("ended")
"""


async def test_it_gives_the_answer() -> None:
    assert await aside(lambda: 7) == 7


async def test_it_raises_what_the_work_raised() -> None:
    def broken() -> None:
        raise ZeroDivisionError("seven")

    with pytest.raises(ZeroDivisionError, match="seven"):
        await aside(broken)


async def test_the_loop_goes_on_meanwhile_and_who_stops_waiting_stops_nothing() -> None:
    let, done = Event(), Event()

    def work() -> None:
        let.wait(10)
        done.set()

    waiting = asyncio.create_task(aside(work))
    await asyncio.sleep(0.01)
    waiting.cancel()
    await asyncio.wait([waiting])
    let.set()

    assert waiting.cancelled()
    assert await asyncio.to_thread(done.wait, 10)


def test_what_hangs_keeps_no_program_from_ending() -> None:
    root = Path(__file__).parents[2]
    ended = subprocess.run([sys.executable, "-c", HANGING], cwd=root, capture_output=True, text=True, timeout=60)

    assert (ended.returncode, ended.stdout) == (0, "ended\n"), ended.stderr
