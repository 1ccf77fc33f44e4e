"""Spans of time as authors write them: `15m`, `4h`, `2d`, `3bd`, and what they count from.

A `Duration` is a span without a start. Business days (`bd`) have no length of their own: only a
calendar can turn them into an instant (see `engine.incident.calendar`).
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

Unit = Literal["s", "m", "h", "d", "w", "bd"]

LONGEST_DAYS: Final = 7_300
"""Twenty years: longer spans are mistakes, and would run out of the calendar."""

SECONDS: Final[dict[str, int]] = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_DURATION: Final = re.compile(r"([0-9]{1,6})(bd|[smhdw])")
_ANCHORED: Final = re.compile(r"(\S+)(?:\s+from\s+(\S+))?")
_REMINDER: Final = re.compile(r"(\S+)\s+before|at\s+due|every\s+(\S+)\s+after")


@dataclass(frozen=True, slots=True)
class Duration:
    """A whole number of one unit; `bd` counts business days of a calendar."""

    amount: int
    unit: Unit

    @property
    def is_business(self) -> bool:
        return self.unit == "bd"

    @property
    def seconds(self) -> int:
        """Length in seconds; a business day counts as 24 h, which suits ordering, not deadlines."""
        return self.amount * SECONDS.get(self.unit, SECONDS["d"])

    @property
    def span(self) -> timedelta:
        return timedelta(seconds=self.seconds)

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline: `after` counts from `anchor`, or from when the step becomes ready when it is None."""

    after: Duration
    anchor: str | None = None

    def __str__(self) -> str:
        return f"{self.after} from {self.anchor}" if self.anchor else str(self.after)


@dataclass(frozen=True, slots=True)
class Reminder:
    """`5m before`, `at due` or `every 15m after` a step's deadline."""

    moment: Literal["before", "at", "every"]
    span: Duration

    def __str__(self) -> str:
        match self.moment:
            case "before":
                return f"{self.span} before"
            case "at":
                return "at due"
            case "every":
                return f"every {self.span} after"


def parse_duration(text: str) -> Duration:
    """Read `15m`; raise ValueError with FB301's wording otherwise."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a time; write 15m, 4h, 2d, 3bd or '15m from declared'")
    unit: Unit = match[2]  # type: ignore[assignment]  # the pattern yields units only
    duration = Duration(int(match[1]), unit)
    if duration.seconds > LONGEST_DAYS * SECONDS["d"]:
        raise ValueError(f"{text!r} is longer than twenty years")
    return duration


def parse_due(text: str) -> Due:
    """Read `15m` or `15m from declared`; raise ValueError with FB301's wording otherwise."""
    match = _ANCHORED.fullmatch(text.strip())
    if match is None or _DURATION.fullmatch(match[1]) is None:
        raise ValueError(f"{text!r} is not a time; write 15m, 4h, 2d, 3bd or '15m from declared'")
    return Due(parse_duration(match[1]), match[2])


def parse_reminder(text: str) -> Reminder:
    """Read `5m before`, `at due` or `every 15m after`; raise ValueError otherwise."""
    match = _REMINDER.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a reminder; write '5m before', 'at due' or 'every 15m after'")
    if match[1]:
        return Reminder("before", parse_duration(match[1]))
    if match[2]:
        return Reminder("every", parse_duration(match[2]))
    return Reminder("at", Duration(0, "m"))


def _reads(parse: object) -> BeforeValidator:
    def read(value: object) -> object:
        if isinstance(value, str):
            return parse(value)  # type: ignore[operator]
        return value

    return BeforeValidator(read)


_TEXT = PlainSerializer(str, return_type=str)
DurationText = Annotated[
    Duration, _reads(parse_duration), _TEXT, WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,6}(s|m|h|d|w|bd)$"})
]
DueText = Annotated[
    Due, _reads(parse_due), _TEXT, WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,6}(s|m|h|d|w|bd)(\s+from\s+\S+)?$"})
]
ReminderText = Annotated[Reminder, _reads(parse_reminder), _TEXT, WithJsonSchema({"type": "string"})]
