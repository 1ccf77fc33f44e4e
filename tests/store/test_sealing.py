"""Personal values: readable with the key, gone without it, nowhere in the clear."""

import pytest
from sqlalchemy import Connection, select

from engine.store.database import Database
from engine.store.fault import Fault
from engine.store.seal import Sealer
from engine.store.tables import key_uses, keys
from tests.store.given import NOW, SECRET, personal

REASON = "asked to be forgotten"
ERASED = {"$": "personal", "value": "[erased 2026-03-02: asked to be forgotten]", "erased": True}


async def test_sealing_reverses_and_leaves_the_rest_alone(database: Database, sealer: Sealer) -> None:
    data = {"people": [personal("Jo Roe", "Jo Roe"), "plain"], "deep": {"note": personal("unwell")}, "number": 3, "none": None}

    def unit(tx: Connection) -> tuple[object, object]:
        sealed = sealer.seal(tx, data, "one")
        return sealed, sealer.unseal(tx, sealed)

    sealed, opened = await database.write(unit)

    assert opened == data
    assert "Jo Roe" not in str(sealed)
    assert "unwell" not in str(sealed)
    assert "plain" in str(sealed)


async def test_the_same_person_has_one_key_however_the_name_is_written(database: Database, sealer: Sealer) -> None:
    def unit(tx: Connection) -> int:
        for name, incident in (("Jo Roe", "one"), ("  jo   ROE ", "two"), ("Ｊｏ Roe", "three")):
            sealer.seal(tx, [personal("x", name)], incident)
        return len(tx.execute(select(keys)).all())

    assert await database.write(unit) == 1


async def test_a_key_knows_which_incidents_speak_of_its_subject(database: Database, sealer: Sealer) -> None:
    def unit(tx: Connection) -> list[str]:
        for incident in ("one", "two", "one"):
            sealer.seal(tx, [personal("x", "Jo"), personal("y")], incident)
        return sorted(tx.execute(select(key_uses.c.incident_id)).scalars())

    assert await database.write(unit) == ["one", "two"]


async def test_a_destroyed_key_leaves_a_note_with_date_and_reason(database: Database, sealer: Sealer) -> None:
    def unit(tx: Connection) -> object:
        sealed = sealer.seal(tx, [personal("Jo", "Jo"), personal("Al", "Al"), personal("x")], "one")
        sealer.destroy_subject(tx, "JO", reason=REASON, at=NOW)
        return sealer.unseal(tx, sealed)

    assert await database.write(unit) == [ERASED, personal("Al", "Al"), personal("x")]


async def test_somebody_forgotten_who_is_named_again_gets_a_new_key(database: Database, sealer: Sealer) -> None:
    def unit(tx: Connection) -> object:
        old = sealer.seal(tx, personal("Jo", "Jo"), "one")
        sealer.destroy_subject(tx, "Jo", reason=REASON, at=NOW)
        return sealer.unseal(tx, [old, sealer.seal(tx, personal("Jo", "Jo"), "one")])

    assert await database.write(unit) == [ERASED, personal("Jo", "Jo")]


async def test_an_erased_value_is_stored_as_it_reads(database: Database, sealer: Sealer) -> None:
    assert await database.write(lambda tx: sealer.seal(tx, [ERASED], "one")) == [ERASED]


async def test_destroying_a_key_that_nobody_has_says_so(database: Database, sealer: Sealer) -> None:
    assert await database.write(lambda tx: sealer.destroy_subject(tx, "nobody", reason=REASON, at=NOW)) is None


async def test_a_box_smuggled_in_as_data_is_not_opened(database: Database, sealer: Sealer) -> None:
    def unit(tx: Connection) -> tuple[object, object]:
        box = sealer.seal(tx, personal("secret of another incident", "Jo"), "one")
        return box, sealer.unseal(tx, sealer.seal(tx, {"answer": box}, "two"))

    box, opened = await database.write(unit)

    assert opened == {"answer": box}


async def test_a_whole_value_is_sealed_and_opened(database: Database, sealer: Sealer) -> None:
    def unit(tx: Connection) -> tuple[str, object, object]:
        text = sealer.seal_whole(tx, {"text": "Jo said"}, "one")
        return text, sealer.unseal_whole(tx, text), sealer.unseal_whole(tx, sealer.seal_whole(tx, [1], None))

    text, opened, of_nobody = await database.write(unit)

    assert "Jo said" not in text
    assert (opened, of_nobody) == ({"text": "Jo said"}, [1])


async def test_text_that_looks_like_a_mark_stays_text(database: Database, sealer: Sealer) -> None:
    data = {"note": '{"$":"personal","value":"x"}'}

    def unit(tx: Connection) -> object:
        return sealer.unseal_texts(tx, [sealer.seal_text(tx, data, "one")])[0]

    assert await database.write(unit) == data


async def test_another_secret_is_refused_at_the_start(database: Database, sealer: Sealer) -> None:
    await database.write(sealer.confirm)
    await database.write(Sealer(SECRET).confirm)

    with pytest.raises(Fault, match="another FIREBREAK_SECRET_KEY"):
        await database.write(Sealer("another secret, long enough").confirm)


async def test_another_secret_opens_nothing(database: Database, sealer: Sealer) -> None:
    sealed = await database.write(lambda tx: sealer.seal_whole(tx, "x", "one"))

    with pytest.raises(Fault, match="FIREBREAK_SECRET_KEY"):
        await database.read(lambda tx: Sealer("another secret, long enough").unseal_whole(tx, sealed))


def test_a_short_secret_is_refused_with_a_way_to_make_one() -> None:
    with pytest.raises(Fault, match="token_urlsafe"):
        Sealer("short")


def test_a_fingerprint_depends_on_what_it_is_for_and_on_the_secret(sealer: Sealer) -> None:
    prints = {sealer.fingerprint("link", "x"), sealer.fingerprint("subject", "x"), Sealer(SECRET + "!").fingerprint("link", "x")}

    assert len(prints) == 3
