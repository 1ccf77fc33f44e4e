"""`GET /v1/incidents?q=`: an incident is found by what everybody may read in it, and by nothing else."""

from typing import Any

import pytest
from sqlalchemy import Connection, text

from engine.runtime.indexing import Indexing
from tests.api.given import House


async def told(house: House, playbook: str = "trial") -> str:
    """An incident in which everything has been said that a search may find, or may not."""
    key = await house.declared(
        playbook, title="Harbour flooded", external_ref="TICKET-4711", inputs={"site": "Plant 4", "people": ["Fred Hollis"]}
    )
    steps = f"/v1/incidents/{key}/steps"
    await house.does("ana", f"/v1/incidents/{key}/note", text="The pumps are late")
    await house.does("ana", f"/v1/incidents/{key}/note", text="Fred Hollis has called his lawyer")
    await house.does("ana", f"/v1/incidents/{key}/add-task", title="Order sandbags", role="press")
    await house.does("ana", f"{steps}/facts/comment", text="asked the harbourmaster")
    await house.does("ben", f"{steps}/care/comment", text="a broken arm")
    await house.does("ben", f"{steps}/care/complete", result="a bruised knee")
    for item in ("Who", "Where"):
        await house.does("ana", f"{steps}/facts/tick", item=item)
    await house.does("ana", f"{steps}/facts/complete")
    await house.does("cho", f"{steps}/speak/answer", option="post")
    await house.does("dee", f"{steps}/draft/submit", text="We pump all night.")
    return key


async def found(house: House, question: str, who: str = "eve") -> list[str]:
    answer = await (await house.person(who)).get("/v1/incidents", params={"q": question})
    assert answer.status_code == 200, answer.text
    return [item["key"] for item in answer.json()["items"]]


def rows(tx: Connection) -> list[Any]:
    return [tuple(row) for row in tx.execute(text("SELECT id, words FROM search_texts ORDER BY id"))]


async def test_an_incident_is_found_by_what_everybody_may_read_in_it(house: House) -> None:
    key, other = await told(house), await house.declared(title="Something else")
    questions = {
        "its key": key,
        "its title": "flooded harb",
        "its reference": "TICKET-4711",
        "a step": '"what happened"',
        "a task that was added": "sandbags",
        "a note": "pumps late",
        "a comment": "harbourmaster",
        "words that were submitted": '"pump all night"',
        "words of different texts": "flooded sandbags night",
    }
    answers = {what: await found(house, question) for what, question in questions.items()}

    assert {what: keys for what, keys in answers.items() if keys != ([other, key] if what == "a step" else [key])} == {}


@pytest.mark.parametrize("question", ["Hollis", "lawyer", '"broken arm"', '"bruised knee"', '"Speak to the people"', "Fred"])
async def test_what_is_private_personal_or_sealed_is_in_no_index(house: House, question: str) -> None:
    await told(house)

    assert [await found(house, question, who) for who in ("eve", "ana", "ben")] == [[], [], []]


async def test_nobody_finds_what_they_may_not_know_of(house: House) -> None:
    key = await told(house, "quiet")

    assert [await found(house, "sandbags", who) for who in ("eve", "ana")] == [[], [key]]
    assert [item["key"] for item in (await (await house.admin()).get("/v1/incidents?q=sandbags")).json()["items"]] == [key]


@pytest.mark.parametrize(
    ("question", "says"), [("%", "no word"), ("* - | &", "no word"), ("a b c d e f g h i j k l m n o p q r s t u", "21 words")]
)
async def test_a_question_without_words_or_with_too_many_is_422(house: House, question: str, says: str) -> None:
    answer = await (await house.person("ana")).get("/v1/incidents", params={"q": question})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "q")
    assert says in answer.json()["errors"][0]["message"]


async def test_a_question_of_10_kb_is_422(house: House) -> None:
    answer = await (await house.person("ana")).get("/v1/incidents", params={"q": "word " * 2_000})

    assert answer.status_code == 422


async def test_pages_of_a_search_go_on_where_they_ended(house: House) -> None:
    keys = [await house.declared(title=f"Flood {number}") for number in range(3)]
    ana = await house.person("ana")
    first = (await ana.get("/v1/incidents", params={"q": "flood", "limit": 2})).json()
    rest = (await ana.get("/v1/incidents", params={"q": "flood", "limit": 2, "cursor": first["next"]})).json()

    assert [item["key"] for item in (*first["items"], *rest["items"])] == keys[::-1]


async def test_what_was_declared_before_there_was_an_index_is_added_whole(house: House) -> None:
    key = await told(house)
    await told(house, "quiet")
    database, sealer = house.parts.database, house.parts.sealer
    before = await database.read(rows)
    await database.write(lambda tx: tx.execute(text("DELETE FROM search_texts")))
    await house.does("ana", f"/v1/incidents/{key}/note", text="said meanwhile")
    meanwhile = await database.read(rows)

    await Indexing(database, sealer, house.parts.library).catch_up()

    after = await database.read(rows)
    assert meanwhile == []
    assert [row for row in after if row in before] == before
    assert await found(house, "meanwhile") == [key]
