"""A claimed delivery stays with the process that sends it, as long as that one lives and says so."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, update

from engine.store.outbox import Owed
from engine.store.prepared import Prepared
from engine.store.tables import deliveries

_EXTEND: Final = Prepared.of(
    update(deliveries)
    .where(
        deliveries.c.id == bindparam("wanted"),
        deliveries.c.state == "pending",
        deliveries.c.attempts == bindparam("of_attempt"),
        deliveries.c.leased_until.is_not(None),
    )
    .values(leased_until=bindparam("until"))
)


def extend_leases(tx: Connection, owed: Iterable[Owed], until: datetime) -> None:
    """Keep what is still being sent from being taken over by another process; what was settled or lost meanwhile stays as it is."""
    for each in owed:
        _EXTEND.change(tx, {"wanted": each.delivery.id, "of_attempt": each.attempt, "until": until})
