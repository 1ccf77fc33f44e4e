"""Wraps the keys of a database with the first secret until it is killed; after each batch it prints a line and waits for one."""

import asyncio
import sys

from engine.store.database import Database, open_database
from engine.store.keyring import Keyring
from engine.store.rotation import rotate
from engine.store.seal import Sealer


class Telling:
    """A database that says when a unit is on disk."""

    def __init__(self, inner: Database) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    async def write(self, unit: object) -> object:
        done = await self._inner.write(unit)  # type: ignore[arg-type, var-annotated]
        sys.stdout.write("done\n")
        sys.stdout.flush()
        sys.stdin.readline()
        return done


async def _work(url: str, secret: str) -> None:
    database = open_database(url)
    await database.write(Sealer(secret).confirm)
    telling, ring, after = Telling(database), Keyring(secret), ""
    while (progress := await rotate(telling, ring, after)).next is not None:  # type: ignore[arg-type]
        after = progress.next


if __name__ == "__main__":
    asyncio.run(_work(*sys.argv[1:]))
