"""What one person is told: the sentence first, then what it is about, with the buttons that answer it."""

from hypothesis import given

from engine.channels.blocks_told import told_blocks
from tests.channels.drawn import HOSTILE, injected, pressable, refused, text_of
from tests.channels.slack_facts import role, task

TEXT = "INC-7 Filmed workplace argument goes viral: Ready: “Pause scheduled posts”, for Ana Ruiz, due 09:30"


def test_the_whole_sentence_stands_first() -> None:
    assert told_blocks(TEXT, {"task": task()})[0]["text"]["text"] == TEXT


def test_a_sentence_that_the_card_says_again_is_left_to_the_card() -> None:
    blocks = told_blocks(TEXT, {"task": task(), "preview": "INC-7 A clip goes viral: a step waits for you.", "repeats_card": True})

    assert blocks[0]["elements"][0]["text"] == "INC-7 A clip goes viral: a step waits for you."
    assert TEXT not in text_of(blocks)


def test_a_told_step_can_be_worked_on() -> None:
    assert "done" in pressable(told_blocks(TEXT, {"task": task()}))


def test_words_without_a_card_stand_whole() -> None:
    text = " ".join(f"{number:04}" for number in range(1_500))
    shown = "".join(block["text"]["text"] for block in told_blocks(text, {}))

    assert shown == text


def test_whoever_got_a_role_says_that_they_are_there_or_hands_it_over() -> None:
    offered = pressable(told_blocks(TEXT, {"role": role()}))

    assert {name: element["value"] for name, element in offered.items()} == {"ack": "INC-7|legal", "hand_over": "INC-7|legal"}


def test_who_has_said_so_is_not_asked_again() -> None:
    assert set(pressable(told_blocks(TEXT, {"role": role(awaits=False)}))) == {"hand_over"}


def test_a_role_says_what_it_is_and_how_bad_things_are() -> None:
    text = text_of(told_blocks(TEXT, {"role": role(note="The union rep called", cause="handed_over")}))

    assert all(words in text for words in ("*You are Counsel*", "SEV2: Spreading", "Argument at Plant 4", "*Note:* The union rep called"))


def test_who_is_called_about_a_step_can_answer_both() -> None:
    offered = pressable(told_blocks(TEXT, {"role": role(cause="called"), "task": task("approval")}))

    assert {"ack", "approve", "reject"} <= set(offered)


@given(HOSTILE, HOSTILE)
def test_no_text_breaks_what_one_person_is_told(text: str, note: str) -> None:
    facts = role(title=note, playbook=note, role_title=note, note=note, cause="called")
    bodies = [{}, {"role": facts}, {"task": task("approval", title=note, texts={"en": text}, do=note), "role": facts}]
    drawn = [told_blocks(text, body, address="https://firebreak.example.com") for body in bodies]

    assert [fault for blocks in drawn for fault in refused(blocks)] == []
    assert not any(injected(blocks) for blocks in drawn)
