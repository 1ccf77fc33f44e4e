"""A pack is opened by other programs than ours, with its passphrase and no other, and a changed one is not whole."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from api.pack.pages import MANIFEST
from api.pack.sealing import SHORTEST, opened, sealed
from api.settings import Settings
from api.wiring import build, place_of
from engine.store.fault import Fault
from tests.api.given import House, write_house
from tests.api.pack.given import PASSPHRASE, opened_by_the_book, pages

AT = datetime(2026, 11, 27, 10, 0, 5, tzinfo=UTC)


async def files_of(house: House) -> dict[str, bytes]:
    await house.declared()
    return {name: page.encode() for name, page in (await pages(house)).items()}


def unpacked(tool: str, file: Path, folder: Path) -> Mapping[str, bytes]:
    """Unpack with a program of this machine."""
    folder.mkdir()
    seven, tar = (
        [tool, "x", f"-p{PASSPHRASE}", f"-o{folder}", str(file)],
        [tool, "--passphrase", PASSPHRASE, "-xf", str(file), "-C", str(folder)],
    )
    subprocess.run(tar if tool == "bsdtar" else seven, check=True, capture_output=True, timeout=60)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


async def test_it_opens_without_firebreak(house: House, tmp_path: Path) -> None:
    files = await files_of(house)
    pack = tmp_path / "pack.zip"
    pack.write_bytes(sealed(files, PASSPHRASE, AT))
    here = [tool for tool in ("7z", "7zz", "bsdtar") if shutil.which(tool)]

    assert opened_by_the_book(pack, PASSPHRASE) == files
    assert {tool: unpacked(tool, pack, tmp_path / tool) == files for tool in here} == dict.fromkeys(here, True)


async def test_it_opens_here_and_says_what_it_holds(house: House) -> None:
    files = await files_of(house)
    found = opened(sealed(files, PASSPHRASE, AT), PASSPHRASE)

    assert found.files == files
    assert (found.manifest["incidents"], found.manifest["plans"], found.manifest["people"]) == (1, 2, 6)


async def test_nothing_of_it_stands_in_the_clear(house: House) -> None:
    files = await files_of(house)
    content = sealed(files, PASSPHRASE, AT)

    assert [word for word in (b"Ana Ruiz", b"INC-1", b"trial", b"Example") if word in content] == []


def test_another_passphrase_does_not_open_it() -> None:
    content = sealed(whole(), PASSPHRASE, AT)
    for other in (PASSPHRASE + "!", PASSPHRASE.upper(), ""):
        with pytest.raises(Fault, match="the passphrase does not open it"):
            opened(content, other)


def test_a_passphrase_in_any_script_opens_it(tmp_path: Path) -> None:
    passphrase = "zwölf Möwen über dem Hafen – 港の上"
    pack = tmp_path / "pack.zip"
    pack.write_bytes(sealed(whole(), passphrase, AT))

    assert opened_by_the_book(pack, passphrase) == opened(pack.read_bytes(), passphrase).files


@pytest.mark.parametrize("place", [0.2, 0.5, 0.8])
def test_a_byte_that_was_changed_is_found(place: float) -> None:
    content = bytearray(sealed(whole(), PASSPHRASE, AT))
    content[int(len(content) * place)] ^= 1
    with pytest.raises(Fault, match="no whole pack"):
        opened(bytes(content), PASSPHRASE)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not an archive at all"])
def test_what_is_no_archive_is_no_pack(content: bytes) -> None:
    with pytest.raises(Fault, match="no whole pack"):
        opened(content, PASSPHRASE)


def test_a_file_that_is_missing_or_added_is_found() -> None:
    files = whole()
    for changed in ({MANIFEST: files[MANIFEST]}, {**files, "more.html": b"x"}, {**files, "index.html": b"y"}):
        with pytest.raises(Fault, match="does not hold what its manifest says"):
            opened(sealed(changed, PASSPHRASE, AT), PASSPHRASE)


def test_a_newer_pack_and_one_that_is_not_ours_are_told_apart() -> None:
    newer = {MANIFEST: json.dumps({"firebreak_pack": 99, "sha256": {}}).encode()}
    with pytest.raises(Fault, match="a newer Firebreak wrote it"):
        opened(sealed(newer, PASSPHRASE, AT), PASSPHRASE)
    with pytest.raises(Fault, match="no manifest of ours"):
        opened(sealed({"x": b"y"}, PASSPHRASE, AT), PASSPHRASE)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"pack_folder": "packs"}, "set up by halves"),
        ({"pack_passphrase": PASSPHRASE}, "set up by halves"),
        ({"pack_folder": "packs", "pack_passphrase": "x" * (SHORTEST - 1)}, "shorter than 20 characters"),
        ({"pack_folder": "ftp://x/y", "pack_passphrase": PASSPHRASE}, "begins with s3://"),
        ({"heartbeat_url": "ftp://x/y"}, "the heartbeat's address can't be used"),
    ],
)
async def test_what_is_set_up_by_halves_starts_nothing(tmp_path: Path, given: dict[str, str], why: str) -> None:
    settings = Settings.model_validate({**write_house(tmp_path).model_dump(), **given})
    with pytest.raises(Fault, match=why):
        await build(settings, environment={})

    assert not (tmp_path / "data").exists()


def test_an_empty_variable_sets_nothing(tmp_path: Path) -> None:
    assert place_of(Settings(pack_folder="", pack_passphrase="", heartbeat_url="")) is None


def whole() -> dict[str, bytes]:
    """Give a small pack's files."""
    page = b"<!doctype html>" * 50
    manifest = {"firebreak_pack": 1, "sha256": {"index.html": sha256(page).hexdigest()}}
    return {"index.html": page, MANIFEST: json.dumps(manifest).encode()}
