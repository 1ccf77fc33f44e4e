"""The index that incidents are found in by their words: SQLite's FTS5, PostgreSQL's `tsvector`, behind one table.

Rules:
- `search_texts` holds the words of one entry of one incident; rows are added and never changed. The database itself keeps its index
  beside it (`migrations/versions/0009_overlaps_and_search.py`), so that a copy and a backup have one too.
- A row's number holds the incident's and the entry's, so that an index alone says which incidents it found.
- An incident has its first entry in it, or nothing: what was declared before there was an index is added later, whole.
"""

from collections.abc import Iterable, Sequence
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
)
from sqlalchemy import table as lightweight

from engine.store.prepared import Prepared
from engine.store.tables import incidents, search_texts
from engine.store.words import Term, for_postgresql, for_sqlite, words_in

ENTRY_BITS: Final = 20
"""An incident has far fewer than a million entries."""
MOST_WORDS: Final = 10_000
"""Of one entry: PostgreSQL tells no places apart beyond 16,383."""
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


def holds_term(dialect: str, place: int) -> ColumnElement[bool]:
    """Say in SQL which rows of `incidents` hold the term that is given by this place, as `term_values` names it."""
    given = bindparam(f"term_{place}", type_=Text())
    if dialect == "sqlite":
        found = select(_INDEX.c.rowid.op(">>")(literal_column(str(ENTRY_BITS)))).where(literal_column("search_index").op("MATCH")(given))
        return incidents.c.number.in_(found)
    matching = literal_column("vector").op("@@")(func.to_tsquery(literal_column("'simple'"), given))
    number = cast(search_texts.c.id.op(">>")(literal_column(str(ENTRY_BITS))), Integer)
    return incidents.c.number.in_(select(number).where(matching))


def term_values(dialect: str, terms: Sequence[Term]) -> dict[str, Any]:
    """Name the values that `holds_term` takes."""
    write = for_sqlite if dialect == "sqlite" else for_postgresql
    return {f"term_{place}": write(term) for place, term in enumerate(terms)}


def _first_of(number: ColumnElement[int]) -> ColumnElement[int]:
    return cast(number, BigInteger).op("*")(literal_column(str(1 << ENTRY_BITS))) + 1


_IS_INDEXED: Final = Prepared.of(select(search_texts.c.id).where(search_texts.c.id == bindparam("wanted", type_=BigInteger())))
