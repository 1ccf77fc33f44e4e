"""Time, ids and dice come from one place."""

from datetime import UTC, datetime, timedelta, timezone

from engine.runtime.clock import SystemClock, VirtualClock, id_from, new_id, new_mark, roll

KINDS = ("sqlite",)
"""It touches no database."""

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_a_virtual_clock_stands_still_until_it_is_moved() -> None:
    clock = VirtualClock(START)

    clock.forward(minutes=15)

    assert clock.now() == clock.now() == START + timedelta(minutes=15)


def test_a_virtual_clock_never_goes_back() -> None:
    clock = VirtualClock(START)

    clock.move_to(START - timedelta(hours=1))

    assert clock.now() == START


def test_a_virtual_clock_speaks_utc() -> None:
    clock = VirtualClock(START.astimezone(timezone(timedelta(hours=-8))))

    assert clock.now().tzinfo is UTC


def test_the_system_clock_speaks_utc() -> None:
    assert SystemClock().now().tzinfo is UTC


def test_marks_differ_and_look_like_ids() -> None:
    first, second = new_mark(), new_mark()

    assert first != second
    assert len(first) == len(new_id())


def test_new_ids_differ_and_derived_ids_repeat() -> None:
    assert new_id() != new_id()
    assert id_from("a", "b", 0) == id_from("a", "b", 0) != id_from("a", "b", 1)


def test_dice_fall_between_nought_and_one() -> None:
    assert all(0 <= roll() < 1 for _ in range(100))
