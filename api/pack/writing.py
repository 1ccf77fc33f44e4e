"""Writes one pack: read, set on pages, locked, put in its place, older ones removed. The long part runs on a thread of its own."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Protocol

import structlog
from pydantic import SecretStr

from api.pack.gathering import Gathered, Source, gathered
from api.pack.pages import pack_files
from api.pack.sealing import sealed
from api.pack.worlds import Worlds
from engine.runtime.aside import aside
from engine.store.fault import Fault

_NAME: Final = re.compile(r"firebreak-pack-\d{8}T\d{6}Z\.zip(\.part)?")
_log = structlog.get_logger("firebreak.pack")


class Place(Protocol):
    """Where packs are kept. Blocking; each raises OSError, whose words say why."""

    def put(self, name: str, content: bytes) -> None:
        """Write a pack, whole or not at all."""
        ...

    def names(self) -> list[str]:
        """List what is there, whatever it is."""
        ...

    def remove(self, name: str) -> None:
        """Remove a pack."""
        ...

    def where(self, name: str) -> str:
        """Say where a pack stands."""
        ...


@dataclass(frozen=True, slots=True)
class Writer:
    """What a pack is written with; `reader` is the id of the person as whom it is read, `keep` how many packs stay."""

    source: Source
    place: Place
    passphrase: SecretStr
    reader: str | None
    keep: int
    release: str
    address: str
    worlds: Worlds = field(default_factory=Worlds)

    async def write(self, now: datetime) -> str:
        """Write the pack of this instant and say where it stands. Raises Fault."""
        held = await gathered(self.source, self.reader, now)
        return await aside(lambda: self._written(held))

    def _written(self, held: Gathered) -> str:
        worlds = self.worlds.made(held.organisation, held.versions)
        files = pack_files(held, worlds, release=self.release, address=self.address)
        name = pack_name(held.at)
        try:
            self.place.put(name, sealed(files, self.passphrase.get_secret_value(), held.at))
        except OSError as error:
            raise Fault(
                f"the offline pack can't be written: {(error.strerror or str(error)).lower()}",
                done="the packs before it stay",
                advice="see FIREBREAK_PACK_FOLDER, and whether it has space and may be written",
            ) from error
        self._remove_older()
        return self.place.where(name)

    def _remove_older(self) -> None:
        """Keep the newest; a place that lets nothing be removed has rules of its own."""
        try:
            packs = sorted(name for name in self.place.names() if _NAME.fullmatch(name.removeprefix(".")))
            parts = [name for name in packs if name.startswith(".")]
            whole = [name for name in packs if not name.startswith(".")]
            for name in (*parts, *whole[: -self.keep]):
                self.place.remove(name)
        except OSError as error:
            _log.warning("older offline packs are not removed", error=error.strerror or str(error))


def pack_name(at: datetime) -> str:
    """Name a pack by its instant, so that names stand in the order of time."""
    return f"firebreak-pack-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}.zip"
