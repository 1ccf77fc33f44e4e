"""Insert a row or take the place of the one with the same primary key, on either database."""

from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, Table
from sqlalchemy.dialects.sqlite import insert as insert_into_sqlite


def upserting(tx: Connection, table: Table) -> Insert:
    """Build the statement; rows given to it must have all columns."""
    return upserting_on(tx.dialect.name, table)


@cache
def upserting_on(dialect: str, table: Table) -> Insert:
    """Build the statement for one kind of database."""
    statement = inserting(dialect, table)
    named = [column.name for column in table.primary_key]
    others = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in named}
    replacing: Insert = statement.on_conflict_do_update(index_elements=named, set_=others)
    return replacing


def inserting(dialect: str, table: Table) -> Any:
    if dialect != "postgresql":
        return insert_into_sqlite(table)
    from sqlalchemy.dialects.postgresql import insert as insert_into_postgresql

    return insert_into_postgresql(table)
