"""Which steps a stored playbook has, for whoever checks that an incident has them all."""

from sqlalchemy import Connection

from engine.incident.plan import Plan
from engine.runtime.library import restored_playbook
from engine.store.library import by_digest


def planned_steps(tx: Connection, digest: str) -> frozenset[str] | None:
    """Name the steps of the playbook with this digest; None when it is not stored. Raises Fault when it can't be read."""
    stored = by_digest(tx, digest)
    return None if stored is None else frozenset(Plan.of(restored_playbook(stored), digest).steps)
