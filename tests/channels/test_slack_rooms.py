"""A room is opened once per incident, whatever was lost on the way, and holds its people."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from engine.channels.channel import Failed, Outgoing, Sent
from engine.channels.slack import SlackChannel
from engine.channels.slack_pace import TIERS
from engine.channels.slack_rooms import channel_name
from engine.incident.effects import Delivery
from tests.channels.given import always, organisation
from tests.fake_slack import BOT, TOKEN, FakeSlack, Fault
from tests.fake_slack_server import fake_slack

PEOPLE = {
    "ana": {"name": "Ana", "slack": "U0ANA"},
    "ben": {"name": "Ben", "slack": "U0BEN"},
    "cy": {"name": "Cy"},
    "dee": {"name": "Dee", "email": "dee@example.com"},
}
TOPIC = "INC-7: Filmed workplace argument goes viral"


class KnownRooms:
    """Rooms and messages as their receipts say."""

    def __init__(self) -> None:
        self.channels: dict[str, str] = {}
        self.messages: dict[str, dict[str, Any]] = {}

    async def channel_of(self, incident_key: str) -> str | None:
        return self.channels.get(incident_key)

    async def message_of(self, incident_key: str, step: str) -> dict[str, Any] | None:
        return self.messages.get(step)


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with fake_slack() as running:
        running.user("U0ANA")
        running.user("U0BEN")
        yield running


@pytest.fixture
def rooms() -> KnownRooms:
    return KnownRooms()


@pytest.fixture
async def channel(slack: FakeSlack, rooms: KnownRooms) -> AsyncIterator[SlackChannel]:
    made = SlackChannel(TOKEN, always(organisation(people=PEOPLE)), rooms, base_url=slack.url, address="https://firebreak.example")
    yield made
    await made.close()


def _room(*, incident: str = "f" * 32, people: tuple[str, ...] = ("ana", "ben", "cy"), **more: Any) -> Outgoing:
    body = {"topic": TOPIC, "people": list(people), "private": more.pop("private", False), "leave": more.pop("leave", [])}
    target = more.pop("target", "war_room:slack:#inc-INC-7")
    return Outgoing(Delivery(id="INC-7:room", kind="room", target=target, text=TOPIC, body=body, replaces=True), incident, "INC-7", **more)


async def test_a_room_has_its_name_its_topic_and_its_people(channel: SlackChannel, slack: FakeSlack) -> None:
    outcome = await channel.send(_room())

    made = slack.named("inc-inc-7")
    people = ["U0ANA", "U0BEN"]
    assert outcome == Sent({"channel": made.id, "name": "inc-inc-7", "creator": BOT, "topic": TOPIC, "people": people, "not_invited": []})
    assert (made.topic, made.purpose) == (TOPIC, f"Room of one incident, kept by Firebreak: {TOPIC} (firebreak:{'f' * 32})")
    assert made.members == {BOT, "U0ANA", "U0BEN"}
    assert not made.private


async def test_a_room_for_participants_is_private(channel: SlackChannel, slack: FakeSlack) -> None:
    await channel.send(_room(private=True))

    assert slack.named("inc-inc-7").private


async def test_a_name_that_somebody_else_took_gets_a_number(channel: SlackChannel, slack: FakeSlack) -> None:
    slack.channel("inc-inc-7", creator="U0ANA")
    slack.channel("inc-inc-7-2", purpose="Room of one incident (firebreak:another)")
    await channel.send(_room())

    assert slack.named("inc-inc-7-3").topic == TOPIC


async def test_a_private_channel_that_we_can_not_see_takes_its_name_too(channel: SlackChannel, slack: FakeSlack) -> None:
    slack.channel("inc-inc-7", private=True, members={"U0ANA"}, creator="U0ANA")
    await channel.send(_room())

    assert slack.named("inc-inc-7-2").topic == TOPIC


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("conversations.create", "lost"),
        ("conversations.setPurpose", "500"),
        ("conversations.setPurpose", "lost"),
        ("conversations.setTopic", "lost"),
        ("conversations.invite", "429"),
        ("conversations.invite", "lost"),
    ],
)
async def test_a_room_that_was_half_made_is_finished_and_not_made_twice(
    channel: SlackChannel, slack: FakeSlack, method: str, kind: Any
) -> None:
    slack.fail(method, Fault(kind))
    first = await channel.send(_room())
    second = await channel.send(_room(attempt=2))

    assert isinstance(first, Failed)
    assert first.retry
    assert isinstance(second, Sent)
    assert [made.name for made in slack.channels.values()] == ["inc-inc-7"]
    assert slack.named("inc-inc-7").members == {BOT, "U0ANA", "U0BEN"}


async def test_a_taken_name_is_found_among_thousands_of_channels_within_a_minute_s_calls(channel: SlackChannel, slack: FakeSlack) -> None:
    for number in range(4_500):
        slack.channel(f"team-{number}")
    slack.fail("conversations.create", Fault("lost"))
    await channel.send(_room())
    second = await channel.send(_room(attempt=2))

    assert isinstance(second, Sent)
    assert second.receipt["name"] == "inc-inc-7"
    assert len(slack.called("conversations.list")) <= TIERS["conversations.list"] / 4


async def test_two_incidents_of_one_name_get_two_rooms(channel: SlackChannel, slack: FakeSlack) -> None:
    await channel.send(_room(target="war_room:slack:#crisis"))
    await channel.send(_room(target="war_room:slack:#crisis", incident="e" * 32, attempt=2))

    assert [made.name for made in slack.channels.values()] == ["crisis", "crisis-2"]


async def test_later_people_join_the_same_room(channel: SlackChannel, slack: FakeSlack) -> None:
    first = await channel.send(_room(people=("ana",)))
    assert isinstance(first, Sent)
    second = await channel.send(_room(receipt=first.receipt))

    assert isinstance(second, Sent)
    assert second.receipt["channel"] == first.receipt["channel"]
    assert slack.named("inc-inc-7").members == {BOT, "U0ANA", "U0BEN"}
    assert len(slack.called("conversations.create", "conversations.setTopic")) == 2


async def test_somebody_who_can_not_be_invited_stops_nobody(channel: SlackChannel, slack: FakeSlack) -> None:
    del slack.users["U0BEN"]
    outcome = await channel.send(_room(people=("ana", "ben")))

    assert isinstance(outcome, Sent)
    assert slack.named("inc-inc-7").members == {BOT, "U0ANA"}


async def test_when_nobody_can_be_invited_the_receipt_says_so(channel: SlackChannel, slack: FakeSlack) -> None:
    slack.users.clear()
    outcome = await channel.send(_room(people=("ana", "ben")))

    assert isinstance(outcome, Sent)
    assert outcome.receipt["not_invited"] == ["U0ANA", "U0BEN"]


async def test_a_room_that_may_not_be_made_is_not_tried_again(channel: SlackChannel, slack: FakeSlack) -> None:
    slack.fail("conversations.create", Fault("refused", error="restricted_action"))

    outcome = await channel.send(_room())

    assert isinstance(outcome, Failed)
    assert (outcome.error, outcome.retry) == ("slack: restricted_action", False)


async def test_a_room_that_exists_already_is_taken_as_it_is(channel: SlackChannel, slack: FakeSlack) -> None:
    outcome = await channel.send(_room(target="slack:#firebreak-rehearsal"))

    assert outcome == Sent({"channel": "#firebreak-rehearsal"})
    assert not slack.calls


async def test_somebody_known_by_their_address_alone_is_invited_too(channel: SlackChannel, slack: FakeSlack) -> None:
    slack.user("U0DEE", email="dee@example.com")
    await channel.send(_room(people=("dee",)))

    assert slack.named("inc-inc-7").members == {BOT, "U0DEE"}


async def test_who_left_by_themselves_is_left_alone(channel: SlackChannel, slack: FakeSlack) -> None:
    first = await channel.send(_room(people=("ana",)))
    assert isinstance(first, Sent)
    slack.named("inc-inc-7").members.remove("U0ANA")
    await channel.send(_room(people=("ana", "ben"), receipt=first.receipt))

    assert slack.named("inc-inc-7").members == {BOT, "U0BEN"}


async def test_who_has_no_part_any_more_is_removed_from_a_private_room(channel: SlackChannel, slack: FakeSlack) -> None:
    first = await channel.send(_room(private=True))
    assert isinstance(first, Sent)
    await channel.send(_room(private=True, people=("ben",), receipt=first.receipt))

    assert slack.named("inc-inc-7").members == {BOT, "U0BEN"}


async def test_whoever_was_let_into_a_private_room_by_hand_is_removed_as_well(channel: SlackChannel, slack: FakeSlack) -> None:
    first = await channel.send(_room(private=True, people=("ana",)))
    assert isinstance(first, Sent)
    slack.named("inc-inc-7").members.add(slack.user("U0EVE"))
    await channel.send(_room(private=True, people=("ana",), receipt=first.receipt))

    assert slack.named("inc-inc-7").members == {BOT, "U0ANA"}


async def test_from_an_open_room_leave_only_those_who_are_named(channel: SlackChannel, slack: FakeSlack) -> None:
    first = await channel.send(_room())
    assert isinstance(first, Sent)
    slack.named("inc-inc-7").members.add(slack.user("U0EVE"))
    await channel.send(_room(people=("ana",), leave=["ben"], receipt=first.receipt))

    assert slack.named("inc-inc-7").members == {BOT, "U0ANA", "U0EVE"}


async def test_somebody_who_can_not_be_removed_is_noted_and_stops_nobody(channel: SlackChannel, slack: FakeSlack) -> None:
    first = await channel.send(_room(private=True))
    assert isinstance(first, Sent)
    slack.fail("conversations.kick", Fault("refused", error="restricted_action"))
    second = await channel.send(_room(private=True, people=(), receipt=first.receipt))

    assert isinstance(second, Sent)
    assert second.receipt["not_removed"] == ["U0ANA"]
    assert slack.named("inc-inc-7").members == {BOT, "U0ANA"}


async def test_what_was_reached_before_a_trouble_is_not_done_again(channel: SlackChannel, slack: FakeSlack) -> None:
    slack.fail("conversations.invite", Fault("429", retry_after=3))
    first = await channel.send(_room())
    assert isinstance(first, Failed)
    second = await channel.send(_room(attempt=2, receipt=first.receipt))

    assert isinstance(second, Sent)
    assert len(slack.called("conversations.create", "conversations.setTopic", "conversations.setPurpose")) == 3


@pytest.mark.parametrize(
    ("wanted", "suffix", "name"),
    [
        ("slack:#inc-INC-7", 1, "inc-inc-7"),
        ("#Crisis Room. (Plant 4)", 1, "crisis-room-plant-4"),
        ("inc-7", 2, "inc-7-2"),
        ("x" * 100, 3, "x" * 78 + "-3"),
        ("###", 1, "incident"),
    ],
)
def test_a_name_becomes_one_that_slack_takes(wanted: str, suffix: int, name: str) -> None:
    assert channel_name(wanted, suffix) == name
