"""Calendars: business days, clock changes, quiet hours and rehearsal speed."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.incident.calendar import LATEST, Clockwork, add, after_quiet, clockwork_of, instant, zone_of
from engine.language.duration import Duration, parse_duration
from engine.language.organisation import Calendar, Organisation
from engine.language.playbook import Playbook

VANCOUVER = "America/Vancouver"
ZONES = [VANCOUVER, "Europe/Berlin", "Australia/Lord_Howe", "America/Santiago", "Asia/Kathmandu", "Pacific/Apia", "UTC"]
OFFICE = Calendar(hours="08:30-17:00", holidays=[date(2026, 12, 25), date(2028, 2, 29)])
WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

moments = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2040, 1, 1), timezones=st.just(UTC))
spans = st.builds(Duration, st.integers(0, 400), st.sampled_from(["s", "m", "h", "d", "w", "bd"]))
calendars = st.builds(
    Calendar,
    days=st.lists(st.sampled_from(WEEK), min_size=1, max_size=7, unique=True),
    hours=st.sampled_from(["08:30-17:00", "05:00-22:00", "12:00-12:01"]),
    holidays=st.lists(st.dates(date(2020, 1, 1), date(2040, 1, 1)), max_size=40),
)
clockworks = st.builds(Clockwork, st.sampled_from(ZONES), st.none() | calendars)


def local(text: str, zone: str = VANCOUVER, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def wall(at: datetime, zone: str = VANCOUVER) -> str:
    return at.astimezone(ZoneInfo(zone)).strftime("%a %Y-%m-%d %H:%M")


def due(start: str, span: str, calendar: Calendar | None = OFFICE, zone: str = VANCOUVER) -> str:
    return wall(add(local(start, zone), parse_duration(span), Clockwork(zone, calendar)), zone)


@pytest.mark.parametrize(
    ("start", "span", "expected"),
    [
        ("2026-11-20T16:00", "3bd", "Wed 2026-11-25 16:00"),
        ("2026-11-20T16:00", "0bd", "Fri 2026-11-20 16:00"),
        ("2026-11-20T17:00", "1bd", "Mon 2026-11-23 17:00"),
        ("2026-11-20T17:01", "1bd", "Tue 2026-11-24 08:30"),
        ("2026-11-20T06:00", "1bd", "Mon 2026-11-23 08:30"),
        ("2026-11-21T12:00", "0bd", "Mon 2026-11-23 08:30"),
        ("2026-11-21T12:00", "1bd", "Tue 2026-11-24 08:30"),
        ("2026-12-24T10:00", "1bd", "Mon 2026-12-28 10:00"),
        ("2026-12-25T10:00", "1bd", "Tue 2026-12-29 08:30"),
        ("2026-11-23T10:00", "10bd", "Mon 2026-12-07 10:00"),
    ],
)
def test_business_days_keep_the_time_of_day_and_skip_closed_days(start: str, span: str, expected: str) -> None:
    assert due(start, span) == expected


@pytest.mark.parametrize(
    ("start", "zone"),
    [
        ("2026-03-06T10:00", VANCOUVER),
        ("2026-10-30T10:00", VANCOUVER),
        ("2026-03-27T10:00", "Europe/Berlin"),
        ("2026-04-03T10:00", "Australia/Lord_Howe"),
    ],
)
def test_business_days_keep_the_wall_clock_over_a_clock_change(start: str, zone: str) -> None:
    assert due(start, "1bd", zone=zone).endswith("10:00")


def test_a_day_is_24_hours_over_a_clock_change() -> None:
    assert due("2026-03-07T10:00", "1d") == "Sun 2026-03-08 11:00"
    assert due("2026-10-31T10:00", "1d") == "Sun 2026-11-01 09:00"


def test_a_leap_day_is_a_day_like_any_other() -> None:
    assert due("2028-02-28T10:00", "1d") == "Tue 2028-02-29 10:00"
    assert due("2024-02-28T10:00", "1bd") == "Thu 2024-02-29 10:00"


def test_a_holiday_on_a_leap_day_is_skipped() -> None:
    assert due("2028-02-28T10:00", "1bd") == "Wed 2028-03-01 10:00"


def test_without_a_calendar_office_hours_of_the_zone_count() -> None:
    assert due("2026-11-20T20:00", "1bd", calendar=None) == "Tue 2026-11-24 09:00"


def test_malformed_hours_and_zones_fall_back_rather_than_fail() -> None:
    calendar = Calendar(days=[], hours="99:00-17:00")

    assert wall(add(local("2026-11-20T20:00", "UTC"), parse_duration("1bd"), Clockwork("../x", calendar)), "UTC") == "Tue 2026-11-24 09:00"


@pytest.mark.parametrize("start", ["8999-12-31T10:00", "9999-12-31T23:59"])
@pytest.mark.parametrize("span", ["0m", "20w", "7000bd"])
def test_what_counts_from_the_end_of_time_is_clipped(start: str, span: str) -> None:
    at = datetime.fromisoformat(start).replace(tzinfo=UTC)

    assert add(at, parse_duration(span), Clockwork(VANCOUVER, Calendar(days=["mon"]))) <= LATEST


def test_a_wall_clock_that_was_skipped_is_the_instant_of_the_change() -> None:
    vancouver = ZoneInfo(VANCOUVER)

    assert instant(datetime(2026, 3, 8, 2, 30), vancouver) == local("2026-03-08T03:00")


def test_a_wall_clock_that_came_twice_is_its_first_time() -> None:
    assert instant(datetime(2026, 11, 1, 1, 30), ZoneInfo(VANCOUVER)) == datetime(2026, 11, 1, 8, 30, tzinfo=UTC)


@given(start=moments, later=st.timedeltas(timedelta(0), timedelta(days=9)), span=spans, clockwork=clockworks)
def test_a_later_start_is_never_due_earlier(start: datetime, later: timedelta, span: Duration, clockwork: Clockwork) -> None:
    assert add(start, span, clockwork) <= add(start + later, span, clockwork)


@given(start=moments, amount=st.integers(0, 400), unit=st.sampled_from(["s", "m", "h", "d", "w", "bd"]), clockwork=clockworks)
def test_a_longer_span_is_never_due_earlier(start: datetime, amount: int, unit: str, clockwork: Clockwork) -> None:
    shorter, longer = parse_duration(f"{amount}{unit}"), parse_duration(f"{amount + 1}{unit}")

    assert start <= add(start, shorter, clockwork) < add(start, longer, clockwork)


@given(start=moments, count=st.integers(0, 400), calendar=calendars, zone=st.sampled_from(ZONES))
def test_business_days_land_on_an_open_day_within_hours(start: datetime, count: int, calendar: Calendar, zone: str) -> None:
    at = add(start, Duration(count, "bd"), Clockwork(zone, calendar)).astimezone(ZoneInfo(zone))
    opens, closes = calendar.hours.split("-")

    assert WEEK[at.weekday()] in calendar.days
    assert at.date() not in calendar.holidays
    assert opens <= f"{at:%H:%M}" <= closes


@given(start=moments, count=st.integers(1, 60), calendar=calendars, zone=st.sampled_from(ZONES))
def test_business_days_are_counted_one_by_one(start: datetime, count: int, calendar: Calendar, zone: str) -> None:
    clockwork = Clockwork(zone, calendar)
    day_before = add(start, Duration(count - 1, "bd"), clockwork)

    assert add(start, Duration(count, "bd"), clockwork) == add(day_before, Duration(1, "bd"), clockwork)


@given(start=moments, span=spans, clockwork=clockworks, speed=st.integers(1, 3600))
def test_speed_divides_what_is_added(start: datetime, span: Duration, clockwork: Clockwork, speed: int) -> None:
    fast = Clockwork(clockwork.timezone, clockwork.calendar, speed=speed)
    whole = add(start, span, clockwork) - start

    assert abs((add(start, span, fast) - start) * speed - whole) <= timedelta(microseconds=speed)


@given(at=moments, zone=st.sampled_from(ZONES), span=st.tuples(st.integers(0, 95), st.integers(0, 95)))
def test_after_quiet_is_the_first_moment_outside_quiet_hours(at: datetime, zone: str, span: tuple[int, int]) -> None:
    first, last = (f"{quarter // 4:02}:{quarter % 4 * 15:02}" for quarter in span)
    clockwork = Clockwork(zone, quiet_hours=f"{first}-{last}")
    after = after_quiet(at, clockwork)

    assert after >= at
    assert not _is_quiet(after, zone, first, last)
    assert all(_is_quiet(moment, zone, first, last) for moment in _quarters_between(at, after))


def _is_quiet(at: datetime, zone: str, first: str, last: str) -> bool:
    clock = f"{at.astimezone(ZoneInfo(zone)):%H:%M}"
    return first <= clock < last if first <= last else clock >= first or clock < last


def _quarters_between(at: datetime, after: datetime) -> list[datetime]:
    count = int((after - at) / timedelta(minutes=15))
    return [moment for n in range(count + 1) if (moment := at + n * timedelta(minutes=15)) < after]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-20T21:59", "Fri 2026-11-20 21:59"),
        ("2026-11-20T22:00", "Sat 2026-11-21 07:00"),
        ("2026-11-21T03:00", "Sat 2026-11-21 07:00"),
        ("2026-11-21T07:00", "Sat 2026-11-21 07:00"),
        ("2026-03-07T23:00", "Sun 2026-03-08 07:00"),
        ("2026-10-31T23:00", "Sun 2026-11-01 07:00"),
    ],
)
def test_quiet_hours_run_over_midnight_and_clock_changes(at: str, expected: str) -> None:
    assert wall(after_quiet(local(at), Clockwork(VANCOUVER, quiet_hours="22:00-07:00"))) == expected


def test_quiet_hours_that_end_in_a_skipped_hour_end_at_the_change() -> None:
    after = after_quiet(local("2026-03-08T01:00"), Clockwork(VANCOUVER, quiet_hours="22:00-02:30"))

    assert after == local("2026-03-08T03:00")


def test_quiet_hours_that_end_in_a_repeated_hour_end_in_the_pass_that_we_are_in() -> None:
    clockwork = Clockwork(VANCOUVER, quiet_hours="22:00-01:30")
    first, second = local("2026-11-01T01:10"), local("2026-11-01T01:10", fold=1)

    assert after_quiet(first, clockwork) == first + timedelta(minutes=20)
    assert after_quiet(second, clockwork) == second + timedelta(minutes=20)


@pytest.mark.parametrize("quiet", [None, "", "22:00", "25:00-07:00", "07:00-07:00"])
def test_no_or_malformed_quiet_hours_hold_nothing(quiet: str | None) -> None:
    at = local("2026-11-20T23:00")

    assert after_quiet(at, Clockwork(VANCOUVER, quiet_hours=quiet)) == at


def test_a_sped_up_rehearsal_has_no_quiet_hours() -> None:
    at = local("2026-11-20T23:00")

    assert after_quiet(at, Clockwork(VANCOUVER, quiet_hours="22:00-07:00", speed=60)) == at


def organisation() -> Organisation:
    return Organisation.model_validate(
        {
            "firebreak_organisation": 1,
            "name": "Example Manufacturing",
            "timezone": VANCOUVER,
            "quiet_hours": "22:00-07:00",
            "calendars": {"office_days": {}, "berlin_days": {"hours": "08:00-16:00"}},
            "sites": {"Plant 9": {"timezone": "Europe/Berlin", "calendar": "berlin_days"}, "Depot": {"timezone": "Asia/Tokyo"}},
        }
    )


def playbook(**settings: str) -> Playbook:
    return Playbook.model_validate(
        {
            "firebreak": 1,
            "id": "small",
            "title": "Small",
            "version": "1.0.0",
            "owner": "lead",
            "inputs": {"site": {"type": "text"}},
            "settings": settings,
            "steps": [{"id": "look", "kind": "task", "title": "Look"}],
        }
    )


def test_a_site_given_as_input_brings_its_zone_and_calendar() -> None:
    clockwork = clockwork_of(playbook(timezone="site", calendar="office_days"), organisation(), {"site": " plant 9"}, 60)

    assert clockwork == Clockwork("Europe/Berlin", organisation().calendars["berlin_days"], "22:00-07:00", 60)


def test_a_site_without_a_calendar_uses_the_playbooks() -> None:
    clockwork = clockwork_of(playbook(timezone="site", calendar="berlin_days"), organisation(), {"site": "Depot"})

    assert clockwork == Clockwork("Asia/Tokyo", organisation().calendars["berlin_days"], "22:00-07:00")


@pytest.mark.parametrize("inputs", [{}, {"site": "Plant 99"}, {"site": None}, {"site": ["Plant 9"]}])
def test_an_unknown_site_uses_the_organisations_zone_and_first_calendar(inputs: dict[str, object]) -> None:
    clockwork = clockwork_of(playbook(timezone="site", quiet_hours="20:00-06:00"), organisation(), inputs)

    assert clockwork == Clockwork(VANCOUVER, organisation().calendars["office_days"], "20:00-06:00")


def test_a_zone_by_name_wins_over_the_organisations() -> None:
    assert clockwork_of(playbook(timezone="Asia/Tokyo"), organisation(), {}).timezone == "Asia/Tokyo"


@pytest.mark.parametrize("name", ["America", "../etc/passwd", "Nowhere/Land", "", "\0"])
def test_a_zone_that_does_not_exist_reads_as_utc(name: str) -> None:
    assert zone_of(name) == ZoneInfo("UTC")
