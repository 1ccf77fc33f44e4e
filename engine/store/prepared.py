"""The few statements that every command runs: written with SQLAlchemy Core, compiled once, run on the driver.

Running through the statement layer costs 15 µs a statement here, the driver 2 µs, and a completed step
needs a dozen (`benchmarks/store_commits.py`). Rules: values are given by name; instants go in as their
stored text and come out as text; no `IN` over a list; errors are the driver's own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ClauseElement, Connection, Table
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import NullType

from engine.store.tables import Instant, instant_text
from engine.store.upsert import upserting_on

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Text:
    """A statement as one driver wants it: its text, the names of its values in order, and those that are built in.

    `instants` are the places where an instant may stand.
    """

    sql: str
    names: tuple[str, ...]
    built_in: Values
    instants: tuple[int, ...]

    def arguments(self, values: Values) -> tuple[Any, ...]:
        known = {**self.built_in, **values} if self.built_in else values
        found = [known[name] for name in self.names]
        for place in self.instants:
            if isinstance(found[place], datetime):
                found[place] = instant_text(found[place])
        return tuple(found)

    @staticmethod
    def of(compiled: SQLCompiler) -> "_Text":
        assert compiled.positiontup is not None
        names, binds = tuple(compiled.positiontup), compiled.binds
        built_in = {name: bind.value for name, bind in binds.items() if not bind.required}
        instants = tuple(place for place, name in enumerate(names) if isinstance(binds[name].type, Instant | NullType))
        return _Text(str(compiled), names, built_in, instants)


class Prepared:
    """One statement of fixed shape."""

    def __init__(self, build: Callable[[str], ClauseElement]) -> None:
        self._build = build
        self._texts: dict[str, _Text] = {}

    @staticmethod
    def of(statement: ClauseElement) -> "Prepared":
        """Prepare a statement that is the same on every database."""
        return Prepared(lambda _dialect: statement)

    @staticmethod
    def upsert(table: Table) -> "Prepared":
        """Prepare what inserts whole rows of a table or takes the place of those with the same key."""
        return Prepared(lambda dialect: upserting_on(dialect, table))

    def first(self, tx: Connection, values: Values) -> tuple[Any, ...] | None:
        """Ask for the first row."""
        cursor = self._run(tx, values)
        row: tuple[Any, ...] | None = cursor.fetchone()
        cursor.close()
        return row

    def every(self, tx: Connection, values: Values) -> list[tuple[Any, ...]]:
        """Ask for all rows."""
        cursor = self._run(tx, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        cursor.close()
        return rows

    def change(self, tx: Connection, values: Values) -> int:
        """Change rows; returns how many."""
        cursor = self._run(tx, values)
        count = int(cursor.rowcount)
        cursor.close()
        return count

    def change_each(self, tx: Connection, rows: Sequence[Values]) -> None:
        """Run once for each of several sets of values."""
        text = self._text(tx)
        cursor = _cursor(tx)
        cursor.executemany(text.sql, [text.arguments(values) for values in rows])
        cursor.close()

    def _run(self, tx: Connection, values: Values) -> Any:
        text = self._text(tx)
        cursor = _cursor(tx)
        cursor.execute(text.sql, text.arguments(values))
        return cursor

    def _text(self, tx: Connection) -> _Text:
        name = tx.dialect.name
        if name not in self._texts:
            compiled = self._build(name).compile(dialect=tx.dialect)
            assert isinstance(compiled, SQLCompiler)
            self._texts[name] = _Text.of(compiled)
        return self._texts[name]


def _cursor(tx: Connection) -> Any:
    """Open the driver's cursor in the unit's transaction, which has begun already."""
    driver = tx.connection.dbapi_connection
    assert driver is not None
    return driver.cursor()
