"""Which version of a playbook may be started now.

Only an active version starts a live incident; a draft starts in rehearsal only; a retired one never.
"""

from typing import assert_never

from sqlalchemy import Connection

from engine.incident.commands import Mode
from engine.incident.refusal import Refusal
from engine.language.playbook import Playbook
from engine.language.suggest import listed, nearest
from engine.store import library as store
from engine.store.library import PlaybookVersion


def found(tx: Connection, playbook: str, version: str | None) -> PlaybookVersion | Refusal:
    """Find the latest or the given version, or say which ones there are."""
    pinned = store.by_version(tx, playbook, version) if version else store.latest(tx, playbook)
    if pinned is not None:
        return pinned
    known = [each.version for each in store.versions(tx, playbook)]
    if known:
        return Refusal("unknown_playbook", f"'{playbook}' has no version '{version}'; there are {listed(known)}", field="version")
    names = [each.id for each in store.all_latest(tx)]
    alike = nearest(playbook, names)
    hint = f"; did you mean {listed(alike)}" if alike else f"; there are {listed(names)}" if names else "; none is published yet"
    return Refusal("unknown_playbook", f"there is no playbook '{playbook}'{hint}", field="playbook")


def startable(pinned: PlaybookVersion, playbook: Playbook, mode: Mode) -> Refusal | None:
    """Refuse what may not be started in this mode; None means that it may."""
    match playbook.status:
        case "active":
            return None
        case "draft":
            reason = f"'{pinned.id}' {pinned.version} is a draft; start it as a rehearsal"
            return None if mode == "rehearsal" else Refusal("not_startable", reason, field="mode")
        case "retired":
            return Refusal("not_startable", f"'{pinned.id}' {pinned.version} is retired", field="playbook")
        case _:
            assert_never(playbook.status)
