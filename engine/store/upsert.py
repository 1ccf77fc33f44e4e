"""Insert a row or take the place of the one with the same primary key, on either database."""

from functools import cache
from typing import Final

from sqlalchemy import Connection, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite

_INSERTS: Final = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def upserting(tx: Connection, table: Table) -> Insert:
    """Build the statement; rows given to it must have all columns."""
    return _built(tx.dialect.name, table)


@cache
def _built(dialect: str, table: Table) -> Insert:
    statement = _INSERTS[dialect](table)
    named = [column.name for column in table.primary_key]
    others = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in named}
    return statement.on_conflict_do_update(index_elements=named, set_=others)
