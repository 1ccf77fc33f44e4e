"""When simulated incidents begin: an instant, a weekday with a time, or the middle of the night.

Wall clocks are those of the organisation's time zone. A weekday means the next one from today on, so that
whoever will be on call then is on call in the simulation.
"""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Final

from api.cli.trouble import Trouble
from engine.incident.calendar import instant, zone_of
from engine.language.organisation import Organisation
from engine.language.suggest import nearest

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NAMED: Final = {"night": "tuesday 02:00", "weekend": "saturday 11:00", "evening": "monday 19:00", "day": "monday 10:00"}
_CLOCK: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def start_of(text: str, organisation: Organisation, now: datetime) -> datetime:
    """Read a start as it is typed; gives an aware instant, UTC."""
    words = NAMED.get(text.strip().lower(), text.strip().lower()).split()
    if words and words[0] in WEEKDAYS and len(words) <= 2:
        return _weekday(words[0], words[1] if len(words) == 2 else "10:00", organisation, now)
    try:
        given = datetime.fromisoformat(text.strip())
    except ValueError as error:
        near = nearest(words[0] if words else "", (*NAMED, *WEEKDAYS))
        hint = f"did you mean '{near[0]}'?" if near else f"write 2026-11-23T10:00, 'friday 16:30', or one of {', '.join(NAMED)}"
        raise Trouble(f"'{text}' is no start; {hint}") from error
    return given.astimezone(UTC) if given.tzinfo else instant(given, zone_of(organisation.timezone))


def _weekday(day: str, clock: str, organisation: Organisation, now: datetime) -> datetime:
    match = _CLOCK.fullmatch(clock)
    if match is None:
        raise Trouble(f"'{clock}' is no time of day; write '{day} 16:30'")
    zone = zone_of(organisation.timezone)
    today = now.astimezone(zone).date()
    ahead = (WEEKDAYS.index(day) - today.weekday()) % 7
    return instant(datetime.combine(today + timedelta(days=ahead), time(int(match[1]), int(match[2]))), zone)
