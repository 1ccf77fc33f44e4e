"""What is owed: kept in order, leased, retried, replaced, held, and never lost."""

from datetime import datetime

import pytest
from sqlalchemy import Connection, select

from engine.incident.effects import Delivery
from engine.store.database import Database
from engine.store.outbox import (
    MAX_ERROR,
    Owed,
    claim_due,
    make_due,
    next_due,
    owe,
    record_dead,
    record_retry,
    record_sent,
    record_waiting,
    release_waiting,
    revive,
)
from engine.store.seal import Sealer
from engine.store.tables import deliveries
from engine.store.views import SeenDelivery, deliveries_of, delivery_by_id
from engine.store.watching import delivery_counts
from tests.store.given import NOW, a_delivery, declare, minutes

ON_A_FILE = pytest.mark.usefixtures("file")
"""Whose turn it is in a lane is asked by `claim_due` on a file; elsewhere jobs are claimed: tests/runtime/test_jobs.py."""


class Outbox:
    """The outbox of two incidents, driven one unit at a time."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self.database, self.sealer = database, sealer

    async def owe(self, *said: Delivery, number: int = 1, now: datetime = NOW) -> None:
        await self.database.write(lambda tx: owe(tx, self.sealer, f"{number:032x}", said, now))

    async def claim(self, now: datetime = NOW, *, limit: int = 10, lease: float = 1) -> list[Owed]:
        until = now + (minutes(lease) - NOW)
        return await self.database.write(lambda tx: claim_due(tx, self.sealer, now, limit=limit, lease_until=until))

    async def claim_one(self, now: datetime = NOW) -> Owed:
        (owed,) = await self.claim(now)
        return owed

    async def sent(self, owed: Owed, now: datetime = NOW, **receipt: str) -> bool:
        return await self.database.write(lambda tx: record_sent(tx, self.sealer, owed, receipt, now))

    async def seen(self, delivery_id: str) -> SeenDelivery:
        found = await self.database.read(lambda tx: delivery_by_id(tx, self.sealer, f"{1:032x}", delivery_id))
        assert found is not None
        return found


@pytest.fixture
async def outbox(database: Database, sealer: Sealer) -> Outbox:
    await database.write(lambda tx: [declare(tx, sealer, 1), declare(tx, sealer, 2)])
    return Outbox(database, sealer)


def _ids(claimed: list[Owed]) -> list[str]:
    return [owed.delivery.id for owed in claimed]


async def test_what_is_owed_comes_back_as_it_was(outbox: Outbox) -> None:
    said = a_delivery("INC-1:1:0", body={"blocks": [{"type": "section"}]}, step="facts", outside=True, receipt=True)
    await outbox.owe(said)
    owed = await outbox.claim_one()

    assert (owed.delivery, owed.incident_id, owed.revision, owed.attempt, owed.receipt, owed.owed_at) == (
        said,
        f"{1:032x}",
        1,
        1,
        None,
        NOW,
    )


async def test_its_words_stand_in_no_column(outbox: Outbox) -> None:
    await outbox.owe(a_delivery(text="The words of it.", body={"note": "More words."}))
    stored = await outbox.database.read(lambda tx: str([*tx.execute(select(deliveries))]))

    assert "words" not in stored


@ON_A_FILE
async def test_of_one_target_only_the_oldest_is_in_flight(outbox: Outbox) -> None:
    await outbox.owe(a_delivery("a"), a_delivery("b"), a_delivery("elsewhere", target="person:bo"))
    first = await outbox.claim()
    nothing = await outbox.claim()
    await outbox.sent(first[0])
    second = await outbox.claim()

    assert (_ids(first), _ids(nothing), _ids(second)) == (["a", "elsewhere"], [], ["b"])


async def test_the_same_target_of_another_incident_is_another_lane(outbox: Outbox) -> None:
    await outbox.owe(a_delivery("a"))
    await outbox.owe(a_delivery("b"), number=2)

    assert _ids(await outbox.claim()) == ["a", "b"]


@ON_A_FILE
async def test_order_holds_when_the_clock_jumps_back(outbox: Outbox) -> None:
    await outbox.owe(a_delivery("a"), now=minutes(60))
    await outbox.owe(a_delivery("b"), now=NOW)
    first = await outbox.claim(minutes(60))
    await outbox.sent(first[0])

    assert (_ids(first), _ids(await outbox.claim(minutes(60)))) == (["a"], ["b"])


async def test_what_waited_for_an_instant_of_another_clock_can_be_made_due(outbox: Outbox) -> None:
    await outbox.owe(a_delivery("a"), a_delivery("b"))
    first = await outbox.claim_one()
    await outbox.database.write(lambda tx: record_retry(tx, outbox.sealer, first, at=minutes(60), error="not now"))
    made_due = await outbox.database.write(lambda tx: make_due(tx, NOW))

    assert made_due == 1
    assert _ids(await outbox.claim()) == [first.delivery.id]


async def test_what_is_in_flight_is_not_made_due(outbox: Outbox) -> None:
    await outbox.owe(a_delivery("a"))
    await outbox.claim_one()

    assert await outbox.database.write(lambda tx: make_due(tx, NOW - (minutes(5) - NOW))) == 0


async def test_a_lease_that_ran_out_is_claimed_again_and_counts_as_an_attempt(outbox: Outbox) -> None:
    await outbox.owe(a_delivery("a"))
    await outbox.claim(lease=5)
    early = await outbox.claim(minutes(4))
    late = await outbox.claim(minutes(5))

    assert (early, _ids(late), late[0].attempt) == ([], ["a"], 2)


async def test_whoever_lost_the_lease_gives_nothing_back(outbox: Outbox) -> None:
    await outbox.owe(a_delivery("a"))
    slow = await outbox.claim_one()
    await outbox.claim_one(minutes(2))
    await outbox.database.write(lambda tx: record_retry(tx, outbox.sealer, slow, at=NOW, error="slow"))

    assert await outbox.claim(minutes(2)) == []


async def test_a_retry_waits_and_keeps_its_lane_waiting(outbox: Outbox) -> None:
    await outbox.owe(a_delivery("a"), a_delivery("b"))
    owed = await outbox.claim_one()
    await outbox.database.write(lambda tx: record_retry(tx, outbox.sealer, owed, at=minutes(10), error="rate_limited"))
    early, due = await outbox.claim(minutes(9)), await outbox.database.read(next_due)
    again = await outbox.claim_one(minutes(10))

    assert (early, due, again.delivery.id, again.attempt) == ([], minutes(10), "a", 2)
    assert (await outbox.seen("a")).last_error == "rate_limited"


@ON_A_FILE
async def test_a_dead_delivery_lets_the_next_one_go_and_can_be_revived(outbox: Outbox) -> None:
    await outbox.owe(a_delivery("a"), a_delivery("b"))
    owed = await outbox.claim_one()
    settled = await outbox.database.write(lambda tx: record_dead(tx, owed, "x" * 5_000, NOW))
    dead, following = await outbox.seen("a"), await outbox.claim()
    revived = await outbox.database.write(lambda tx: revive(tx, "a", minutes(1)))
    await outbox.sent(following[0])
    again = await outbox.claim_one(minutes(1))

    assert (settled, dead.state, len(dead.last_error or ""), _ids(following)) == (True, "dead", MAX_ERROR, ["b"])
    assert (revived, again.delivery.id, again.attempt) == (True, "a", 1)


async def test_what_was_sent_or_is_unknown_is_not_revived(outbox: Outbox) -> None:
    await outbox.owe(a_delivery("a"))
    await outbox.sent(await outbox.claim_one())

    assert await outbox.database.write(lambda tx: [revive(tx, name, NOW) for name in ("a", "unknown")]) == [False, False]


@ON_A_FILE
async def test_what_waits_does_not_block_its_lane_and_goes_first_when_released(outbox: Outbox) -> None:
    await outbox.owe(a_delivery("held", outside=True), a_delivery("b"))
    held = await outbox.claim_one()
    await outbox.database.write(lambda tx: record_waiting(tx, held, "everything outside is on hold"))
    following = await outbox.claim_one()
    await outbox.sent(following)
    waiting, due = await outbox.seen("held"), await outbox.database.read(next_due)
    await outbox.owe(a_delivery("c"))
    released = await outbox.database.write(lambda tx: release_waiting(tx, held.incident_id, minutes(1)))
    again = await outbox.claim_one(minutes(1))

    assert (waiting.state, waiting.last_error, waiting.attempts, due) == ("waiting", "everything outside is on hold", 0, None)
    assert (following.delivery.id, released, again.delivery.id, again.attempt) == ("b", 1, "held", 1)


@ON_A_FILE
async def test_a_newer_body_takes_the_place_of_an_unsent_one(outbox: Outbox) -> None:
    await outbox.owe(a_delivery("card", replaces=True, text="old"), a_delivery("b"))
    await outbox.owe(a_delivery("card", replaces=True, text="new"))
    owed = await outbox.claim_one()
    await outbox.sent(owed)

    assert (owed.delivery.text, owed.revision, owed.receipt) == ("new", 2, None)
    assert _ids(await outbox.claim()) == ["b"]


@ON_A_FILE
async def test_a_newer_body_of_a_sent_one_is_owed_again_with_its_receipt_and_behind_what_was_owed_before(outbox: Outbox) -> None:
    await outbox.owe(a_delivery("card", replaces=True, text="old"))
    await outbox.sent(await outbox.claim_one(), ts="17.1")
    await outbox.owe(a_delivery("b"), a_delivery("card", replaces=True, text="new"))
    between = await outbox.claim_one()
    await outbox.sent(between)
    owed = await outbox.claim_one()

    assert (between.delivery.id, owed.delivery.text, owed.receipt, owed.attempt) == ("b", "new", {"ts": "17.1"}, 1)


async def test_a_newer_body_that_arrives_in_flight_is_sent_after_and_edits(outbox: Outbox) -> None:
    await outbox.owe(a_delivery("card", replaces=True, text="old"))
    owed = await outbox.claim_one()
    await outbox.owe(a_delivery("card", replaces=True, text="new"))
    while_leased = await outbox.claim()
    settled = await outbox.sent(owed, ts="17.1")
    again = await outbox.claim_one()

    assert (while_leased, settled) == ([], False)
    assert (again.delivery.text, again.revision, again.receipt) == ("new", 2, {"ts": "17.1"})


async def test_giving_up_an_older_body_does_not_give_up_the_newer_one(outbox: Outbox) -> None:
    await outbox.owe(a_delivery("card", replaces=True, text="old"))
    owed = await outbox.claim_one()
    await outbox.owe(a_delivery("card", replaces=True, text="new"))
    settled = await outbox.database.write(lambda tx: record_dead(tx, owed, "invalid_blocks", NOW))

    assert (settled, (await outbox.claim_one()).delivery.text) == (False, "new")


async def test_the_same_delivery_owed_twice_is_sent_once(outbox: Outbox) -> None:
    await outbox.owe(a_delivery("a", text="first"))
    await outbox.owe(a_delivery("a", text="second"))
    owed = await outbox.claim_one()
    first, second = await outbox.sent(owed), await outbox.sent(owed)

    assert (owed.delivery.text, first, second, await outbox.claim(minutes(60))) == ("first", True, False, [])


async def test_the_longest_due_is_claimed_first_up_to_the_limit(outbox: Outbox) -> None:
    for place in (3, 1, 2):
        await outbox.owe(a_delivery(f"{place}", target=f"person:{place}"), now=minutes(place))

    assert _ids(await outbox.claim(minutes(9), limit=2)) == ["1", "2"]


async def test_the_next_instant_to_look_follows_leases_and_lanes(outbox: Outbox) -> None:
    times = [await outbox.database.read(next_due)]
    await outbox.owe(a_delivery("a"), a_delivery("b"))
    times.append(await outbox.database.read(next_due))
    await outbox.claim(lease=5)
    times.append(await outbox.database.read(next_due))

    assert times == [None, NOW, minutes(5)]


async def test_waiting_is_no_attempt_and_leaves_no_doubt(outbox: Outbox) -> None:
    await outbox.owe(a_delivery("a"))
    owed = await outbox.claim_one()
    await outbox.database.write(lambda tx: record_retry(tx, outbox.sealer, owed, at=minutes(1), error="paced", tried=False))
    again = await outbox.claim_one(minutes(1))

    assert (again.attempt, again.doubted_since, again.doubts) == (1, None, 0)


async def test_each_attempt_whose_end_nobody_knows_is_a_doubt(outbox: Outbox) -> None:
    await outbox.owe(a_delivery("a"))
    first = await outbox.claim_one()
    await outbox.database.write(lambda tx: record_retry(tx, outbox.sealer, first, at=NOW, error="lost", ambiguous=True))
    second = await outbox.claim_one()
    await outbox.database.write(lambda tx: record_retry(tx, outbox.sealer, second, at=NOW, error="a clear no"))
    third = await outbox.claim_one()

    assert [owed.doubts for owed in (first, second, third)] == [0, 1, 1]
    assert third.doubted_since == NOW


@ON_A_FILE
async def test_what_was_reached_before_a_failure_is_kept_and_holds_up_nobody(outbox: Outbox) -> None:
    await outbox.owe(a_delivery("room", kind="room"), a_delivery("b"))
    owed = await outbox.claim_one()
    await outbox.database.write(
        lambda tx: record_retry(tx, outbox.sealer, owed, at=minutes(9), error="paced", tried=False, receipt={"channel": "C1"})
    )
    following = await outbox.claim_one()
    await outbox.sent(following)
    again = await outbox.claim_one(minutes(9))

    assert (following.delivery.id, again.delivery.id, again.receipt) == ("b", "room", {"channel": "C1"})


def seconds(count: float) -> datetime:
    return minutes(count / 60)


async def test_an_edit_comes_no_sooner_than_five_seconds_after_the_last(outbox: Outbox) -> None:
    await outbox.owe(a_delivery("card", kind="card", replaces=True, text="old"))
    await outbox.sent(await outbox.claim_one(), now=NOW)
    await outbox.owe(a_delivery("card", kind="card", replaces=True, text="new"), now=seconds(1))
    early = await outbox.claim(seconds(4.9))
    owed = await outbox.claim_one(seconds(5))

    assert (early, owed.delivery.text) == ([], "new")


async def test_a_card_that_has_rested_is_edited_at_once(outbox: Outbox) -> None:
    await outbox.owe(a_delivery("card", kind="card", replaces=True, text="old"))
    await outbox.sent(await outbox.claim_one(), now=NOW)
    await outbox.owe(a_delivery("card", kind="card", replaces=True, text="new"), now=seconds(60))

    assert (await outbox.claim_one(seconds(60))).delivery.text == "new"


@pytest.mark.parametrize("resting", [False, True])
async def test_an_urgent_edit_does_not_rest(outbox: Outbox, resting: bool) -> None:
    await outbox.owe(a_delivery("card", kind="card", replaces=True, text="old"))
    await outbox.sent(await outbox.claim_one(), now=NOW)
    if resting:
        await outbox.owe(a_delivery("card", kind="card", replaces=True, text="new"), now=seconds(1))
    await outbox.owe(a_delivery("card", kind="card", replaces=True, text="newest", urgent=True), now=seconds(1))

    assert (await outbox.claim_one(seconds(1))).delivery.text == "newest"


@pytest.mark.parametrize(("urgent", "at"), [(False, 6), (True, 1)])
async def test_a_body_that_arrives_in_flight_rests_unless_it_is_urgent(outbox: Outbox, urgent: bool, at: float) -> None:
    await outbox.owe(a_delivery("card", kind="card", replaces=True, text="old"))
    owed = await outbox.claim_one()
    await outbox.owe(a_delivery("card", kind="card", replaces=True, text="new", urgent=urgent))
    await outbox.sent(owed, now=seconds(1))

    assert await outbox.database.read(next_due) == seconds(at)


async def test_a_card_that_rests_holds_up_nobody(outbox: Outbox) -> None:
    await outbox.owe(a_delivery("card", kind="card", replaces=True, text="old"))
    await outbox.sent(await outbox.claim_one(), now=NOW)
    await outbox.owe(a_delivery("card", kind="card", replaces=True, text="new"), a_delivery("b"), now=seconds(1))

    assert _ids(await outbox.claim(seconds(1))) == ["b"]


async def test_a_hundred_changes_in_ten_seconds_are_three_edits_and_the_last_shows_the_newest(outbox: Outbox) -> None:
    await outbox.owe(a_delivery("card", kind="card", replaces=True, text="first"))
    await outbox.sent(await outbox.claim_one(), now=NOW)
    edits = []
    for tenth in range(1, 200):
        if tenth <= 100:
            await outbox.owe(a_delivery("card", kind="card", replaces=True, text=f"change {tenth}"), now=seconds(tenth / 10))
        for owed in await outbox.claim(seconds(tenth / 10)):
            edits.append(owed.delivery.text)
            await outbox.sent(owed, now=seconds(tenth / 10))

    assert edits == ["change 50", "change 100"]


async def test_deliveries_are_counted_and_listed_in_pages(outbox: Outbox) -> None:
    await outbox.owe(*(a_delivery(f"{place}", target=f"person:{place}", step="facts") for place in range(5)))
    await outbox.sent((await outbox.claim(limit=1))[0], ts="1")

    def pages(tx: Connection) -> list[list[str]]:
        found: list[list[str]] = []
        cursor = None
        while not found or cursor:
            page = deliveries_of(tx, outbox.sealer, f"{1:032x}", cursor=cursor, limit=2)
            found.append([each.id for each in page.items])
            cursor = page.next
        return found

    assert await outbox.database.read(delivery_counts) == {"pending": 4, "sent": 1}
    assert await outbox.database.read(pages) == [["0", "1"], ["2", "3"], ["4"]]
    assert ((await outbox.seen("0")).receipt, (await outbox.seen("0")).sent_at) == ({"ts": "1"}, NOW)


async def test_owing_nothing_and_claiming_nothing_are_fine(outbox: Outbox) -> None:
    await outbox.owe()

    assert await outbox.claim() == []
