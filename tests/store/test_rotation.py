"""Another secret takes over while people work: nothing becomes unreadable, nothing is lost that was found, nothing destroyed comes back."""

import asyncio
import subprocess
import sys
from functools import partial

import pytest
from sqlalchemy import Connection, func, insert, select, update

from engine.store.database import Database, open_database
from engine.store.erasure import erase_subject
from engine.store.event_log import load, read_events
from engine.store.fault import Fault
from engine.store.keyring import Keyring, keyed_hash
from engine.store.rooms import incidents_in, put_room
from engine.store.rotation import BATCH, FINDING, Standing, finish, rotate, standing
from engine.store.seal import Sealer
from engine.store.settings import put_setting
from engine.store.tables import keys, settings
from engine.store.views import open_incidents_with_link
from tests.store.given import NOW, an_event, declare, note, personal

OLD, NEW = "the-old-secret-of-this-house", "the-new-secret-of-this-house"
BOTH = f"{NEW},{OLD}"
LINK = "https://video.example/1"
CLIENTS = 8


async def confirmed(database: Database, secret: str) -> Sealer:
    sealer = Sealer(secret)
    await database.write(sealer.confirm)
    return sealer


async def rotated(database: Database, secret: str = BOTH) -> Standing:
    """Wrap everything with the first secret, as the command does."""
    sealer, after = await confirmed(database, secret), ""
    while (progress := await rotate(database, sealer.ring, after)).next is not None:
        after = progress.next
    return await finish(database, sealer.ring)


def filled(tx: Connection, sealer: Sealer, number: int = 1) -> str:
    """Declare an incident about somebody, with a link and a room."""
    incident_id = declare(tx, sealer, number, events=[an_event(1, who=personal("Jo Roe", "Jo Roe"), what=personal("x"))], links=[LINK])
    put_room(tx, sealer, incident_id, {"channel": f"C{number}"})
    return incident_id


async def found(database: Database, sealer: Sealer, number: int = 1) -> tuple[object, list[str], list[str], list[str]]:
    """Read what somebody said, and find the incident by its link, its room and its subject."""

    def unit(tx: Connection) -> tuple[object, list[str], list[str], list[str]]:
        (event, *_) = read_events(tx, sealer, f"{number:032x}")
        rooms = incidents_in(tx, sealer, [f"C{number}"], statuses=("active",), viewer=None)
        mine = tx.execute(select(keys.c.id).where(keys.c.lookup == sealer.fingerprint("subject", "jo roe"))).scalars()
        linked = open_incidents_with_link(tx, sealer, [LINK], viewer=None)
        return event.payload["who"]["value"], linked, [row.key for row in rooms], list(mine)

    return await database.read(unit)


async def as_it_was_before(database: Database) -> Sealer:
    """Leave the database as releases did that knew one secret: fingerprints hang on it, and no key of their own is kept."""
    sealer = Sealer(OLD)
    check = keyed_hash(sealer.ring.first.proving, "check", "firebreak")
    await database.write(lambda tx: put_setting(tx, "seal_check", check))
    await database.write(lambda tx: filled(tx, sealer))
    return sealer


@pytest.mark.parametrize("is_older", [False, True], ids=["new database", "older database"])
async def test_without_the_old_secret_everything_is_read_and_found(database: Database, is_older: bool) -> None:
    old = await as_it_was_before(database) if is_older else await confirmed(database, OLD)
    if not is_older:
        await database.write(lambda tx: filled(tx, old))
    before = await found(database, old)
    done = await rotated(database)
    after = await found(database, await confirmed(database, NEW))

    assert before == after
    assert after[:3] == ("Jo Roe", ["INC-1"], ["INC-1"])
    assert (done.is_done, done.unreadable, list(done.by_secret.values())) == (True, 0, [4 - 1, 0])


async def test_what_is_found_hangs_on_no_secret_in_a_new_database(database: Database) -> None:
    sealer = await confirmed(database, OLD)

    assert sealer.fingerprint("link", LINK) != keyed_hash(sealer.ring.first.proving, "link", LINK)
    assert sealer.fingerprint("link", LINK) == (await confirmed(database, OLD)).fingerprint("link", LINK)


async def test_who_was_never_confirmed_finds_the_same(database: Database) -> None:
    sealer = await confirmed(database, OLD)
    await database.write(lambda tx: filled(tx, sealer))

    assert (await found(database, Sealer(OLD)))[:3] == ("Jo Roe", ["INC-1"], ["INC-1"])


async def test_new_keys_are_wrapped_with_the_first_secret_at_once(database: Database) -> None:
    await confirmed(database, OLD)
    both = await confirmed(database, BOTH)
    await database.write(lambda tx: filled(tx, both))
    counted = await database.read(lambda tx: standing(tx, both.ring))

    assert list(counted.by_secret.values()) == [2, 1]
    assert not counted.is_done


async def test_the_old_secret_is_missed_at_the_start_as_long_as_it_is_needed(database: Database) -> None:
    old = await confirmed(database, OLD)
    await database.write(lambda tx: filled(tx, old))
    both = await confirmed(database, BOTH)
    await rotate(database, both.ring)

    for one in (NEW, OLD):
        with pytest.raises(Fault, match="another FIREBREAK_SECRET_KEY") as refused:
            await confirmed(database, one)
        assert "firebreak keys rotate" in refused.value.advice


async def test_a_process_that_still_seals_with_the_old_secret_keeps_it_needed(database: Database) -> None:
    await confirmed(database, OLD)
    late = await confirmed(database, f"{OLD},{NEW}")
    done = await rotated(database)
    await database.write(lambda tx: filled(tx, late))

    assert done.is_done
    with pytest.raises(Fault, match="some keys of the database are still sealed with another"):
        await confirmed(database, NEW)
    assert (await rotated(database)).is_done
    assert (await found(database, await confirmed(database, NEW)))[0] == "Jo Roe"


async def test_after_the_change_the_old_secret_is_a_wrong_one(database: Database) -> None:
    await confirmed(database, OLD)
    await rotated(database)

    with pytest.raises(Fault, match="the database was sealed with another FIREBREAK_SECRET_KEY"):
        await confirmed(database, OLD)


async def test_it_goes_back_as_it_came(database: Database) -> None:
    sealer = await confirmed(database, OLD)
    await database.write(lambda tx: filled(tx, sealer))
    before = await found(database, sealer)
    await rotated(database, BOTH)
    await rotated(database, f"{OLD},{NEW}")

    assert await found(database, await confirmed(database, OLD)) == before


async def test_a_key_that_no_secret_opens_is_counted_and_keeps_the_others_listed(database: Database) -> None:
    sealer = await confirmed(database, OLD)
    await database.write(lambda tx: filled(tx, sealer))
    stranger = Keyring("a secret that nobody lists").wrapped(b"k" * 32, "f" * 16)
    await database.write(lambda tx: tx.execute(insert(keys), {"id": "f" * 16, "wrapped": stranger}))
    done = await rotated(database)

    assert (done.unreadable, done.is_done) == (1, False)
    with pytest.raises(Fault, match="another FIREBREAK_SECRET_KEY"):
        await confirmed(database, NEW)


async def test_what_is_destroyed_meanwhile_stays_destroyed(database: Database) -> None:
    old = await confirmed(database, OLD)
    people = [f"Jo Roe {number}" for number in range(40)]
    await database.write(lambda tx: [old.seal(tx, personal("x", each), "one") for each in people])
    both = await confirmed(database, BOTH)

    async def forget() -> None:
        for each in people:
            await database.write(partial(both.destroy_subject, subject=each, reason="asked", at=NOW))

    async def turn() -> None:
        for way in (BOTH, f"{OLD},{NEW}", BOTH):
            await rotate(database, Keyring(way))

    await asyncio.gather(forget(), turn())
    done = await rotated(database)

    assert (done.destroyed, sum(done.by_secret.values())) == (40, 1)


async def test_somebody_forgotten_before_stays_forgotten(database: Database) -> None:
    old = await confirmed(database, OLD)
    await database.write(lambda tx: filled(tx, old))
    await erase_subject(database, old, "Jo Roe", reason="asked", at=NOW)
    await rotated(database)
    said, linked, _, mine = await found(database, await confirmed(database, NEW))

    assert (said, linked, mine) == ("[erased 2026-03-02: asked]", ["INC-1"], [])


async def test_while_eight_clients_write_every_key_is_taken_over_and_everything_is_read(database: Database) -> None:
    old = await confirmed(database, OLD)
    await database.write(lambda tx: filled(tx, old, 1))
    both = await confirmed(database, BOTH)
    numbers, done = iter(range(2, 1_000)), asyncio.Event()

    async def client() -> list[int]:
        mine: list[int] = []
        while not done.is_set():
            number = next(numbers)
            await database.write(partial(filled, sealer=both, number=number))
            await database.write(partial(_noted, sealer=both, number=number))
            mine.append(number)
        return mine

    working = [asyncio.ensure_future(client()) for _ in range(CLIENTS)]
    try:
        for _ in range(3):
            counted = await rotated(database, BOTH)
    finally:
        done.set()
    written = [number for mine in await asyncio.gather(*working) for number in mine]
    alone = await confirmed(database, NEW)
    read = [await found(database, alone, number) for number in (1, *written)]

    assert counted.is_done
    assert len(written) >= CLIENTS
    assert {(said, room == [f"INC-{number}"]) for (said, _, room, _), number in zip(read, (1, *written), strict=True)} == {("Jo Roe", True)}
    assert len({mine for _, _, _, (mine,) in read}) == 1
    assert len(read[0][1]) == len(written) + 1


def _noted(tx: Connection, sealer: Sealer, number: int) -> None:
    note(tx, sealer, f"INC-{number}", an_event(2, who=personal("Al", "Al")))


def many_keys(tx: Connection, *, secret: str = OLD, count: int) -> None:
    ring = Keyring(secret)
    tx.execute(insert(keys), [{"id": name, "wrapped": ring.wrapped(b"k" * 32, name)} for name in (f"{n:016x}" for n in range(count))])


async def _taken_over(database: Database) -> int:
    counted = await database.read(lambda tx: standing(tx, Keyring(BOTH)))
    return counted.by_secret[Keyring(NEW).first.name]


def _killed_in_the_middle(address: str) -> None:
    """Let two batches be kept, and kill the process at work on the third."""
    command = [sys.executable, "-m", "tests.store.rotating_child", address, BOTH]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdin is not None
    assert child.stdout is not None
    for _ in range(2):
        child.stdout.readline()
        child.stdin.write("go on\n")
        child.stdin.flush()
    child.kill()
    child.communicate()


async def test_killed_in_the_middle_it_goes_on_when_it_is_run_again(address: str) -> None:
    database = open_database(address)
    sealer = await confirmed(database, OLD)
    await database.write(lambda tx: filled(tx, sealer))
    await database.write(partial(many_keys, count=6 * BATCH))
    await database.close()
    await asyncio.to_thread(_killed_in_the_middle, address)
    database = open_database(address)
    half, total = await _taken_over(database), 6 * BATCH + 3
    done = await rotated(database)
    said = await found(database, await confirmed(database, NEW))
    await database.close()

    assert 0 < half < total
    assert (done.is_done, list(done.by_secret.values())) == (True, [total, 0])
    assert said[:3] == ("Jo Roe", ["INC-1"], ["INC-1"])


async def test_the_key_of_fingerprints_is_one_of_them(database: Database) -> None:
    await confirmed(database, OLD)
    await database.write(lambda tx: tx.execute(update(keys).where(keys.c.id == FINDING).values(wrapped="AAAA")))

    with pytest.raises(Fault, match="another FIREBREAK_SECRET_KEY"):
        await confirmed(database, OLD)
    assert await database.read(lambda tx: tx.execute(select(func.count()).select_from(keys)).scalar_one()) == 1


async def test_what_is_in_the_table_tells_no_secret(database: Database) -> None:
    sealer = await confirmed(database, OLD)
    await database.write(lambda tx: filled(tx, sealer))
    await rotated(database)
    rows = await database.read(lambda tx: str([tx.execute(select(table)).all() for table in (keys, settings)]))

    assert OLD not in rows
    assert NEW not in rows
    assert await database.read(lambda tx: load(tx, Sealer(NEW), "INC-1")) is not None
