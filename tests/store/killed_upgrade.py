"""An upgrade in a process of its own that is killed by signal 9 after so many statements."""

import multiprocessing
import os
import signal
from multiprocessing.connection import Connection as Pipe
from typing import Final

from sqlalchemy import Engine, event

from engine.store.migrate import upgrade

_CONTEXT: Final = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.store.killed_upgrade", "alembic.command", "pgqueuer", "asyncpg"])
EVER: Final = 1_000_000
"""More statements than there are."""


def upgraded(address: str, after: int = EVER) -> tuple[int | None, int | None]:
    """Upgrade; gives how the process ended, and how many statements there were if it was not killed."""
    ours, theirs = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=_child, args=(address, after, theirs))
    process.start()
    theirs.close()
    process.join(120)
    try:
        return process.exitcode, int(ours.recv())
    except EOFError:
        return process.exitcode, None


def _child(address: str, after: int, told: Pipe) -> None:
    seen = 0

    def count(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == after:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "after_cursor_execute", count)
    upgrade(address)
    told.send(seen)
