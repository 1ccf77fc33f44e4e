"""The picture as SVG: complete, without overlaps, the same every time, and nothing in it that an author could smuggle in."""

import subprocess
import sys
from itertools import combinations, pairwise
from xml.etree import ElementTree as ET

import pytest

from engine.authoring.drawing.columns import spread
from engine.authoring.drawing.layout import Box, Layout, laid_out
from engine.authoring.drawing.measure import width, wrap
from engine.authoring.drawing.svg import svg
from tests.authoring.given_books import HOSTILE, SHIPPED, book, shipped, small

SVG = "{http://www.w3.org/2000/svg}"


def texts(picture: str) -> str:
    return " ".join(part for part in ET.fromstring(picture).itertext())  # our own bytes


def touch(a: Box, b: Box) -> bool:
    return a.x < b.x + b.card.width and b.x < a.x + a.card.width and a.y < b.bottom and b.y < a.bottom


def through(layout: Layout) -> list[tuple[str, str]]:
    """List arrows that run through a card which they neither leave nor enter, where they run straight."""
    found = []
    for arrow in layout.arrows:
        for (x, y), (to_x, to_y) in list(pairwise(arrow.points))[2::2]:
            inside = [b for b in layout.boxes if b.x < x < b.x + b.card.width and y < b.bottom and b.y < to_y and x == to_x]
            found += [(arrow.link.end, box.card.step) for box in inside]
    return found


@pytest.mark.parametrize("name", SHIPPED)
def test_no_two_cards_overlap(name: str) -> None:
    layout = laid_out(shipped(name))

    assert [(a.card.step, b.card.step) for a, b in combinations(layout.boxes, 2) if touch(a, b)] == []


@pytest.mark.parametrize("name", SHIPPED)
def test_no_arrow_runs_through_a_card(name: str) -> None:
    assert through(laid_out(shipped(name))) == []


@pytest.mark.parametrize("name", SHIPPED)
def test_every_step_follow_up_role_and_option_is_drawn(name: str) -> None:
    playbook, layout = shipped(name).playbook, laid_out(shipped(name))
    said = " ".join(box.card.words for box in layout.boxes)
    roles = {playbook.roles[step.role].title for step in playbook.steps if step.role}
    options = {option.label for step in playbook.steps if step.kind == "decision" for option in step.options.values()}

    assert {box.card.step for box in layout.boxes} == {step.id for step in playbook.steps} | {each.id for each in playbook.follow_ups}
    assert [words for words in (*roles, *options) if " ".join(words.split()) not in said] == []


@pytest.mark.parametrize("name", SHIPPED)
def test_arrows_lead_down(name: str) -> None:
    for arrow in laid_out(shipped(name)).arrows:
        heights = [y for _, y in arrow.points]

        assert heights == sorted(heights)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_need_is_an_arrow_a_way_along_arrows_or_a_number_on_the_card(name: str) -> None:
    playbook = shipped(name)
    layout = laid_out(playbook)
    below: dict[str, set[str]] = {}
    for arrow in layout.arrows:
        below.setdefault(arrow.link.end, set()).add(arrow.link.start)
    listed = {box.card.step for box in layout.boxes if any(line.text.startswith("after ") for line in box.card.said)}

    def above(step: str) -> set[str]:
        if step in listed:
            return set(playbook.graph.ancestors(step))
        return {name for start in below.get(step, ()) for name in (start, *above(start))}

    assert {step: set(parents) - above(step) for step, parents in playbook.graph.parents.items() if set(parents) - above(step)} == {}


def test_the_letters_of_answers_stand_on_the_arrows() -> None:
    links = {(arrow.link.start, arrow.link.end): arrow.link.mark for arrow in laid_out(shipped("filmed_workplace_argument")).arrows}

    assert links["real", "draft_holding"] == "A, B"
    assert links["named_online", "run_protect"] == "A  Yes"
    assert links["facts", "real"] == ""


def test_a_step_that_waits_for_many_names_them_instead_of_drawing_arrows() -> None:
    layout = laid_out(shipped("filmed_workplace_argument"))
    (close,) = (box.card for box in layout.boxes if box.card.step == "close")

    assert [arrow for arrow in layout.arrows if arrow.link.end == "close"] == []
    assert "after 3, 7, 10, 16, 17, 18, 22, 23, 25, 26, 27, 29 and 32" in close.words


def test_keys_privacy_severity_and_promises_are_marked() -> None:
    said = texts(svg(shipped("filmed_workplace_argument")))

    assert "keys: Employment counsel and" in said
    assert "Task · private" in said
    assert "only from severity “Crisis”" in said
    assert "◆ Staff told by us: 45 min" in said
    assert "due 30 min from start" in said


@pytest.mark.parametrize("seed", ["0", "1", "4711"])
def test_the_same_playbook_gives_the_same_bytes_in_every_process(seed: str) -> None:
    begin = "from tests.authoring.given_books import shipped; from engine.authoring.drawing.svg import svg"
    program = f"import sys; {begin}; sys.stdout.write(svg(shipped('employee_doxxing')))"
    drawn = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env={"PYTHONHASHSEED": seed}, check=True)

    assert drawn.stdout == svg(shipped("employee_doxxing"))


def test_what_an_author_wrote_stays_text() -> None:
    root = ET.fromstring(svg(book(HOSTILE)))  # our own bytes
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}

    assert tags == {"svg", "title", "desc", "style", "defs", "marker", "path", "rect", "g", "text"}
    assert "<script>alert(1)</script>" in "".join(root.itertext())
    assert "\u202e" not in svg(book(HOSTILE))


@pytest.mark.parametrize("name", SHIPPED)
def test_nothing_is_fetched_and_nothing_runs(name: str) -> None:
    root = ET.fromstring(svg(shipped(name)))  # our own bytes
    attributes = {key for element in root.iter() for key in element.attrib}

    assert not {key for key in attributes if key.startswith("on") or "href" in key}
    assert svg(shipped(name)).count("://") == 1  # the name of SVG itself


def test_it_has_a_title_and_a_description() -> None:
    root = ET.fromstring(svg(shipped("filmed_workplace_argument")))  # our own bytes
    title, about = root.find(f"{SVG}title"), root.find(f"{SVG}desc")

    assert title is not None
    assert title.text == "Filmed workplace argument goes viral"
    assert about is not None
    assert root.get("aria-labelledby") == f"{title.get('id')} {about.get('id')}"


@pytest.mark.parametrize("title", ["x" * 300, "🔥" * 80, "فريق " * 50, "a b " * 70, "日本語" * 60])
def test_a_hostile_title_is_broken_into_lines_that_fit_its_card(title: str) -> None:
    layout = laid_out(small(f"id: aa, task: '{title}', role: lead", "id: bb, task: Then, role: lead, needs: [aa]"))
    card = layout.boxes[0].card
    lines = [line.text for line in card.lines if line.style == "title"]

    assert max(width(line, 13, bold=True) for line in lines) <= card.width
    assert "".join(lines).replace(" ", "") == title.replace(" ", "")
    assert not touch(layout.boxes[0], layout.boxes[1])


def test_one_lonely_step_can_be_drawn() -> None:
    assert "Only one" in texts(svg(small("id: aa, task: Only one, role: lead")))


def test_many_steps_without_arrows_fill_several_rows() -> None:
    layout = laid_out(small(*(f"id: s{number:02}, task: Step {number}, role: lead" for number in range(20))))

    assert len({box.y for box in layout.boxes}) == 3
    assert not any(touch(a, b) for a, b in combinations(layout.boxes, 2))


def test_points_move_no_more_than_they_must() -> None:
    assert spread([0, 0, 100], [10, 10]) == [-5, 5, 100]


def test_lines_end_with_an_ellipsis_when_there_are_too_many() -> None:
    assert wrap("one two three four five six", 40, 12, most=2)[-1].endswith("…")
