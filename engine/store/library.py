"""Published playbooks: a version never changes, and is known by its digest."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Select, func, insert, select

from engine.store.canonical import canonical, parsed
from engine.store.tables import AnyRow, incidents, playbooks
from engine.store.views import RUNNING


@dataclass(frozen=True, slots=True)
class PlaybookVersion:
    """`files`: text of templates and of what it extends, by the path that the playbook names.

    `unskippable`: steps that nobody skips by hand, each with the policy that a skip would break.
    """

    id: str
    version: str
    digest: str
    source: str
    files: Mapping[str, str]
    published_at: datetime | None = None
    unskippable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Publication:
    """`clash`: other bytes stand under this version; `digest` is theirs."""

    outcome: Literal["published", "unchanged", "clash"]
    digest: str


def publish(tx: Connection, playbook: PlaybookVersion, now: datetime) -> Publication:
    """Publish a version: the same bytes are a no-op, other bytes under the same version are refused."""
    stored = by_version(tx, playbook.id, playbook.version)
    if stored:
        return Publication("unchanged" if stored.digest == playbook.digest else "clash", stored.digest)
    row = {
        "id": playbook.id,
        "version": playbook.version,
        "digest": playbook.digest,
        "source": playbook.source,
        "files": canonical(dict(playbook.files)),
        "published_at": now,
        "unskippable": canonical(dict(playbook.unskippable)),
    }
    tx.execute(insert(playbooks), row)
    return Publication("published", playbook.digest)


def latest(tx: Connection, playbook_id: str) -> PlaybookVersion | None:
    """Find the version published last."""
    return _one(tx, select(playbooks).where(playbooks.c.id == playbook_id).order_by(playbooks.c.number.desc()).limit(1))


def by_version(tx: Connection, playbook_id: str, version: str) -> PlaybookVersion | None:
    """Find one version."""
    return _one(tx, select(playbooks).where(playbooks.c.id == playbook_id, playbooks.c.version == version))


def by_digest(tx: Connection, digest: str) -> PlaybookVersion | None:
    """Find the version that an incident pinned."""
    return _one(tx, select(playbooks).where(playbooks.c.digest == digest).order_by(playbooks.c.number).limit(1))


def are_stored(tx: Connection, digests: Iterable[str]) -> bool:
    """Say whether all of these versions are published."""
    wanted = set(digests)
    found = tx.execute(select(playbooks.c.digest).where(playbooks.c.digest.in_(sorted(wanted)))).scalars()
    return wanted == set(found)


def versions(tx: Connection, playbook_id: str) -> list[PlaybookVersion]:
    """List all versions of a playbook, newest first."""
    return _all(tx, select(playbooks).where(playbooks.c.id == playbook_id).order_by(playbooks.c.number.desc()))


def all_latest(tx: Connection) -> list[PlaybookVersion]:
    """List the latest version of each playbook, by id."""
    newest = select(func.max(playbooks.c.number)).group_by(playbooks.c.id)
    return _all(tx, select(playbooks).where(playbooks.c.number.in_(newest)).order_by(playbooks.c.id))


def running_versions(tx: Connection) -> list[PlaybookVersion]:
    """List the versions that running incidents are pinned to and that are not their playbook's latest."""
    newest = select(func.max(playbooks.c.number)).group_by(playbooks.c.id)
    pinned = select(incidents.c.playbook_digest).where(incidents.c.status.in_(RUNNING))
    return _all(tx, select(playbooks).where(playbooks.c.digest.in_(pinned), playbooks.c.number.not_in(newest)).order_by(playbooks.c.number))


def _one(tx: Connection, question: Select[Any]) -> PlaybookVersion | None:
    row = tx.execute(question).first()
    return _version(row) if row else None


def _all(tx: Connection, question: Select[Any]) -> list[PlaybookVersion]:
    return [_version(row) for row in tx.execute(question)]


def _version(row: AnyRow) -> PlaybookVersion:
    return PlaybookVersion(row.id, row.version, row.digest, row.source, parsed(row.files), row.published_at, parsed(row.unskippable))
