"""The index that incidents are found in by their words: SQLite's FTS5, PostgreSQL's `tsvector`, behind one table.

Rules:
- `search_texts` holds the words of one entry of one incident; rows are added and never changed. The database itself keeps its index
  beside it (`migrations/versions/0008_overlaps_and_search.py`), so that a copy and a backup have one too.
- A row's number holds the incident's and the entry's, so that an index alone says which incidents it found.
- An incident has its first entry in it, or nothing: what was declared before there was an index is added later, whole.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Text,
    bindparam,
    cast,
    column,
    exists,
    func,
    insert,
    literal_column,
    select,
    true,
)
from sqlalchemy import table as lightweight

from engine.store.prepared import Prepared
from engine.store.tables import incidents, search_texts
from engine.store.words import Term, for_postgresql, for_sqlite, words_in

ENTRY_BITS: Final = 20
"""An incident has far fewer than a million entries."""
MOST_WORDS: Final = 10_000
"""Of one entry: PostgreSQL tells no places apart beyond 16,383."""
NEWEST: Final = 2_000
"""Incidents that are looked at first."""
_TERM: Final = "term_"
_FROM: Final = "from_entry"
_NEWEST: Final = select(func.max(incidents.c.number))
_INDEX: Final = lightweight("search_index", column("rowid", BigInteger()))
_ADD: Final = Prepared.of(insert(search_texts))


def add_texts(tx: Connection, number: int, texts: Iterable[tuple[int, Sequence[str]]]) -> None:
    """Add the texts of entries of the incident with this number, each with its place in the history."""
    rows = []
    for seq, said in texts:
        words = [word for text in said for word in words_in(text)][:MOST_WORDS]
        if words:
            rows.append({"id": (number << ENTRY_BITS) + seq, "words": " ".join(words)})
    if rows:
        _ADD.change_each(tx, rows)


def is_indexed(tx: Connection, number: int) -> bool:
    """Say whether an incident is in the index."""
    return _IS_INDEXED.first(tx, {"wanted": (number << ENTRY_BITS) + 1}) is not None


def unindexed(tx: Connection, *, limit: int) -> list[str]:
    """List the ids of incidents that are not in the index yet, newest first."""
    first = exists().where(search_texts.c.id == _first_of(incidents.c.number))
    wanted = select(incidents.c.id).where(~first).order_by(incidents.c.number.desc()).limit(limit)
    return list(tx.execute(wanted).scalars())


def holds_terms(dialect: str, asked: Collection[str]) -> Iterator[ColumnElement[bool]]:
    """Say in SQL which rows of `incidents` hold the terms that are asked for, named as `term_values` and `newest_values` name them."""
    for name in sorted(name for name in asked if name.startswith(_TERM)):
        number, matching = _matching(dialect, bindparam(name, type_=Text()))
        newer = number.table.c[number.key] > bindparam(_FROM, type_=BigInteger()) if _FROM in asked else true()
        incident = number.op(">>")(literal_column(str(ENTRY_BITS)))
        yield incidents.c.number.in_(select(cast(incident, Integer)).where(matching, newer))


def term_values(dialect: str, terms: Sequence[Term]) -> dict[str, Any]:
    """Name the terms of a question."""
    write = for_sqlite if dialect == "sqlite" else for_postgresql
    return {f"{_TERM}{place}": write(term) for place, term in enumerate(terms)}


def newest_values(tx: Connection, before: int | None) -> dict[str, Any]:
    """Name from where on to look when only the newest are looked at: a word that is everywhere is found there at once."""
    behind = before if before is not None else (tx.execute(_NEWEST).scalar() or 0) + 1
    return {_FROM: max(0, behind - NEWEST) << ENTRY_BITS}


def _matching(dialect: str, given: ColumnElement[str]) -> tuple[Any, ColumnElement[bool]]:
    if dialect == "sqlite":
        return _INDEX.c.rowid, literal_column("search_index").op("MATCH")(given)
    return search_texts.c.id, literal_column("vector").op("@@")(func.to_tsquery(literal_column("'simple'"), given))


def _first_of(number: ColumnElement[int]) -> ColumnElement[int]:
    return cast(number, BigInteger).op("*")(literal_column(str(1 << ENTRY_BITS))) + 1


_IS_INDEXED: Final = Prepared.of(select(search_texts.c.id).where(search_texts.c.id == bindparam("wanted", type_=BigInteger())))
