"""Webhooks and their messages on both databases: what is listed, kept sealed, moved back and forgotten."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from engine.incident.subscription import Wanted
from engine.store.database import Database
from engine.store.happened import happened_after, happened_in, position_of, version_at
from engine.store.paging import BadCursor, cursor_of
from engine.store.seal import Sealer
from engine.store.tables import webhook_messages, webhooks
from engine.store.webhook_messages import (
    FAILED,
    SENT,
    Event,
    Tried,
    claim_messages,
    forget_messages,
    hold_back,
    is_message_due,
    let_go,
    messages_listed,
    messages_pending,
    owe_messages,
    settle_message,
)
from engine.store.webhooks import (
    BY_HAND,
    FAILING,
    PAUSED,
    Owner,
    Webhook,
    add_webhook,
    delete_webhook,
    move_back,
    move_on,
    owner_is,
    paused_by_itself,
    positions,
    put_state,
    rotate_secret,
    secrets_of,
    webhook_by_id,
    webhooks_listed,
)
from tests.store.given import NOW, an_event, declare, note

ANA = Owner("t1", "ana", None)
ROBOT = Owner("t2", None, "token:robot")
URL = "https://hooks.example.com/in?key=hush"


def made(tx: Connection, sealer: Sealer, owner: Owner = ANA, *, position: int = 0) -> Webhook:
    """A webhook of somebody that has come so far."""
    return add_webhook(tx, sealer, name="hooks", url=URL, owner=owner, wanted=Wanted(), position=position, now=NOW)[1]


def events(tx: Connection, sealer: Sealer, number: int, *seqs: int) -> list[Event]:
    """Events of a new incident."""
    incident_id = declare(tx, sealer, number, events=[an_event(1)])
    return [Event(incident_id, f"INC-{number}", seq, "Noted") for seq in seqs]


def claimed(tx: Connection, *, each: int = 4, holder: str = "one") -> list[tuple[str, int]]:
    return [
        (one.event.key, one.event.seq)
        for one in claim_messages(tx, NOW, limit=32, each=each, busy={}, holder=holder, lease_until=NOW + timedelta(minutes=1))
    ]


async def test_owners_list_their_own_and_an_admin_everybodys(database: Database, sealer: Sealer) -> None:
    await database.write(sealer.confirm)
    mine = [(await database.write(lambda tx: made(tx, sealer))).id for _ in range(3)]
    robots = await database.write(lambda tx: made(tx, sealer, ROBOT))

    def asked(tx: Connection) -> tuple[list[str], list[str], list[str], int]:
        first = webhooks_listed(tx, sealer, owner=ANA, limit=2)
        second = webhooks_listed(tx, sealer, owner=ANA, limit=2, cursor=first.next)
        of_robot = webhooks_listed(tx, sealer, owner=Owner("another", None, "token:robot"))
        everybodys = webhooks_listed(tx, sealer, owner=None)
        return [w.id for w in first.items], [w.id for w in second.items], [w.id for w in of_robot.items], len(everybodys.items)

    assert await database.read(asked) == ([mine[2], mine[1]], [mine[0]], [robots.id], 4)
    assert (owner_is(robots, ROBOT), owner_is(robots, ANA)) == (True, False)
    for cursor in ("x", cursor_of([2**63]), cursor_of(["1"])):
        with pytest.raises(BadCursor):
            await database.read(lambda tx, at=cursor: webhooks_listed(tx, sealer, owner=None, cursor=at))  # type: ignore[misc]


async def test_secrets_are_sealed_and_overlap_for_as_long_as_was_said(database: Database, sealer: Sealer) -> None:
    await database.write(sealer.confirm)
    webhook = await database.write(lambda tx: made(tx, sealer))
    first = await database.read(lambda tx: secrets_of(tx, sealer, webhook.id))
    until = NOW + timedelta(hours=1)
    second = await database.write(lambda tx: rotate_secret(tx, sealer, webhook.id, until=until, now=NOW))
    both = await database.read(lambda tx: secrets_of(tx, sealer, webhook.id))
    stored = await database.read(lambda tx: str(tx.execute(select(webhooks)).all()))

    assert both.good(NOW) == (second, first.now)
    assert both.good(until) == (second,)
    assert [each in stored for each in (first.now, second, "hush")] == [False, False, False]


async def test_only_the_oldest_of_a_lane_goes_and_the_next_one_after_it(database: Database, sealer: Sealer) -> None:
    await database.write(sealer.confirm)

    def owed(tx: Connection) -> None:
        webhook = made(tx, sealer)
        owe_messages(tx, webhook.id, [*events(tx, sealer, 1, 2, 3), *events(tx, sealer, 2, 5)], NOW)

    await database.write(owed)

    def settled(tx: Connection) -> bool:
        (one,) = [
            each
            for each in claim_messages(tx, NOW, limit=9, each=9, busy={}, holder="one", lease_until=NOW + timedelta(minutes=1))
            if each.event.key == "INC-1"
        ]
        return settle_message(tx, one, SENT, Tried(NOW, 200, 3, None))

    assert await database.write(settled)
    assert await database.write(claimed) == [("INC-1", 3)]
    assert await database.write(claimed) == []


async def test_whoever_lost_its_lease_settles_nothing(database: Database, sealer: Sealer) -> None:
    await database.write(sealer.confirm)
    webhook = await database.write(lambda tx: made(tx, sealer))
    await database.write(lambda tx: owe_messages(tx, webhook.id, events(tx, sealer, 1, 2), NOW))

    def lost(tx: Connection) -> bool:
        (one,) = claim_messages(tx, NOW, limit=9, each=9, busy={}, holder="one", lease_until=NOW)
        claim_messages(tx, NOW, limit=9, each=9, busy={}, holder="two", lease_until=NOW + timedelta(minutes=1))
        return settle_message(tx, one, FAILED, Tried(NOW, None, 3, "late"))

    assert not await database.write(lost)
    assert await database.read(messages_pending) == 1


async def test_what_is_sent_again_goes_before_what_waits(database: Database, sealer: Sealer) -> None:
    await database.write(sealer.confirm)
    webhook = await database.write(lambda tx: made(tx, sealer))
    three = await database.write(lambda tx: events(tx, sealer, 1, 2, 3, 4))
    await database.write(lambda tx: owe_messages(tx, webhook.id, three[2:], NOW))
    await database.write(lambda tx: owe_messages(tx, webhook.id, three[:1], NOW))

    assert await database.write(claimed) == [("INC-1", 2)]
    assert await database.write(claimed) == []


async def test_what_is_paused_owes_nothing_that_is_due_until_it_is_let_go(database: Database, sealer: Sealer) -> None:
    await database.write(sealer.confirm)
    webhook = await database.write(lambda tx: made(tx, sealer))

    def paused(tx: Connection) -> list[bool]:
        owe_messages(tx, webhook.id, events(tx, sealer, 1, 2, 3), NOW)
        changed = [put_state(tx, webhook.id, PAUSED, because=FAILING, now=NOW) for _ in range(2)]
        hold_back(tx, webhook.id)
        return [*changed, is_message_due(tx, NOW), paused_by_itself(tx) == 1]

    def resumed(tx: Connection) -> bool:
        put_state(tx, webhook.id, "active", because=None, now=NOW)
        let_go(tx, webhook.id, NOW)
        return is_message_due(tx, NOW)

    assert await database.write(paused) == [True, False, False, True]
    assert await database.write(claimed) == []
    assert await database.write(resumed)
    assert await database.write(claimed) == [("INC-1", 2)]


async def test_one_that_somebody_paused_is_nobodys_trouble(database: Database, sealer: Sealer) -> None:
    await database.write(sealer.confirm)
    webhook = await database.write(lambda tx: made(tx, sealer))
    await database.write(lambda tx: put_state(tx, webhook.id, PAUSED, because=BY_HAND, now=NOW))

    assert (await database.read(paused_by_itself), await database.read(positions)) == (0, [])


async def test_the_log_of_heads_says_what_happened_and_where(database: Database, sealer: Sealer) -> None:
    await database.write(sealer.confirm)
    one = await database.write(lambda tx: declare(tx, sealer, 1, events=[an_event(1), an_event(2)]))
    await database.write(lambda tx: declare(tx, sealer, 2, events=[an_event(1)]))
    await database.write(lambda tx: note(tx, sealer, "INC-1", an_event(3)))
    found = await database.read(lambda tx: happened_after(tx, 0, most=10))
    rest = await database.read(lambda tx: happened_after(tx, 1, most=1))
    places = await database.read(lambda tx: [position_of(tx, one, seq) for seq in (1, 2, 3, 4)])

    assert [(each.position, each.seq) for each in found] == [(1, 1), (1, 2), (2, 1), (3, 3)]
    assert [each.position for each in rest] == [2]
    assert places == [1, 1, 3, 0]
    assert await database.read(lambda tx: [version_at(tx, place) for place in (1, 3, 9)]) == [2, 3, 0]
    assert [seq for seq, _ in await database.read(lambda tx: happened_in(tx, one, after=1, until=3))] == [2, 3]


async def test_a_webhook_is_moved_only_from_where_it_is_and_never_forward_by_a_replay(database: Database, sealer: Sealer) -> None:
    await database.write(sealer.confirm)
    webhook = await database.write(lambda tx: made(tx, sealer, position=5))
    moved = [await database.write(lambda tx, was=was: move_on(tx, [webhook.id, "wh_x"], was=was, to=9)) for was in (4, 5)]  # type: ignore[misc]
    for back in (3, 7):
        await database.write(lambda tx, back=back: move_back(tx, webhook.id, back))  # type: ignore[misc]
    found = await database.read(lambda tx: webhook_by_id(tx, sealer, webhook.id))

    assert moved == [frozenset(), frozenset({webhook.id})]
    assert found is not None
    assert found.position == 3


async def test_old_messages_are_forgotten_and_with_a_webhook_all_of_its(database: Database, sealer: Sealer) -> None:
    await database.write(sealer.confirm)
    webhook, other = [await database.write(lambda tx: made(tx, sealer)) for _ in range(2)]

    def settled(tx: Connection) -> None:
        found = events(tx, sealer, 1, 2, 3)
        for each in (webhook, other):
            owe_messages(tx, each.id, found, NOW)
        for one in claim_messages(tx, NOW, limit=9, each=9, busy={}, holder="one", lease_until=NOW + timedelta(minutes=1)):
            settle_message(tx, one, SENT, Tried(NOW, 200, 3, None))

    await database.write(settled)
    forgotten = [await database.write(lambda tx, at=at: forget_messages(tx, at)) for at in (NOW, NOW + timedelta(seconds=1))]  # type: ignore[misc]
    kept = await database.read(lambda tx: [each.event.seq for each in messages_listed(tx, webhook.id).items])
    await database.write(lambda tx: delete_webhook(tx, webhook.id))
    left = await database.read(lambda tx: set(tx.execute(select(webhook_messages.c.webhook_id)).scalars()))

    assert (forgotten, kept, left) == ([0, 2], [3], {other.id})
