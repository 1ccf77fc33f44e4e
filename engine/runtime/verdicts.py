"""What checking and proving came to, kept in the database: a start repeats only what has changed.

Rules:
- A verdict holds for the same bytes: of the engine's own rooms and the libraries that read and prove for them, of the organisation
  file, and for a whole folder of every file in it. For anything else it is made again.
- Only what was wholly good is kept: a folder with an error or a clash is checked at every start, and says so every time.
- Which day it is changes no verdict: it only warns (FB606).
"""

import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import Connection

from engine.runtime.organisation_file import InForce, Proof
from engine.store.database import Database
from engine.store.library import are_stored
from engine.store.settings import put_setting, setting

_NAME: Final = "verdicts"
_ROOMS: Final = ("language", "incident", "analysis", "runtime")
_LIBRARIES: Final = ("jinja2", "msgspec", "pycryptosat", "pydantic", "PyYAML", "rfc8785")


class Verdicts(msgspec.Struct, frozen=True):
    """`basis` is what they hold for; `folder` the digest of the files that were all good, `versions` what they were published as.

    `proofs` are by digest of a version.
    """

    basis: str
    folder: str = ""
    versions: tuple[str, ...] = ()
    proofs: Mapping[str, Proof] = {}


class Memory:
    """What a process remembers of the verdicts in its database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known = Verdicts("")

    async def recalls(self, force: InForce, folder: str) -> bool:
        """Take over what was proved on this basis; say whether a folder of this digest was all good and is published."""
        return await self._database.read(lambda tx: self._recalled(tx, force, folder))

    def good_with(self, force: InForce) -> tuple[str, ...]:
        """List the versions that were found good on this basis."""
        return self._known.versions if self._known.basis == basis_of(force) else ()

    async def keep(self, force: InForce, good: Sequence[str], folder: str) -> None:
        """Keep which versions are good and what was proved; `folder` is empty unless everything in it was good."""
        await self._put(Verdicts(basis_of(force), folder, tuple(good), dict(force.proofs)))

    async def keep_proofs(self, force: InForce) -> None:
        """Keep what was proved since."""
        if self._known.basis == basis_of(force):
            await self._put(msgspec.structs.replace(self._known, proofs=dict(force.proofs)))

    async def _put(self, verdicts: Verdicts) -> None:
        if verdicts != self._known:
            self._known = verdicts
            await self._database.write(lambda tx: keep(tx, verdicts))

    def _recalled(self, tx: Connection, force: InForce, folder: str) -> bool:
        self._known = kept(tx, basis_of(force))
        force.proofs.update(self._known.proofs)
        return self._known.folder == folder and are_stored(tx, self._known.versions)


def basis_of(force: InForce) -> str:
    """Give the digest (hex) of what judges, and of the organisation file that it judges by."""
    return sha256(_engine() + force.digest.encode()).hexdigest()


def folder_digest(root: Path) -> str:
    """Give the digest (hex) of every file of a folder, by its place in it; raises OSError."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return _digest(part for path in files for part in (path.relative_to(root).as_posix().encode(), path.read_bytes())).hex()


def kept(tx: Connection, basis: str) -> Verdicts:
    """Read what was kept for this basis; nothing when it was for another, or by a release that wrote it differently."""
    try:
        found = msgspec.json.decode(setting(tx, _NAME) or "{}", type=Verdicts)
    except msgspec.MsgspecError:
        return Verdicts(basis)
    return found if found.basis == basis else Verdicts(basis)


def keep(tx: Connection, verdicts: Verdicts) -> None:
    """Keep them in the place of what was kept before."""
    put_setting(tx, _NAME, msgspec.json.encode(verdicts).decode())


@cache
def _engine() -> bytes:
    """Digest what judges, once: its sources don't change below a running program."""
    rooms = Path(__file__).parents[1]
    sources = (path.read_bytes() for room in _ROOMS for path in sorted((rooms / room).rglob("*.py")))
    libraries = (f"{name} {version(name)}".encode() for name in _LIBRARIES)
    return _digest((sys.implementation.name.encode(), platform.python_version().encode(), *libraries, *sources))


def _digest(parts: Iterable[bytes]) -> bytes:
    whole = sha256()
    for part in parts:
        whole.update(sha256(part).digest())
    return whole.digest()
