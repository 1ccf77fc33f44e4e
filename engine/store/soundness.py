"""Whether a database is fit to be served: its schema, its pages, its references, its number series, its keys, its incidents.

Rules:
- Everything is read, in one transaction, beside whoever writes; nothing is changed, and nothing is made.
- It asks the database, and is quick. Whether somebody changed the history behind the program's back is `audit.verify`'s,
  which computes every digest again.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Table, and_, func, or_, select, text

from engine.store.finding import Finding
from engine.store.migrate import is_current, revision_of
from engine.store.seal import Sealer
from engine.store.tables import events, heads, incidents, metadata, search_texts
from engine.store.wholeness import Planned, half_built


@dataclass(frozen=True, slots=True)
class Soundness:
    """What was looked at, and what is wrong with it."""

    schema: str | None
    incidents: int
    events: int
    heads: int
    findings: tuple[Finding, ...]


def soundness(tx: Connection, sealer: Sealer | None, planned: Planned) -> Soundness:
    """Look at a database with the sealer of this machine's key; None where there is no key here."""
    schema = revision_of(tx)
    if not is_current(tx):
        advice = "run 'firebreak db upgrade', or install the release that wrote it"
        found = f"it has schema {schema}, which is not this program's" if schema else "it has no schema of Firebreak's"
        return Soundness(schema, 0, 0, 0, (Finding(None, None, f"{found}: {advice}"),))
    findings = [*_of_database(tx), *_lost_references(tx), *_keys(tx, sealer), *_disagreeing(tx), *half_built(tx, planned)]
    return Soundness(schema, _count(tx, incidents), _count(tx, events), _count(tx, heads), tuple(findings))


def _count(tx: Connection, table: Table) -> int:
    return int(tx.execute(select(func.count()).select_from(table)).scalar_one())


def _of_database(tx: Connection) -> list[Finding]:
    """Ask the database about itself: SQLite about its pages, PostgreSQL about the series that rows are numbered from."""
    if tx.dialect.name == "sqlite":
        said = tx.exec_driver_sql("PRAGMA integrity_check").scalars()
        damaged = [Finding(None, None, f"the database file is damaged: {each}") for each in said if each != "ok"]
        return [*damaged, *_lost_words(tx)]
    return [Finding(None, None, f"the numbers of {name} are behind: the next row would get one that is taken") for name in _behind(tx)]


def _lost_words(tx: Connection) -> list[Finding]:
    """Compare SQLite's index with the words that it is made of; PostgreSQL's is a part of their table."""
    words, indexed = _count(tx, search_texts), tx.exec_driver_sql("SELECT count(*) FROM search_index_docsize").scalar_one()
    advice = "copy the database to a new one with 'firebreak db copy', which makes it anew"
    return [] if words == indexed else [Finding(None, None, f"the search index has {indexed} of {words} entries: {advice}")]


def _behind(tx: Connection) -> Iterator[str]:
    for table in metadata.sorted_tables:
        for column in table.primary_key:
            named = {"table": table.name, "column": column.name}
            series = tx.execute(text("SELECT pg_get_serial_sequence(:table, :column)"), named).scalar()
            if series is None:
                continue
            last = tx.execute(text(f"SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM {series}")).scalar_one()  # noqa: S608 - the database's own name
            if last < (tx.execute(select(func.max(column))).scalar() or 0):
                yield table.name


def _lost_references(tx: Connection) -> Iterator[Finding]:
    """Find rows that point to rows that are not there; PostgreSQL forbids them, but a restored dump may hold them."""
    for table in metadata.sorted_tables:
        for key in table.foreign_keys:
            there = select(key.column).where(key.column == key.parent)
            lost = select(func.count()).select_from(table).where(key.parent.is_not(None), ~there.exists())
            if count := tx.execute(lost).scalar_one():
                yield Finding(None, None, f"{count} rows of {table.name} point to rows of {key.column.table.name} that are not there")


def _keys(tx: Connection, sealer: Sealer | None) -> list[Finding]:
    if sealer is None:
        advice = "set the FIREBREAK_SECRET_KEY that the database was made with"
        return [Finding(None, None, f"there is no secret key here, so nothing that is sealed can be read: {advice}")]
    locked = sealer.locked(tx)
    return [Finding(None, None, f"{locked} sealing keys can't be opened with the secret key that is here")] if locked else []


def _disagreeing(tx: Connection) -> Iterator[Finding]:
    """Find incidents whose row, events and heads don't stand at one version and one digest."""
    chain = select(events.c.incident_id, func.max(events.c.seq).label("last"), func.count().label("many")).group_by(events.c.incident_id)
    log = select(heads.c.incident_id, func.max(heads.c.version).label("version")).group_by(heads.c.incident_id)
    told, logged, own = chain.subquery(), log.subquery(), incidents.c
    newest = and_(events.c.incident_id == own.id, events.c.seq == own.version)
    joined = incidents.outerjoin(told, told.c.incident_id == own.id).outerjoin(logged, logged.c.incident_id == own.id)
    agree = and_(
        told.c.last == own.version, told.c.many == own.version, logged.c.version == own.version, events.c.digest == own.head_digest
    )
    wanted = select(own.key, own.version, told.c.last, told.c.many, logged.c.version).select_from(joined.outerjoin(events, newest))
    for key, version, last, many, logged_at in tx.execute(wanted.where(or_(~agree, agree.is_(None))).order_by(own.number)):
        said = f"it stands at version {version}, with {many or 0} events up to {last or 0} and its newest head at {logged_at or 0}"
        same = version == last == many == logged_at
        yield Finding(key, None, "its head is not the digest of its last event" if same else said)
