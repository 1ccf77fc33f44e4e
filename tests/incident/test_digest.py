"""When somebody gets their morning's list, and what stands in it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from engine.incident.digest import LONGEST, OpenTask, digest_day, digest_text
from engine.language.organisation import Organisation

MONDAY = date(2026, 11, 23)
HALF_PAST_EIGHT = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)
"""08:30 in Vancouver."""


def company(*, ana: dict[str, Any] | None = None, **parts: Any) -> Organisation:
    people = {"ana": {"name": "Ana Ruiz", **(ana or {})}}
    given = {"firebreak_organisation": 1, "name": "Example", "timezone": "America/Vancouver", "people": people, **parts}
    return Organisation.model_validate(given)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def test_it_goes_out_at_half_past_eight_where_nobody_says_otherwise() -> None:
    assert digest_day(company(), "ana", HALF_PAST_EIGHT - minutes(1)) is None
    assert digest_day(company(), "ana", HALF_PAST_EIGHT) == MONDAY


def test_after_a_morning_in_the_dark_it_goes_out_late_and_in_the_afternoon_not_at_all() -> None:
    assert digest_day(company(), "ana", HALF_PAST_EIGHT + minutes(3 * 60)) == MONDAY
    assert digest_day(company(), "ana", HALF_PAST_EIGHT + minutes(4 * 60)) is None


@pytest.mark.parametrize(
    "organisation",
    [company(defaults={"digest": "never"}), company(ana={"digest": "never"}), company(ana={"absent": ["2026-11-20..2026-11-24"]})],
    ids=["the organisation wants none", "she wants none", "she is away"],
)
def test_who_wants_none_and_who_is_away_gets_none(organisation: Organisation) -> None:
    assert digest_day(organisation, "ana", HALF_PAST_EIGHT) is None


def test_a_persons_own_time_counts() -> None:
    early = company(ana={"digest": "07:00"})

    assert digest_day(early, "ana", HALF_PAST_EIGHT - minutes(90)) == MONDAY


def test_the_time_is_that_of_where_somebody_is() -> None:
    berlin = company(ana={"timezone": "Europe/Berlin"})

    assert digest_day(berlin, "ana", datetime(2026, 11, 23, 7, 30, tzinfo=UTC)) == MONDAY
    assert digest_day(berlin, "ana", HALF_PAST_EIGHT) is None


@pytest.mark.parametrize("day", [21, 22])
def test_nobody_gets_one_at_the_weekend(day: int) -> None:
    assert digest_day(company(), "ana", HALF_PAST_EIGHT.replace(day=day)) is None


def test_the_organisations_calendar_says_which_days_are_worked_on() -> None:
    calendars = {"shifts": {"days": ["sat", "sun"], "hours": "06:00-14:00", "holidays": ["2026-11-22"]}}
    weekend = company(calendars=calendars)
    found = [digest_day(weekend, "ana", HALF_PAST_EIGHT.replace(day=day)) for day in (20, 21, 22, 23)]

    assert found == [None, date(2026, 11, 21), None, None]


def test_quiet_hours_move_it_behind_them() -> None:
    late_risers = company(quiet_hours="22:00-10:00")

    assert digest_day(late_risers, "ana", HALF_PAST_EIGHT) is None
    assert digest_day(late_risers, "ana", HALF_PAST_EIGHT + minutes(90)) == MONDAY


def test_an_evenings_list_that_quiet_hours_move_comes_the_next_morning() -> None:
    owl = company(ana={"digest": "23:30"}, quiet_hours="22:00-07:00")

    assert digest_day(owl, "ana", datetime(2026, 11, 24, 15, 0, tzinfo=UTC)) == MONDAY


@pytest.mark.parametrize(("day", "at"), [(date(2026, 3, 9), "2026-03-09T15:30"), (date(2026, 11, 2), "2026-11-02T16:30")])
def test_it_keeps_its_hour_over_a_change_of_the_clocks(day: date, at: str) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)

    assert digest_day(company(), "ana", moment - minutes(1)) is None
    assert digest_day(company(), "ana", moment) == day


def test_a_time_that_the_clocks_skip_comes_when_they_change() -> None:
    everyday = {"all": {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}}
    night_owl = company(ana={"digest": "02:30"}, calendars=everyday)

    assert digest_day(night_owl, "ana", datetime(2026, 3, 8, 10, 0, tzinfo=UTC)) == date(2026, 3, 8)


def test_late_tasks_come_first_and_those_without_a_deadline_last() -> None:
    tasks = [
        OpenTask("INC-3", "No hurry", None),
        OpenTask("INC-2", "Later", HALF_PAST_EIGHT + minutes(60)),
        OpenTask("INC-1", "Overdue", HALF_PAST_EIGHT - minutes(24 * 60)),
    ]

    assert digest_text(company(), "ana", tasks, HALF_PAST_EIGHT).splitlines() == [
        "Good morning, Ana Ruiz. You have 3 open tasks, 1 of them late:",
        "• INC-1: “Overdue”, late: it was due Sunday 22 November, 08:30",
        "• INC-2: “Later”, due 09:30",
        "• INC-3: “No hurry”",
    ]


def test_a_title_that_names_somebody_is_left_out() -> None:
    text = digest_text(company(), "ana", [OpenTask("INC-1", None, None)], HALF_PAST_EIGHT)

    assert text.splitlines()[1] == "• INC-1: a task whose title names somebody"


def test_a_long_list_ends_with_how_many_more_there_are() -> None:
    tasks = [OpenTask(f"INC-{number}", "Work", None) for number in range(LONGEST + 5)]
    lines = digest_text(company(), "ana", tasks, HALF_PAST_EIGHT).splitlines()

    assert (len(lines), lines[-1]) == (LONGEST + 2, "… and 5 more.")
