"""Make a backup of a SQLite database beside whoever writes to it, and find out whether a backup is good.

Rules:
- A backup is looked at before it gets its name; one with findings is kept, because it may be all there is, and says so.
- To examine one is to restore it: unpack, compare with what it says of itself, let SQLite check it, bring it to
  this program's schema, check the chain and that every incident has all its steps. `restore` only adds the last move.
- The secret key is never in it unless it was asked for. What is sealed is checked without being opened.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from engine.store.audit import verify
from engine.store.backup_file import FORMAT, Manifest, digest_of_file, pack, unpack
from engine.store.fault import Fault
from engine.store.finding import Finding
from engine.store.migrate import is_current, known_revisions, upgrade
from engine.store.snapshot import Contents, Told, contents_of, damages, take_snapshot
from engine.store.sqlite_file import fault_of, reading_engine
from engine.store.wholeness import Planned, half_built


@dataclass(frozen=True, slots=True)
class Look:
    """A backup, and what is wrong with it. `key` is the secret key that it holds."""

    manifest: Manifest
    findings: tuple[Finding, ...]
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """What to back up, and what its manifest says beside what is in it."""

    database: Path
    program: str
    taken_at: datetime
    key: str | None = None


def make_backup(source: Source, file: Path, *, planned: Planned, told: Told) -> Look:
    """Write a backup of one moment, blocking, while others write; raises Fault."""
    file = file.absolute()
    if file.exists():
        raise Fault(f"{file.name} is there already", done="wrote nothing", advice="choose another name")
    if not source.database.exists():
        raise Fault(f"there is no database file {source.database.name}", done="wrote nothing", advice="check FIREBREAK_DATA_DIR")
    copy = file.with_name(f".{file.name}.copy")
    copy.unlink(missing_ok=True)
    try:
        take_snapshot(source.database, copy, told)
        told("checking", 0.0)
        findings = (*damages(copy), *_examined(copy, planned))
        manifest = _manifest(source, copy, contents_of(copy))
        told("writing", 0.0)
        pack(file, copy, manifest, key=source.key)
    finally:
        copy.unlink(missing_ok=True)
    return Look(manifest, findings, source.key)


def examine(file: Path, into: Path, *, planned: Planned, told: Told) -> Look:
    """Unpack a backup as the new file `into`, check it and bring it to this program's schema, blocking; raises Fault."""
    told("unpacking", 0.0)
    into = into.absolute()
    manifest, key = unpack(file, into)
    told("checking", 0.0)
    findings = [*_differences(manifest, into)]
    if findings:
        return Look(manifest, tuple(findings), key)
    if manifest.schema not in known_revisions():
        raise Fault(
            f"this backup was written by a newer Firebreak ({manifest.program}, schema {manifest.schema})",
            done="restored nothing",
            advice="install that release",
        )
    findings = damages(into)
    if not findings:
        upgrade(f"sqlite:///{into}")
        into.with_name(into.name + ".lock").unlink(missing_ok=True)
        findings = _examined(into, planned)
    return Look(manifest, tuple(findings), key)


def _manifest(source: Source, copy: Path, contents: Contents) -> Manifest:
    return Manifest(
        firebreak_backup=FORMAT,
        program=source.program,
        schema=contents.schema,
        taken_at=source.taken_at,
        bytes=copy.stat().st_size,
        sha256=digest_of_file(copy),
        counts=contents.counts,
        head_number=contents.head_number,
        head_digest=contents.head_digest,
        with_key=source.key is not None,
    )


def _differences(manifest: Manifest, database: Path) -> Iterator[Finding]:
    """Hold the database against what the backup says of itself."""
    size = database.stat().st_size
    if size != manifest.bytes:
        yield Finding(None, None, f"the database in it has {size} bytes instead of {manifest.bytes}")
    elif digest_of_file(database) != manifest.sha256:
        yield Finding(None, None, "the database in it was changed: it does not match its SHA-256")
    else:
        found = contents_of(database)
        if (found.schema, dict(found.counts)) != (manifest.schema, dict(manifest.counts)):
            yield Finding(None, None, "its manifest was changed: it counts other rows than there are")
        if (found.head_number, found.head_digest) != (manifest.head_number, manifest.head_digest):
            yield Finding(None, None, "its manifest was changed: it names another head")


def _examined(database: Path, planned: Planned) -> list[Finding]:
    engine = reading_engine(database)
    try:
        with engine.begin() as tx:
            return whole_findings(tx, planned)
    except (SQLAlchemyError, sqlite3.Error) as error:
        fault = fault_of(error, done="checked nothing")
        if fault is None:
            raise
        return [Finding(None, None, fault.what)]
    finally:
        engine.dispose()


def whole_findings(tx: Connection, planned: Planned) -> list[Finding]:
    """Check the chain of every incident, and that each has all its steps where the schema is this program's."""
    findings = [*verify(tx, None).findings]
    return [*findings, *half_built(tx, planned)] if is_current(tx) else findings
