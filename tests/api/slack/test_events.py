"""Events: a 📌 goes into the timeline once, a mention is answered, and what Slack sends again has one effect."""

from datetime import timedelta

import pytest

from engine.store.idempotency import reserve
from tests.api.slack.given import Desk, slack_id
from tests.api.slack.given_events import elements, event_body, hears, home_of, mention, pin, timeline
from tests.fake_slack import TEAM, Fault
from tests.fake_slack_state import BOT


async def _notes(desk: Desk) -> list[str]:
    return [text for text in await timeline(desk) if text.startswith("Note: ")]


class TestAPinnedMessage:
    async def test_goes_into_the_timeline_with_its_author_and_address(self, desk: Desk) -> None:
        room = await desk.started()
        ts = desk.slack.says("U0BEN", room, "The <https://video.example/1|clip> is &lt;offline&gt;")
        answer = await hears(desk, pin(desk, "ana", room, ts))

        assert (answer.status_code, answer.content) == (200, b"")
        link = f"https://fake.slack.test/archives/{desk.slack.named(room).id}/p{ts.replace('.', '')}"
        assert await _notes(desk) == [f"Note: Ana Ruiz added: Ben Okafor in Slack: The https://video.example/1 is <offline> ({link})"]

    async def test_goes_in_once_however_often_slack_says_so(self, desk: Desk) -> None:
        room = await desk.started()
        ts = desk.slack.says("U0BEN", room, "Once")
        await hears(desk, pin(desk, "ana", room, ts))
        answers = [await desk.again(), await desk.again()]

        assert [answer.status_code for answer in answers] == [200, 200]
        assert len(await _notes(desk)) == 1

    async def test_goes_in_once_whoever_pins_it(self, desk: Desk) -> None:
        room = await desk.started()
        ts = desk.slack.says("U0BEN", room, "Once")
        await hears(desk, pin(desk, "ana", room, ts), id="Ev1")
        await hears(desk, pin(desk, "ben", room, ts), id="Ev2")

        assert len(await _notes(desk)) == 1

    async def test_may_stand_in_a_thread(self, desk: Desk) -> None:
        room = await desk.started()
        parent = desk.slack.says("U0BEN", room, "Parent")
        ts = desk.slack.says("U0BEN", room, "A reply", thread_ts=parent)
        await hears(desk, pin(desk, "ana", room, ts))

        assert "Ben Okafor in Slack: A reply" in (await _notes(desk))[0]

    async def test_elsewhere_is_left_alone(self, desk: Desk) -> None:
        await desk.started()
        desk.slack.channel("lunch")
        ts = desk.slack.says("U0BEN", "lunch", "Soup")
        answer = await hears(desk, pin(desk, "ana", "lunch", ts))

        assert answer.status_code == 200
        assert await _notes(desk) == []
        assert not desk.slack.called("conversations.history")

    @pytest.mark.parametrize(("who", "reaction"), [("eve", "pushpin"), ("ana", "eyes")])
    async def test_by_a_stranger_or_with_another_sign_is_left_alone(self, desk: Desk, who: str, reaction: str) -> None:
        desk.slack.user("U0EVE")
        room = await desk.started()
        ts = desk.slack.says("U0BEN", room, "Soup")
        answer = await hears(desk, pin(desk, who, room, ts, reaction))

        assert answer.status_code == 200
        assert await _notes(desk) == []

    async def test_that_slack_does_not_give_now_is_asked_for_again(self, desk: Desk) -> None:
        room = await desk.started()
        ts = desk.slack.says("U0BEN", room, "Later")
        desk.slack.fail("conversations.history", Fault("429"))
        first = await hears(desk, pin(desk, "ana", room, ts))
        second = await desk.again()

        assert (first.status_code, second.status_code) == (503, 200)
        assert len(await _notes(desk)) == 1

    async def test_that_slack_never_gives_is_noted_with_its_address_at_the_last_try(self, desk: Desk) -> None:
        room = await desk.started()
        ts = desk.slack.says("U0BEN", room, "Never")
        body, kind = event_body(pin(desk, "ana", room, ts) | {"item_user": "U0BEN"}, id="Ev1"), "application/json"
        answers = []
        for attempt in ("0", "1", "2", "3"):
            desk.slack.fail("conversations.history", Fault("429"))
            headers = desk.signed(body, kind) | {"x-slack-retry-num": attempt}
            answers.append((await desk.client.post("/slack/events", content=body.encode(), headers=headers)).status_code)

        assert answers == [503, 503, 503, 200]
        assert "Ben Okafor in Slack: a message whose words Slack did not give (https://" in (await _notes(desk))[0]

    async def test_where_several_incidents_are_worked_on_is_asked_for_in_words(self, desk: Desk) -> None:
        desk.slack.channel("rehearsal", members={BOT, slack_id("ana")})
        for _ in range(2):
            await desk.types("ana", "start trial Practice")
            await desk.submits("ana", desk.slack.views[-1] | {"id": desk.slack.trigger()}, site="Plant 4", rehearsal=("yes",))
        await desk.works()
        await hears(desk, pin(desk, "ana", "rehearsal", desk.slack.says("U0BEN", "rehearsal", "As if")))

        assert "asks into which" in desk.slack.named("rehearsal").ephemeral[-1]["text"]

    async def test_that_was_deleted_is_not_asked_for_again(self, desk: Desk) -> None:
        room = await desk.started()
        answer = await hears(desk, pin(desk, "ana", room, "1795453200.000999"))
        desk.slack.refusals.clear()  # the message is gone, as Slack says

        assert answer.status_code == 200
        assert await _notes(desk) == []

    async def test_in_a_rehearsal_goes_into_the_rehearsals_timeline(self, desk: Desk) -> None:
        desk.slack.channel("rehearsal")
        await desk.types("ana", "start trial Practice")
        await desk.submits("ana", desk.slack.views[-1], site="Plant 4", rehearsal=("yes",))
        await desk.works()
        ts = desk.slack.says("U0BEN", "rehearsal", "As if")
        await hears(desk, pin(desk, "ana", "rehearsal", ts))

        assert "Ben Okafor in Slack: As if" in (await _notes(desk))[0]


class TestAMention:
    async def test_is_answered_to_its_author_alone(self, desk: Desk) -> None:
        room = await desk.started()
        answer = await hears(desk, mention(desk, "ana", room, "status"))

        assert (answer.status_code, answer.content) == (200, b"")
        (said,) = desk.slack.named(room).ephemeral
        assert said["user"] == "U0ANA"
        assert "*INC-1: Something at Plant 4*" in said["text"]

    async def test_does_what_the_same_words_typed_would_do_once(self, desk: Desk) -> None:
        room = await desk.started()
        await hears(desk, mention(desk, "ana", room, "note <@U0BEN> is on\nhis way"))
        await desk.again()

        assert await _notes(desk) == ["Note: Ana Ruiz added: Ben Okafor is on his way"]
        assert len(desk.slack.named(room).ephemeral) == 1

    async def test_in_a_thread_is_answered_there(self, desk: Desk) -> None:
        room = await desk.started()
        parent = desk.slack.says("U0BEN", room, "Parent")
        await hears(desk, mention(desk, "ana", room, "help", thread_ts=parent))

        assert desk.slack.called("chat.postEphemeral")[-1].arguments["thread_ts"] == parent

    async def test_gets_a_button_where_a_form_would_open(self, desk: Desk) -> None:
        room = await desk.started()
        await hears(desk, mention(desk, "ana", room, "skip facts"))

        (pressed,) = elements(desk.slack.named(room).ephemeral[-1]["blocks"])
        assert (pressed["action_id"], pressed["value"]) == ("skip", "INC-1|facts")

    async def test_by_a_stranger_is_answered_with_how_to_become_known(self, desk: Desk) -> None:
        desk.slack.user("U0EVE")
        room = await desk.started()
        desk.slack.named(room).members.add("U0EVE")
        await hears(desk, mention(desk, "eve", room, "status"))

        assert "I don't know you" in desk.slack.named(room).ephemeral[-1]["text"]


class TestAnythingElse:
    @pytest.mark.parametrize("kind", ["member_joined_channel", "message", "channel_rename", "", "a_type_of_next_year"])
    async def test_is_taken_and_nothing_happens(self, desk: Desk, kind: str) -> None:
        before = len(desk.slack.calls)
        answer = await hears(desk, {"type": kind, "user": "U0ANA", "channel": "C1"})

        assert (answer.status_code, answer.content) == (200, b"")
        assert len(desk.slack.calls) == before

    @pytest.mark.parametrize("kind", ["tokens_revoked", "app_uninstalled"])
    async def test_the_loss_of_our_tokens_is_shown_where_readiness_is_asked(self, desk: Desk, kind: str) -> None:
        answer = await hears(desk, {"type": kind, "tokens": {"bot": ["U0FIREBREAK"]}})

        assert answer.status_code == 200
        assert kind in (await desk.client.get("/readyz")).text

    async def test_a_retry_is_not_dropped_because_it_is_one(self, desk: Desk) -> None:
        room = await desk.started()
        ts = desk.slack.says("U0BEN", room, "Only the retry arrived")
        body = event_body(pin(desk, "ana", room, ts), id="Ev9")
        headers = {**desk.signed(body, "application/json"), "x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout"}
        answer = await desk.client.post("/slack/events", content=body, headers=headers)

        assert answer.status_code == 200
        assert len(await _notes(desk)) == 1

    async def test_another_workspaces_event_with_the_same_id_is_another_event(self, desk: Desk) -> None:
        room = await desk.started()
        await hears(desk, mention(desk, "ana", room, "note one"), id="Ev1")
        await hears(desk, {**mention(desk, "ana", room, "note two"), "team": "T0OTHER"}, id="Ev1", team="T0OTHER")

        assert await _notes(desk) == ["Note: Ana Ruiz added: one"]
        assert "another workspace" in desk.slack.named(room).ephemeral[-1]["text"]

    async def test_the_messages_tab_shows_no_home(self, desk: Desk) -> None:
        assert await home_of(desk, "ana", tab="messages") == {}


class TestAnAttemptThatDied:
    async def test_is_waited_for_and_then_taken_over(self, desk: Desk) -> None:
        room = await desk.started()
        event = pin(desk, "ana", room, desk.slack.says("U0BEN", room, "Only the last try lives"))
        await _reserved(desk, "Ev1")
        meanwhile = await hears(desk, event)
        desk.house.clock.move_to(desk.house.clock.now() + timedelta(minutes=5))
        later = await hears(desk, event)

        assert (meanwhile.status_code, later.status_code) == (503, 200)
        assert len(await _notes(desk)) == 1


async def _reserved(desk: Desk, event: str) -> None:
    """Leave the event as a process left it that died before it was done."""
    parts = desk.house.parts
    key, now = f"event:{TEAM}:{event}", parts.clock.now()
    await parts.database.write(lambda tx: reserve(tx, parts.sealer, key=key, token_id="slack:events", body_hash="slack:events", now=now))
