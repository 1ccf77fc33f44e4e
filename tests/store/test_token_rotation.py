"""A rotated token has a new text; the old one works as long as was stated, never longer than it would have."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, func, select

from engine.store.database import Database
from engine.store.tables import token_overlaps
from engine.store.tokens import create_token, find_again, find_token, overlap_of, revoke_token, rotate_token, token_by_id
from tests.store.given import NOW, minutes

HOUR = timedelta(hours=1)


async def test_both_texts_are_the_same_token_until_the_overlap_ends(database: Database) -> None:
    def unit(tx: Connection) -> tuple[object, ...]:
        old, made = create_token(tx, "desk", ["incidents:read"], now=NOW, act_as=True)
        rotated = rotate_token(tx, made.id, now=NOW, overlap=HOUR)
        assert rotated is not None
        new, token = rotated
        found = [find_token(tx, text, at) == made for at in (minutes(59), minutes(60)) for text in (old, new)]
        return found, new != old, token.overlap_until, [overlap_of(token, at) for at in (minutes(59), minutes(60))]

    assert await database.write(unit) == ([True, True, False, True], True, minutes(60), [minutes(60), None])


async def test_without_an_overlap_every_older_text_ends_at_once(database: Database) -> None:
    def unit(tx: Connection) -> tuple[object, ...]:
        texts, made = [], create_token(tx, "desk", [], now=NOW)
        texts.append(made[0])
        for overlap in (HOUR, timedelta()):
            rotated = rotate_token(tx, made[1].id, now=minutes(1), overlap=overlap)
            assert rotated is not None
            texts.append(rotated[0])
        return tuple(find_token(tx, text, minutes(1)) is not None for text in texts)

    assert await database.write(unit) == (False, False, True)


async def test_rotating_twice_leaves_the_first_text_its_overlap(database: Database) -> None:
    def unit(tx: Connection) -> tuple[object, ...]:
        old, made = create_token(tx, "desk", [], now=NOW)
        for at in (NOW, minutes(1)):  # as somebody does whose answer was lost
            rotate_token(tx, made.id, now=at, overlap=HOUR)
        return tuple(find_token(tx, old, at) is not None for at in (minutes(59), minutes(60)))

    assert await database.write(unit) == (True, False)


@pytest.mark.parametrize(("renewed", "old_is_good", "new_is_good"), [(None, False, False), (minutes(90), False, True)])
async def test_the_old_text_never_outlives_the_expiry_that_it_had(
    database: Database, renewed: object, old_is_good: bool, new_is_good: bool
) -> None:
    def unit(tx: Connection) -> tuple[bool, bool]:
        old, made = create_token(tx, "desk", [], now=NOW, expires_at=minutes(30))
        rotated = rotate_token(tx, made.id, now=NOW, overlap=HOUR, expires_at=renewed)
        assert rotated is not None
        return find_token(tx, old, minutes(31)) is not None, find_token(tx, rotated[0], minutes(31)) is not None

    assert await database.write(unit) == (old_is_good, new_is_good)


async def test_an_expired_token_comes_back_by_its_new_text_alone(database: Database) -> None:
    def unit(tx: Connection) -> tuple[object, ...]:
        old, made = create_token(tx, "desk", [], now=NOW, expires_at=minutes(1))
        kept = rotate_token(tx, made.id, now=minutes(2), overlap=HOUR)
        renewed = rotate_token(tx, made.id, now=minutes(2), overlap=HOUR, expires_at=minutes(60))
        assert renewed is not None
        return kept, find_token(tx, old, minutes(2)), find_token(tx, renewed[0], minutes(2)) is not None

    assert await database.write(unit) == (None, None, True)


async def test_revoking_ends_both_texts_and_what_is_revoked_or_unknown_is_not_rotated(database: Database) -> None:
    def unit(tx: Connection) -> tuple[object, ...]:
        old, made = create_token(tx, "desk", [], now=NOW)
        rotated = rotate_token(tx, made.id, now=NOW, overlap=HOUR)
        assert rotated is not None
        revoke_token(tx, made.id, NOW)
        again = [rotate_token(tx, name, now=NOW, overlap=HOUR) for name in (made.id, "nobody")]
        revoked = token_by_id(tx, made.id)
        assert revoked is not None
        return [find_token(tx, text, NOW) for text in (old, rotated[0])], again, overlap_of(revoked, NOW)

    assert await database.write(unit) == ([None, None], [None, None], None)


async def test_whoever_came_with_an_old_text_is_found_again_only_while_it_works(database: Database) -> None:
    def unit(tx: Connection) -> tuple[bool, ...]:
        old, made = create_token(tx, "desk", [], now=NOW)
        came = find_token(tx, old, NOW)
        assert came is not None
        rotate_token(tx, made.id, now=NOW, overlap=HOUR)
        return tuple(find_again(tx, came, at) is not None for at in (minutes(59), minutes(60)))

    assert await database.write(unit) == (True, False)


async def test_what_has_ended_is_forgotten_with_the_next_rotation(database: Database) -> None:
    def unit(tx: Connection) -> object:
        for at in (NOW, minutes(61)):
            _, made = create_token(tx, "desk", [], now=at)
            rotate_token(tx, made.id, now=at, overlap=HOUR)
        return tx.execute(select(func.count()).select_from(token_overlaps)).scalar_one()

    assert await database.write(unit) == 1
