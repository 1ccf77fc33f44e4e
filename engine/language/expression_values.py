"""What values do: how they compare, add up, and read in a text.

Kinds never mix silently: yes is not 1, a number is not a duration. Whatever does not fit raises
`ExpressionFault`, and no text grows beyond 1 MB.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from engine.language.duration import Duration
from engine.language.expression_errors import ExpressionFault
from engine.language.expression_nodes import Comparison

MAX_TEXT: Final = 1_000_000
"""Most bytes of UTF-8 that a text may grow to."""

_ORDER: Final[Mapping[str, Callable[[int], bool]]] = {
    "<": lambda sign: sign < 0,
    "<=": lambda sign: sign <= 0,
    ">": lambda sign: sign > 0,
    ">=": lambda sign: sign >= 0,
}
_UNITS: Final = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
_DURATION_WORDS: Final = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week", "bd": "business day"}


def kind(value: object) -> str:
    """Name a value's kind in an author's words; what no expression handles is 'something else'."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "yes or no"
        case int() | float():
            return "number"
        case str():
            return "text"
        case timedelta() | Duration():
            return "duration"
        case _:
            return "time" if isinstance(value, date) else "list" if is_list(value) else "something else"


def is_list(value: object) -> bool:
    return isinstance(value, Sequence | frozenset | set) and not isinstance(value, str | bytes)


def equal(left: object, right: object) -> bool:
    """Compare for equality; values of different kinds are different."""
    if is_list(left) and is_list(right):
        return list(left) == list(right)  # type: ignore[call-overload, no-any-return]
    return kind(left) == kind(right) and _plain(left) == _plain(right)


def compare(left: object, operator: Comparison, right: object) -> bool:
    """Apply a comparison; raise ExpressionFault when these kinds can't be ordered or searched."""
    if operator == "==":
        return equal(left, right)
    if operator == "!=":
        return not equal(left, right)
    if operator == "in":
        return _contains(right, left)
    return _ORDER[operator](_sign(left, right))


def _contains(whole: object, part: object) -> bool:
    if isinstance(whole, str) and isinstance(part, str):
        return part in whole
    if is_list(whole):
        return any(equal(item, part) for item in whole)  # type: ignore[attr-defined]
    raise ExpressionFault(f"'in' needs a list or a text, not {kind(whole)}")


def _sign(left: object, right: object) -> int:
    if kind(left) != kind(right) or kind(left) not in ("number", "duration", "time"):
        raise ExpressionFault(f"cannot compare {kind(left)} with {kind(right)}")
    one, other = _comparable(_plain(left), _plain(right))
    try:
        return int(one > other) - int(one < other)  # type: ignore[operator]
    except TypeError:
        raise ExpressionFault("cannot compare a time that has a time zone with one that has none") from None


def _comparable(left: object, right: object) -> tuple[object, object]:
    """Compare a date with a time by their days."""
    if isinstance(left, datetime) and isinstance(right, date) and not isinstance(right, datetime):
        return left.date(), right
    if isinstance(right, datetime) and isinstance(left, date) and not isinstance(left, datetime):
        return left, right.date()
    return left, right


def add(left: object, right: object) -> object:
    """Add numbers, durations, or a duration to a time; raise ExpressionFault otherwise."""
    one, other = _plain(left), _plain(right)
    try:
        match kind(left), kind(right):
            case ("number", "number") | ("duration", "duration") | ("time", "duration") | ("duration", "time"):
                return one + other  # type: ignore[operator]
    except OverflowError:
        raise ExpressionFault("the sum is too large") from None
    raise ExpressionFault(f"cannot add {kind(right)} to {kind(left)}")


def subtract(left: object, right: object) -> object:
    """Subtract numbers, durations, or times (which gives a duration); raise ExpressionFault otherwise."""
    one, other = _plain(left), _plain(right)
    try:
        match kind(left), kind(right):
            case ("number", "number") | ("duration", "duration") | ("time", "duration") | ("time", "time"):
                return one - other  # type: ignore[operator]
    except (OverflowError, TypeError):
        raise ExpressionFault("the difference can't be computed") from None
    raise ExpressionFault(f"cannot take {kind(right)} from {kind(left)}")


def _plain(value: object) -> object:
    return value.span if isinstance(value, Duration) else value


def as_text(value: object) -> str:
    """Say a value as it reads in a sentence: lists with commas, yes and no, `2026-03-01 14:05 UTC`, `1 hour 5 minutes`."""
    match value:
        case str():
            return value
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return f"{value:.10g}" if isinstance(value, float) else str(value)
        case datetime():
            return f"{value:%Y-%m-%d %H:%M} {value.tzname() or ''}".rstrip()
        case date():
            return value.isoformat()
        case Duration() | timedelta():
            return _span_words(value)
        case _:
            return _list_words(value)


def _list_words(value: object) -> str:
    if not is_list(value):
        raise ExpressionFault(f"{kind(value)} can't be shown in a text")
    return joined((as_text(item) for item in value), ", ")  # type: ignore[attr-defined]


def _span_words(value: Duration | timedelta) -> str:
    if isinstance(value, Duration):
        return _counted(value.amount, _DURATION_WORDS[value.unit])
    seconds = int(abs(value).total_seconds())
    words = []
    for size, unit in _UNITS:
        amount, seconds = divmod(seconds, size)
        if amount:
            words.append(_counted(amount, unit))
    sign = "-" if value < timedelta(0) and words else ""
    return sign + " ".join(words[:2]) if words else "0 seconds"


def _counted(amount: int, unit: str) -> str:
    return f"{amount} {unit}" if amount == 1 else f"{amount} {unit}s"


def joined(words: Iterable[str], separator: str) -> str:
    """Join texts, and raise ExpressionFault before the result passes 1 MB."""
    taken: list[str] = []
    room = MAX_TEXT
    for word in words:
        room -= size(word) + size(separator)
        if room < 0:
            raise ExpressionFault("the text is longer than 1 MB")
        taken.append(word)
    return separator.join(taken)


def size(text: str) -> int:
    """Give the length of a text in bytes of UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
