"""A hundred changes in ten seconds, through the whole product: few edits of one card, which ends on the newest."""

from pathlib import Path

from tests.api.night import night
from tests.fake_slack import Call, Fault


async def test_a_hundred_changes_are_few_edits_of_one_pinned_card_that_ends_on_the_newest(tmp_path: Path) -> None:
    async with night(tmp_path) as dark:
        key = await dark.house.declared()
        await dark.settle()
        room = dark.slack.named(f"inc-{key.lower()}")
        (card,) = [ts for ts, each in room.messages.items() if each["metadata"]["event_payload"]["op_id"] == f"{key}:card"]
        before = len(_edits(dark.slack.called("chat.update"), card))
        for number in range(100):
            await dark.house.does("ana", f"/v1/incidents/{key}/steps/facts/assign", person=("ben", "eve")[number % 2])
            await dark.forward(seconds=0.1)
        await dark.settle()

        edits = len(_edits(dark.slack.called("chat.update"), card)) - before
        assert 1 <= edits <= 4
        assert list(room.pins) == [card]
        assert "<@U0EVE>" in str(room.messages[card]["blocks"])


async def test_a_person_who_left_the_file_while_words_waited_stops_nobody_and_the_lead_hears_of_it_once(tmp_path: Path) -> None:
    async with night(tmp_path) as dark:
        dark.slack.fail("chat.postMessage", *[Fault("429", retry_after=5)] * 8)
        key = await dark.house.declared()
        await dark.house.parts.worker.run_until_idle()
        file = dark.house.parts.settings.organisation
        kept = [line for line in file.read_text("utf-8").splitlines() if not line.startswith("  dee:")]
        file.write_text("\n".join(kept).replace("press: [dee]", "press: [ana]"), "utf-8")
        await dark.house.parts.library.refresh()
        await dark.settle()
        await dark.settle()

        room = dark.slack.named(f"inc-{key.lower()}")
        warned = [each["text"] for each in dark.slack.messages("@U0ANA") if "did not arrive" in each["text"]]
        assert "DU0DEE" not in dark.slack.channels
        assert len(room.messages) > 3
        assert len(warned) == 1


def _edits(calls: list[Call], ts: str) -> list[Call]:
    return [call for call in calls if call.arguments.get("ts") == ts]
