"""What the worker does beside its work, for the day on which all this is away: a heartbeat to a watching service, and the offline pack.

Nothing of it is waited for, and nothing of it stops anything.
"""

from dataclasses import dataclass
from typing import Protocol

from api.metrics import Metrics
from api.pack.gathering import Source
from api.pack.sealing import SHORTEST
from api.pack.writing import Place, Writer
from api.parts import Closer
from api.release import release
from api.settings import Settings
from engine.runtime.clock import Clock
from engine.runtime.heartbeat import Heartbeat, Watcher
from engine.runtime.packs import Packs
from engine.runtime.worker import Chore
from engine.store.fault import Fault


class ClosedWatcher(Watcher, Protocol):
    """A watching service whose connections are given back in the end."""

    async def close(self) -> None:
        """Give back what the calls used."""
        ...


@dataclass(frozen=True, slots=True)
class Beside:
    """Chores for the worker, and what has to be closed after it."""

    chores: tuple[Chore, ...]
    closers: tuple[Closer, ...]


@dataclass(frozen=True, slots=True)
class Outside:
    """Who is told that all is well, and where packs are kept; None where it is not set up."""

    watcher: ClosedWatcher | None
    place: Place | None


def beside_of(settings: Settings, source: Source, clock: Clock, metrics: Metrics, outside: Outside) -> Beside:
    """Make what is set up of it."""
    chores: list[Chore] = []
    closers: list[Closer] = []
    writer = writer_of(settings, source, outside.place)
    if outside.watcher is not None:
        heartbeat = Heartbeat(source.database, clock, outside.watcher, counted=metrics.beaten)
        chores.append(heartbeat.beat)
        closers += [heartbeat.close, outside.watcher.close]
    if writer is not None:
        packs = Packs(source.database, clock, writer.write, counted=metrics.packed)
        chores.append(packs.write_due)
        closers.append(packs.close)
    return Beside(tuple(chores), tuple(closers))


def writer_of(settings: Settings, source: Source, place: Place | None) -> Writer | None:
    """Make what writes packs; None where nothing is set up."""
    passphrase = settings.pack_passphrase
    if place is None or passphrase is None:
        return None
    return Writer(source, place, passphrase, settings.pack_reader, settings.pack_keep, release=release(), address=settings.address)


def require_whole_pack(settings: Settings) -> None:
    """Raise Fault when the pack is set up by halves, or with a passphrase that is soon guessed."""
    folder, passphrase = settings.pack_folder, settings.pack_passphrase
    if (folder is None) is not (passphrase is None):
        raise Fault(
            "the offline pack is set up by halves",
            done="started nothing",
            advice="set FIREBREAK_PACK_FOLDER and FIREBREAK_PACK_PASSPHRASE",
        )
    if passphrase is not None and len(passphrase.get_secret_value()) < SHORTEST:
        raise Fault(
            f"FIREBREAK_PACK_PASSPHRASE is shorter than {SHORTEST} characters",
            done="started nothing",
            advice="take six or more words drawn at random",
        )
