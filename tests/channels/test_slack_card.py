"""The card says first what counts, has five buttons at most, and always fits."""

from hypothesis import given

from engine.channels.blocks import MAX_CHARACTERS, card_blocks
from tests.channels.drawn import HOSTILE, injected, pressable, refused, rows, text_of
from tests.channels.slack_facts import AT, DUE, card

ADDRESS = "https://firebreak.example.com"
HOLD = {"by": "ben", "at": AT, "reason": "Counsel has doubts"}


def test_slack_takes_the_card() -> None:
    blocks = card_blocks(card(hold=HOLD, rehearsal=True, merged_into="INC-3", next_check_at=DUE), address=ADDRESS)

    assert refused(blocks) == []


def test_a_card_says_the_severity_in_words() -> None:
    assert "SEV2: Spreading" in text_of(card_blocks(card()))


def test_a_card_says_what_was_reached_and_what_was_missed() -> None:
    text = text_of(card_blocks(card()))

    assert "Everyone contacted: reached" in text
    assert "Staff told by us: *missed*" in text
    assert "Fixed: not needed any more" in text


def test_nobody_eligible_is_said_aloud() -> None:
    assert "Counsel: *nobody eligible*" in text_of(card_blocks(card()))


def test_a_card_says_what_is_due_next_and_when_there_is_news() -> None:
    text = text_of(card_blocks(card(next_check_at=DUE)))

    assert "*Next due*" in text
    assert "*Next update*" in text


def test_a_rehearsal_is_said_before_everything_else() -> None:
    assert "This is a rehearsal" in card_blocks(card(rehearsal=True, hold=HOLD))[1]["text"]["text"]


def test_a_hold_is_said_before_the_facts() -> None:
    assert "*On hold*" in card_blocks(card(hold=HOLD))[1]["text"]["text"]


def test_a_card_has_five_elements_to_press() -> None:
    [buttons] = rows(card_blocks(card(), address=ADDRESS))

    assert [each["action_id"] for each in buttons] == ["my_tasks", "note", "severity", "web_room", "more"]
    assert buttons[3]["url"] == "https://firebreak.example.com/rooms/INC-7"


def test_the_menu_holds_what_the_lead_does_seldom() -> None:
    free, held = pressable(card_blocks(card())), pressable(card_blocks(card(hold=HOLD, contained_at=AT)))

    assert [name for name in free if ":" in name] == ["more:hold", "more:add_task", "more:link", "more:contain", "more:cancel"]
    assert [name for name in held if ":" in name] == ["more:release", "more:add_task", "more:link", "more:close", "more:cancel"]
    assert free["more:hold"]["value"] == "INC-7"


def test_an_incident_that_is_over_takes_notes_only() -> None:
    assert set(pressable(card_blocks(card(status="complete", closed_at=AT)))) == {"my_tasks", "note"}


@given(HOSTILE, HOSTILE, HOSTILE)
def test_no_text_breaks_the_card(title: str, role: str, person: str) -> None:
    facts = card(title=title, playbook=title, severity_title=role, people={"ana": {"name": person, "slack": None}}, next_check_at=DUE)
    step, milestone, holder = facts["now"][0], facts["milestones"][0], facts["roles"][0]
    facts["now"] = [{**step, "title": title, "role_title": role}] * 8
    facts["milestones"] = [{**milestone, "title": title}] * 30
    facts["roles"] = [{**holder, "title": role}] * 30
    facts["hold"] = {"by": "ana", "at": AT, "reason": title}
    blocks = card_blocks(facts, address=ADDRESS)

    assert refused(blocks) == []
    assert len(text_of(blocks)) <= MAX_CHARACTERS
    assert not injected(blocks)
