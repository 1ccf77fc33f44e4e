"""Sentences to begin a test of the offline pack with: a house, and the pages that its pack has."""

from collections.abc import Mapping
from hashlib import pbkdf2_hmac, sha1
from hmac import compare_digest, digest
from html.parser import HTMLParser
from itertools import count
from pathlib import Path
from zipfile import ZipFile
from zlib import decompress

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from api.pack.gathering import Gathered, Source, gathered
from api.pack.pages import pack_files
from api.pack.worlds import Worlds
from tests.api.given import House

PASSPHRASE = "seven purple walruses dancing slowly"


def source_of(house: House) -> Source:
    parts = house.parts
    return Source(parts.database, parts.sealer, lambda: parts.library.organisation)


async def pages(house: House, *, reader: str | None = None) -> dict[str, str]:
    """Write the pack of a house as it stands, and give its files by name."""
    return written(await gathered(source_of(house), reader, house.clock.now()))


def written(held: Gathered) -> dict[str, str]:
    """Write a pack's files."""
    worlds = Worlds().made(held.organisation, held.versions)
    return {name: content.decode() for name, content in pack_files(held, worlds, release="1", address="http://firebreak.test").items()}


class Read(HTMLParser):
    """A page as a reader sees it: its words, where its links lead, and what it would load or run."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.ids: set[str] = set()
        self._is_style = False
        self.feed(page)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._is_style = tag == "style"
        self.loads += [tag] if tag in ("script", "img", "link", "iframe", "object", "form") or "src" in given else []
        self.loads += [name for name in given if name.startswith("on")]
        self.links += [href] if (href := given.get("href")) else []
        self.ids |= {given["id"] or ""} if "id" in given else set()

    def handle_data(self, data: str) -> None:
        if not self._is_style:
            self.text.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._is_style = False


def opened_by_the_book(file: Path, passphrase: str) -> Mapping[str, bytes]:
    """Open an archive by WinZip's description of AE-2 and other code than ours: the standard library and `cryptography`."""
    found = {}
    with ZipFile(file) as archive, file.open("rb") as stream:
        for entry in archive.infolist():
            stream.seek(entry.header_offset + 26)
            name, extra = (int.from_bytes(stream.read(2), "little") for _ in range(2))
            stream.seek(entry.header_offset + 30 + name + extra)
            assert (entry.compress_type, entry.CRC) == (99, 0)
            found[entry.filename] = _unlocked(stream.read(entry.compress_size), passphrase)
    return found


def _unlocked(held: bytes, passphrase: str) -> bytes:
    salt, check, locked, code = held[:16], held[16:18], held[18:-10], held[-10:]
    keys = pbkdf2_hmac("sha1", passphrase.encode(), salt, 1_000, 66)
    assert compare_digest(keys[64:], check), "the passphrase is another"
    assert compare_digest(digest(keys[32:64], locked, sha1)[:10], code), "the file was changed"
    blocks = Cipher(AES(keys[:32]), ECB()).encryptor()  # noqa: S305 - what makes the key stream of AE-2's counter mode
    stream = b"".join(blocks.update(number.to_bytes(16, "little")) for number, _ in zip(count(1), range(0, len(locked), 16), strict=False))
    return decompress(bytes(one ^ other for one, other in zip(locked, stream, strict=False)), -15)
