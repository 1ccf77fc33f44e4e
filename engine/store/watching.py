"""Counts for whoever watches the service: of what is open and what is owed, and never of whom it is about.

What only participants may know of is counted and nothing else is said about it: no severity, no status.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Row, func, select

from engine.store.tables import deliveries, incidents
from engine.store.views import RUNNING

WITHHELD: Final = "withheld"
"""Stands for the severity and the status of incidents that only participants may know of."""

_UNFINISHED: Final = ("pending", "waiting", "dead")


@dataclass(frozen=True, slots=True)
class Queued:
    """Deliveries of one scheme (`slack`, `person`, …) in one state; `oldest` is when the first of them was owed."""

    scheme: str
    state: str
    total: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class OpenIncidents:
    """How many incidents run that look alike."""

    severity: str
    status: str
    mode: str
    total: int


def queued(tx: Connection) -> list[Queued]:
    """Count what has not been sent, by scheme and state."""
    found = (
        select(deliveries.c.target, deliveries.c.state, func.count().label("total"), func.min(deliveries.c.owed_at).label("oldest"))
        .where(deliveries.c.state.in_(_UNFINISHED))
        .group_by(deliveries.c.target, deliveries.c.state)
    )
    groups: dict[tuple[str, str], list[Row[tuple[str, str, int, datetime]]]] = {}
    for row in tx.execute(found):
        groups.setdefault((row.target.partition(":")[0], row.state), []).append(row)
    return [_queued(scheme, state, rows) for (scheme, state), rows in sorted(groups.items())]


def pending_since(tx: Connection) -> datetime | None:
    """Find since when the oldest delivery has been owed that is to be sent, leased and tried ones included."""
    return tx.execute(select(func.min(deliveries.c.owed_at)).where(deliveries.c.state == "pending")).scalar()


def delivery_counts(tx: Connection) -> dict[str, int]:
    """Count deliveries by state."""
    counted = select(deliveries.c.state, func.count().label("total")).group_by(deliveries.c.state)
    return {row.state: row.total for row in tx.execute(counted)}


def open_incidents(tx: Connection) -> list[OpenIncidents]:
    """Count what runs, by severity, status and mode."""
    columns = (incidents.c.severity, incidents.c.status, incidents.c.mode, incidents.c.visibility)
    found = select(*columns, func.count().label("total")).where(incidents.c.status.in_(RUNNING)).group_by(*columns)
    totals: dict[tuple[str, str, str], int] = {}
    for row in tx.execute(found):
        shown = (row.severity, row.status) if row.visibility == "organisation" else (WITHHELD, WITHHELD)
        totals[*shown, row.mode] = totals.get((*shown, row.mode), 0) + row.total
    return [OpenIncidents(*alike, total) for alike, total in sorted(totals.items())]


def _queued(scheme: str, state: str, rows: Sequence[Row[tuple[str, str, int, datetime]]]) -> Queued:
    return Queued(scheme, state, sum(row.total for row in rows), min(row.oldest for row in rows))
