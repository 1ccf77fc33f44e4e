"""A backup is one tar file: what is in it (`manifest.json`), the database, and only when asked for the secret key.

Rules: any `tar` and any `sqlite3` open it, so nobody needs Firebreak to reach what is theirs. It is written
beside its name, brought to the disk, and gets its name only then; it never takes the place of a file that is
there. Only its owner may read it. What comes out is held against the manifest: every byte counts.
"""

import io
import os
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import IO, Final

import msgspec

from engine.store.fault import Fault

FORMAT: Final = 1
DATABASE: Final = "firebreak.db"
_MANIFEST: Final = "manifest.json"
_KEY: Final = "secret.key"
_MANIFEST_BYTES: Final = 1 << 20
_KEY_BYTES: Final = 1 << 12
_PIECE: Final = 1 << 20


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup says of itself. `counts` are rows by table; `head_*` the newest entry of the log of heads."""

    firebreak_backup: int
    program: str
    schema: str
    taken_at: datetime
    bytes: int
    sha256: str
    counts: Mapping[str, int]
    head_number: int
    head_digest: str
    with_key: bool


def digest_of_file(path: Path) -> str:
    """Give the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def pack(file: Path, database: Path, manifest: Manifest, *, key: str | None) -> None:
    """Write a backup; raises Fault, also when the file is there already."""
    part = file.with_name(f".{file.name}.part")
    try:
        with _written(part) as stream, tarfile.open(fileobj=stream, mode="w") as archive:
            _add(archive, _MANIFEST, manifest, msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
            if key is not None:
                _add(archive, _KEY, manifest, key.encode() + b"\n")
            with database.open("rb") as content:
                archive.addfile(_member(DATABASE, manifest, database.stat().st_size), content)
        _give_name(part, file)
        sync_folder(file.parent)
    except FileExistsError as error:
        raise Fault(f"{file.name} is there already", done="wrote nothing", advice="choose another name") from error
    except OSError as error:
        raise Fault(f"can't write {file.name}: {error.strerror}", done="wrote nothing", advice="choose a folder with space") from error
    finally:
        part.unlink(missing_ok=True)


def unpack(file: Path, database: Path) -> tuple[Manifest, str | None]:
    """Write a backup's database to a new file that only its owner reads; returns the manifest and the key. Raises Fault."""
    try:
        with tarfile.open(file, "r:") as archive:
            members = {member.name: member for member in archive.getmembers() if member.isreg()}
            manifest = _read_manifest(archive, members)
            key = _text(archive, members, _KEY, _KEY_BYTES).strip() if manifest.with_key else None
            with _written(database) as stream:
                _pour(_opened(archive, members, DATABASE), stream)
    except (tarfile.TarError, EOFError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _no_backup(file, str(error)) from error
    except OSError as error:
        raise Fault(
            f"can't unpack {file.name}: {error.strerror}", done="restored nothing", advice="check the path, the rights and the space"
        ) from error
    return manifest, key


def _give_name(part: Path, file: Path) -> None:
    """Take the place of nothing; raises FileExistsError."""
    try:
        os.link(part, file)
    except FileExistsError:
        raise
    except OSError:  # some network folders know no second name for a file
        if file.exists():
            raise FileExistsError from None
        part.rename(file)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _written(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file that only its owner reads, and have it on the disk when the block ends."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        yield stream
        stream.flush()
        os.fsync(stream.fileno())


def _member(name: str, manifest: Manifest, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, int(manifest.taken_at.timestamp())
    return member


def _add(archive: tarfile.TarFile, name: str, manifest: Manifest, content: bytes) -> None:
    archive.addfile(_member(name, manifest, len(content)), io.BytesIO(content))


def _read_manifest(archive: tarfile.TarFile, members: Mapping[str, tarfile.TarInfo]) -> Manifest:
    text = _text(archive, members, _MANIFEST, _MANIFEST_BYTES)
    written = msgspec.json.decode(text)
    if isinstance(written, dict) and isinstance(written.get("firebreak_backup"), int) and written["firebreak_backup"] > FORMAT:
        raise Fault(
            f"this backup was written by a newer Firebreak ({written.get('program')})",
            done="restored nothing",
            advice="install that release",
        )
    return msgspec.convert(written, Manifest, strict=False)


def _opened(archive: tarfile.TarFile, members: Mapping[str, tarfile.TarInfo], name: str) -> IO[bytes]:
    stream = archive.extractfile(members[name]) if name in members else None
    if stream is None:
        raise tarfile.ReadError(f"it holds no {name}")
    return stream


def _text(archive: tarfile.TarFile, members: Mapping[str, tarfile.TarInfo], name: str, limit: int) -> str:
    content = _opened(archive, members, name).read(limit + 1)
    if len(content) > limit:
        raise tarfile.ReadError(f"{name} is too long")
    return content.decode()


def _pour(source: IO[bytes], target: IO[bytes]) -> None:
    while piece := source.read(_PIECE):
        target.write(piece)


def _no_backup(file: Path, reason: str) -> Fault:
    return Fault(f"{file.name} is not a whole backup: {reason}", done="restored nothing", advice="take another backup file")
