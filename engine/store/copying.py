"""Copy everything from one database to an empty other one: table by table, in one transaction, compared before it is kept.

Rules:
- Values go over as they are stored: instants and JSON as text, so that every digest still fits.
- A table is compared as a set of rows: their number and the sum of their digests, on both sides, since databases
  order text differently. Where anything differs nothing is kept.
- Number series of the new database go on behind what was copied.
- What had been set aside in its lane is looked at anew there: on the other kind of database nobody would let it pass.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    Text,
    func,
    insert,
    select,
    text,
)

from engine.store.canonical import canonical
from engine.store.fault import Fault
from engine.store.finding import Finding
from engine.store.lanes import let_all_pass
from engine.store.migrate import is_current
from engine.store.snapshot import Told
from engine.store.tables import heads, metadata

_AT_ONCE: Final = 500
"""Rows that are read and written together; a snapshot may have a hundred kilobytes."""

_SUM: Final = 1 << 256

Check = Callable[[Connection], Sequence[Finding]]
"""What is wrong with the new database, asked inside its transaction."""


@dataclass(frozen=True, slots=True)
class Copied:
    """Rows by table, and the newest entry of the log of heads (0 and "" without any)."""

    counts: Mapping[str, int]
    head_number: int
    head_digest: str


@dataclass(slots=True)
class _Tally:
    """How many rows were seen, and the sum of their digests."""

    rows: int = 0
    total: int = 0

    def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.rows += len(rows)
        for row in rows:
            self.total = (self.total + int.from_bytes(sha256(canonical(list(row.values())).encode()).digest())) % _SUM


def copy_everything(source: Connection, target: Connection, *, check: Check, told: Told) -> Copied:
    """Copy all tables inside the two transactions; raises Fault, after which the target's must be rolled back."""
    _assert_ready(source, target)
    tables = [_as_stored(table) for table in metadata.sorted_tables]
    counts = {}
    for number, table in enumerate(tables):
        told(f"copying {table.name}", number / len(tables))
        counts[table.name] = _copy(source, target, table)
        _continue_series(target, metadata.tables[table.name])
    told("checking", 0.0)
    wrong = check(target)
    if wrong:
        raise Fault(
            f"what was copied does not hold: {wrong[0].text}", done="kept nothing", advice="run: firebreak audit verify, on the old one"
        )
    let_all_pass(target)
    head = target.execute(select(heads.c.number, heads.c.digest).order_by(heads.c.number.desc()).limit(1)).first()
    return Copied(counts, head.number if head else 0, head.digest if head else "")


def _assert_ready(source: Connection, target: Connection) -> None:
    if not is_current(source):
        raise Fault("the old database has another release's shape", done="copied nothing", advice="run firebreak db upgrade on it first")
    full = [table.name for table in metadata.sorted_tables if target.execute(select(table).limit(1)).first() is not None]
    if full:
        raise Fault(f"the new database is not empty: there are {', '.join(full)}", done="copied nothing", advice="copy to an empty one")


def _as_stored(table: Table) -> Table:
    """Describe a table without its conversions: as numbers, flags and text."""
    kinds: dict[type[Any], Any] = {Boolean: Boolean(), BigInteger: BigInteger(), Integer: Integer()}
    columns: list[Column[Any]] = [
        Column(each.name, kinds.get(type(each.type), Text()), primary_key=each.primary_key) for each in table.columns
    ]
    return Table(table.name, MetaData(), *columns)


def _copy(source: Connection, target: Connection, table: Table) -> int:
    read, kept = _Tally(), _Tally()
    for rows in _pieces(source, table):
        read.add(rows)
        target.execute(insert(table), rows)
    for rows in _pieces(target, table):
        kept.add(rows)
    if read != kept:
        raise Fault(
            f"{table.name} holds other rows than were copied ({kept.rows} of {read.rows})",
            done="kept nothing",
            advice="nothing else may write there meanwhile; copy once more",
        )
    return kept.rows


def _pieces(connection: Connection, table: Table) -> Any:
    found = connection.execute(select(table).execution_options(yield_per=_AT_ONCE)).mappings()
    return ([dict(row) for row in rows] for rows in found.partitions())


def _continue_series(target: Connection, table: Table) -> None:
    """Let PostgreSQL's number series go on behind the highest number; SQLite's do by themselves.

    A table's series numbers all its wide columns: of deliveries it also gives the places in their lanes.
    """
    column = table.autoincrement_column
    if column is None or target.dialect.name != "postgresql":
        return
    series = target.execute(text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": table.name, "column": column.name}).scalar()
    numbers = [each for each in table.columns if isinstance(each.type, BigInteger)]
    highest = max((target.execute(select(func.max(each))).scalar() or 0 for each in numbers), default=0)
    if series is not None and highest:
        target.execute(text("SELECT setval(CAST(:series AS text)::regclass, :highest)"), {"series": series, "highest": highest})
