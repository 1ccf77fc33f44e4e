"""App Home: one's own tasks and keys, what is open, a way to start; a press there is a press like any other."""

from tests.api.slack.given import Desk
from tests.api.slack.given_events import button_of, elements, home_of, press_in_view
from tests.block_kit import faults_of_view
from tests.plain_words import complaints_of_blocks


async def _key_is_asked(desk: Desk) -> str:
    """Bring the trial to where Ben's and Cho's keys are asked for."""
    room = await desk.started()
    await desk.house.does("ana", "/v1/incidents/INC-1/steps/facts/tick", item="1")
    await desk.house.does("ana", "/v1/incidents/INC-1/steps/facts/tick", item="2")
    await desk.house.does("ana", "/v1/incidents/INC-1/steps/facts/complete")
    await desk.house.does("cho", "/v1/incidents/INC-1/steps/speak/answer", option="post")
    await desk.house.does("dee", "/v1/incidents/INC-1/steps/draft/submit", text="We know <what> happened.")
    return room


async def test_shows_ones_own_tasks_with_their_buttons(desk: Desk) -> None:
    await desk.started()
    blocks = (await home_of(desk, "ana"))["blocks"]

    assert "*Find out what happened* (`facts`)" in str(blocks)
    assert "Speak to the people" not in str(blocks)
    assert button_of(blocks, "done")["value"] == "INC-1|facts"


async def test_shows_what_is_open_and_where_with_a_button_for_its_card(desk: Desk) -> None:
    room = await desk.started()
    blocks = (await home_of(desk, "cho"))["blocks"]

    assert "*INC-1* Something at Plant 4: Active, SEV2, declared <!date^1795453200^" in str(blocks)
    assert f"in <#{desk.slack.named(room).id}>" in str(blocks)
    assert button_of(blocks, "card")["value"] == "INC-1"


async def test_shows_the_whole_words_that_wait_for_ones_key(desk: Desk) -> None:
    await _key_is_asked(desk)
    ben, ana = await home_of(desk, "ben"), await home_of(desk, "ana")

    assert "Waiting for your key" in str(ben["blocks"])
    assert "We know <what> happened." in str(ben["blocks"])
    assert button_of(ben["blocks"], "approve")["value"].startswith("INC-1|agree|")
    assert "Waiting for your key" not in str(ana["blocks"])


async def test_a_press_counts_and_the_home_is_drawn_again(desk: Desk) -> None:
    await desk.started()
    home = await home_of(desk, "ana")
    ticks = button_of(home["blocks"], "tick")
    await desk.house.does("ana", "/v1/incidents/INC-1/steps/facts/tick", item="1")
    await desk.house.does("ana", "/v1/incidents/INC-1/steps/facts/tick", item="2")
    await press_in_view(desk, "ana", home, button_of(home["blocks"], "done"))

    assert ticks["type"] == "checkboxes"
    assert (await desk.step("facts"))["state"] == "done"
    assert "Find out what happened" not in str((desk.slack.users["U0ANA"].home or {})["blocks"])


async def test_a_no_stands_in_a_forms_place(desk: Desk) -> None:
    await desk.started()
    home = await home_of(desk, "ana")
    await press_in_view(desk, "ana", home, button_of(home["blocks"], "done"))

    assert "still to tick: Who, Where" in str(desk.slack.views[-1]["blocks"])


async def test_the_card_opens_over_the_home_with_the_buttons_that_fit(desk: Desk) -> None:
    await desk.started()
    home = await home_of(desk, "ana")
    await press_in_view(desk, "ana", home, button_of(home["blocks"], "card"))

    card = desk.slack.views[-1]
    assert card["title"]["text"] == "INC-1"
    assert {"my_tasks", "note", "severity", "more", "done"} <= {each["action_id"] for each in elements(card["blocks"])}


async def test_starts_an_incident(desk: Desk) -> None:
    home = await home_of(desk, "ana")
    await press_in_view(desk, "ana", home, button_of(home["blocks"], "start_incident"))

    assert desk.slack.views[-1]["callback_id"] == "choose_playbook"


async def test_a_stranger_reads_how_to_become_known(desk: Desk) -> None:
    desk.slack.user("U0EVE")

    assert "I don't know you" in str((await home_of(desk, "eve"))["blocks"])


async def test_hides_what_somebody_may_not_know_of(desk: Desk) -> None:
    await desk.house.declared("quiet", by="ana", title="Nobody's business")

    assert "INC-1" in str(await home_of(desk, "ana"))
    assert "INC-1" not in str(await home_of(desk, "cho"))


async def test_a_hundred_incidents_fit_and_the_rest_is_counted(desk: Desk) -> None:
    for number in range(100):
        await desk.house.declared(title=f"Number {number} " + "x" * 150)
    blocks = (await home_of(desk, "ana"))["blocks"]

    assert faults_of_view({"type": "home", "blocks": blocks}, kind="home") == []
    assert complaints_of_blocks(blocks) == []
    assert "and 84 more" in str(blocks)


async def test_the_home_is_what_slack_takes(desk: Desk) -> None:
    await _key_is_asked(desk)
    home = await home_of(desk, "ben")

    assert faults_of_view({"type": "home", "blocks": home["blocks"]}, kind="home") == []
    assert complaints_of_blocks(home["blocks"]) == []


async def test_a_form_that_is_asked_for_on_the_card_is_laid_over_it(desk: Desk) -> None:
    await desk.started()
    home = await home_of(desk, "ana")
    await press_in_view(desk, "ana", home, button_of(home["blocks"], "card"))
    card = desk.slack.views[-1]
    await press_in_view(desk, "ana", card, button_of(card["blocks"], "note"))

    assert desk.slack.called("views.push")[-1].arguments["view"]["callback_id"] == "note"


async def test_a_form_that_was_asked_for_there_draws_the_home_again(desk: Desk) -> None:
    await desk.started()
    home = await home_of(desk, "ben")
    await press_in_view(desk, "ben", home, button_of(home["blocks"], "done"))
    await desk.submits("ben", desk.slack.views[-1], result="They are safe")

    assert (await desk.step("care"))["state"] == "done"
    assert "Speak to the people" not in str((desk.slack.users["U0BEN"].home or {})["blocks"])
