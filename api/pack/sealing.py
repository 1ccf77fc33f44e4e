"""Locks the pack's files into one AES-256 ZIP (WinZip's AE-2), which 7-Zip, Keka and many others open; and opens one to check it.

Rules:
- What is unpacked is held against the pack's own manifest, file by file: a pack is whole, or it is not one.
- The format stretches a passphrase only a little (1,000 rounds of PBKDF2), so a short one is refused.
- An archive shows the names and sizes of what is in it to anybody; the names say nothing.
"""

import json
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from typing import Any, Final

from api.pack.pages import FORMAT, MANIFEST
from engine.store.fault import Fault

SHORTEST: Final = 20
"""Characters of a passphrase: six words drawn by dice have more."""

_LARGEST: Final = 64 << 20
"""Bytes that a file in a pack may have; no page comes near."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A pack that is whole: what its manifest says, and its files by name."""

    manifest: Mapping[str, Any]
    files: Mapping[str, bytes]


def sealed(files: Mapping[str, bytes], passphrase: str, at: datetime) -> bytes:
    """Lock the files."""
    import pyzipper

    stamp = at.astimezone(UTC)
    when = (stamp.year, stamp.month, stamp.day, stamp.hour, stamp.minute, stamp.second)
    content = BytesIO()
    with pyzipper.AESZipFile(content, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(passphrase.encode())
        archive.setencryption(pyzipper.WZ_AES, nbits=256, force_wz_aes_version=2)
        for name, held in files.items():
            entry = archive.zipinfo_cls(name, date_time=when)
            entry.compress_type = pyzipper.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, held)
    return content.getvalue()


def opened(content: bytes, passphrase: str) -> Opened:
    """Unlock a pack and hold it against its manifest; raises Fault when it is not whole, or the passphrase is another."""
    import pyzipper

    try:
        with pyzipper.AESZipFile(BytesIO(content)) as archive:
            archive.setpassword(passphrase.encode())
            files = {entry.filename: _read(archive, entry) for entry in archive.infolist()}
    except (
        pyzipper.BadZipFile,
        RuntimeError,
        NotImplementedError,
        EOFError,
        OSError,
        LookupError,
        ValueError,
        zlib.error,
        struct.error,
    ) as error:
        is_locked = "password" in str(error).lower()
        raise _no_pack("the passphrase does not open it" if is_locked else f"it can't be unpacked ({type(error).__name__})") from error
    return Opened(_manifest(files), files)


def _read(archive: Any, entry: Any) -> bytes:
    if entry.file_size > _LARGEST:
        raise ValueError("too large")
    if not entry.flag_bits & 1:
        raise ValueError("not encrypted")
    held: bytes = archive.read(entry)
    return held


def _manifest(files: Mapping[str, bytes]) -> Mapping[str, Any]:
    try:
        manifest = json.loads(files[MANIFEST])
        is_known, digests = manifest["firebreak_pack"] <= FORMAT, dict(manifest["sha256"])
    except (KeyError, ValueError, TypeError) as error:
        raise _no_pack("it has no manifest of ours") from error
    if not is_known:
        raise _no_pack("a newer Firebreak wrote it")
    found = {name: sha256(held).hexdigest() for name, held in files.items() if name != MANIFEST}
    if found != digests:
        raise _no_pack("it does not hold what its manifest says")
    return {name: value for name, value in manifest.items() if name != "sha256"}


def _no_pack(why: str) -> Fault:
    return Fault(f"this is no whole pack: {why}", done="opened nothing", advice="check the passphrase, or take another pack")
