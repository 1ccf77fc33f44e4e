"""A room that an incident leaves: the last words, the archive, the way back; bookmarks, threads and the broadcast."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from engine.channels.channel import Failed, Outgoing, Sent
from engine.channels.slack import SlackChannel
from engine.incident.effects import Delivery
from tests.channels.given import always, organisation
from tests.channels.test_slack_rooms import PEOPLE, KnownRooms
from tests.fake_slack import BOT, TOKEN, FakeSlack, Fault
from tests.fake_slack_server import fake_slack

LAST = "This room is archived: INC-7 is over. What happened stays in its timeline."
LINKS = [
    {"title": "INC-7 on the web", "path": "/rooms/INC-7"},
    {"title": "Ticket: Open a ticket", "url": "https://tickets.example/OPS-1"},
]
FACTS = {
    "key": "INC-7",
    "playbook": "Filmed workplace argument goes viral",
    "severity": "sev2",
    "severity_title": "Spreading",
    "status": "active",
    "since": "2026-03-02T09:00:00Z",
}
SAID = "INC-7 Filmed workplace argument goes viral is active, severity sev2 (Spreading)."


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
    made = SlackChannel(TOKEN, always(organisation(people=PEOPLE)), rooms, base_url=slack.url, address="https://firebreak.example/")
    yield made
    await made.close()


def _out(kind: Any, id: str = "INC-7:room", target: str = "war_room:slack:#inc-INC-7", *, text: str = LAST, **more: Any) -> Outgoing:
    body, replaces = more.pop("body", {}), more.pop("replaces", True)
    return Outgoing(Delivery(id=id, kind=kind, target=target, text=text, body=body, replaces=replaces), "f" * 32, "INC-7", **more)


def _room(**more: Any) -> Outgoing:
    body = {"topic": "INC-7 Filmed", "people": ["ana"], "private": more.pop("private", False), "leave": []}
    return _out("room", body=body, text="INC-7 Filmed", **more)


async def _opened(channel: SlackChannel, **more: Any) -> dict[str, Any]:
    outcome = await channel.send(_room(**more))
    assert isinstance(outcome, Sent)
    return outcome.receipt


def texts(slack: FakeSlack, name: str) -> list[str]:
    return [message["text"] for message in slack.messages(name)]


async def test_a_room_is_closed_with_one_last_sentence(channel: SlackChannel, slack: FakeSlack) -> None:
    outcome = await channel.send(_out("close", receipt=await _opened(channel)))

    assert isinstance(outcome, Sent)
    assert (slack.named("inc-inc-7").archived, texts(slack, "inc-inc-7")) == (True, [LAST])


async def test_a_room_that_was_never_opened_stays_unopened(channel: SlackChannel, slack: FakeSlack) -> None:
    assert await channel.send(_out("close")) == Sent({"archived": True})
    assert slack.calls == []


@pytest.mark.parametrize("kind", ["429", "500", "lost", "reset"])
async def test_the_last_sentence_is_said_once_whatever_happens_to_the_archive(channel: SlackChannel, slack: FakeSlack, kind: Any) -> None:
    receipt = await _opened(channel)
    slack.fail("conversations.archive", Fault(kind))
    first = await channel.send(_out("close", receipt=receipt))
    assert isinstance(first, Failed)
    second = await channel.send(_out("close", receipt=first.receipt or receipt, attempt=2))

    assert isinstance(second, Sent)
    assert (slack.named("inc-inc-7").archived, texts(slack, "inc-inc-7")) == (True, [LAST])


async def test_a_workspace_that_lets_no_app_archive_keeps_its_room(channel: SlackChannel, slack: FakeSlack) -> None:
    slack.fail("conversations.archive", Fault("refused", error="restricted_action"))
    outcome = await channel.send(_out("close", receipt=await _opened(channel)))

    assert isinstance(outcome, Sent)
    assert outcome.receipt["not_archived"] == "restricted_action"


async def test_a_reopened_incident_gets_its_own_room_back(channel: SlackChannel, slack: FakeSlack) -> None:
    closed = await channel.send(_out("close", receipt=await _opened(channel)))
    assert isinstance(closed, Sent)
    again = await channel.send(_room(receipt=closed.receipt))

    assert isinstance(again, Sent)
    assert again.receipt["channel"] == closed.receipt["channel"]
    assert "archived" not in again.receipt
    assert not slack.named("inc-inc-7").archived


async def test_where_slack_opens_no_room_again_there_is_a_new_one(channel: SlackChannel, slack: FakeSlack) -> None:
    closed = await channel.send(_out("close", receipt=await _opened(channel)))
    assert isinstance(closed, Sent)
    slack.fail("conversations.unarchive", Fault("refused", error="method_not_supported_for_channel_type"))
    again = await channel.send(_room(receipt=closed.receipt))

    assert isinstance(again, Sent)
    assert again.receipt["name"] == "inc-inc-7-2"
    assert slack.named("inc-inc-7-2").members == {BOT, "U0ANA"}


async def test_a_room_that_somebody_archived_by_hand_is_opened_again(channel: SlackChannel, slack: FakeSlack) -> None:
    receipt = await _opened(channel)
    slack.named("inc-inc-7").archived = True
    await channel.send(_out("room", body={"topic": "INC-7 Filmed", "people": ["ana", "ben"], "private": False}, receipt=receipt))

    assert not slack.named("inc-inc-7").archived
    assert slack.named("inc-inc-7").members == {BOT, "U0ANA", "U0BEN"}


async def test_the_card_is_posted_in_the_room_that_the_incident_moved_to(
    channel: SlackChannel, slack: FakeSlack, rooms: KnownRooms
) -> None:
    old, new = slack.channel("inc-inc-7"), slack.channel("inc-inc-7-private", private=True)
    rooms.channels["INC-7"] = old.id
    first = await channel.send(_out("say", "INC-7:card", text="INC-7 stands like this"))
    assert isinstance(first, Sent)
    rooms.channels["INC-7"] = new.id
    await channel.send(_out("say", "INC-7:card", text="INC-7 is secret now", receipt=first.receipt))

    assert (texts(slack, "inc-inc-7"), texts(slack, "inc-inc-7-private")) == (["INC-7 stands like this"], ["INC-7 is secret now"])


async def test_people_of_a_linked_incident_join_its_parents_room(channel: SlackChannel, slack: FakeSlack, rooms: KnownRooms) -> None:
    parent = slack.channel("inc-inc-3")
    rooms.channels["INC-3"] = parent.id
    outcome = await channel.send(_out("invite", "INC-7:invite", body={"room": "INC-3", "people": ["ana", "cy"]}))

    assert outcome == Sent({"channel": parent.id, "people": ["U0ANA"], "not_invited": []})
    assert parent.members == {BOT, "U0ANA"}


async def test_bookmarks_are_added_once(channel: SlackChannel, slack: FakeSlack, rooms: KnownRooms) -> None:
    room = slack.channel("inc-inc-7")
    rooms.channels["INC-7"] = room.id
    first = await channel.send(_out("bookmarks", "INC-7:bookmarks", body={"links": LINKS[:1]}))
    assert isinstance(first, Sent)
    await channel.send(_out("bookmarks", "INC-7:bookmarks", body={"links": LINKS}, receipt=first.receipt))

    assert [(each["title"], each["link"]) for each in room.bookmarks.values()] == [
        ("INC-7 on the web", "https://firebreak.example/rooms/INC-7"),
        ("Ticket: Open a ticket", "https://tickets.example/OPS-1"),
    ]


async def test_a_bookmark_whose_answer_was_lost_is_not_added_twice(channel: SlackChannel, slack: FakeSlack, rooms: KnownRooms) -> None:
    room = slack.channel("inc-inc-7")
    rooms.channels["INC-7"] = room.id
    slack.fail("bookmarks.add", Fault("lost"))
    outcome = await channel.send(_out("bookmarks", "INC-7:bookmarks", body={"links": LINKS}))

    assert isinstance(outcome, Sent)
    assert len(room.bookmarks) == 2


async def test_a_bookmark_that_slack_will_not_take_is_left_out(channel: SlackChannel, slack: FakeSlack, rooms: KnownRooms) -> None:
    rooms.channels["INC-7"] = slack.channel("inc-inc-7").id
    slack.fail("bookmarks.add", Fault("refused", error="too_many_bookmarks"))
    outcome = await channel.send(_out("bookmarks", "INC-7:bookmarks", body={"links": LINKS}))

    assert isinstance(outcome, Sent)
    assert outcome.receipt["left_out"] == ["https://firebreak.example/rooms/INC-7"]


async def test_without_an_address_only_what_a_browser_opens_is_bookmarked(slack: FakeSlack, rooms: KnownRooms) -> None:
    rooms.channels["INC-7"] = slack.channel("inc-inc-7").id
    channel = SlackChannel(TOKEN, always(organisation(people=PEOPLE)), rooms, base_url=slack.url)
    outcome = await channel.send(_out("bookmarks", "INC-7:bookmarks", body={"links": LINKS}))
    await channel.close()

    assert isinstance(outcome, Sent)
    assert outcome.receipt["bookmarks"] == ["https://tickets.example/OPS-1"]


async def test_bookmarks_wait_for_the_room(channel: SlackChannel) -> None:
    outcome = await channel.send(_out("bookmarks", "INC-7:bookmarks", body={"links": LINKS}))

    assert isinstance(outcome, Failed)
    assert outcome.retry


async def _thread(channel: SlackChannel, slack: FakeSlack, rooms: KnownRooms) -> str:
    rooms.channels["INC-7"] = slack.channel("inc-inc-7").id
    task = await channel.send(_out("say", "INC-7:task:facts", text="Ready: “Find out”"))
    assert isinstance(task, Sent)
    rooms.messages["facts"] = task.receipt
    return str(task.receipt["ts"])


def _comment(**more: Any) -> Outgoing:
    return _out("say", "INC-7:9:0", text="Comment: Ana wrote (INC-7).", body={"thread": "facts"}, replaces=False, **more)


async def test_talk_about_a_step_stands_under_its_message(channel: SlackChannel, slack: FakeSlack, rooms: KnownRooms) -> None:
    ts = await _thread(channel, slack, rooms)
    await channel.send(_comment())

    assert [message.get("thread_ts") for message in slack.messages("inc-inc-7")][1:] == [ts]


async def test_talk_waits_for_the_message_of_its_step(channel: SlackChannel, slack: FakeSlack, rooms: KnownRooms) -> None:
    rooms.channels["INC-7"] = slack.channel("inc-inc-7").id
    rooms.messages["facts"] = {}
    outcome = await channel.send(_comment())

    assert isinstance(outcome, Failed)
    assert (outcome.retry, outcome.tried) == (True, False)
    assert slack.messages("inc-inc-7") == []


async def test_talk_about_a_step_without_a_message_stands_by_itself(channel: SlackChannel, slack: FakeSlack, rooms: KnownRooms) -> None:
    rooms.channels["INC-7"] = slack.channel("inc-inc-7").id
    await channel.send(_comment())

    assert texts(slack, "inc-inc-7") == ["Comment: Ana wrote (INC-7)."]


async def test_talk_stays_in_the_room_that_the_incident_is_in_now(channel: SlackChannel, slack: FakeSlack, rooms: KnownRooms) -> None:
    await _thread(channel, slack, rooms)
    rooms.channels["INC-7"] = slack.channel("inc-inc-7-private", private=True).id
    await channel.send(_comment())

    assert texts(slack, "inc-inc-7-private") == ["Comment: Ana wrote (INC-7)."]


async def test_talk_under_a_message_that_was_deleted_is_not_lost(channel: SlackChannel, slack: FakeSlack, rooms: KnownRooms) -> None:
    ts = await _thread(channel, slack, rooms)
    del slack.named("inc-inc-7").messages[ts]
    outcome = await channel.send(_comment())

    assert isinstance(outcome, Sent)
    assert texts(slack, "inc-inc-7") == ["Comment: Ana wrote (INC-7)."]


def _broadcast(**more: Any) -> Outgoing:
    body = more.pop("body", FACTS)
    return _out("broadcast", "INC-7:broadcast", "slack:#incidents", text=more.pop("text", SAID), body=body, **more)


async def test_the_broadcast_is_one_message_that_is_edited(channel: SlackChannel, slack: FakeSlack, rooms: KnownRooms) -> None:
    slack.channel("incidents")
    rooms.channels["INC-7"] = slack.channel("inc-inc-7").id
    first = await channel.send(_broadcast())
    assert isinstance(first, Sent)
    await channel.send(_broadcast(body={**FACTS, "status": "contained"}, text="INC-7 is contained.", receipt=first.receipt))
    [message] = slack.messages("incidents")

    assert "Contained" in str(message["blocks"])
    assert "'action_id': 'join'" in str(message["blocks"])
    assert f"<#{rooms.channels['INC-7']}>" in str(message["blocks"])


async def test_the_broadcast_waits_a_moment_for_the_room_and_then_goes_without(channel: SlackChannel, slack: FakeSlack) -> None:
    slack.channel("incidents")
    outcomes = [await channel.send(_broadcast(attempt=attempt)) for attempt in (1, 2, 3)]

    assert [type(outcome) for outcome in outcomes] == [Failed, Failed, Sent]
    assert len(slack.messages("incidents")) == 1


async def test_an_incident_that_closed_to_others_is_one_neutral_sentence(
    channel: SlackChannel, slack: FakeSlack, rooms: KnownRooms
) -> None:
    slack.channel("incidents")
    rooms.channels["INC-7"] = slack.channel("inc-inc-7").id
    first = await channel.send(_broadcast())
    assert isinstance(first, Sent)
    closed = {"key": "INC-7", "closed": True}
    await channel.send(_broadcast(body=closed, text="INC-7 is closed to participants.", receipt=first.receipt))
    [message] = slack.messages("incidents")

    assert message["text"] == "INC-7 is closed to participants."
    assert "Filmed" not in str(message)


async def test_of_an_incident_that_nobody_was_told_of_nobody_hears_that_it_closed(channel: SlackChannel, slack: FakeSlack) -> None:
    slack.channel("incidents")
    outcome = await channel.send(_broadcast(body={"key": "INC-7", "closed": True}, text="INC-7 is closed to participants."))

    assert outcome == Sent({})
    assert slack.messages("incidents") == []
