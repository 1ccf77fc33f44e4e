"""What dies in the crash tests: whole processes on a real file, killed by signal 9 at a chosen step or moment.

Each function here is the main of a child process. What it has been answered it writes down in a file of its
own; a line that stands there is an acknowledgement.
"""

import asyncio
import io
import itertools
import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

import structlog
from rich.console import Console
from sqlalchemy import Connection as Tx

from engine.channels.channel import Outcome, Outgoing
from engine.channels.console import ConsoleChannel
from engine.incident import commands as c
from engine.runtime.clock import SystemClock, VirtualClock
from engine.runtime.outcome import Decided, Handled, Recalled
from engine.store.idempotency import New, Stored, reserve, save
from tests.runtime.given import DATABASES, MONDAY, House, house, person

CLIENTS = 8
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["__main__", "tests.runtime.crashing"])


class Notebook:
    """Lines in a file, each written by one call, so that a killed process leaves whole lines."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def write(self, *words: object) -> None:
        os.write(self._file, (" ".join(map(str, words)) + "\n").encode())


class PrintedConsole:
    """The console channel, printing into a file that outlives the process; what was printed is noted by id."""

    def __init__(self, folder: Path) -> None:
        self._printed = Notebook(folder / "printed.txt")
        self._ids = Notebook(folder / "printed_ids.txt")

    async def send(self, outgoing: Outgoing) -> Outcome:
        page = io.StringIO()
        outcome = await ConsoleChannel(Console(file=page, no_color=True)).send(outgoing)
        self._printed.write(page.getvalue())
        self._ids.write(outgoing.delivery.id)
        return outcome


def die() -> None:
    """End this process as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


def at_step(wanted: int, *, armed: list[bool], nth: int = 1) -> Callable[[int], None]:
    """Die the nth time that step `wanted` is done while armed."""
    left = [nth]

    def reached(step: int) -> None:
        if step == wanted and armed:
            left[0] -= 1
            if left[0] == 0:
                die()

    return reached


def prepare(folder: Path, *playbooks: str) -> None:
    """Make the database of a house, so that later processes only open it."""

    async def work() -> None:
        async with house(folder, *playbooks):
            pass

    asyncio.run(work())


def command_at(folder: Path, kind: str, step: int) -> None:
    """Have a note acknowledged, then die at a step of `handle` during one more command."""
    quiet()
    asyncio.run(_command_at(folder, kind, step))


async def _command_at(folder: Path, kind: str, step: int) -> None:
    armed: list[bool] = []
    acknowledged = Notebook(folder / "acknowledged.txt")
    async with house(folder, channel=PrintedConsole(folder), at=at_step(step, armed=armed)) as home:
        await home.declare()
        await home.do("INC-1", c.Note("acknowledged"))
        acknowledged.write("INC-1", "acknowledged")
        armed.append(True)
        if kind == "declare":
            await home.declare()
        elif kind == "tick":
            home.clock.forward(hours=1)
            await home.worker.run_until_idle()
        else:
            await home.do("INC-1", c.Note("under way"))
        acknowledged.write("INC-1", "under way")


def courier_at(folder: Path, playbook: str, step: int, nth: int) -> None:
    """Declare, then die the nth time that a step of the courier is done."""
    quiet()
    asyncio.run(_courier_at(folder, playbook, step, nth))


async def _courier_at(folder: Path, playbook: str, step: int, nth: int) -> None:
    armed: list[bool] = []
    async with house(folder, channel=PrintedConsole(folder), courier_at=at_step(step, armed=armed, nth=nth)) as home:
        await home.declare(playbook)
        armed.append(True)
        await home.worker.run_until_idle()


class _Unanswered:
    """Takes everything and never answers."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe

    async def send(self, outgoing: Outgoing) -> Outcome:
        self._pipe.send(outgoing.delivery.id)
        await asyncio.Event().wait()
        raise AssertionError("nobody wakes it")


def killed_while_sending(folder: Path, url: str) -> list[str]:
    """Let a process take what is owed and kill it over it; gives the ids of what it had begun to send."""
    ours, theirs = multiprocessing.Pipe(duplex=False)
    process = CONTEXT.Process(target=sending, args=(folder, url, theirs))
    process.start()
    began = [ours.recv()]
    while ours.poll(0.3):
        began.append(ours.recv())
    process.kill()
    process.join()
    return began


def sending(folder: Path, url: str, pipe: Pipe) -> None:
    """Send for ever, to nobody who answers."""
    quiet()
    DATABASES.taken[folder] = url
    asyncio.run(_sending(folder, pipe))


async def _sending(folder: Path, pipe: Pipe) -> None:
    async with house(folder, channel=_Unanswered(pipe), clock=SystemClock()) as home:
        await home.worker.run(asyncio.Event())


def clients(folder: Path, life: int, ready: Pipe) -> None:
    """Serve eight clients and the worker until killed; first repeat what the last life left unanswered."""
    quiet()
    asyncio.run(_clients(folder, life, ready))


async def _clients(folder: Path, life: int, ready: Pipe) -> None:
    async with house(folder, channel=PrintedConsole(folder), clock=SystemClock()) as home:
        asked, acknowledged = Notebook(folder / "asked.txt"), Notebook(folder / "acknowledged.txt")
        for line in unanswered(folder):
            await _ask(home, line.split(), acknowledged)
        ready.send("ready")
        worker = home.worker.run(asyncio.Event())
        await asyncio.gather(worker, *(_client(home, f"{life}.{number}", asked, acknowledged) for number in range(CLIENTS)))


async def _client(home: House, name: str, asked: Notebook, acknowledged: Notebook) -> None:
    """Declare an incident and write notes on it, for ever; what is asked is noted before, what is answered after."""
    key = ""
    for count in itertools.count():
        request = [f"{name}.{count}", "note", key] if count % 10 else [f"{name}.{count}", "declare"]
        asked.write(*request)
        key = await _ask(home, request, acknowledged)


class Once:
    """The memory of one client's request: the key of the incident that it was about."""

    def __init__(self, home: House, name: str) -> None:
        self._sealer, self._name, self._now = home.sealer, name, home.clock.now()
        self._reserved: New | None = None

    def recall(self, tx: Tx) -> str | None:
        found = reserve(tx, self._sealer, key=self._name, token_id="client", body_hash=self._name, now=self._now)
        if isinstance(found, New):
            self._reserved = found
            return None
        assert isinstance(found, Stored), found
        return str(found.body)

    def keep(self, tx: Tx, decided: Decided, /) -> None:
        assert self._reserved is not None
        save(tx, self._sealer, self._reserved, Stored(200, _key(decided)), None)


async def _ask(home: House, request: list[str], acknowledged: Notebook) -> str:
    """Send one request under its idempotency key; returns the incident's key."""
    name, kind, *where = request
    memory = Once(home, name)
    if kind == "declare":
        outcome = await home.handler.declare("trial", c.Declare(id="", key="", external_ref=name), person("ana"), memory=memory)
    else:
        outcome = await home.handler.handle(where[0], c.Note(name), person("ana"), memory=memory)
    key = str(outcome.answer) if isinstance(outcome, Recalled) else _key(outcome)
    acknowledged.write(name, kind, key)
    return key


def _key(decided: Decided) -> str:
    assert isinstance(decided, Handled), decided
    return decided.incident.key


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def unanswered(folder: Path) -> list[str]:
    """What was asked and never answered, as far as the client knows."""
    answered = {line.split()[0] for line in lines(folder / "acknowledged.txt")}
    return [line for line in lines(folder / "asked.txt") if line.split()[0] not in answered]


def quiet() -> None:
    """Let the process say nothing on standard output."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(io.StringIO()))


def clock_after(**span: float) -> VirtualClock:
    """A clock of the next life, some time after the crash."""
    clock = VirtualClock(MONDAY)
    clock.forward(**span)
    return clock


def as_main(target: Callable[..., Any], *args: Any) -> int | None:
    """Run a function as a process of its own; returns its exit code, negative when a signal ended it."""
    process = CONTEXT.Process(target=target, args=args)
    process.start()
    process.join(60)
    return process.exitcode
