"""What stands in for the product in the processes of a `Crew`: each writes down in the shared folder what happens to it."""

import os
import signal
import socket
import sys
from multiprocessing.connection import Connection

from api.siblings import Siblings


def steady(siblings: Siblings, listener: socket.socket, told: Connection | None) -> int:
    """Live until SIGTERM, and note each SIGHUP."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGHUP, lambda *_: note(siblings, "reloaded"))
    begun(siblings, told)
    while True:
        signal.pause()


def starting(siblings: Siblings, listener: socket.socket, told: Connection | None) -> int:
    """Never come so far as to answer."""
    note(siblings, f"lives {os.getpid()}")
    while True:
        signal.pause()


def stubborn(siblings: Siblings, listener: socket.socket, told: Connection | None) -> int:
    """Hear no SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    begun(siblings, told)
    while True:
        signal.pause()


def brief(siblings: Siblings, listener: socket.socket, told: Connection | None) -> int:
    """Let all but the first end at once."""
    if told is not None:
        return steady(siblings, listener, told)
    note(siblings, "ended")
    return 3


def hopeless(siblings: Siblings, listener: socket.socket, told: Connection | None) -> int:
    """End before there is an answer."""
    return 5


def begun(siblings: Siblings, told: Connection | None) -> None:
    note(siblings, f"lives {os.getpid()}")
    if told is not None:
        told.send(True)


def note(siblings: Siblings, what: str) -> None:
    with (siblings.folder / "notes").open("a") as file:
        file.write(f"{siblings.number} {what}\n")
