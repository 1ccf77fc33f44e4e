"""Starting from Slack: at once where nothing has to be asked, else by a form with an element for each input."""

from typing import Any

import pytest

from api.slack.duplicates import duplicate_form
from api.slack.payloads import State, View
from api.slack.start_form import Wanted, answers_of, start_form
from engine.incident.plan import Plan
from engine.language.load import load_playbook
from tests.api.slack.given import Desk, filled
from tests.block_kit import faults_of_view
from tests.fake_slack import Fault

EVERY_TYPE = """
firebreak: 1
id: every_type
title: Every type of input
version: 1.0.0
owner: lead
summary: A form with everything.
inputs:
  what: {type: text, required: true, label: "What happened?"}
  story: {type: long_text, label: Tell more}
  views: {type: number, default: 1000}
  hurt: {type: yes_no, default: false, label: "Was anyone hurt?"}
  size: {type: choice, options: [Small, "Large, very large"], default: Small}
  day: {type: date, default: 2026-03-02}
  at: {type: datetime}
  late: {type: duration, default: 15m}
  link: {type: url}
  links: {type: url_list}
  reporter: {type: person, required: true}
  people: {type: people}
  clip: {type: file}
  country: {type: country, default: CA}
  later: {type: text, ask: later}
roles: {lead: {title: Lead, assign: "group:leads"}}
steps: [{id: look, task: Look, role: lead, sets: closed}]
"""
GIVEN: dict[str, Any] = {
    "what": "A clip",
    "story": "Two\nlines",
    "views": "12000",
    "hurt": "yes",
    "size": "1",
    "day": "2026-03-03",
    "at": 1772442000,
    "late": "3h",
    "link": "https://video.example/1",
    "links": " https://video.example/1\n\nhttps://video.example/2 ",
    "reporter": "Ana Ruiz",
    "people": "Fred\nJohn",
    "clip": "evidence/1",
    "country": "ca",
}


def _plan() -> Plan:
    playbook = load_playbook(EVERY_TYPE, file="every_type.yaml", read=lambda _: "").playbook
    assert playbook is not None
    return Plan.of(playbook, "d" * 64)


def _submitted(**given: Any) -> View:
    return View(id="V1", hash="1", state=State(filled(start_form(_plan()), given)))


def test_slack_takes_the_form_of_every_type() -> None:
    assert faults_of_view(start_form(_plan(), Wanted("Something at Plant 4", ("https://video.example/1",)))) == []


def test_each_type_of_input_has_its_element() -> None:
    elements = {block["block_id"]: block["element"]["type"] for block in start_form(_plan())["blocks"] if block["type"] == "input"}

    assert elements == {
        "title": "plain_text_input",
        "in:what": "plain_text_input",
        "in:story": "plain_text_input",
        "in:views": "number_input",
        "in:hurt": "radio_buttons",
        "in:size": "static_select",
        "in:day": "datepicker",
        "in:at": "datetimepicker",
        "in:late": "plain_text_input",
        "in:link": "url_text_input",
        "in:links": "plain_text_input",
        "in:reporter": "plain_text_input",
        "in:people": "plain_text_input",
        "in:clip": "plain_text_input",
        "in:country": "plain_text_input",
        "unknown:0": "checkboxes",
        "severity": "static_select",
        "rehearsal": "checkboxes",
    }


def test_every_answer_is_read_as_the_engine_takes_it() -> None:
    inputs, unknown, errors = answers_of(_submitted(**GIVEN), _plan().playbook)

    assert (unknown, errors) == ((), {})
    assert inputs == {
        **GIVEN,
        "size": "Large, very large",
        "at": "2026-03-02T09:00:00+00:00",
        "links": ["https://video.example/1", "https://video.example/2"],
        "people": ["Fred", "John"],
    }


def test_defaults_stand_in_the_form() -> None:
    inputs, _, _ = answers_of(_submitted(what="A clip", reporter="Ana"), _plan().playbook)

    assert inputs == {
        "what": "A clip",
        "reporter": "Ana",
        "views": "1000",
        "hurt": "no",
        "size": "Small",
        "day": "2026-03-02",
        "late": "15m",
        "country": "CA",
    }


def test_what_is_wrong_is_said_at_each_field_at_once() -> None:
    given = {"late": "soon", "links": "video.example", "country": "Canada", "views": "many"}
    _, _, errors = answers_of(_submitted(**given), _plan().playbook)

    assert set(errors) == {"in:what", "in:reporter", "in:late", "in:links", "in:country", "in:views"}
    assert "15m, 4h, 2d, 3bd" in errors["in:late"]


def test_a_required_answer_may_be_ticked_as_unknown() -> None:
    inputs, unknown, errors = answers_of(_submitted(**{"what": "A clip", "unknown:0": ("reporter", "what")}), _plan().playbook)

    assert (inputs["what"], unknown, errors) == ("A clip", ("reporter",), {})


async def test_a_form_starts_the_incident_and_says_so_in_its_place(desk: Desk) -> None:
    await desk.types("ana", "start trial Something &amp; more")
    said = await desk.submits("ana", desk.slack.views[-1], site="Plant 4", people="Fred\nJohn", severity="sev1")

    assert said["response_action"] == "update"
    assert faults_of_view(said["view"]) == []
    assert "INC-1: Declared: Ana Ruiz started INC-1 “Something &amp; more”" in str(said["view"])
    incident = await desk.incident()
    assert (incident["title"], incident["severity"], incident["declared_by"]) == ("Something & more", "sev1", "ana")


async def test_a_form_may_start_a_rehearsal(desk: Desk) -> None:
    desk.slack.channel("rehearsal")
    await desk.types("ana", "start trial Practice")
    await desk.submits("ana", desk.slack.views[-1], site="Plant 4", rehearsal=("yes",))
    await desk.works()

    assert (await desk.incident())["mode"] == "rehearsal"
    assert not desk.slack.called("conversations.create")
    assert all("REHEARSAL" in message["text"] for message in desk.slack.messages("rehearsal"))


async def test_in_a_rehearsal_the_rehearsal_channel_is_the_incidents(desk: Desk) -> None:
    desk.slack.channel("rehearsal")
    await desk.types("ana", "start trial Practice")
    await desk.submits("ana", desk.slack.views[-1], site="Plant 4", rehearsal=("yes",))
    await desk.works()
    await desk.house.declared(by="ana")

    assert "*INC-1: Practice* (rehearsal)" in await desk.types_in("rehearsal", "ana", "status")


async def test_what_is_missing_keeps_the_form_open_and_starts_nothing(desk: Desk) -> None:
    await desk.types("ana", "start trial")
    said = await desk.submits("ana", desk.slack.views[-1])

    assert said == {"response_action": "errors", "errors": {"in:site": "answer this, or tick it under “Not known yet”"}}
    assert "code" in await desk.incident()


async def test_what_is_not_known_yet_becomes_a_task(desk: Desk) -> None:
    await desk.types("ana", "start trial")
    await desk.submits("ana", desk.slack.views[-1], **{"unknown:0": ("site",)})

    assert (await desk.step("fill_site"))["state"] == "ready"


async def test_without_a_playbook_the_form_asks_for_one_first(desk: Desk) -> None:
    await desk.types("ana", "start Argument at Plant 4")
    said = await desk.submits("ana", desk.slack.views[-1], playbook="quiet")

    assert said["response_action"] == "update"
    assert said["view"]["callback_id"] == "start"
    assert faults_of_view(said["view"]) == []
    await desk.submits("ana", said["view"], site="Plant 4")
    assert (await desk.incident())["title"] == "Argument at Plant 4"


async def test_a_playbook_that_is_almost_named_is_suggested(desk: Desk) -> None:
    assert "Did you mean `/incident start trial`?" in await desk.types("ana", "start trail")


async def test_a_form_that_does_not_open_is_said_at_once(desk: Desk) -> None:
    desk.slack.fail("views.open", Fault("refused", error="expired_trigger_id"))

    assert "did not open (`expired_trigger_id`), and nothing was started" in await desk.types("ana", "start trial")


async def test_what_the_rules_refuse_is_said_at_its_field(desk: Desk) -> None:
    await desk.types("ana", "start trial")
    said = await desk.submits("ana", desk.slack.views[-1], site="Plant 4", title="x" * 201)

    assert said["response_action"] == "errors"
    assert "200 characters" in said["errors"]["title"]


@pytest.mark.parametrize("metadata", ["", "[]", "{", '{"playbook": 7}', '{"playbook": "gone", "version": "1.0.0"}'])
async def test_a_form_that_is_not_ours_any_more_starts_nothing(desk: Desk, metadata: str) -> None:
    await desk.types("ana", "start trial")
    said = await desk.submits("ana", {**desk.slack.views[-1], "private_metadata": metadata}, site="Plant 4")

    assert said.get("response_action") != "update"
    assert "code" in await desk.incident()


async def test_the_shortcut_opens_the_form(desk: Desk) -> None:
    answer = await desk.interact("ana", "shortcut", callback_id="incident_start", action_ts="1.1")

    assert (answer.status_code, answer.content) == (200, b"")
    assert desk.slack.views[-1]["callback_id"] == "choose_playbook"


async def test_a_playbook_with_more_questions_than_slack_takes_asks_what_fits(desk: Desk) -> None:
    before, after = EVERY_TYPE.partition("inputs:")[0], EVERY_TYPE.partition("roles:")[2]
    inputs = "\n".join(f"  q{number}: {{type: text, required: true, label: Question {number}}}" for number in range(120))
    playbook = load_playbook(f"{before}inputs:\n{inputs}\nroles:{after}", file="x.yaml", read=str)
    assert playbook.playbook is not None
    form = start_form(Plan.of(playbook.playbook, "d" * 64), Wanted("Large"))

    assert faults_of_view(form) == []
    assert len(form["blocks"]) <= 97, "an incident that has the link already needs three more"


def test_a_form_that_comes_back_holds_every_answer_of_every_type() -> None:
    given = {**GIVEN, "title": "Mine", "severity": None, "rehearsal": ("yes",), "reporter": None, "unknown:0": ("reporter",), "day": None}
    entered = _submitted(**given)
    again = duplicate_form(start_form(_plan()), entered, [])

    assert filled(again, {}) == (entered.state or State()).values


def test_a_default_that_was_taken_out_stays_out() -> None:
    entered = View(state=State({"in:views": {"in:views": {"type": "number_input", "value": None}}}))
    again = duplicate_form(start_form(_plan()), entered, [])

    assert filled(again, {})["in:views"]["in:views"]["value"] is None


async def test_a_start_that_slack_sends_again_says_nothing_of_its_used_trigger(desk: Desk) -> None:
    await desk.types("ana", "start trial Something")
    again = await desk.again()
    desk.slack.refusals.clear()  # the trigger opened the form already

    assert (again.status_code, again.content) == (200, b"")
    assert len(desk.slack.views) == 1
