"""The filters of expressions: each takes a value and gives one, or raises `ExpressionFault`.

There is no `now()`: `relative` counts from the incident's own clock, so that a replay gives the same words.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Final

from engine.language.duration import Duration
from engine.language.expression_errors import ExpressionFault, UndefinedValue
from engine.language.expression_values import as_text, is_list, joined, kind

_FIRST_LETTER: Final = re.compile(r"(?:^|(?<=[\s(\[{<-]))\w")

Filter = Callable[[object, tuple[object, ...]], object]


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise ExpressionFault(f"the filter '{name}' needs text, not {kind(value)}")
    return value


def _lower(value: object, _: tuple[object, ...]) -> str:
    return _text(value, "lower").lower()


def _upper(value: object, _: tuple[object, ...]) -> str:
    return _text(value, "upper").upper()


def _title(value: object, _: tuple[object, ...]) -> str:
    return _FIRST_LETTER.sub(lambda match: match[0].upper(), _text(value, "title").lower())


def length(value: object) -> int:
    """Count the items of a list or the characters of a text."""
    if isinstance(value, str) or is_list(value):
        return len(value)  # type: ignore[arg-type]
    raise ExpressionFault(f"cannot count {kind(value)}; a list is needed")


def _length(value: object, _: tuple[object, ...]) -> int:
    return length(value)


def _join(value: object, args: tuple[object, ...]) -> str:
    if not is_list(value):
        raise ExpressionFault(f"the filter 'join' needs a list, not {kind(value)}")
    separator = args[0] if args and isinstance(args[0], str) else ", "
    return joined((as_text(item) for item in value), separator)  # type: ignore[attr-defined]


def _round(value: object, args: tuple[object, ...]) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ExpressionFault(f"the filter 'round' needs a number, not {kind(value)}")
    digits = args[0] if args and isinstance(args[0], int) else 0
    try:
        return round(value, digits) if digits else round(value)
    except (OverflowError, ValueError):
        raise ExpressionFault("this number can't be rounded") from None


def _date(value: object, _: tuple[object, ...]) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise ExpressionFault(f"the filter 'date' needs a time, not {kind(value)}")


def _time(value: object, _: tuple[object, ...]) -> str:
    if not isinstance(value, datetime):
        raise ExpressionFault(f"the filter 'time' needs a time, not {kind(value)}")
    return f"{value:%H:%M}"


def _first(value: object, _: tuple[object, ...]) -> object:
    if isinstance(value, str):
        return value[:1]
    if not is_list(value):
        raise ExpressionFault(f"the filter 'first' needs a list, not {kind(value)}")
    for item in value:  # type: ignore[attr-defined]
        return item
    raise UndefinedValue("first of an empty list")


def relative(value: object, now: Callable[[], datetime]) -> str:
    """Say a time as `2 hours ago` or `in 5 minutes`, and a duration as its length."""
    if isinstance(value, timedelta | Duration):
        return as_text(value)
    if not isinstance(value, datetime):
        raise ExpressionFault(f"the filter 'relative' needs a time, not {kind(value)}")
    try:
        away = value - now()
    except TypeError:
        raise ExpressionFault("cannot compare a time that has a time zone with one that has none") from None
    if abs(away) < timedelta(seconds=1):
        return "now"
    return f"in {as_text(away)}" if away > timedelta(0) else f"{as_text(-away)} ago"


FILTERS: Final[Mapping[str, Filter]] = {
    "lower": _lower,
    "upper": _upper,
    "title": _title,
    "length": _length,
    "join": _join,
    "round": _round,
    "date": _date,
    "time": _time,
    "first": _first,
}
"""All but `default` and `relative`, which look beyond the value."""
