"""Whatever stands in a message to be pressed is answered, by whoever presses it, in every state of a run."""

from collections.abc import Iterator
from typing import Any

from api.slack.actions import LINK, VALUES
from tests.api.slack.forms_given import approved, declared, does, presses, written
from tests.api.slack.given import Desk

ELSEWHERE = ("tick", "my_tasks", "more", LINK)


def drawn(desk: Desk) -> Iterator[tuple[str, str]]:
    """Everything that can be pressed in rooms and direct messages, as action id and value; menus as their options."""
    for message in (message for channel in desk.slack.channels.values() for message in channel.messages.values()):
        for block in message["blocks"]:
            for element in (*block.get("elements", []), block.get("accessory", {})):
                yield from _pressed(element)


def _pressed(element: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if element.get("type") == "overflow":
        for option in element["options"]:
            name, _, value = option["value"].partition("|")
            yield name, value
    elif "action_id" in element:
        yield element["action_id"].partition(":")[0], element.get("value", "")


def unanswered(desk: Desk) -> set[tuple[str, str]]:
    found = set(drawn(desk))
    assert found, "nothing can be pressed"
    return {(name, value) for name, value in found if name not in ELSEWHERE and len(VALUES.get(name, ())) != len(value.split("|"))}


async def test_at_the_start(desk: Desk) -> None:
    await declared(desk)

    assert unanswered(desk) == set()


async def test_when_words_wait_for_their_keys(desk: Desk) -> None:
    await declared(desk)
    digest = await written(desk)
    await presses(desk, "ben", "approve", f"INC-1|agree|{digest}")
    await desk.works()

    assert unanswered(desk) == set()


async def test_when_words_are_to_be_published(desk: Desk) -> None:
    await declared(desk)
    await approved(desk)
    await does(desk, "ana", "hold", "INC-1", reason="a court order")
    await desk.works()

    assert unanswered(desk) == set()


async def test_every_one_of_them_is_understood_by_the_rules(desk: Desk) -> None:
    await declared(desk)
    await approved(desk)
    await desk.works()
    pressed = [(name, value) for name, value in sorted(set(drawn(desk))) if name not in ELSEWHERE]
    said = {f"{name} {value}": await presses(desk, "ana", name, value) for name, value in pressed}

    assert [each for each, text in said.items() if "another version" in text or "there is no" in text] == []
