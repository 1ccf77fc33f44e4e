"""The picture as Mermaid: every line of a known form, every label quoted, and no character in it that could mean something."""

import re

import pytest

from engine.authoring.drawing.mermaid import escaped, mermaid
from tests.authoring.given_books import HOSTILE, SHIPPED, book, shipped

LABEL = r'"[^"`<>|\[\]{}\\]*(?:<br/>[^"`<>|\[\]{}\\]*)*"'
NODE = re.compile(
    rf"    s\d+(\[{LABEL}\]|\[/{LABEL}/\]|\[\[{LABEL}\]\]|\[\({LABEL}\)\]|\(\[{LABEL}\]\)|\({LABEL}\)|>{LABEL}\]|\{{\{{{LABEL}\}}\}})"
)
EDGE = re.compile(rf"    s\d+ -->(\|{LABEL}\|)? s\d+")
TOLD = re.compile(r"    acc(Title|Descr): [^#;<>\"{}|]+")


@pytest.mark.parametrize("name", [*SHIPPED, "hostile"])
def test_every_line_is_a_node_an_arrow_or_a_title(name: str) -> None:
    first, *lines = mermaid(book(HOSTILE) if name == "hostile" else shipped(name)).splitlines()

    assert first == "flowchart TD"
    assert [line for line in lines if not (NODE.fullmatch(line) or EDGE.fullmatch(line) or TOLD.fullmatch(line))] == []


@pytest.mark.parametrize("name", SHIPPED)
def test_every_step_is_a_node_and_every_arrow_leads_to_one(name: str) -> None:
    text, playbook = mermaid(shipped(name)), shipped(name).playbook
    nodes = set(re.findall(r"^    (s\d+)[\[({>]", text, re.MULTILINE))
    ends = set(re.findall(r"(?:^    |\s)(s\d+)(?: -->|$)", text, re.MULTILINE))

    assert len(nodes) == len(playbook.steps) + len(playbook.follow_ups)
    assert ends <= nodes


def test_answers_stand_on_their_arrows_in_words() -> None:
    assert 's6 -->|"Yes, real and us / Cannot tell yet"| s11' in mermaid(shipped("filmed_workplace_argument"))


def test_a_label_can_not_end_itself() -> None:
    assert escaped('a"]; <b> #quot;') == "a#34;#93;#59; #60;b#62; #35;quot#59;"
