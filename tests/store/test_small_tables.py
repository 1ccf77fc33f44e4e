"""Alarms, settings, playbooks, tokens and idempotency keys: each keeps its one promise."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from engine.store.alarms import due_alarms, next_alarm_at, set_alarm
from engine.store.database import Database
from engine.store.idempotency import Mismatch, New, Overtaken, Running, Stored, forget_expired, release, reserve, save
from engine.store.library import PlaybookVersion, Publication, all_latest, by_digest, by_version, latest, publish, versions
from engine.store.seal import Sealer
from engine.store.settings import put_setting, setting
from engine.store.tables import idempotency_keys, tokens
from engine.store.tokens import create_token, find_token, is_touch_due, list_tokens, revoke_token, token_by_id, touch_token
from tests.store.given import NOW, declare, minutes

FIRST = PlaybookVersion("filmed", "1.0.0", "a" * 64, "source: 1", {"templates/x.j2": "Hello"}, NOW)
SECOND = replace(FIRST, version="1.1.0", digest="b" * 64, published_at=minutes(1))
OTHER = replace(FIRST, id="doxxing", digest="c" * 64)
ANSWER = Stored(201, {"key": "INC-1"}, {"Location": "/v1/incidents/INC-1"})


async def test_an_incident_has_one_alarm_and_the_longest_due_comes_first(database: Database, sealer: Sealer) -> None:
    def unit(tx: Connection) -> tuple[object, ...]:
        ids = [declare(tx, sealer, number) for number in (1, 2, 3)]
        for incident_id, at in zip(ids, (5, 3, 9), strict=True):
            set_alarm(tx, incident_id, minutes(99))
            set_alarm(tx, incident_id, minutes(at))
        first = next_alarm_at(tx)
        due = [due_alarms(tx, minutes(5), 10), due_alarms(tx, minutes(5), 1), due_alarms(tx, NOW, 10)]
        for incident_id in ids:
            set_alarm(tx, incident_id, None)
        return first, due == [[(ids[1], minutes(3)), (ids[0], minutes(5))], [(ids[1], minutes(3))], []], next_alarm_at(tx)

    assert await database.write(unit) == (minutes(3), True, None)


async def test_a_setting_is_the_last_that_was_written(database: Database) -> None:
    def unit(tx: Connection) -> list[str | None]:
        before = setting(tx, "name")
        for value in ("one", "two"):
            put_setting(tx, "name", value)
        return [before, setting(tx, "name")]

    assert await database.write(unit) == [None, "two"]


async def test_the_same_bytes_are_published_once_and_other_bytes_need_another_version(database: Database) -> None:
    def unit(tx: Connection) -> list[Publication]:
        forged = replace(FIRST, digest="f" * 64, source="source: 2")
        return [publish(tx, each, NOW) for each in (FIRST, FIRST, forged)]

    assert await database.write(unit) == [
        Publication("published", "a" * 64),
        Publication("unchanged", "a" * 64),
        Publication("clash", "a" * 64),
    ]


async def test_versions_are_found_by_name_by_digest_and_by_being_the_last(database: Database) -> None:
    def unit(tx: Connection) -> dict[str, object]:
        publish(tx, FIRST, NOW)
        publish(tx, SECOND, minutes(1))
        publish(tx, OTHER, NOW)
        return {
            "latest": latest(tx, "filmed"),
            "by_version": by_version(tx, "filmed", "1.0.0"),
            "by_digest": by_digest(tx, "a" * 64),
            "versions": versions(tx, "filmed"),
            "all": all_latest(tx),
            "unknown": [latest(tx, "x"), by_version(tx, "filmed", "9"), by_digest(tx, "x"), versions(tx, "x")],
        }

    assert await database.write(unit) == {
        "latest": SECOND,
        "by_version": FIRST,
        "by_digest": FIRST,
        "versions": [SECOND, FIRST],
        "all": [OTHER, SECOND],
        "unknown": [None, None, None, []],
    }


async def test_a_token_is_found_by_its_text_which_is_stored_nowhere(database: Database) -> None:
    def unit(tx: Connection) -> tuple[object, ...]:
        secret, token = create_token(tx, "ana's laptop", ["incidents:read"], now=NOW, person="ana", expires_at=minutes(9))
        stored = str([*tx.execute(select(tokens))])
        found = [find_token(tx, secret, minutes(8)), find_token(tx, secret, minutes(9)), find_token(tx, secret + "x", NOW)]
        return secret[:3], len(secret) > 40, secret[3:] in stored, found == [token, None, None], token_by_id(tx, token.id) == token

    assert await database.write(unit) == ("fb_", True, False, True, True)


async def test_a_revoked_token_is_listed_and_not_found(database: Database) -> None:
    def unit(tx: Connection) -> tuple[object, ...]:
        secret, token = create_token(tx, "ci", ["admin", "incidents:read"], now=NOW, act_as=True)
        answers = [revoke_token(tx, name, minutes(1)) for name in (token.id, token.id, "unknown")]
        return answers, find_token(tx, secret, minutes(1)), list_tokens(tx) == [replace(token, revoked_at=minutes(1))]

    assert await database.write(unit) == ([True, False, False], None, True)


async def test_last_use_is_kept_to_five_minutes(database: Database) -> None:
    def unit(tx: Connection) -> list[bool]:
        secret, token = create_token(tx, "ci", [], now=NOW)
        touch_token(tx, token.id, minutes(1))
        used = find_token(tx, secret, minutes(1))
        assert used is not None
        return [is_touch_due(token, NOW), is_touch_due(used, minutes(5)), is_touch_due(used, minutes(6))]

    assert await database.write(unit) == [True, False, True]


def _reserve(tx: Connection, sealer: Sealer, minute: float = 0, *, key: str = "k", body: str = "h") -> object:
    return reserve(tx, sealer, key=key, token_id="t", body_hash=body, now=minutes(minute))


async def test_the_same_key_and_body_get_the_same_answer_for_a_day(database: Database, sealer: Sealer) -> None:
    def unit(tx: Connection) -> list[object]:
        reserved = _reserve(tx, sealer)
        assert isinstance(reserved, New)
        save(tx, sealer, reserved, ANSWER, declare(tx, sealer))
        day = timedelta(hours=24) / timedelta(minutes=1)
        return [_reserve(tx, sealer, 1), _reserve(tx, sealer, 1, body="other"), _reserve(tx, sealer, day - 1), _reserve(tx, sealer, day)]

    assert await database.write(unit) == [ANSWER, Mismatch(), ANSWER, New("t", "k", 1)]


async def test_a_key_belongs_to_its_token(database: Database, sealer: Sealer) -> None:
    def unit(tx: Connection) -> object:
        _reserve(tx, sealer)
        return reserve(tx, sealer, key="k", token_id="another", body_hash="h", now=NOW)

    assert await database.write(unit) == New("another", "k", 1)


async def test_an_answer_and_a_key_are_not_stored_in_the_clear(database: Database, sealer: Sealer) -> None:
    def unit(tx: Connection) -> str:
        reserved = _reserve(tx, sealer, key="about Jo Roe")
        assert isinstance(reserved, New)
        save(tx, sealer, reserved, Stored(200, {"who": "Jo Roe"}), None)
        return str([*tx.execute(select(idempotency_keys))])

    assert "Jo Roe" not in await database.write(unit)


async def test_an_unanswered_reservation_is_running_and_then_taken_over(database: Database, sealer: Sealer) -> None:
    def unit(tx: Connection) -> list[object]:
        return [_reserve(tx, sealer), _reserve(tx, sealer, 0.9), _reserve(tx, sealer, 1)]

    first, running, taken = await database.write(unit)

    assert (first, running, taken) == (New("t", "k", 1), Running(), New("t", "k", 2))
    with pytest.raises(Overtaken):
        await database.write(lambda tx: save(tx, sealer, New("t", "k", 1), ANSWER, None))


async def test_a_released_key_is_new_again(database: Database, sealer: Sealer) -> None:
    def unit(tx: Connection) -> object:
        reserved = _reserve(tx, sealer)
        assert isinstance(reserved, New)
        release(tx, reserved)
        return _reserve(tx, sealer, body="other")

    assert await database.write(unit) == New("t", "k", 1)


async def test_expired_keys_are_forgotten(database: Database, sealer: Sealer) -> None:
    def unit(tx: Connection) -> tuple[int, int]:
        _reserve(tx, sealer, 0, key="old")
        _reserve(tx, sealer, 60, key="new")
        return forget_expired(tx, minutes(24 * 60)), len(tx.execute(select(idempotency_keys)).all())

    assert await database.write(unit) == (1, 1)
