"""Words are shown exactly and whole or not at all, with what changed; nobody approves what they have not seen."""

import pytest

from engine.channels.blocks_changes import changes
from engine.channels.blocks_parts import chunks
from engine.channels.blocks_task import task_blocks
from engine.channels.slack_text import escape
from tests.channels.drawn import exact_words, pressable, refused, text_of
from tests.channels.slack_facts import AT, KEY, WORK, task

ADDRESS = "https://firebreak.example.com"
LONG = "word " * 3_000


def difference(before: str, after: str) -> str:
    return changes({"version": 1, "texts": {"default": before}}, {"default": after})


def test_words_to_approve_stand_exactly_as_they_are() -> None:
    blocks = task_blocks(task("approval"))

    assert exact_words(blocks) == "We know about a video & <more>."
    assert "*Version 2* by <@U0ANA>" in text_of(blocks)
    assert "`dddddddddddd`" in text_of(blocks)


def test_every_language_is_shown() -> None:
    texts = {"en": "We know.", "de": "Wir wissen es."}
    blocks = task_blocks(task("approval", texts=texts))

    assert exact_words(blocks) == "We know.Wir wissen es."
    assert all(f"Language: {language}" in text_of(blocks) for language in texts)


def test_long_words_that_fit_are_shown_whole() -> None:
    text = " ".join(f"{number:05}" for number in range(1_100))
    blocks = task_blocks(task("approval", texts={"en": text}, do="How. " * 300), address=ADDRESS)

    assert exact_words(blocks) == text
    assert "approve" in pressable(blocks)
    assert refused(blocks) == []


def test_words_that_do_not_fit_are_linked_to_and_can_not_be_approved() -> None:
    blocks = task_blocks(task("approval", texts={"en": LONG}), address=ADDRESS)

    assert "word word" not in text_of(blocks)
    assert "there is no Approve button here" in text_of(blocks)
    assert pressable(blocks)["web_room"]["url"] == f"{ADDRESS}/rooms/INC-7/steps/freeze"
    assert not {"approve", "reject"} & set(pressable(blocks))


def test_words_that_do_not_fit_are_said_to_be_elsewhere_without_an_address() -> None:
    blocks = task_blocks(task("approval", texts={"en": LONG}))

    assert "Read them whole on the page of this step" in text_of(blocks)
    assert set(pressable(blocks)) == {"more:comment", "more:snooze"}


@pytest.mark.parametrize("address", ["javascript:alert(1)", "firebreak.example.com", ""])
def test_only_what_a_browser_opens_is_linked_to(address: str) -> None:
    assert "web_room" not in pressable(task_blocks(task("approval", texts={"en": LONG}), address=address))


def test_masked_words_can_not_be_approved_in_the_room() -> None:
    blocks = task_blocks(task("approval", texts={"en": "[personal]"}, masked=True, previous=None), address=ADDRESS)

    assert "a direct message" in text_of(blocks)
    assert exact_words(blocks) == ""
    assert not {"approve", "reject", "web_room"} & set(pressable(blocks))


def test_words_that_nobody_can_see_are_named() -> None:
    assert "can't be seen: U+202E" in text_of(task_blocks(task("approval", texts={"en": "We know \u202e.emos"})))


def test_done_work_is_shown_whole_to_who_approves_it() -> None:
    blocks = task_blocks(task("approval", texts={}, version=None, previous=None, work=WORK))

    assert exact_words(blocks) == "Ticked: Both sides heard\nResult: No fault found"


def test_keys_say_who_gave_them_and_when_and_who_is_missing() -> None:
    given = {**KEY, "decision": "approve", "stands": True, "comment": None, "version": 2}
    text = text_of(task_blocks(task("approval", keys=[given])))

    assert "*Keys: 1 of 2 given*" in text
    assert f"*Given:* Counsel, Ben Okafor, <!date^1772442000^{{date_short_pretty}} {{time}}|{AT[:10]} 09:00 UTC>" in text
    assert "*Missing:* Head of communications, nobody yet" in text


def test_a_key_on_other_words_is_missing() -> None:
    assert "*Missing:* Counsel, Ben Okafor (rejected version 1: too soon)" in text_of(task_blocks(task("approval")))


def test_whoever_writes_reads_why_it_was_sent_back() -> None:
    assert "*Sent back* by Ben Okafor: too soon" in text_of(task_blocks(task("statement")))


def test_words_to_post_stand_in_a_box_that_copies_them() -> None:
    boxes = [block for block in task_blocks(task("publish")) if block["type"] == "rich_text"]

    assert [exact_words([box]) for box in boxes] == ["We know about a video & <more>."]


def test_posted_words_say_where_they_are_and_which_are_missing() -> None:
    text = text_of(task_blocks(task("publish")))

    assert "newsroom: *not posted yet*" in text
    assert "brand_x (x.com/@example): posted by <@U0ANA>, https://x.example/1, *not the approved words*" in text


def test_changed_words_are_said_in_words() -> None:
    text = difference("We are looking into it and will say more.", "We are looking into this and will say much more soon.")

    assert text.splitlines() == [
        "*Changed since version 1*",
        "•  “it” is now “this”",
        "•  “more.” is now “much more soon.”",
    ]


def test_new_words_are_said_with_their_place() -> None:
    assert "•  new after “for the people”: “and their families”" in difference(
        "We care for the people .", "We care for the people and their families ."
    )


def test_words_that_went_are_said_to_be_gone() -> None:
    assert "•  gone after “about a video”: “filmed today”" in difference("We know about a video filmed today .", "We know about a video .")


def test_an_approval_says_what_changed() -> None:
    assert "“film” is now “video”" in text_of(task_blocks(task("approval")))


def test_an_approval_that_was_given_says_it_no_more() -> None:
    assert "Changed since" not in text_of(task_blocks(task("approval", state="done")))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("We know.", "We know.", "the words are the same"),
        ("We  know.", "We know.", "only spaces or line breaks"),
        ("Nothing at all to say today", "We know about a video and care", "nearly every word"),
        ("a " * 5_000, "b " * 5_000, "too long to compare"),
        (" ".join("ab" * 20), " ".join("ac" * 20), "and 14 more changes"),
    ],
)
def test_a_difference_is_never_longer_than_the_words(before: str, after: str, said: str) -> None:
    assert said in difference(before, after)


def test_a_new_language_is_a_change() -> None:
    text = changes({"version": 3, "texts": {"en": "We know."}}, {"en": "We know.", "de": "Wir wissen es."})

    assert text == "*Changed since version 3*\n•  de: this language is new"


def test_nobody_can_put_markup_into_a_difference() -> None:
    assert "<!channel>" not in difference("We know about it.", "We know about <!channel>.")


@pytest.mark.parametrize("text", ["a" * 10_000, "word " * 3_000, "&<>" * 4_000, "line\n" * 2_000, "é" * 2_901])
def test_chunks_lose_nothing_and_fit(text: str) -> None:
    parts = chunks(text) or []

    assert "".join(parts) == text
    assert max(len(escape(part)) for part in parts) <= 2_900


def test_words_with_a_block_that_shows_nothing_are_not_shown_in_part() -> None:
    assert chunks("a" + " " * 9_000 + "b") is None
