"""Words find incidents alike on both databases: whole, begun, in quotes; what is no word is no operator either."""

import pytest
from sqlalchemy import Connection, text

from engine.store.database import Database
from engine.store.seal import Sealer
from engine.store.search_index import add_texts, is_indexed, unindexed
from engine.store.views import IncidentFilter, incidents_counted, incidents_found
from engine.store.words import BadQuestion, Term, terms_of, words_in
from tests.store.given import declare

TEXTS = {
    1: [(1, ["INC-1", "Überfall in the café", "TICKET-4711"]), (4, ["the scheduler was paused at 10:30"])],
    2: [(1, ["INC-2", "Cafeteria closed", "ops@example.com"])],
    3: [(1, ["INC-3", "日本語 のテスト", "1e5 -0 3.14"]), (2, ["closed the case, for good"])],
    12: [(1, ["INC-12", "don't AND NOT OR near"]), (2, ["in the café after all"])],
}
FOUND = [
    ("cafe", [12, 2, 1]),
    ("CAFÉ", [12, 2, 1]),
    ('"café"', [12, 1]),
    ("caf*", [12, 2, 1]),
    ("überfall", [1]),
    ("uberfa", [1]),
    ("INC-1", [1]),
    ("INC-1*", [12, 1]),
    ("inc 1", [1]),
    ("TICKET-4711", [1]),
    ("ops@example.com", [2]),
    ("example.com", [2]),
    ("scheduler cafe", [1]),
    ('"the scheduler"', [1]),
    ('"scheduler the"', []),
    ('"in the café"', [12, 1]),
    ('"in the ca"*', [12, 1]),
    ("日本", [3]),
    ("1e5", [3]),
    ("-0", [3]),
    ("3.14", [3]),
    ("10:30", [1]),
    ("AND", [12]),
    ("NOT closed", []),
    ("closed", [3, 2]),
    ("closed OR", []),
    ("don't", [12]),
    ("NEAR(closed case)", []),
    ("words:cafe", []),
    ("cafe) OR (closed", []),
    ("cafe & closed | ! <->", [2]),
    ("'; drop table search_texts; --", []),
    ('cafe "', [12, 2, 1]),
    ('"" cafe', [12, 2, 1]),
    ("a" * 300, []),
    ("\u202ecafe\u202c", [12, 2, 1]),
    ("😀 cafe", [12, 2, 1]),
    ("ﬁ", []),
]


def fill(tx: Connection, sealer: Sealer) -> None:
    for number, texts in TEXTS.items():
        declare(tx, sealer, number)
        add_texts(tx, number, texts)


async def test_words_find_the_same_on_every_database(database: Database, sealer: Sealer) -> None:
    def asked(tx: Connection, question: str) -> list[int]:
        page = incidents_found(tx, sealer, IncidentFilter(text=question), viewer=None)
        assert incidents_counted(tx, IncidentFilter(text=question), viewer=None) == len(page.items)
        return [row.number for row in page.items]

    await database.write(lambda tx: fill(tx, sealer))
    found = await database.read(lambda tx: {question: asked(tx, question) for question, _ in FOUND})

    assert found == dict(FOUND)


@pytest.mark.parametrize("question", ["%", "_", "\\", '""', "*", "-", "😀", "\u202e", "a b c d e f g h i j k l m n o p q r s t u"])
def test_what_has_no_word_or_too_many_says_so(question: str) -> None:
    with pytest.raises(BadQuestion):
        terms_of(question)


def test_words_are_ascii_and_begin_with_what_they_began_with() -> None:
    (word,), (beginning,) = words_in("日本語"), words_in("日本")

    assert word.isascii()
    assert word.startswith(beginning)
    assert words_in("snake_case Ärger 1e5") == ["wsnake", "wcase", "warger", "w1e5"]


def test_a_word_that_is_asked_for_twice_is_looked_for_once() -> None:
    assert terms_of("cafe cafe") == (Term(("wcafe",), is_open=True),)


async def test_what_is_hidden_is_neither_found_nor_counted(database: Database, sealer: Sealer) -> None:
    def unit(tx: Connection) -> list[tuple[int, int]]:
        declare(tx, sealer, 1, visibility="participants", participants=["ana"])
        declare(tx, sealer, 2, visibility="organisation")
        for number in (1, 2):
            add_texts(tx, number, [(1, ["quarrel"])])
        wanted = IncidentFilter(text="quarrel")
        viewers = ("ana", "eve", "", None)
        return [
            (len(incidents_found(tx, sealer, wanted, viewer=viewer).items), incidents_counted(tx, wanted, viewer=viewer))
            for viewer in viewers
        ]

    assert await database.write(unit) == [(2, 2), (1, 1), (1, 1), (2, 2)]


async def test_what_is_not_in_the_index_is_known(database: Database, sealer: Sealer) -> None:
    def unit(tx: Connection) -> tuple[object, ...]:
        ids = [declare(tx, sealer, number) for number in (1, 2, 3)]
        add_texts(tx, 2, [(1, ["two"])])
        return unindexed(tx, limit=9) == [ids[2], ids[0]], unindexed(tx, limit=1) == [ids[2]], is_indexed(tx, 2), is_indexed(tx, 1)

    assert await database.write(unit) == (True, True, True, False)


async def test_a_row_that_goes_goes_from_the_index(database: Database, sealer: Sealer) -> None:
    def unit(tx: Connection) -> int:
        fill(tx, sealer)
        tx.execute(text("DELETE FROM search_texts"))
        return incidents_counted(tx, IncidentFilter(text="cafe"), viewer=None)

    assert await database.write(unit) == 0
