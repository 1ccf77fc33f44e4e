"""A notification on a locked phone shows no more than it must; whoever opens the message reads everything."""

from collections.abc import AsyncIterator, Iterator

import pytest

from engine.channels.slack import SlackChannel
from tests.channels.drawn import pressable
from tests.channels.given import always, organisation, outgoing
from tests.channels.slack_facts import card, task
from tests.fake_slack import TOKEN, FakeSlack, Fault
from tests.fake_slack_server import fake_slack

SENTENCE = "INC-7 Filmed argument: Ready: “Pause scheduled posts”, for Ana Ruiz."
PREVIEW = "INC-7 Filmed argument: a step waits for you."
LONG = "word " * 3_000


class OneRoom:
    def __init__(self, channel: str) -> None:
        self.channel = channel

    async def channel_of(self, incident_key: str) -> str | None:
        return self.channel if incident_key == "INC-7" else None


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with fake_slack() as running:
        running.user("U0ANA")
        yield running


@pytest.fixture
async def channel(slack: FakeSlack) -> AsyncIterator[SlackChannel]:
    people, room = {"ana": {"name": "Ana Ruiz", "slack": "U0ANA"}}, OneRoom(slack.channel("inc-7").id)
    made = SlackChannel(TOKEN, always(organisation(people=people)), room, base_url=slack.url, address="https://firebreak.example.com")
    yield made
    await made.close()


async def test_a_notification_shows_the_preview_and_the_message_everything(channel: SlackChannel, slack: FakeSlack) -> None:
    await channel.send(outgoing("person:ana", kind="tell", text=SENTENCE, body={"preview": PREVIEW, "task": task()}))
    [message] = slack.messages("@U0ANA")

    assert message["text"] == PREVIEW
    assert message["blocks"][0]["text"]["text"] == SENTENCE
    assert "done" in pressable(message["blocks"])


async def test_what_the_playbook_says_to_one_person_is_not_shown_before_they_look(channel: SlackChannel, slack: FakeSlack) -> None:
    await channel.send(outgoing("person:ana", kind="message", text="INC-7: Delete nothing.", body={"preview": PREVIEW}))
    [message] = slack.messages("@U0ANA")

    assert (message["text"], message["blocks"][0]["text"]["text"]) == (PREVIEW, "INC-7: Delete nothing.")


async def test_whoever_can_be_shown_no_blocks_reads_the_whole_sentence(channel: SlackChannel, slack: FakeSlack) -> None:
    slack.fail("chat.postMessage", Fault("refused", error="invalid_blocks"))
    await channel.send(outgoing("person:ana", kind="tell", text=SENTENCE, body={"preview": PREVIEW, "task": task()}))

    assert [message["text"] for message in slack.messages("@U0ANA")] == [SENTENCE]


async def test_a_room_hears_the_sentence(channel: SlackChannel, slack: FakeSlack) -> None:
    await channel.send(outgoing("war_room:inc-7", kind="say", text=SENTENCE, body={"preview": PREVIEW}))

    assert [message["text"] for message in slack.messages("inc-7")] == [SENTENCE]


async def test_messages_link_to_the_servers_own_address(channel: SlackChannel, slack: FakeSlack) -> None:
    await channel.send(outgoing("war_room:inc-7", kind="card", body=card(), replaces=True))
    await channel.send(
        outgoing("war_room:inc-7", kind="task", body=task("approval", texts={"en": LONG}), id="INC-7:task:agree", replaces=True)
    )

    links = [pressable(message["blocks"])["web_room"]["url"] for message in slack.messages("inc-7")]
    assert links == ["https://firebreak.example.com/rooms/INC-7", "https://firebreak.example.com/rooms/INC-7/steps/freeze"]
