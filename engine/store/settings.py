"""Small facts about this installation, by name; never secrets."""

from sqlalchemy import Connection, select

from engine.store.tables import settings
from engine.store.upsert import upserting


def setting(tx: Connection, name: str) -> str | None:
    """Read a setting; None when it was never written."""
    return tx.execute(select(settings.c.value).where(settings.c.name == name)).scalar()


def put_setting(tx: Connection, name: str, value: str) -> None:
    """Write a setting, whatever it was before."""
    tx.execute(upserting(tx, settings), {"name": name, "value": value})
