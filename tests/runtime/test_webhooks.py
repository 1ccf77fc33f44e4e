"""Webhooks are told of what happens, in order, once, and only of what their owner may know, whatever breaks on the way."""

import asyncio
import json
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from engine.incident import commands as c
from engine.runtime.messenger import WAITS
from engine.store.tokens import revoke_token
from engine.store.webhooks import delete_webhook
from tests.runtime.given import MONDAY, WORK, house, playbook
from tests.runtime.webhook_given import Receiver, failed, hooks
from tests.until import until

TRIAL = playbook(WORK)
HIDDEN = playbook(WORK, id="hidden").replace("summary: For tests.", "summary: For tests.\nsettings: {visibility: participants}")


async def test_what_happens_is_told_in_order_with_the_numbers_of_the_timeline(tmp_path: Path) -> None:
    async with house(tmp_path, TRIAL) as home:
        outside = hooks(home)
        await outside.subscribe()
        incident = await home.declare()
        await home.do(incident.key, c.Note("Called the site"))

        received = await outside.idle()
        version = (await home.incident(incident.key)).version

        assert received.ids == [f"INC-1:{seq}" for seq in range(1, version + 1)]
        assert received.bodies[-1]["data"]["changed"] == {"text": "Called the site"}
        assert (received.bodies[0]["type"], received.bodies[0]["subject"]) == ("firebreak.Declared", "INC-1")


async def test_what_was_before_a_webhook_is_not_told(tmp_path: Path) -> None:
    async with house(tmp_path, TRIAL) as home:
        outside = hooks(home)
        await home.declare()
        await outside.subscribe()
        await home.do("INC-1", c.Note("after"))

        assert (await outside.idle()).types() == ["Noted"]


WISHES = (
    ({"events": ("Noted",)}, 2),
    ({"events": ("SeverityRaised",)}, 0),
    ({"events": ("Noted",), "incidents": ("INC-2",)}, 1),
    ({"events": ("Noted",), "playbooks": ("other",)}, 0),
    ({"events": ("Noted",), "severities": ("sev2",)}, 2),
    ({"events": ("Noted",), "severities": ("sev1",)}, 0),
    ({"events": ("Noted",), "modes": ("rehearsal",)}, 1),
    ({"events": ("Noted",), "modes": ("live", "rehearsal")}, 3),
)


async def test_only_what_is_wanted_is_told(tmp_path: Path) -> None:
    async with house(tmp_path, TRIAL) as home:
        outside = hooks(home)
        webhooks = [await outside.subscribe(**wanted) for wanted, _ in WISHES]
        for mode in ("live", "live", "rehearsal"):
            incident = await home.declare(mode=mode)
            await home.do(incident.key, c.Note("something"))
        await outside.idle()

        assert [len(await outside.log(each)) for each in webhooks] == [told for _, told in WISHES]


async def test_a_message_that_fails_holds_up_its_incident_and_no_other(tmp_path: Path) -> None:
    async with house(tmp_path, TRIAL) as home:
        outside = hooks(home)
        await outside.subscribe(events=("Noted",))
        for _ in range(2):
            await home.declare()
        first = await home.do("INC-1", c.Note("one"))
        outside.receiver.by_id[f"INC-1:{first.version}"] = failed()
        for key, text in (("INC-1", "two"), ("INC-2", "other"), ("INC-1", "three")):
            await home.do(key, c.Note(text))
        await outside.idle()
        before = [body["data"]["changed"]["text"] for body in outside.receiver.bodies]
        outside.receiver.by_id.clear()
        await outside.forward(seconds=5)
        after = [body["data"]["changed"]["text"] for body in outside.receiver.bodies][len(before) :]

        assert sorted(before) == ["one", "other"]
        assert after == ["one", "two", "three"]
        assert len(set(outside.receiver.ids)) == 4


async def test_a_message_is_tried_for_a_day_under_one_id_and_then_the_next_one_goes(tmp_path: Path) -> None:
    async with house(tmp_path, TRIAL) as home:
        outside = hooks(home, Receiver(usual=failed()))
        webhook = await outside.subscribe(events=("Noted",))
        await home.declare()
        for text in ("one", "two"):
            await home.do("INC-1", c.Note(text))
        await outside.idle()
        for wait in WAITS:
            outside.home.clock.move_to(outside.home.clock.now() + wait - timedelta(seconds=1))
            await outside.idle()
            early = len(outside.receiver.received)
            await outside.forward(seconds=1)
            assert len(outside.receiver.received) > early
        first, second = await outside.log(webhook)

        assert timedelta(hours=24) <= home.clock.now() - MONDAY <= timedelta(hours=24, minutes=1)
        assert outside.receiver.ids.count(outside.receiver.ids[0]) == len(WAITS) + 1 == 8
        assert (first.state, first.attempts, first.status) == ("failed", 8, 500)
        assert (second.state, second.attempts) == ("pending", 1)


async def test_retry_after_is_waited_for(tmp_path: Path) -> None:
    async with house(tmp_path, TRIAL) as home:
        outside = hooks(home, Receiver(answers=[failed(503, retry_after=600)]))
        webhook = await outside.subscribe(events=("Noted",))
        await home.declare()
        await home.do("INC-1", c.Note("one"))
        await outside.idle()

        assert await outside.due(webhook) == home.clock.now() + timedelta(seconds=600)


async def test_a_receiver_that_is_gone_pauses_its_webhook_at_once_and_nothing_is_lost(tmp_path: Path) -> None:
    async with house(tmp_path, TRIAL) as home:
        outside = hooks(home, Receiver(answers=[failed(410)]))
        webhook = await outside.subscribe(events=("Noted",))
        await home.declare()
        await home.do("INC-1", c.Note("one"))
        await outside.idle()
        paused = await outside.known(webhook)
        await home.do("INC-1", c.Note("two"))
        silent = len((await outside.forward(days=3)).received)
        await outside.resume(webhook)
        await outside.idle()

        assert (paused.state, paused.paused_because, silent) == ("paused", "gone", 1)
        assert [body["data"]["changed"]["text"] for body in outside.receiver.bodies] == ["one", "one", "two"]


async def test_days_of_nothing_but_failures_pause_a_webhook(tmp_path: Path) -> None:
    async with house(tmp_path, TRIAL) as home:
        outside = hooks(home, Receiver(usual=failed(None)))
        webhook = await outside.subscribe(events=("Noted",))
        await home.declare()
        for number in range(8):
            await home.do("INC-1", c.Note(f"note {number}"))
        states = []
        for _ in range(8 * 24):
            await outside.forward(hours=1)
            states.append((await outside.known(webhook)).state)

        assert timedelta(days=5) <= timedelta(hours=states.index("paused")) <= timedelta(days=6)
        assert (await outside.known(webhook)).paused_because == "failing"


async def test_one_bad_moment_after_a_long_silence_pauses_nothing(tmp_path: Path) -> None:
    async with house(tmp_path, TRIAL) as home:
        outside = hooks(home, Receiver(answers=[failed()] * 8))
        webhook = await outside.subscribe(events=("Noted",))
        await home.declare()
        await home.do("INC-1", c.Note("one"))
        for wait in (timedelta(), *WAITS):
            await outside.forward(seconds=wait.total_seconds())
        await outside.forward(days=10)
        outside.receiver.answers.append(failed())
        await home.do("INC-1", c.Note("two"))
        await outside.idle()

        assert [each.state for each in await outside.log(webhook)] == ["failed", "pending"]
        assert (await outside.known(webhook)).state == "active"


async def test_an_incident_for_participants_is_told_only_to_who_takes_part(tmp_path: Path) -> None:
    async with house(tmp_path, HIDDEN) as home:
        outside = hooks(home)
        ana, dee = await outside.subscribe("ana"), await outside.subscribe("nobody")
        await home.declare("hidden")
        await outside.idle()

        assert await outside.log(ana) != []
        assert await outside.log(dee) == []


async def test_who_is_shut_out_is_told_nothing_that_waited_for_them(tmp_path: Path) -> None:
    async with house(tmp_path, TRIAL) as home:
        outside = hooks(home, Receiver(answers=[failed()]))
        webhook = await outside.subscribe("nobody", events=("Noted", "IncidentRestricted"))
        await home.declare()
        await home.do("INC-1", c.Note("one"))
        await outside.idle()
        await home.do("INC-1", c.Restrict("it names people"))
        await outside.forward(minutes=1)

        assert len(outside.receiver.received) == 1
        assert await outside.log(webhook) == []


async def test_a_revoked_token_pauses_its_webhook_before_anything_is_sent(tmp_path: Path) -> None:
    async with house(tmp_path, TRIAL) as home:
        outside = hooks(home)
        webhook = await outside.subscribe(service="helpdesk")
        await home.database.write(lambda tx: revoke_token(tx, webhook.owner.token, home.clock.now()))
        await home.declare()
        await outside.idle()

        assert outside.receiver.received == []
        assert (await outside.known(webhook)).paused_because == "token"


async def test_a_deleted_webhook_is_told_nothing_more(tmp_path: Path) -> None:
    async with house(tmp_path, TRIAL) as home:
        outside = hooks(home, Receiver(usual=failed()))
        webhook = await outside.subscribe()
        await home.declare()
        await outside.idle()
        sent = len(outside.receiver.received)
        await home.database.write(lambda tx: delete_webhook(tx, webhook.id))

        assert len((await outside.forward(days=1)).received) == sent


async def test_old_entries_of_the_log_are_forgotten(tmp_path: Path) -> None:
    async with house(tmp_path, TRIAL) as home:
        outside = hooks(home)
        webhook = await outside.subscribe(events=("Noted",))
        await home.declare()
        await home.do("INC-1", c.Note("old"))
        await outside.idle()
        home.clock.forward(days=31)
        await home.do("INC-1", c.Note("new"))
        await outside.idle()
        await outside.messenger.forget_old()

        assert [each.event.seq for each in await outside.log(webhook)] == [(await home.incident("INC-1")).version]


async def test_one_webhook_has_few_messages_under_way_at_once(tmp_path: Path) -> None:
    async with house(tmp_path, TRIAL) as home:
        outside = hooks(home)
        await outside.subscribe(events=("Declared",))
        for _ in range(9):
            await home.declare()
        outside.receiver.open.clear()
        sending = asyncio.create_task(outside.idle())
        await until(lambda: outside.receiver.at_once == 4)
        outside.receiver.open.set()
        await sending

        assert (len(outside.receiver.received), outside.receiver.most) == (9, 4)


class PowerCutError(Exception):
    """What ends a process in these tests."""


@pytest.mark.parametrize("step", [1, 2, 3, 4])
async def test_killed_at_any_step_a_message_arrives_and_after_the_last_one_never_twice(tmp_path: Path, kind: str, step: int) -> None:
    receiver = Receiver()

    def cut(reached: int) -> None:
        if reached == step:
            raise PowerCutError

    async with house(tmp_path, TRIAL) as home:
        outside = hooks(home, receiver)
        await outside.subscribe(events=("Noted",))
        await home.declare()
        await home.do("INC-1", c.Note("one"))
        dying = hooks(home, receiver, at=cut)
        with suppress(PowerCutError):
            await dying.idle()
        received = len(receiver.received)
        await outside.forward(minutes=2)

        assert (received, len(receiver.received)) == {1: (0, 1), 2: (0, 1), 3: (1, 2), 4: (1, 1)}[step]
        assert len(set(receiver.ids)) == 1


async def test_two_messengers_send_each_message_once(tmp_path: Path) -> None:
    async with house(tmp_path, TRIAL) as home:
        one = hooks(home)
        two = hooks(home, one.receiver)
        await one.subscribe()
        for _ in range(6):
            await home.declare()
        await asyncio.gather(one.idle(), two.idle())
        await one.forward(minutes=2)

        assert len(one.receiver.ids) == len(set(one.receiver.ids)) > 0
        for key in (f"INC-{number}" for number in range(1, 7)):
            numbers = [int(each.partition(":")[2]) for each in one.receiver.ids if each.startswith(f"{key}:")]
            assert numbers == list(range(1, (await home.incident(key)).version + 1))


async def test_a_body_never_says_more_than_the_log_of_the_house(tmp_path: Path) -> None:
    async with house(tmp_path, TRIAL) as home:
        outside = hooks(home)
        await outside.subscribe()
        await home.declare()
        for posting in (await outside.idle()).received:
            assert "hush" not in posting.body.decode()
            assert json.loads(posting.body)["source"] == "https://firebreak.example.com"
