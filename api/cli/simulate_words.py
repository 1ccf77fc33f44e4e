"""How the figures of a simulation are written for people: spans, chances, clocks."""

from datetime import datetime

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def span(seconds: int | None) -> str:
    """Write a span in the two units that matter: `40s`, `12m`, `1h05m`, `3d4h`; `never` for None."""
    if seconds is None:
        return "never"
    if seconds < _MINUTE:
        return f"{seconds}s"
    minutes = round(seconds / _MINUTE)
    if minutes < 60:
        return f"{minutes}m"
    if minutes < 48 * 60:
        return f"{minutes // 60}h{minutes % 60:02}m"
    hours = round(seconds / _HOUR)
    return f"{hours // 24}d{hours % 24}h" if hours % 24 else f"{hours // 24}d"


def percent(share: float) -> str:
    """Write a share; what is neither nothing nor all is never rounded to it."""
    if 0 < share < 0.01:
        return "<1%"
    if 0.99 < share < 1:
        return ">99%"
    return f"{share:.0%}"


def change(before: float, after: float) -> str:
    """Write what a change brings: `62% → 81%`."""
    return f"{percent(before)} → {percent(after)}"


def clock(text: str) -> str:
    """Write an instant so that the weekday is seen, as the wall clock showed it."""
    return f"{datetime.fromisoformat(text):%a %-d %b %Y %H:%M}"
