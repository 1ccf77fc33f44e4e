"""What time it is where everybody looks."""

from datetime import UTC, datetime

from sqlalchemy import Connection, DateTime, func, select

from engine.store.locking import is_shared


def database_now(tx: Connection) -> datetime:
    """Ask PostgreSQL for the present instant, aware UTC; for where several processes share a database."""
    assert is_shared(tx)
    instant = tx.execute(select(func.clock_timestamp(type_=DateTime(timezone=True)))).scalar_one()
    return instant.astimezone(UTC)
