"""While the secret is rotated, addresses in mails, pages and sessions of the old one are good; without it they are not."""

from datetime import UTC, datetime

import pytest

from api.answers import Answers
from api.room.sessions import Sessions, Visitor
from engine.incident.actor import Actor
from engine.store.seal import Sealer
from engine.store.tokens import Token

OLD, NEW = "the-old-secret-of-this-house", "the-new-secret-of-this-house"
BOTH = f"{NEW},{OLD}"
NOW = datetime(2026, 11, 23, 17, tzinfo=UTC)
VISITOR = Visitor(Token("t1", "phone", frozenset(), "ben", False, NOW, None, None, None), Actor(person="ben"), "ben", "s1")
CASES = [(OLD, BOTH, True), (BOTH, OLD, False), (BOTH, NEW, True), (OLD, NEW, False), (NEW, BOTH, True)]


@pytest.mark.parametrize(("made_with", "read_with", "is_good"), CASES)
def test_an_address_in_a_mail(made_with: str, read_with: str, is_good: bool) -> None:
    token = Answers(Sealer(made_with), "https://firebreak.example").token("INC-7:3:0")

    assert (Answers(Sealer(read_with), "https://firebreak.example").delivery(token) is not None) is is_good


@pytest.mark.parametrize(("made_with", "read_with", "is_good"), CASES)
def test_a_session_and_what_its_forms_carry(made_with: str, read_with: str, is_good: bool) -> None:
    made, read = Sessions(Sealer(made_with)), Sessions(Sealer(read_with))

    assert (read.opened(made.sealed("fb_token", NOW), NOW) is not None) is is_good
    assert (read.number(VISITOR, made.numbered(VISITOR)) is not None) is is_good
