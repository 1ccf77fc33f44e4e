"""Tired thumbs, two people at once, and a keyboard that means well: what was meant counts, once, and nothing else."""

import asyncio

import pytest

from tests.api.slack.forms_given import FULL, WORDS, approved, declared, does, happened, presses, written
from tests.api.slack.given import Desk
from tests.api.slack.given_events import button_of, elements, hears, mention, pin, press_whispered, timeline


class TestWhatAKeyboardAdds:
    @pytest.mark.parametrize("between", ["\n", "\u00a0", "\t", "  \n "], ids=["a line end", "a hard space", "a tab", "several"])
    async def test_between_words_is_a_space(self, desk: Desk, between: str) -> None:
        room = await desk.started()
        said = await desk.types_in(room, "ana", f"INC-1{between}assign{between}facts{between}@cho")

        assert "Cho Min" in said
        assert (await desk.step("facts"))["assignee"] == "cho"

    async def test_a_level_may_be_written_as_the_card_writes_it(self, desk: Desk) -> None:
        room = await desk.started()
        await desk.types_in(room, "ana", "severity SEV1 it spreads")

        assert (await desk.incident())["severity"] == "sev1"


class TestTheNearest:
    @pytest.mark.parametrize(
        ("typed", "meant"),
        [
            ("list mien", "`/incident list mine`"),
            ("tasks al", "`/incident tasks all`"),
            ("role press @choo", "`@cho` (Cho Min)"),
            ("assign facts @Cho Mni", "`@cho` (Cho Min)"),
            ("invite bne", "`@ben` (Ben Okafor)"),
            ("handover press chow", "`@cho` (Cho Min)"),
            ("metric view 12", "`view`. Name a metric and its value, for example `/incident metric INC-7 views 12000`"),
            ("approve agre", "There is no approval `agre`. Those of INC-1: `agree`"),
        ],
    )
    async def test_is_named_with_what_was_typed(self, desk: Desk, typed: str, meant: str) -> None:
        room = await desk.started()
        before = (await desk.incident())["version"]

        assert meant in await desk.types_in(room, "ana", typed)
        assert (await desk.incident())["version"] == before


class TestKeysThatAreTyped:
    @pytest.mark.parametrize("word", ["approve", "reject", "withdraw"])
    async def test_show_the_exact_words_with_their_buttons(self, desk: Desk, word: str) -> None:
        room = await declared(desk)
        digest = await written(desk)
        channel = desk.slack.named(room)
        blocks = (await desk.slash("ben", f"{word} agree", channel=channel.id, name=room)).json()["blocks"]

        assert "Nous savons." in str(blocks)
        assert button_of(blocks, "approve")["value"] == f"INC-1|agree|{digest}"
        assert await happened(desk, "KeyTurned") == 0


class TestTheRecord:
    async def test_add_adds_people_to_what_is_known(self, desk: Desk) -> None:
        room = await desk.started()
        said = await desk.types_in(room, "ana", "add people Jo Doe, Sam Roe")

        assert said.startswith("INC-1: ")
        assert await happened(desk, "InputAdded") >= 1

    async def test_migrate_moves_to_another_version(self, desk: Desk) -> None:
        room = await desk.started()
        path = desk.house.parts.settings.playbooks / "trial.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace("version: 1.0.0", "version: 1.1.0"), encoding="utf-8")
        await desk.house.parts.library.refresh()
        unknown, said = await desk.types_in(room, "ana", "migrate 9.9.9"), await desk.types_in(room, "ana", "migrate 1.1.0")

        assert unknown.startswith("No: ")
        assert not said.startswith("No: ")
        assert (await desk.incident())["playbook"]["version"] == "1.1.0"


class TestTwoAtOnce:
    async def test_nobody_unticks_what_somebody_else_has_ticked_meanwhile(self, desk: Desk) -> None:
        room = await desk.started()
        seen = dict(desk.message(room, "facts"))
        boxes = next(each for each in elements(seen["blocks"]) if each["action_id"].startswith("tick"))
        await desk.press("ana", room, seen["ts"], boxes, ticked=("1",), message=seen)
        await desk.press("dee", room, seen["ts"], boxes, ticked=("2",), message=seen)

        assert [item["done"] for item in (await desk.step("facts"))["checklist"]] == [True, True]

    async def test_one_unticks_ones_own_tick_before_the_message_shows_it(self, desk: Desk) -> None:
        room = await desk.started()
        seen = dict(desk.message(room, "facts"))
        boxes = next(each for each in elements(seen["blocks"]) if each["action_id"].startswith("tick"))
        await desk.press("ana", room, seen["ts"], boxes, ticked=("1",), message=seen)
        await desk.press("ana", room, seen["ts"], boxes, ticked=(), message=seen)

        assert [item["done"] for item in (await desk.step("facts"))["checklist"]] == [False, False]

    async def test_one_unticks_what_the_message_shows_as_ticked_by_another(self, desk: Desk) -> None:
        room = await desk.started()
        await desk.presses("ana", room, "facts", "tick", ticked=("1",))
        await desk.works()
        await desk.presses("dee", room, "facts", "tick", ticked=())

        assert [item["done"] for item in (await desk.step("facts"))["checklist"]] == [False, False]

    async def test_two_keys_and_their_double_clicks_are_two_keys_and_one_agreement(self, desk: Desk) -> None:
        await declared(desk)
        digest = await written(desk)
        pressed = [presses(desk, who, "approve", f"INC-1|agree|{digest}") for who in ("ben", "cho", "ben", "cho")]
        said = await asyncio.gather(*pressed)

        assert said == ["", "", "", ""]
        assert (await happened(desk, "KeyTurned"), await happened(desk, "ApprovalGranted")) == (2, 1)

    async def test_a_pin_that_comes_again_while_the_first_is_taken_and_anothers_are_one_entry(self, desk: Desk) -> None:
        room = await desk.started()
        ts = desk.slack.says("U0ANA", room, "The police are here")
        events = [(pin(desk, who, room, ts), event) for who, event in (("ana", "Ev1"), ("ana", "Ev1"), ("ben", "Ev2"))]
        answers = await asyncio.gather(*[hears(desk, said, id=event) for said, event in events])

        assert {answer.status_code for answer in answers} <= {200, 503}
        assert sum("The police are here" in each for each in await timeline(desk)) == 1


class TestTwoClicks:
    async def test_on_the_offer_to_start_start_one_incident(self, desk: Desk) -> None:
        path = desk.house.parts.settings.playbooks / "trial.yaml"
        easy = path.read_text(encoding="utf-8").replace("id: trial", "id: easy").replace("required: true, ", "")
        path.with_name("easy.yaml").write_text(easy, encoding="utf-8")
        await desk.house.parts.library.refresh()
        offered = {"action_id": "start_incident", "value": "easy Shouting in the lobby"}
        said = [await press_whispered(desk, "ana", offered) for _ in range(2)]

        assert said[0][0]["text"].startswith("INC-1: ")
        assert said[1][0]["text"] == said[0][0]["text"]
        assert (await desk.types("ana", "list")).count("Shouting in the lobby") == 1

    async def test_an_answer_that_comes_again_after_a_revision_opens_no_form(self, desk: Desk) -> None:
        await declared(desk)
        await presses(desk, "cho", "answer:post", "INC-1|speak|post")
        first = desk.sent[-1]
        await desk.types_in("inc-inc-1", "cho", "answer speak wait it is over")
        before = len(desk.slack.views)
        desk.sent.append(first)
        answer = await desk.again()

        assert (answer.status_code, len(desk.slack.views)) == (200, before)
        assert (await desk.step("speak"))["answer"] == "wait"


class TestMentions:
    async def test_the_apps_own_mention_is_left_out_wherever_it_stands(self, desk: Desk) -> None:
        room = await desk.started()
        said = mention(desk, "ana", room, "") | {"text": "assign facts <@U0CHO> <@U0FIREBREAK>"}
        await hears(desk, said)

        assert (await desk.step("facts"))["assignee"] == "cho"


class TestAfterTheKeys:
    async def test_a_rejection_of_approved_words_is_refused_in_words(self, desk: Desk) -> None:
        await declared(desk)
        digest = await approved(desk)

        assert (await presses(desk, "ben", "reject", f"INC-1|agree|{digest}")).startswith("No: ")


class TestWhoTurnsNoKey:
    async def test_whoever_turns_out_to_be_part_of_it(self, desk: Desk) -> None:
        people = FULL.replace("  day: {type", "  people: {type: people, personal: true}\n  day: {type")
        room = await declared(desk, playbook=people.replace('assign: "group:lawyers"', 'assign: "group:lawyers", recuse: inputs.people'))
        digest = await written(desk)
        await desk.types_in(room, "ana", "add people Ben Okafor")
        said = await presses(desk, "ben", "approve", f"INC-1|agree|{digest}")

        assert said.startswith("No: ")
        assert await happened(desk, "KeyTurned") == 0

    async def test_whoever_wrote_the_words(self, desk: Desk) -> None:
        await declared(desk)
        await presses(desk, "cho", "answer:post", "INC-1|speak|post")
        await desk.types_in("inc-inc-1", "ana", "assign draft @cho")
        await does(desk, "cho", "write", "INC-1|draft", **{"text:en": WORDS, "text:fr": "Nous savons."})
        said = await presses(desk, "cho", "approve", f"INC-1|agree|{(await desk.step('draft'))['content_hash']}")

        assert said.startswith("No: ")
        assert await happened(desk, "KeyTurned") == 0
