"""`firebreak serve --workers N`: starts processes that share one listening socket, and starts again whichever ends.

Rules:
- The first process brings the schema to its shape, publishes the playbooks, makes the first token and introduces all of them; the
  others are started when it is about to answer. If it can't, the whole ends with its exit code.
- SIGTERM and SIGINT end all of them, by force whoever is not done after `LAST` seconds; SIGHUP is passed on.
- Processes end by themselves when this one is gone, however it went: nobody keeps the port.
- One that ends soon after its start is started again after a growing pause, so that a lasting trouble does not take the machine.
"""

import asyncio
import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import monotonic
from typing import Any, Final, Protocol

import structlog

from api.siblings import Siblings

LAST: Final = 9.5
"""Seconds from the signal to the last resort: whoever stops us waits for ten."""
SHORT_LIFE: Final = 10.0
"""Seconds; who lived longer is started again at once."""
LONGEST_PAUSE: Final = 30.0

_SPAWN: Final = multiprocessing.get_context("spawn")
_log = structlog.get_logger("firebreak.serve")


class Serve(Protocol):
    """What each process runs, until a signal ends it; returns its exit code. Must be picklable."""

    def __call__(self, siblings: Siblings, listener: socket.socket, told: Connection | None) -> int:
        """Answer; the first process says into `told` that it does."""
        ...


@dataclass
class Crew:
    """The processes of one port; `folder` is what they tell each other by, `last` the seconds that they are given to end."""

    serve: Serve
    count: int
    listener: socket.socket
    folder: Path
    last: float = LAST
    _running: dict[int, BaseProcess] = field(default_factory=dict)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> int:
        """Serve until a signal ends it; returns the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._pass_on, signal.SIGHUP)
        hear, told = _SPAWN.Pipe(duplex=False)
        first = self._started(1, told)
        told.close()
        await _first_of(_readable(hear.fileno()), self._stop.wait())
        if not self._stop.is_set() and not _heard(hear):
            first.join()
            return first.exitcode or 1
        keepers = [asyncio.create_task(self._keep(number, first if number == 1 else None)) for number in range(1, self.count + 1)]
        await self._stop.wait()
        await self._end(keepers)
        return 0

    def _started(self, number: int, told: Connection | None = None) -> BaseProcess:
        siblings = Siblings(self.folder, number, self.count)
        process = _SPAWN.Process(target=_one, args=(self.serve, siblings, self.listener, told), name=f"firebreak-{number}", daemon=True)
        process.start()
        self._running[number] = process
        return process

    async def _keep(self, number: int, process: BaseProcess | None) -> None:
        """Have the process with this number run, again and again."""
        pause = 0.0
        while process is not None or not self._stop.is_set():
            process, began = process or self._started(number), monotonic()
            await _readable(process.sentinel)
            process.join()
            code, process = process.exitcode, None
            if self._stop.is_set():
                return
            pause = 0.0 if monotonic() - began > SHORT_LIFE else min(2 * pause or 1.0, LONGEST_PAUSE)
            _log.error("a process has ended; it is started again", process=number, code=code, seconds=pause)
            await _first_of(self._stop.wait(), asyncio.sleep(pause))

    async def _end(self, keepers: list[asyncio.Task[None]]) -> None:
        """Let all of them end what is under way, then end them."""
        self.listener.close()
        self._pass_on(signal.SIGTERM)
        _, late = await asyncio.wait(keepers, timeout=self.last)
        if late:
            _log.warning("processes did not end in time, and are ended by force", processes=len(late))
            self._pass_on(signal.SIGKILL)
            await asyncio.wait(late)

    def _pass_on(self, number: signal.Signals) -> None:
        for process in self._running.values():
            if process.pid is not None and process.is_alive():
                with suppress(ProcessLookupError):
                    os.kill(process.pid, number)


def end_with_parent() -> None:
    """Let this process end in peace as soon as the one that started it is gone; inside a running loop."""
    parent, loop = multiprocessing.parent_process(), asyncio.get_running_loop()
    if parent is None:
        return
    sentinel = parent.sentinel

    def gone() -> None:
        loop.remove_reader(sentinel)
        os.kill(os.getpid(), signal.SIGTERM)

    loop.add_reader(sentinel, gone)


def _one(serve: Serve, siblings: Siblings, listener: socket.socket, told: Connection | None) -> None:
    """Be one of them: Ctrl+C is for whoever started us to hear; without anybody who reloads, SIGHUP does nothing."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.exit(serve(siblings, listener, told))


def _heard(hear: Connection) -> bool:
    try:
        return bool(hear.recv())
    except EOFError:
        return False


async def _readable(descriptor: int) -> None:
    """Wait until there is something to read, or the other side is gone."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)


async def _first_of(*waits: Awaitable[Any]) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
