"""The folder that packs are written to: each gets its name only when it is whole and on the disk; only packs are ever removed.

The folder is never made: a mount that is missing would otherwise be written beside, where nobody looks.
"""

import os
from pathlib import Path
from typing import Final

from engine.store.backup_file import sync_folder

_PART: Final = ".part"


class Folder:
    """Keeps packs on a disk or a share. Blocking; raises OSError."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def put(self, name: str, content: bytes) -> None:
        """Write a pack, whole or not at all."""
        part = self._path / f".{name}{_PART}"
        try:
            with part.open("wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(self._path / name)
        finally:
            part.unlink(missing_ok=True)
        sync_folder(self._path)

    def names(self) -> list[str]:
        """List what is there, whatever it is."""
        return [found.name for found in self._path.iterdir()]

    def remove(self, name: str) -> None:
        (self._path / name).unlink(missing_ok=True)

    def where(self, name: str) -> str:
        """Say where a pack stands."""
        return str(self._path / name)
