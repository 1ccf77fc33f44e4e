"""Only people of the organisation act, each from their own workspace; everybody else reads one sentence, and nothing happens."""

from urllib.parse import urlencode

import pytest

from api.slack.payloads import Event, Interaction, event_of, interaction_of
from api.slack.people import ORG_WIDE, UNREACHABLE, Visitor, caused_by, person_behind, sent_by
from engine.channels.slack_workspace import Home
from tests.api.slack.given import Desk
from tests.channels.given import organisation
from tests.fake_slack import Fault

HOME = Home("T1", "E1")
FIRM = organisation(people={"ana": {"name": "Ana Ruiz", "slack": "U0ANA"}, "lou": {"name": "Lou", "slack": "U0LOU", "slack_team": "T0LAW"}})


@pytest.mark.parametrize(
    ("user", "team", "person"),
    [
        ("U0ANA", "T1", "ana"),
        ("U0ANA", "E1", "ana"),
        ("U0ANA", "T2", None),
        ("U0ANA", None, None),
        ("U0LOU", "T0LAW", "lou"),
        ("U0LOU", "T1", None),
        ("U0LOU", "E1", None),
        ("", "T1", None),
    ],
    ids=["ours", "ours, by the Grid organisation", "elsewhere", "nowhere", "a guest's", "a guest's id, here", "and in our Grid", "no id"],
)
def test_a_user_is_the_person_with_that_id_in_that_workspace(user: str, team: str | None, person: str | None) -> None:
    assert person_behind(FIRM, Visitor(user, team), HOME) == person


def test_an_id_that_two_people_have_is_nobodys() -> None:
    twins = organisation(people={"cy": {"name": "Cy", "slack": "U1"}, "di": {"name": "Di", "slack": "U1"}})

    assert person_behind(twins, Visitor("U1", "T1"), HOME) is None


def test_nobody_is_found_by_an_empty_id() -> None:
    assert person_behind(organisation(people={"cy": {"name": "Cy", "slack": ""}}), Visitor("", "T1"), HOME) is None


def test_a_press_in_a_shared_channel_comes_from_the_pressers_own_workspace() -> None:
    interaction = interaction_of({"type": "block_actions", "user": {"id": "U0LOU", "team_id": "T0LAW"}, "team": {"id": "T1"}})

    assert sent_by(interaction) == Visitor("U0LOU", "T0LAW")


def test_without_a_workspace_of_their_own_the_interactions_counts() -> None:
    assert sent_by(Interaction(team=interaction_of({"team": {"id": "T1"}}).team)) == Visitor("", "T1")


@pytest.mark.parametrize(
    ("event", "team"),
    [({}, "T1"), ({"team": "T0LAW"}, "T0LAW"), ({"user_team": "T0LAW", "team": "T1"}, "T0LAW")],
    ids=["ours", "a message from elsewhere", "a message in Grid"],
)
def test_an_event_comes_from_the_workspace_that_it_names_itself(event: dict[str, str], team: str) -> None:
    envelope = event_of({"team_id": "T1", "event": {"user": "U1", **event}})

    assert caused_by(envelope) == Visitor("U1", team)


def test_an_event_of_an_org_wide_installation_says_so() -> None:
    assert caused_by(
        event_of({"team_id": "T1", "event": {}, "authorizations": [{"team_id": None, "is_enterprise_install": True}]})
    ).is_org_wide
    assert not caused_by(Event()).is_org_wide


async def test_a_stranger_reads_how_to_become_known(desk: Desk) -> None:
    desk.slack.user("U0EVE")
    said = await desk.types("eve", "start trial Mischief")

    assert "I don't know you, so nothing happened" in said
    assert "`U0EVE`" in said
    assert not desk.slack.views


async def test_an_e_mail_proposes_who_somebody_is_and_does_nothing_more(desk: Desk) -> None:
    desk.slack.user("U0EVE", email="EVE@example.com")
    said = await desk.types("eve", "note INC-1 it is me")

    assert said.startswith("You look like Eve")
    assert "put `slack: U0EVE` under `eve`" in said


async def test_an_e_mail_of_nobody_proposes_nobody(desk: Desk) -> None:
    desk.slack.user("U0EVE", email="eve@elsewhere.example")

    assert "I don't know you" in await desk.types("eve", "list")


async def test_a_guest_of_slack_is_proposed_as_a_guest(desk: Desk) -> None:
    desk.slack.user("U0EVE", email="eve@example.com", guest="ultra_restricted")

    assert "put `slack: U0EVE, guest: true` under `eve`" in await desk.types("eve", "list")


async def test_what_slack_said_about_a_user_is_asked_once_in_five_minutes(desk: Desk) -> None:
    desk.slack.user("U0EVE", email="eve@example.com")
    for _ in range(3):
        await desk.types("eve", "list")
    desk.house.clock.forward(minutes=6)
    await desk.types("eve", "list")

    assert len(desk.slack.called("users.info")) == 2


async def test_a_stranger_is_answered_while_slack_can_not_say_who_it_is(desk: Desk) -> None:
    desk.slack.fail("users.info", Fault("500"))

    assert "I don't know you" in await desk.types("eve", "list")


async def test_a_strangers_press_changes_nothing_and_is_answered_to_them_alone(desk: Desk) -> None:
    room = await desk.started()
    desk.slack.user("U0EVE")
    said = await desk.presses("eve", room, "facts", "tick", ticked=("1",))

    assert "I don't know you" in said
    assert not any(item["done"] for item in (await desk.step("facts"))["checklist"])


async def test_a_strangers_form_stays_open_with_the_reason(desk: Desk) -> None:
    desk.slack.user("U0EVE")
    await desk.types("ana", "start trial Something")
    said = await desk.submits("eve", desk.slack.views[-1], site="Plant 4")

    assert said["response_action"] == "errors"
    assert "I don't know you" in said["errors"]["title"]


async def test_somebody_of_another_workspace_reads_the_line_that_would_let_them_in(desk: Desk) -> None:
    answer = await desk.slash("ana", "list", team="T0OTHER")

    assert "you are from another workspace" in answer.json()["text"]
    assert "`slack: U0ANA, slack_team: T0OTHER`" in answer.json()["text"]
    assert not desk.slack.called("users.info")


async def test_while_slack_can_not_say_which_workspace_it_is_nothing_happens(desk: Desk) -> None:
    desk.slack.fail("auth.test", Fault("500"))

    assert await desk.types("ana", "start trial Something") == UNREACHABLE
    assert "*What `/incident` does*" in await desk.types("ana", "help")


async def test_an_installation_for_a_whole_grid_organisation_is_refused_in_words(desk: Desk) -> None:
    fields = {
        "team_id": "T0TEAM",
        "user_id": "U0ANA",
        "text": "list",
        "trigger_id": "1.1",
        "command": "/i",
        "is_enterprise_install": "true",
    }
    answer = await desk.send("/slack/commands", urlencode(fields))

    assert answer.json()["text"] == ORG_WIDE


async def test_a_name_in_the_request_is_no_identity(desk: Desk) -> None:
    desk.slack.user("U0MALLORY")
    body = urlencode(
        {"team_id": "T0TEAM", "user_id": "U0MALLORY", "user_name": "ana", "text": "list", "trigger_id": "1.1", "command": "/i"}
    )
    answer = await desk.send("/slack/commands", body)

    assert "I don't know you" in answer.json()["text"]
