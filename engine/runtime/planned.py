"""The steps, and the worlds, of stored versions of playbooks, for whoever only reads: nothing is published, and nothing proved."""

from collections.abc import Callable

from sqlalchemy import Connection

from engine.incident.plan import Plan, World
from engine.language.organisation import Organisation
from engine.runtime.library import restored_playbook
from engine.store.fault import Fault
from engine.store.library import by_digest


def planned_steps(tx: Connection, digest: str) -> frozenset[str] | None:
    """Name the steps of the playbook with this digest; None when it is not stored. Raises Fault when it can't be read."""
    stored = by_digest(tx, digest)
    return None if stored is None else frozenset(Plan.of(restored_playbook(stored), digest).steps)


def stored_worlds(organisation: Organisation) -> Callable[[Connection, str], World]:
    """Make what gives the world of a stored version by its digest, each read once; it raises Fault where it can't."""
    worlds: dict[str, World] = {}

    def world(tx: Connection, digest: str) -> World:
        if digest not in worlds:
            stored = by_digest(tx, digest)
            if stored is None:
                raise Fault(f"playbook {digest[:12]} is not stored", done="read nothing of it", advice="restore the table from a backup")
            worlds[digest] = World(Plan.of(restored_playbook(stored), digest), organisation, dict(stored.files))
        return worlds[digest]

    return world
