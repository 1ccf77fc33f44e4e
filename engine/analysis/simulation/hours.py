"""When people work, as seconds since the start of a run.

A person's calendar is that of the organisation's site in their time zone, else the organisation's first;
its hours count in their own zone. Somebody outside the organisation file keeps its first calendar.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from engine.incident.calendar import instant, zone_of
from engine.language.organisation import Calendar, Organisation

_WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAYS: Final = 120
"""Farther than any run goes."""


@dataclass(frozen=True)
class Hours:
    """Spans of work: the n-th opens at `opens[n]` and closes at `closes[n]`."""

    opens: tuple[int, ...]
    closes: tuple[int, ...]

    def is_open(self, at: int) -> bool:
        span = bisect_right(self.opens, at) - 1
        return span >= 0 and at < self.closes[span]

    def next_open(self, at: int) -> int:
        """The first moment of work from `at` on: `at` itself inside working hours."""
        span = bisect_right(self.opens, at) - 1
        if span >= 0 and at < self.closes[span]:
            return at
        return self.opens[span + 1] if span + 1 < len(self.opens) else at

    def next_morning(self, at: int) -> int:
        """The first opening after `at`."""
        span = bisect_right(self.opens, at)
        return self.opens[span] if span < len(self.opens) else at


def hours_of(organisation: Organisation, person: str, start: datetime) -> Hours:
    """Find when `person` works, counted from `start`."""
    known = organisation.people.get(person)
    name = (known.timezone if known else None) or organisation.timezone
    spans = tuple(_spans(_calendar(organisation, name), zone_of(name), start))
    return Hours(tuple(first for first, _ in spans), tuple(last for _, last in spans))


def _calendar(organisation: Organisation, zone: str) -> Calendar:
    at_site = (site.calendar for site in organisation.sites.values() if site.timezone == zone and site.calendar)
    named = (organisation.calendars[name] for name in at_site if name in organisation.calendars)
    return next(named, None) or next(iter(organisation.calendars.values()), None) or Calendar()


def _spans(calendar: Calendar, zone: ZoneInfo, start: datetime) -> Iterator[tuple[int, int]]:
    opens, closes = (_clock(text) for text in calendar.hours.split("-"))
    days = calendar.days or Calendar().days
    first = start.astimezone(zone).date() - timedelta(days=1)
    for day in (first + timedelta(days=number) for number in range(_DAYS)):
        if _WEEK[day.weekday()] in days and day not in calendar.holidays:
            last_day = day if closes > opens else day + timedelta(days=1)
            yield _seconds(day, opens, zone, start), _seconds(last_day, closes, zone, start)


def _clock(text: str) -> timedelta:
    hours, minutes = text.strip().split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))


def _seconds(day: date, clock: timedelta, zone: ZoneInfo, start: datetime) -> int:
    return int((instant(datetime.combine(day, time()) + clock, zone) - start).total_seconds())
