"""Which published version of a playbook is meant: the one published last, or the one that is named.

Whether its status lets it be started (a draft in rehearsal only, a retired one never) is for `decide` to say.
"""

from sqlalchemy import Connection

from engine.incident.refusal import Refusal
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
