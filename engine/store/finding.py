"""One thing that an audit found wrong."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`incident` is a key where one is known, else an id, else None (the log of heads itself); `seq` the event, where it is one."""

    incident: str | None
    seq: int | None
    text: str
