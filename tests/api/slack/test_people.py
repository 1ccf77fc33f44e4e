"""Only people of the organisation in the pinned workspace act; everybody else reads one sentence, and nothing happens."""

from urllib.parse import urlencode

from api.slack.people import UNREACHABLE, actor_of
from engine.incident.actor import Actor
from tests.api.slack.given import Desk
from tests.channels.given import organisation
from tests.fake_slack import Fault

ANA = organisation(people={"ana": {"name": "Ana Ruiz", "slack": "U0ANA"}})


def test_a_user_of_the_workspace_is_the_person_with_that_slack_id() -> None:
    actor = actor_of(ANA, user="U0ANA", team="T1", pinned="T1")

    assert actor == Actor(person="ana", via="slack", credential="slack:T1:U0ANA", own=True)


def test_the_same_user_id_of_another_workspace_is_nobody() -> None:
    assert actor_of(ANA, user="U0ANA", team="T2", pinned="T1") is None


def test_nobody_is_found_by_an_empty_id() -> None:
    assert actor_of(organisation(people={"cy": {"name": "Cy", "slack": ""}}), user="", team="T1", pinned="T1") is None


async def test_a_stranger_reads_how_to_become_known(desk: Desk) -> None:
    said = await desk.types("eve", "start trial Mischief")

    assert "I don't know you, so nothing happened" in said
    assert "`U0EVE`" in said
    assert not desk.slack.views


async def test_a_strangers_press_changes_nothing_and_is_answered_to_them_alone(desk: Desk) -> None:
    room = await desk.started()
    said = await desk.presses("eve", room, "facts", "tick", ticked=("1",))

    assert "I don't know you" in said
    assert not any(item["done"] for item in (await desk.step("facts"))["checklist"])


async def test_a_strangers_form_stays_open_with_the_reason(desk: Desk) -> None:
    await desk.types("ana", "start trial Something")
    said = await desk.submits("eve", desk.slack.views[-1], site="Plant 4")

    assert said["response_action"] == "errors"
    assert "I don't know you" in said["errors"]["title"]


async def test_somebody_of_another_workspace_in_a_shared_channel_is_nobody(desk: Desk) -> None:
    answer = await desk.slash("ana", "list", team="T0OTHER")

    assert "I don't know you" in answer.json()["text"]


async def test_while_slack_can_not_say_which_workspace_it_is_nothing_happens(desk: Desk) -> None:
    desk.slack.fail("auth.test", Fault("500"))

    assert await desk.types("ana", "start trial Something") == UNREACHABLE
    assert "*What `/incident` does*" in await desk.types("ana", "help")


async def test_a_name_in_the_request_is_no_identity(desk: Desk) -> None:
    body = urlencode(
        {"team_id": "T0TEAM", "user_id": "U0MALLORY", "user_name": "ana", "text": "list", "trigger_id": "1.1", "command": "/i"}
    )
    answer = await desk.send("/slack/commands", body)

    assert "I don't know you" in answer.json()["text"]
