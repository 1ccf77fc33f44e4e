"""When a failed delivery is tried again: bounded, spread, never too early."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.runtime.retry import DEFAULT, RetryPolicy, next_attempt

KINDS = ("sqlite",)
"""It touches no database."""

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
POLICY = RetryPolicy(attempts=4, first=timedelta(seconds=10), ceiling=timedelta(seconds=30))


def _wait(attempt: int, *, dice: float = 0.999999, retry_after: float | None = None) -> float | None:
    at = next_attempt(POLICY, attempt=attempt, now=NOW, dice=dice, retry_after=retry_after)
    return None if at is None else round((at - NOW).total_seconds(), 3)


def test_the_wait_doubles_up_to_its_ceiling_and_then_ends() -> None:
    assert [_wait(attempt) for attempt in (1, 2, 3, 4)] == [10, 20, 30, None]


def test_the_dice_spread_the_wait_over_its_upper_half() -> None:
    assert [_wait(2, dice=dice) for dice in (0.0, 0.5)] == [10, 15]


def test_retry_after_is_the_least_wait() -> None:
    assert _wait(1, dice=0.0, retry_after=25) == 25


def test_retry_after_does_not_shorten_the_wait() -> None:
    assert _wait(2, dice=0.0, retry_after=1) == 10


@given(attempt=st.integers(1, 60), dice=st.floats(0, 1, exclude_max=True), retry_after=st.none() | st.floats(0, 3600))
def test_every_wait_is_bounded(attempt: int, dice: float, retry_after: float | None) -> None:
    at = next_attempt(DEFAULT, attempt=attempt, now=NOW, dice=dice, retry_after=retry_after)

    assert (at is None) is (attempt >= DEFAULT.attempts)
    assert at is None or timedelta(seconds=max(1, retry_after or 0)) <= at - NOW <= max(
        DEFAULT.ceiling, timedelta(seconds=retry_after or 0)
    )


def test_the_usual_policy_outlasts_an_hour_without_slack() -> None:
    waits = [next_attempt(DEFAULT, attempt=attempt, now=NOW, dice=0.0) for attempt in range(1, DEFAULT.attempts)]

    assert sum((at - NOW for at in waits if at), timedelta()) > timedelta(hours=1)
