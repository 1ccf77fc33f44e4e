"""A folder and a bucket keep packs alike: whole or not at all, the newest of them, and nothing of anybody else's is touched."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from api.pack.folder import Folder
from api.pack.sealing import opened
from api.pack.writing import Place, Writer, pack_name
from engine.channels.bucket import Bucket
from engine.store.fault import Fault
from tests.api.given import House
from tests.api.pack.given import PASSPHRASE, source_of
from tests.channels.fake_bucket import SECRET, FakeBucket, be_a_bucket
from tests.channels.local_server import LocalServer, Reply, local_server


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[LocalServer, FakeBucket]]:
    with local_server() as running:
        yield running, be_a_bucket(running, monkeypatch)


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    if request.param == "folder":
        (tmp_path / "packs").mkdir()
        yield Folder(tmp_path / "packs")
        return
    with local_server() as running:
        be_a_bucket(running, monkeypatch)
        yield Bucket("s3://backups/firebreak")


def writer(house: House, place: Place, keep: int = 2) -> Writer:
    return Writer(source_of(house), place, SecretStr(PASSPHRASE), None, keep, release="1", address="http://firebreak.test")


def packs_in(folder: Path) -> list[Path]:
    """List the packs of a folder, half-written ones too."""
    return sorted(path for path in folder.iterdir() if "firebreak-pack" in path.name)


def bytes_of(file: Path) -> bytes:
    return file.read_bytes()


def rights_of(file: Path) -> int:
    return file.stat().st_mode & 0o777


@contextmanager
def full() -> Iterator[None]:
    """Let no file grow beyond a page, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_the_newest_stay_and_what_is_no_pack_is_left_alone(house: House, place: Place) -> None:
    place.put("holiday.zip", b"somebody else's")
    place.put("firebreak-pack-notes.txt", b"somebody else's")
    names = []
    for _ in range(4):
        where = await writer(house, place).write(house.clock.now())
        names.append(pack_name(house.clock.now()))
        assert where.endswith(names[-1])
        house.clock.forward(hours=1)

    assert sorted(place.names()) == sorted(["holiday.zip", "firebreak-pack-notes.txt", *names[-2:]])


async def test_a_folder_that_is_gone_is_a_fault_and_is_not_made(house: House, tmp_path: Path) -> None:
    with pytest.raises(Fault, match="no such file or directory"):
        await writer(house, Folder(tmp_path / "unmounted")).write(house.clock.now())

    assert not (tmp_path / "unmounted").exists()


async def test_a_disk_that_is_full_leaves_the_last_pack_and_no_half_one(house: House, tmp_path: Path) -> None:
    first = Path(await writer(house, Folder(tmp_path)).write(house.clock.now()))
    with full(), pytest.raises(Fault, match="file too large"):
        await writer(house, Folder(tmp_path)).write(house.clock.now() + timedelta(hours=1))

    assert packs_in(tmp_path) == [first]
    assert opened(bytes_of(first), PASSPHRASE).files


async def test_what_an_earlier_life_left_half_written_is_removed(house: House, tmp_path: Path) -> None:
    Folder(tmp_path).put(".firebreak-pack-20261101T000000Z.zip.part", b"half")
    await writer(house, Folder(tmp_path)).write(house.clock.now())

    assert [path.name[0] for path in packs_in(tmp_path)] == ["f"]


async def test_a_bucket_from_which_nothing_may_be_removed_still_takes_packs(house: House, cloud: tuple[LocalServer, FakeBucket]) -> None:
    server, bucket = cloud
    server.objects = lambda received: bucket.answer(received) if received.method == "PUT" else Reply(403, body=b"<Error/>")
    place = Bucket("s3://backups/firebreak")
    for _ in range(4):
        await writer(house, place).write(house.clock.now())
        house.clock.forward(hours=1)

    assert len(bucket.objects) == 4


async def test_a_bucket_that_refuses_is_a_fault_that_tells_no_secret(house: House, cloud: tuple[LocalServer, FakeBucket]) -> None:
    _, bucket = cloud
    bucket.key = "AKIAOTHER"
    with pytest.raises(Fault) as caught:
        await writer(house, Bucket("s3://backups/firebreak")).write(house.clock.now())

    assert caught.value.what == "the offline pack can't be written: the bucket does not take it (permissiondenied)"
    assert not any(word in str(caught.value) for word in (SECRET, "AKIA", "127.0.0.1"))


@pytest.mark.parametrize("url", ["ftp://backups", "memory:///x", "file:///etc", "https://dav.example.com/x"])
def test_what_is_no_bucket_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="begins with s3://, gs://, az://"):
        Bucket(url)


async def test_a_pack_may_be_read_by_whom_the_folder_lets(house: House, tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        written = Path(await writer(house, Folder(tmp_path)).write(house.clock.now()))
    finally:
        os.umask(mask)

    assert rights_of(written) == 0o640
