"""Worlds of stored versions of playbooks, only to be read: nothing is proved, and what was made once is kept.

Making them takes long, so it is done on the thread that writes the pack, never in a transaction.
"""

from collections.abc import Mapping

import structlog

from engine.incident.plan import Plan, World
from engine.language.organisation import Organisation
from engine.runtime.library import restored_playbook
from engine.store.fault import Fault
from engine.store.library import PlaybookVersion

_log = structlog.get_logger("firebreak.pack")


class Worlds:
    """Makes worlds for one writer of packs; a new organisation makes them anew."""

    def __init__(self) -> None:
        self._organisation: Organisation | None = None
        self._known: dict[str, World] = {}

    def made(self, organisation: Organisation, versions: Mapping[str, PlaybookVersion]) -> Mapping[str, World]:
        """Give the world of each version by its digest; one that can't be read is left out, and the log says so."""
        if organisation is not self._organisation:
            self._organisation, self._known = organisation, {}
        for digest, version in versions.items():
            if digest not in self._known:
                self._make(organisation, version)
        self._known = {digest: world for digest, world in self._known.items() if digest in versions}
        return self._known

    def _make(self, organisation: Organisation, version: PlaybookVersion) -> None:
        try:
            plan = Plan.of(restored_playbook(version), version.digest)
        except Fault as fault:
            _log.error("a playbook is missing in the offline pack", playbook=version.id, version=version.version, fault=str(fault))
            return
        self._known[version.digest] = World(plan, organisation, dict(version.files))
