"""The write-ahead log is emptied beside the writer, so that no answer waits until it is.

Rules:
- A thread of its own copies what was committed into the database file, a moment (`PAUSE`) after the commit. It waits for
  nobody and nobody waits for it; what it can't copy now, it copies later.
- The writer empties the log itself only when it has grown to `LARGEST` pages, which takes a writer that never rests; then little
  of it is left to copy. So the log stays bounded.
- Two can't empty at the same time: whoever must empty the log now does it while this thread is `held`.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Final

from engine.store.sqlite_file import emptying_connection

PAUSE: Final = 0.25
"""Seconds; commits within them are copied together."""
LARGEST: Final = 16_000
"""Pages of 4 KiB."""


class Emptying:
    """Empties the log of one file; the thread begins with the first commit."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._committed = Event()
        self._is_over = Event()
        self._lock = Lock()
        self._thread = Thread(target=self._work, name="firebreak-emptying", daemon=True)

    def committed(self) -> None:
        """Say that there is something to copy."""
        if not self._committed.is_set():
            self._committed.set()
            if self._thread.ident is None:
                self._thread.start()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Empty nothing meanwhile; blocking, while it empties now."""
        with self._lock:
            yield

    def stop(self) -> None:
        """End; blocking, while it empties now."""
        self._is_over.set()
        self._committed.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _work(self) -> None:
        with suppress(sqlite3.Error), closing(emptying_connection(self._path)) as raw:
            while self._committed.wait() and not self._is_over.wait(PAUSE):
                self._committed.clear()
                with self._lock, suppress(sqlite3.Error):
                    raw.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
