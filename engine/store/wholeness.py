"""Every incident has all the steps of the playbook that it runs: a half-built one would show here, and nowhere in its digests."""

from collections.abc import Callable
from itertools import groupby

from sqlalchemy import Connection, and_, select

from engine.store.finding import Finding
from engine.store.tables import incidents, steps

Planned = Callable[[Connection, str], frozenset[str] | None]
"""Names the steps of the playbook with this digest; None when it is not stored."""


def half_built(tx: Connection, planned: Planned) -> list[Finding]:
    """Find incidents that lack steps of their playbook, or whose playbook is missing."""
    joined = incidents.outerjoin(steps, and_(steps.c.incident_id == incidents.c.id))
    wanted = select(incidents.c.number, incidents.c.key, incidents.c.playbook_digest, steps.c.step)
    rows = tx.execute(wanted.select_from(joined).order_by(incidents.c.number).execution_options(yield_per=1_000))
    known: dict[str, frozenset[str] | None] = {}
    findings = []
    for (_, key, digest), group in groupby(rows, lambda row: (row.number, row.key, row.playbook_digest)):
        if digest not in known:
            known[digest] = planned(tx, digest)
        findings += _of_one(key, known[digest], {row.step for row in group})
    return findings


def _of_one(key: str, planned: frozenset[str] | None, stored: set[str | None]) -> list[Finding]:
    if planned is None:
        return [Finding(key, None, "the playbook that it runs is not stored")]
    lacking = sorted(planned - stored)
    return [Finding(key, None, f"it lacks steps of its playbook: {', '.join(lacking)}")] if lacking else []
