"""Playbooks as they lie in a folder: which files there are, and what stands in the files that they name.

A playbook may name files below its library's folder and nowhere else: templates and parents are published
with it, and nobody should publish the machine's password file by naming it.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import Final

from engine.language.diagnostic import Read

LARGEST: Final = 2_000_000
"""Bytes of one file; the loader refuses far smaller playbooks."""


@dataclass(frozen=True, slots=True)
class PlaybookFile:
    """One file that should hold a playbook: its name for messages, its bytes, and how it reads its neighbours."""

    name: str
    text: bytes
    read: Read


def playbook_files(root: Path) -> Iterator[PlaybookFile]:
    """Give the playbooks of a folder and its subfolders by name; tests and organisation files are none."""
    for path in sorted((*root.rglob("*.yaml"), *root.rglob("*.yml"))):
        if path.is_file() and not _is_something_else(path, root):
            yield PlaybookFile(path.relative_to(root).as_posix(), _bytes(path), reader(path.parent, root))


def reader(folder: Path, root: Path) -> Read:
    """Give a reader of files named relative to `folder`; it raises OSError for anything outside `root`."""

    def read(name: str) -> str:
        path = (folder / name).resolve()
        if not path.is_relative_to(root.resolve()):
            raise PermissionError(f"{name!r} lies outside the playbooks' folder")
        return _bytes(path).decode("utf-8")

    return read


def stored_reader(files: dict[str, str]) -> Read:
    """Give a reader of the files that were published with a playbook."""

    def read(name: str) -> str:
        if name not in files:
            raise FileNotFoundError(f"{name!r} was not published with the playbook")
        return files[name]

    return read


def stamp(root: Path) -> frozenset[tuple[str, int, int, int]]:
    """Give what changes whenever a file of the folder changes: names, sizes, times of change and what stands behind a link."""
    found = ((path, _state(path)) for path in (root.rglob("*") if root.is_dir() else ()))
    return frozenset((str(path), at.st_size, at.st_mtime_ns, at.st_ino) for path, at in found if at is not None and S_ISREG(at.st_mode))


def _is_something_else(path: Path, root: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
    return hidden or path.stem.endswith(".test") or path.stem == "organisation"


def _state(path: Path) -> os.stat_result | None:
    """Ask about a file that may just have gone."""
    try:
        return path.stat()
    except OSError:
        return None


def _bytes(path: Path) -> bytes:
    if path.stat().st_size > LARGEST:
        raise OSError(f"{path.name!r} is larger than {LARGEST:,} bytes")
    return path.read_bytes()
