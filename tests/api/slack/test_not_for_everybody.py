"""An incident for participants is not there for anybody else, whatever they type, press, open or mention."""

from tests.api.slack.given import Desk
from tests.api.slack.given_events import elements, hears, home_of, mention, pin, press_in_view

TITLE, CLIP = "Nobody's business", "https://video.example/1"
WORDS = (
    "",
    "INC-1",
    "list",
    "list all",
    "list mine",
    "status",
    "status INC-1",
    "tasks",
    "tasks INC-1 all",
    "timeline INC-1",
    "roles INC-1",
    "note INC-1 hello",
    "done INC-1 facts",
    "approve INC-1 agree",
    "answer INC-1 speak",
    "migrate INC-1 1.0.0",
    "merge INC-2 INC-1",
    "invite INC-1 @cho",
    f"link INC-2 {CLIP}",
    "skip INC-1 facts",
    "INC-1 write draft",
)


async def _two(desk: Desk) -> str:
    """One incident of Ana's that Cho may not know of, and one of Cho's; gives the quiet one's room."""
    await desk.house.declared("quiet", by="ana", title=TITLE, inputs={"site": "Plant 4", "links": [CLIP]})
    await desk.house.declared(by="cho", title="Open to all")
    await desk.works()
    return "inc-inc-1"


async def test_no_word_says_anything_of_it(desk: Desk) -> None:
    await _two(desk)
    said = {text: (await desk.slash("cho", text)).text for text in WORDS}

    assert [text for text, answer in said.items() if TITLE in answer or "quiet" in answer] == []
    assert [text for text in WORDS if "INC-1" in text and "INC-1" in said[text].replace("there is no incident INC-1", "")] == []
    assert not desk.slack.views


async def test_what_is_said_of_it_is_what_is_said_of_one_that_never_was(desk: Desk) -> None:
    await _two(desk)
    for text in WORDS:
        if "INC-1" in text:
            there, nowhere = await desk.types("cho", text), await desk.types("cho", text.replace("INC-1", "INC-9"))

            assert there.replace("INC-1", "INC-9") == nowhere, text


async def test_no_press_says_anything_of_it(desk: Desk) -> None:
    room = await _two(desk)
    values = {"start": "facts", "done": "facts", "skip": "facts", "ack": "legal", "hand_over": "legal", "write": "draft"}
    pressed = [(action, f"INC-1|{about}") for action, about in values.items()] + [(each, "INC-1") for each in ("note", "join", "severity")]
    said = [await desk.press("cho", room, "1.1", {"type": "button", "action_id": action, "value": value}) for action, value in pressed]

    assert {each.removesuffix(" ") for each in said} == {"No: there is no incident INC-1, or it isn't for you."}
    assert not desk.slack.views


async def test_neither_home_nor_card_nor_mention_nor_pin_says_anything_of_it(desk: Desk) -> None:
    room = await _two(desk)
    home = await home_of(desk, "cho")
    await press_in_view(desk, "cho", {"type": "home", "blocks": []}, {"type": "button", "action_id": "card", "value": "INC-1"})
    await hears(desk, mention(desk, "cho", room, "status"), id="Ev2")
    ts = desk.slack.says("U0BEN", room, "Pinned by a stranger to it")
    await hears(desk, pin(desk, "cho", room, ts), id="Ev3")
    desk.slack.refusals.clear()  # nothing can be whispered to whoever is not in the room

    assert TITLE not in str([home, desk.slack.views, desk.slack.whispers])
    assert "INC-1" not in [each.get("value") for each in elements(home["blocks"])]
    assert "Pinned by" not in await desk.types("ana", "timeline INC-1")
