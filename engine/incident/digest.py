"""The morning's list of what is open: when somebody gets it, and what it says.

Rules:
- Once a day, at the person's own time of day in their own zone: `digest` of the person, else of the
  organisation's defaults; `never` turns it off. Quiet hours move it behind them.
- Not on days that they are absent or nobody works (the organisation's first calendar), and not hours too late.
- Late first, then what is due next; nothing where nothing is open. Titles that name somebody are left out, because
  the list stands outside the incidents that would forget them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from engine.incident.calendar import Clockwork, after_quiet, instant, is_working_day, zone_of
from engine.incident.people import is_present
from engine.language.organisation import Organisation

NEVER: Final = "never"
TOO_LATE: Final = timedelta(hours=4)
"""A list that could not go out within these hours is left out: it is no morning any more."""
LONGEST: Final = 20
"""Tasks that are listed; of more, only how many."""


@dataclass(frozen=True, slots=True)
class OpenTask:
    """One line of the list; `title` is None where it names somebody."""

    key: str
    title: str | None
    due_at: datetime | None


def digest_day(organisation: Organisation, person: str, now: datetime) -> date | None:
    """Find for which day somebody's list is to go out now; None when it is not."""
    known = organisation.people.get(person)
    at = (known.digest if known else None) or organisation.defaults.digest
    if known is None or at == NEVER:
        return None
    zone = known.timezone or organisation.timezone
    today = now.astimezone(zone_of(zone)).date()
    days = (today, today - timedelta(days=1))  # quiet hours may move an evening's list into the next morning
    for day in days:
        moment = _moment(organisation, zone, day, time.fromisoformat(at))
        if moment <= now < moment + TOO_LATE:
            return day if _works(organisation, person, zone, moment) else None
    return None


def digest_text(organisation: Organisation, person: str, tasks: Sequence[OpenTask], now: datetime) -> str:
    """Write the list; `tasks` are all that are open, in any order."""
    known = organisation.people[person]
    zone = known.timezone or organisation.timezone
    ordered = sorted(tasks, key=lambda task: (task.due_at is None, task.due_at or now, task.key))
    late = sum(1 for task in tasks if task.due_at is not None and task.due_at < now)
    count = "1 open task" if len(tasks) == 1 else f"{len(tasks)} open tasks"
    lines = [f"Good morning, {known.name}. You have {count}{f', {late} of them late' if late else ''}:"]
    lines += [f"• {_line(task, zone, now)}" for task in ordered[:LONGEST]]
    more = len(ordered) - LONGEST
    return "\n".join([*lines, *([f"… and {more} more."] if more > 0 else [])])


def _moment(organisation: Organisation, zone: str, day: date, at: time) -> datetime:
    moment = instant(datetime.combine(day, at), zone_of(zone))
    return after_quiet(moment, Clockwork(zone, quiet_hours=organisation.quiet_hours))


def _works(organisation: Organisation, person: str, zone: str, moment: datetime) -> bool:
    calendar = next(iter(organisation.calendars.values()), None)
    local = moment.astimezone(zone_of(zone)).date()
    return is_working_day(calendar, local) and is_present(organisation, person, moment)


def _line(task: OpenTask, zone: str, now: datetime) -> str:
    title = f"“{task.title}”" if task.title is not None else "a task whose title names somebody"
    if task.due_at is None:
        return f"{task.key}: {title}"
    local, today = task.due_at.astimezone(zone_of(zone)), now.astimezone(zone_of(zone)).date()
    clock = f"{local:%H:%M}" if local.date() == today else f"{local:%A} {local.day} {local:%B}, {local:%H:%M}"
    return f"{task.key}: {title}, {'late: it was due' if task.due_at < now else 'due'} {clock}"
