"""What Slack sends four times, in whatever order, has one effect and gets one answer; so has the same signed body sent by somebody else."""

import random

import pytest

from tests.api.slack.given import Desk


@pytest.mark.parametrize("seed", range(3))
async def test_what_comes_four_times_out_of_order_counts_once(desk: Desk, seed: int) -> None:
    room = await desk.started()
    before = len(desk.sent)
    await desk.types_in(room, "ana", "note the press has called")
    await desk.types_in(room, "ana", "severity sev1 it spreads")
    await desk.presses("ana", room, "facts", "tick", ticked=("1", "2"))
    await desk.types("ana", "start trial Something else")
    await desk.submits("ana", desk.slack.views[-1], site="Plant 5")
    sent, version, started = desk.sent[before:], (await desk.incident())["version"], await _count(desk)
    again = [each for each in sent for _ in range(3)]
    random.Random(seed).shuffle(again)
    desk.slack.allow("exchanged_trigger_id")
    statuses = {(await desk.client.post(path, content=body.encode(), headers=headers)).status_code for path, body, headers in again}
    desk.slack.refusals.clear()  # a form opens once for each trigger

    assert statuses == {200}
    assert (await desk.incident())["version"] == version
    assert await _count(desk) == started == 2


async def test_a_repeated_note_gets_the_first_answer(desk: Desk) -> None:
    room = await desk.started()
    said = await desk.types_in(room, "ana", "note the press has called")
    again = await desk.again()

    assert again.json()["text"] == said


async def test_a_repeated_start_names_the_same_incident(desk: Desk) -> None:
    await desk.types("ana", "start trial Something")
    first = await desk.submits("ana", desk.slack.views[-1], site="Plant 4")
    again = await desk.again()

    assert again.json()["view"]["blocks"] == first["view"]["blocks"]
    assert await _count(desk) == 1


async def test_ticking_and_unticking_again_are_two_presses(desk: Desk) -> None:
    room = await desk.started()
    await desk.presses("ana", room, "facts", "tick", ticked=("1",))
    await desk.presses("ana", room, "facts", "tick", ticked=())
    await desk.presses("ana", room, "facts", "tick", ticked=("1",))

    assert (await desk.step("facts"))["checklist"][0]["done"]


async def _count(desk: Desk) -> int:
    return len((await (await desk.house.admin()).get("/v1/incidents")).json()["items"])
