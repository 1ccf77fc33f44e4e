"""Reading a value that somebody gives for an input, a result or a metric: checked, converted, marked.

Dates and instants stay texts in RFC 3339; a person may be anybody, because the people in a video need
not be users.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from engine.incident.personal import Personal, Value
from engine.incident.refusal import Refusal
from engine.language.duration import parse_duration
from engine.language.playbook import Metric

MAX_TEXT: Final = 10_000
MAX_ITEMS: Final = 500


class Asked(Protocol):
    """What an input and a task's result have in common."""

    @property
    def type(self) -> str: ...

    @property
    def options(self) -> list[str]: ...


def read_value(asked: Asked, given: Any, *, personal: bool = False) -> Value | Refusal:
    """Check and convert; a personal value comes back marked with whom it is about."""
    read = _READERS.get(asked.type, _text)
    try:
        value = _choice(asked, given) if asked.type == "choice" else read(given)
    except ValueError as error:
        return Refusal("bad_value", str(error))
    return _marked(value, asked.type) if personal else value


def read_metric(metric: Metric, given: Any) -> bool | int | float | Refusal:
    """Check a metric's value against its type; percentages are 0 to 100."""
    if metric.type == "yes_no":
        return given if isinstance(given, bool) else Refusal("bad_value", f"{given!r} is not yes or no; write true or false")
    try:
        number = _number(given)
    except ValueError as error:
        return Refusal("bad_value", str(error))
    if metric.type == "percent" and not 0 <= number <= 100:
        return Refusal("bad_value", f"{given!r} is not a percentage; write a number from 0 to 100")
    return number


def _marked(value: Value, kind: str) -> Value:
    names_somebody = kind in ("person", "people")
    if isinstance(value, list):
        return [Personal(str(item), str(item) if names_somebody else None) for item in value]
    return Personal(str(value), str(value) if names_somebody else None)


def _text(given: Any) -> str:
    if not isinstance(given, str) or not given.strip():
        raise ValueError(f"{given!r} is not a text")
    if len(given) > MAX_TEXT:
        raise ValueError(f"a text has {MAX_TEXT} characters at most; this has {len(given)}")
    return given.strip()


def _number(given: Any) -> int | float:
    if isinstance(given, bool):
        raise ValueError(f"{given!r} is not a number")
    if isinstance(given, str):
        try:
            given = float(given) if "." in given else int(given)
        except ValueError as error:
            raise ValueError(f"{given!r} is not a number") from error
    if not isinstance(given, int | float) or given != given or abs(given) > 1e15:
        raise ValueError(f"{given!r} is not a number")
    return given


def _yes_no(given: Any) -> bool:
    if isinstance(given, bool):
        return given
    known = {"yes": True, "true": True, "no": False, "false": False}
    if isinstance(given, str) and given.strip().casefold() in known:
        return known[given.strip().casefold()]
    raise ValueError(f"{given!r} is not yes or no")


def _choice(asked: Asked, given: Any) -> str:
    if given not in asked.options:
        raise ValueError(f"{given!r} is not one of {', '.join(asked.options)}")
    return str(given)


def _date(given: Any) -> str:
    try:
        return date.fromisoformat(_text(given)).isoformat()
    except ValueError as error:
        raise ValueError(f"{given!r} is not a date; write 2026-11-23") from error


def _datetime(given: Any) -> str:
    try:
        return datetime.fromisoformat(_text(given)).isoformat()
    except ValueError as error:
        raise ValueError(f"{given!r} is not a date and time; write 2026-11-23T14:30:00Z") from error


def _duration(given: Any) -> str:
    return str(parse_duration(_text(given)))


def _url(given: Any) -> str:
    text = _text(given)
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise ValueError(f"{given!r} is not a link") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or " " in text:
        raise ValueError(f"{given!r} is not a link; it must begin with https:// or http://")
    return text


def _list_of(read: Callable[[Any], str]) -> Callable[[Any], list[str | Personal]]:
    def read_list(given: Any) -> list[str | Personal]:
        if not isinstance(given, list | tuple):
            raise ValueError(f"{given!r} is not a list")
        if len(given) > MAX_ITEMS:
            raise ValueError(f"a list has {MAX_ITEMS} items at most; this has {len(given)}")
        return list(dict.fromkeys(read(item) for item in given))

    return read_list


def _country(given: Any) -> str:
    text = _text(given).upper()
    if len(text) != 2 or not text.isalpha():
        raise ValueError(f"{given!r} is not a country; write its two letters, such as CA")
    return text


_READERS: Final[Mapping[str, Callable[[Any], Value]]] = {
    "number": _number,
    "yes_no": _yes_no,
    "date": _date,
    "datetime": _datetime,
    "duration": _duration,
    "url": _url,
    "url_list": _list_of(_url),
    "people": _list_of(_text),
    "country": _country,
}
