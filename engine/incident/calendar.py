"""When things are due: turns spans of time into instants, by a calendar, a time zone and a speed.

Rules:
- Instants are aware UTC, in and out. Wall clocks only appear inside, between two instants.
- `s m h d w` are elapsed time: `1d` is 24 hours, also over a change of the clocks.
- `bd` counts working days and keeps the time of day: 3bd from Friday 16:00 is Wednesday 16:00. A start
  outside working hours counts from the next opening; the closing minute still belongs to the day.
  Hours over midnight (`22:00-06:00`) count to midnight.
- A wall clock that was skipped (spring) is the instant of the change; one that came twice (autumn) is the first.
- `speed` divides what is added. A sped-up rehearsal has no quiet hours, because it has no nights.
- The checker refuses unknown zones and malformed hours. Should one get here, time goes on: UTC, office
  hours and no quiet hours, because nothing may fail since a clock could not be read.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from engine.language.duration import Duration
from engine.language.organisation import Calendar, Organisation, Site
from engine.language.playbook import Playbook

LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)
"""No instant is later: whatever moment somebody typed, every zone can still show what counts from it."""

_OFFICE: Final = Calendar()
_WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_REMEMBERED: Final = 256
_HOURS: Final = re.compile(r"(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)")


@dataclass(frozen=True)
class Clockwork:
    """How an incident counts time: its IANA zone, working days, quiet hours and rehearsal speed (1 to 3600)."""

    timezone: str
    calendar: Calendar | None = None
    quiet_hours: str | None = None
    speed: int = 1


def clockwork_of(playbook: Playbook, organisation: Organisation, inputs: Mapping[str, object], speed: int = 1) -> Clockwork:
    """Find how an incident counts time; a site's own zone and calendar come before the playbook's and the organisation's.

    Without `settings.calendar` the organisation's first calendar counts.
    """
    settings = playbook.settings
    named, zone = settings.timezone or "", settings.timezone
    site = None
    if named in playbook.inputs:
        site = _site(organisation, inputs.get(named))
        zone = site.timezone if site else None
    return Clockwork(
        timezone=_first_zone(zone, organisation.timezone),
        calendar=_calendar(organisation, site.calendar if site else None, settings.calendar),
        quiet_hours=settings.quiet_hours or organisation.quiet_hours,
        speed=speed,
    )


def add(start: datetime, span: Duration, clockwork: Clockwork) -> datetime:
    """Find the instant that lies `span` after `start`, never later than `LATEST`."""
    if start >= LATEST:
        return LATEST
    end = _add_business_days(start, span.amount, clockwork) if span.is_business else start + span.span
    return start + (min(end, LATEST) - start) / clockwork.speed


def after_quiet(at: datetime, clockwork: Clockwork) -> datetime:
    """Find the first instant from `at` on that is outside quiet hours: `at` itself, or the end of the quiet span."""
    span = _span_of_day(clockwork.quiet_hours)
    if span is None or clockwork.speed > 1:
        return at
    zone = zone_of(clockwork.timezone)
    local = at.astimezone(zone)
    begins, ends = span
    clock = _since_midnight(local)
    over_midnight = begins > ends
    if not (clock >= begins or clock < ends if over_midnight else begins <= clock < ends):
        return at
    last_day = local.date() + timedelta(days=1 if over_midnight and clock >= begins else 0)
    wall = datetime.combine(last_day, time()) + ends
    first = instant(wall, zone)
    return first if first > at else wall.replace(tzinfo=zone, fold=1).astimezone(UTC)


def is_working_day(calendar: Calendar | None, day: date) -> bool:
    """Say whether a day is worked on; without a calendar, Monday to Friday."""
    return _works(calendar or _OFFICE, day)


def instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Find when a wall clock (naive) shows this: the first time, or the change of the clocks that skips it."""
    before = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    after = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return before if before <= after else _change_of_clocks(after, before, zone)


def zone_of(name: str) -> ZoneInfo:
    """Find a time zone by its IANA name; UTC when there is none of that name."""
    return _zone(name) or ZoneInfo("UTC")


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, malformed ("../x"), a folder ("America")
        return None


def _first_zone(wanted: str | None, default: str) -> str:
    return wanted if wanted and _zone(wanted) else default


def _site(organisation: Organisation, value: object) -> Site | None:
    if not isinstance(value, str):
        return None
    given = value.strip().casefold()
    return next((site for name, site in organisation.sites.items() if name.casefold() == given), None)


def _calendar(organisation: Organisation, *names: str | None) -> Calendar | None:
    named = (organisation.calendars[name] for name in names if name in organisation.calendars)
    return next(named, None) or next(iter(organisation.calendars.values()), None)


def _add_business_days(start: datetime, count: int, clockwork: Clockwork) -> datetime:
    zone = zone_of(clockwork.timezone)
    calendar = clockwork.calendar or _OFFICE
    opens, closes = _span_of_day(calendar.hours) or (timedelta(hours=9), timedelta(hours=17))
    local = start.astimezone(zone)
    day, clock = local.date(), _since_midnight(local)
    is_open = _works(calendar, day) and opens <= clock and (clock <= closes or closes < opens)
    if is_open and not count:
        return start
    if not is_open:
        day = day if _works(calendar, day) and clock < opens else _next_working_day(day, calendar)
        clock = opens
    return instant(datetime.combine(_forward(day, count, calendar), time()) + clock, zone)


def _forward(day: date, count: int, calendar: Calendar) -> date:
    """Go `count` working days on from a working day: whole weeks at once, giving back the holidays in them."""
    weekdays = _weekdays(calendar)
    holidays = {holiday for holiday in calendar.holidays if holiday.weekday() in weekdays}
    while count >= len(weekdays):
        weeks, rest = divmod(count, len(weekdays))
        later = day + timedelta(weeks=weeks)
        count = rest + sum(day < holiday <= later for holiday in holidays)
        day = later
    for _ in range(count):
        day = _next_working_day(day, calendar)
    return day


def _next_working_day(day: date, calendar: Calendar) -> date:
    day += timedelta(days=1)
    while not _works(calendar, day):
        day += timedelta(days=1)
    return day


def _works(calendar: Calendar, day: date) -> bool:
    return day.weekday() in _weekdays(calendar) and day not in calendar.holidays


def _weekdays(calendar: Calendar) -> frozenset[int]:
    return _numbered(tuple(calendar.days or _OFFICE.days))


@lru_cache(maxsize=_REMEMBERED)
def _numbered(days: tuple[str, ...]) -> frozenset[int]:
    return frozenset(map(_WEEK.index, days))


@lru_cache(maxsize=_REMEMBERED)
def _span_of_day(text: str | None) -> tuple[timedelta, timedelta] | None:
    """Read `22:00-07:00` as two times since midnight; None when it is empty or no span."""
    match = _HOURS.fullmatch((text or "").strip())
    if match is None:
        return None
    hour, minute, last_hour, last_minute = map(int, match.groups())
    first, last = hour * 60 + minute, last_hour * 60 + last_minute
    if first == last or max(first, last) > 24 * 60 or max(minute, last_minute) > 59:
        return None
    return timedelta(minutes=first), timedelta(minutes=last)


def _since_midnight(local: datetime) -> timedelta:
    return timedelta(hours=local.hour, minutes=local.minute, seconds=local.second, microseconds=local.microsecond)


def _change_of_clocks(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """Find the second, after `low` and not after `high`, at which the zone's offset changes."""
    old = low.astimezone(zone).utcoffset()
    seconds = int((high - low).total_seconds())
    first, last = 0, seconds
    while last - first > 1:
        middle = (first + last) // 2
        is_old = (low + timedelta(seconds=middle)).astimezone(zone).utcoffset() == old
        first, last = (middle, last) if is_old else (first, middle)
    return (low + timedelta(seconds=last)).replace(microsecond=0)
