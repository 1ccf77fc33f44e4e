"""How single values look to a reader: instants, durations and texts that may be about a person.

Everything here is JSON-compatible. Instants are RFC 3339 in UTC with milliseconds; `None` stays `None`.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from engine.incident.personal import Text, Value, masked, plain

MASK = "[personal]"


def instant_text(at: datetime | None) -> str | None:
    """Write an instant as `2026-03-01T09:30:00.000Z`."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def span_text(span: timedelta) -> str:
    """Write a span as playbooks do, in the largest unit that loses less than a minute: `45s`, `37m`."""
    seconds = int(span.total_seconds())
    return f"{seconds}s" if abs(seconds) < 60 else f"{int(seconds / 60)}m"


def shown(value: Value | tuple[Text, ...], *, clear: bool) -> Any:
    """Show a value plainly to who may read personal things (`clear`), and masked to everyone else."""
    listed = list(value) if isinstance(value, tuple) else value
    return plain(listed) if clear else masked(listed)


def shown_map(values: dict[str, Any], *, clear: bool) -> dict[str, Any]:
    """Show each value of a mapping, in its own order."""
    return {name: shown(value, clear=clear) for name, value in values.items()}
