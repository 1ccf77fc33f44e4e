"""Every code that Slack's reference lists for a method we call means exactly one thing."""

import json
import re

import pytest

from engine.channels.slack_errors import CODES, class_of
from engine.channels.slack_trouble import Trouble
from tests.channels.slack_reference import METHOD_REFERENCE, ROOT

CALLED = (
    "auth.test",
    "bookmarks.add",
    "bookmarks.edit",
    "bookmarks.list",
    "bookmarks.remove",
    "chat.delete",
    "chat.getPermalink",
    "chat.postEphemeral",
    "chat.postMessage",
    "chat.update",
    "conversations.archive",
    "conversations.create",
    "conversations.history",
    "conversations.info",
    "conversations.invite",
    "conversations.join",
    "conversations.kick",
    "conversations.list",
    "conversations.members",
    "conversations.open",
    "conversations.rename",
    "conversations.replies",
    "conversations.setPurpose",
    "conversations.setTopic",
    "conversations.unarchive",
    "pins.add",
    "pins.list",
    "pins.remove",
    "reactions.add",
    "reactions.get",
    "users.info",
    "users.list",
    "users.lookupByEmail",
    "usergroups.list",
    "usergroups.users.list",
    "views.open",
    "views.publish",
    "views.push",
    "views.update",
)
SOCKET = ("apps.connections.open",)
"""Called by the Socket Mode client alone, which has its own reconnecting."""


def _codes(method: str) -> set[str]:
    paths = [folder / f"{method}.json" for folder in (METHOD_REFERENCE, METHOD_REFERENCE / "with-common-errors")]
    return {code for path in paths if path.exists() for code in json.loads(path.read_text(encoding="utf-8")).get("errors") or ()}


def _methods_in_our_code() -> set[str]:
    text = "\n".join(path.read_text(encoding="utf-8") for room in ("engine", "api") for path in (ROOT / room).rglob("*.py"))
    families = "auth|bookmarks|chat|conversations|pins|reactions|users|usergroups|views|apps"
    spelt = set(re.findall(rf'"((?:{families})\.[a-z][A-Za-z.]+)"', text))
    called = re.findall(rf"\b(?:{families})_[a-z][A-Za-z_]*(?=\()", text)
    return spelt | {name.replace("_", ".") for name in called if re.search(rf"client\.{name}\(", text)}


@pytest.mark.parametrize("method", CALLED)
def test_every_code_of_the_reference_has_a_class(method: str) -> None:
    codes = _codes(method)
    if not METHOD_REFERENCE.exists():
        pytest.skip("the reference of Slack's methods is not here")

    assert codes
    assert {code for code in codes if class_of(method, code) is None} == set()


def test_the_methods_that_our_code_names_are_those_that_are_checked() -> None:
    assert _methods_in_our_code() - set(CALLED) <= {*SOCKET}


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_becomes_one_outcome(code: str) -> None:
    failed = Trouble(code, method="chat.postMessage", ambiguous=CODES[code] == "unsure").failed()
    expected = {
        "done": (True, True, False, False),
        "adapt": (False, True, False, False),
        "later": (True, True, False, False),
        "unsure": (True, True, True, False),
        "gone": (False, True, False, True),
        "message_gone": (False, True, False, False),
        "ours": (False, True, False, False),
        "scope": (True, False, False, False),
        "credentials": (True, False, False, False),
    }[CODES[code]]

    assert (failed.retry, failed.tried, failed.ambiguous, failed.gone) == expected


def test_no_code_stands_in_two_classes() -> None:
    from engine.channels.slack_errors import _CLASSES  # noqa: PLC0415 - the table as it is written

    listed = [code for codes in _CLASSES.values() for code in codes.split()]

    assert len(listed) == len(set(listed))


def test_a_code_of_next_year_is_tried_again() -> None:
    assert Trouble("a_code_of_next_year", method="chat.postMessage").failed().retry


@pytest.mark.parametrize("method", ["users.lookupByEmail", "conversations.history", "auth.test"])
def test_a_question_whose_answer_was_lost_leaves_nothing_in_doubt(method: str) -> None:
    assert not Trouble("no answer", ambiguous=True, method=method).failed().ambiguous
