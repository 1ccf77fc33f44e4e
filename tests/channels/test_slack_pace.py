"""No window of time ever holds more calls than its limit, whoever comes, however early."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.channels.slack_pace import POST, TIERS, WORKSPACE_POSTS, Pace
from tests.channels.slack_reference import METHOD_REFERENCE, tier_of

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_a_second_message_to_a_channel_waits_a_second() -> None:
    pace = Pace()

    assert pace.ask(POST, "C1", NOW) == NOW
    assert at(1) <= pace.ask(POST, "C1", at(0.2)) <= at(1.1)


def test_another_channel_does_not_wait() -> None:
    pace = Pace()
    pace.ask(POST, "C1", NOW)

    assert pace.ask(POST, "C2", NOW) == NOW


def test_whoever_comes_early_is_given_the_next_place_and_nobody_the_same() -> None:
    pace = Pace()
    places = [pace.ask(POST, "C1", NOW) for _ in range(5)]

    assert all(later - earlier >= timedelta(seconds=1) for earlier, later in pairwise(places))


def test_a_newcomer_does_not_push_in_before_those_who_wait() -> None:
    pace = Pace()
    pace.ask(POST, "C1", NOW)
    pace.ask(POST, "C1", NOW)
    place = pace.ask(POST, "C1", at(1.01))

    assert place > at(2)


def test_a_place_that_nobody_comes_for_is_given_away() -> None:
    pace = Pace()
    pace.ask(POST, "C1", NOW)
    pace.ask(POST, "C1", NOW)

    assert pace.ask(POST, "C1", at(60)) == at(60)


@pytest.mark.parametrize(("method", "most"), [("conversations.create", 20), ("chat.update", 50), ("users.info", 100)])
def test_a_minute_of_a_method_holds_what_its_tier_allows(method: str, most: int) -> None:
    pace = Pace()
    made = [pace.ask(method, "", NOW) for _ in range(most + 1)]

    assert made[:most] == [NOW] * most
    assert made[most] >= at(60)


def test_a_workspace_has_a_limit_of_its_own() -> None:
    pace = Pace()
    made = [pace.ask(POST, f"C{number}", NOW) for number in range(WORKSPACE_POSTS + 1)]

    assert made.count(NOW) == WORKSPACE_POSTS


def test_nothing_is_called_before_the_pause_is_over() -> None:
    pace = Pace()
    pace.pause(POST, "C1", at(30), NOW)

    assert pace.ask(POST, "C1", at(29)) >= at(30)
    assert pace.ask(POST, "C2", at(29)) == at(29)


def test_those_who_waited_queue_again_behind_a_pause() -> None:
    pace = Pace()
    early = [pace.ask(POST, "C1", NOW) for _ in range(4)][1:]
    pace.pause(POST, "C1", at(30), NOW)
    again = [pace.ask(POST, "C1", place) for place in early]

    assert again[0] >= at(30)
    assert all(later - earlier >= timedelta(seconds=1) for earlier, later in pairwise(again))


def test_a_clock_that_is_put_back_stops_nothing() -> None:
    pace = Pace()
    pace.made("chat.update", "", at(3_600))

    assert pace.ask("chat.update", "", NOW) == NOW


def test_places_that_were_kept_before_the_clock_was_put_back_hold_up_nobody() -> None:
    pace = Pace()
    for _ in range(5):
        pace.ask(POST, "C1", at(3_600))

    assert pace.ask(POST, "C1", NOW) == NOW


def test_a_pause_grows_no_longer_when_the_clock_is_put_back() -> None:
    pace = Pace()
    pace.pause(POST, "C1", at(3_630), at(3_600))

    assert at(30) <= pace.ask(POST, "C1", NOW) <= at(31)


def test_channels_that_nobody_writes_to_any_more_are_forgotten() -> None:
    pace = Pace()
    for number in range(5_000):
        pace.ask(POST, f"C{number}", at(number))

    assert len(pace) < 1_000
    assert pace.ask(POST, "C4999", at(4_999.5)) >= at(5_000)


def test_a_pause_is_not_forgotten_with_the_channels_that_nobody_writes_to() -> None:
    pace = Pace()
    pace.pause(POST, "C0", at(100_000), NOW)
    for number in range(1, 3_000):
        pace.ask(POST, f"C{number}", at(number))

    assert pace.ask(POST, "C0", at(3_000)) >= at(100_000)


@given(
    arrivals=st.lists(st.tuples(st.floats(0, 40), st.floats(0, 3)), min_size=1, max_size=60),
    pauses=st.lists(st.tuples(st.floats(0, 40), st.floats(0, 10)), max_size=3),
)
def test_however_they_come_and_however_late_a_channel_hears_one_a_second(
    arrivals: list[tuple[float, float]], pauses: list[tuple[float, float]]
) -> None:
    pace, made, rests = Pace(), [], []
    queue = sorted([(start, "pause", length) for start, length in pauses] + [(start, "come", lag) for start, lag in arrivals])
    while queue:
        start, what, extra = queue.pop(0)
        if what == "pause":
            pace.pause(POST, "C1", at(start + extra), at(start))
            rests.append((start, start + extra))
            continue
        place = pace.ask(POST, "C1", at(start))
        if place == at(start):
            made.append(place)
        else:
            queue = sorted([*queue, ((place - NOW).total_seconds() + extra / 100, "come", extra)])

    assert len(made) == len(arrivals)
    assert all(later - earlier >= timedelta(seconds=1) for earlier, later in pairwise(made))
    assert not any(at(start) < call < at(end) for start, end in rests for call in made)


@pytest.mark.parametrize("method", sorted(TIERS))
def test_each_tier_is_that_of_the_reference(method: str) -> None:
    if not METHOD_REFERENCE.exists():
        pytest.skip("the reference of Slack's methods is not here")

    assert TIERS[method] == tier_of(method)
