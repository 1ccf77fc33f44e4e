"""Our reading of Block Kit finds what Slack refuses, and what is hard to read."""

from typing import Any

import pytest

from tests.block_kit import complaints_of, complaints_of_blocks, faults_of, faults_of_view
from tests.block_schema import SCHEMA

Block = dict[str, Any]
DIVIDER = {"type": "divider"}


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def section(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def button(**more: Any) -> Block:
    return {"type": "button", "text": plain("Done"), "action_id": "done", "value": "INC-1|a", "accessibility_label": "Done: a", **more}


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def choice(kind: str, *options: Block, **more: Any) -> Block:
    return {"type": kind, "action_id": "pick", "options": list(options), **more}


def option(value: str, text: str = "Yes") -> Block:
    return {"text": plain(text), "value": value}


def field(element: Block) -> Block:
    return {"type": "input", "block_id": "why", "label": plain("Why?"), "element": {"action_id": "why", **element}}


def modal(*blocks: Block, **more: Any) -> Block:
    return {"type": "modal", "title": plain("Skip"), "submit": plain("Skip"), "blocks": list(blocks), **more}


FAULTY: dict[str, list[Block]] = {
    "a kind that does not exist": [{"type": "poem"}],
    "too many blocks": [DIVIDER] * 51,
    "too much in all": [section("x" * 2_900)] * 5,
    "a section with nothing": [{"type": "section"}],
    "an empty text": [section(" ")],
    "a long text": [section("x" * 3_001)],
    "a long header": [{"type": "header", "text": plain("x" * 151)}],
    "a marked-up header": [{"type": "header", "text": {"type": "mrkdwn", "text": "*x*"}}],
    "a long button": [actions(button(text=plain("x" * 76)))],
    "a long value": [actions(button(value="x" * 2_001))],
    "a long label": [actions(button(accessibility_label="x" * 76))],
    "a style that does not exist": [actions(button(style="loud"))],
    "a field that does not exist": [actions(button(colour="red"))],
    "one action twice": [actions(button(), button())],
    "one block id twice": [{**DIVIDER, "block_id": "b"}] * 2,
    "a row of nothing": [actions()],
    "a row of too many": [actions(*(button(action_id=f"a{number}") for number in range(26)))],
    "too much small print": [{"type": "context", "elements": [plain("x")] * 11}],
    "an image without words": [{"type": "image", "image_url": "https://example.com/a.png"}],
    "a choice of nothing": [actions(choice("checkboxes"))],
    "too many ticks": [actions(choice("checkboxes", *(option(str(number)) for number in range(11))))],
    "a menu of six": [actions(choice("overflow", *(option(str(number)) for number in range(6))))],
    "a long choice": [actions(choice("checkboxes", option("a", "x" * 76)))],
    "one value for two": [actions(choice("static_select", option("a"), option("a")))],
    "a first choice that is none": [actions(choice("radio_buttons", option("a"), initial_option=option("b")))],
    "an empty question": [actions(button(confirm={"title": plain(""), "text": plain("x"), "confirm": plain("y"), "deny": plain("n")}))],
    "words outside a form's field": [actions({"type": "plain_text_input", "action_id": "why"})],
}
TYPED_ONLY = ("a field that does not exist",)


@pytest.mark.parametrize("blocks", FAULTY.values(), ids=FAULTY)
def test_what_slack_refuses_is_found(blocks: list[Block], request: pytest.FixtureRequest) -> None:
    if not SCHEMA.exists() and any(name in request.node.name for name in TYPED_ONLY):
        pytest.skip("only Slack's types know, and they are not here")

    assert faults_of(blocks)


@pytest.mark.parametrize(
    "view",
    [
        {"type": "home", "blocks": [DIVIDER]},
        modal(DIVIDER, title=plain("x" * 25)),
        modal(DIVIDER, submit=plain("")),
        modal(DIVIDER, callback_id="x" * 256),
        modal(DIVIDER, private_metadata="x" * 3_001),
        {"type": "modal", "title": plain("Skip"), "blocks": [field({"type": "plain_text_input"})]},
        modal(*([DIVIDER] * 101)),
        modal(field({"type": "plain_text_input", "max_length": 3, "initial_value": "long"})),
    ],
)
def test_a_form_that_slack_refuses_is_found(view: Block) -> None:
    assert faults_of_view(view)


def test_what_slack_takes_passes() -> None:
    blocks = [section("Now <!date^1^{time}|later>"), actions(button(), choice("overflow", option("a"))), DIVIDER]

    assert faults_of(blocks) == []
    assert faults_of_view(modal(field({"type": "plain_text_input"}))) == []
    assert faults_of_view({"type": "home", "blocks": blocks}, kind="home") == []


@pytest.mark.parametrize(
    ("message", "heard"),
    [
        ({"text": "INC-7 is closed.", "blocks": [DIVIDER]}, True),
        ({"text": "INC-7 is closed (see the room).", "blocks": [DIVIDER]}, True),
        ({"text": "Delete nothing. (INC-7)", "blocks": [DIVIDER]}, True),
        ({"text": "INC-7", "blocks": [DIVIDER]}, False),
        ({"text": "INC-7: active, severity sev2", "blocks": [DIVIDER]}, False),
        ({"blocks": [DIVIDER]}, False),
        ({"text": "Come <!here> now."}, False),
        ({"text": "Come to the room.", "blocks": [section("<!channel>")]}, False),
    ],
)
def test_a_message_is_heard_as_a_sentence_and_wakes_nobody(message: Block, heard: bool) -> None:
    assert (complaints_of(message) == []) is heard


@pytest.mark.parametrize("blocks", [[actions(button(accessibility_label=""))], [actions(button(), button(action_id="other"))]])
def test_every_button_says_what_only_it_does(blocks: list[Block]) -> None:
    assert complaints_of_blocks(blocks)
