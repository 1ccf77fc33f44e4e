"""How long a span of time is at least and at most, in seconds, whenever it starts and whatever the calendar says.

Business days have no length of their own. At least, they follow each other (and the clocks may go forward); at
most, every one of them costs a week, and so does every holiday that a calendar of the organisation knows.
"""

from typing import Final

from engine.language.duration import Duration
from engine.language.organisation import Organisation

_DAY: Final = 86_400
_CHANGE_OF_CLOCKS: Final = 3_600


def at_least(span: Duration) -> int:
    """Give the seconds that pass for certain until a span is over."""
    if not span.is_business:
        return span.seconds
    return max(0, span.amount * _DAY - _CHANGE_OF_CLOCKS)


def at_most(span: Duration, organisation: Organisation | None) -> int:
    """Give the seconds after which a span is over for certain; holidays count only where they are known."""
    if not span.is_business:
        return span.seconds
    calendars = organisation.calendars.values() if organisation else ()
    holidays = max((len(calendar.holidays) for calendar in calendars), default=0)
    return (span.amount + holidays + 1) * 7 * _DAY + _CHANGE_OF_CLOCKS


def effort(span: Duration) -> int:
    """Give the seconds that work of this length takes at least: three working days may begin and end within two nights."""
    if not span.is_business:
        return span.seconds
    return at_least(Duration(max(0, span.amount - 1), "bd"))


def written(seconds: float) -> str:
    """Write a length as authors do: `70m`, `5h 10m`, `2d`, `90s`; minutes up to three hours."""
    whole = round(seconds)
    if 0 < whole < 60 or (whole % 60 and whole < 600):
        return f"{whole}s"
    minutes = whole // 60
    if minutes <= 180:
        return f"{minutes}m"
    parts = ((minutes // 1_440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "m"))
    return " ".join(f"{amount}{unit}" for amount, unit in parts if amount)
