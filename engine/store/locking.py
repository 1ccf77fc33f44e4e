"""What must not happen twice at once, although nothing that could be locked is there yet.

Rules: a lock belongs to the transaction and ends with it. On SQLite there is one writer: nothing needs to be held.
The order is always the same, so that nobody waits in a circle: a request's key, `NUMBERS`, an incident's row, what is owed and
its jobs, then `ORDER`, which is held for the last statements of a unit only: everybody who changes something waits for it.
"""

from hashlib import sha256
from typing import Final

from sqlalchemy import BigInteger, Connection, Select, bindparam, func, select

from engine.store.prepared import Prepared

ORDER: Final = "order"
"""The order of all changes: the log of heads."""
NUMBERS: Final = "numbers"
"""The numbers of incidents."""

_HOLD: Final = Prepared.of(select(func.pg_advisory_xact_lock(bindparam("number", type_=BigInteger()))))
_TRY_TO_HOLD: Final = Prepared.of(select(func.pg_try_advisory_xact_lock(bindparam("number", type_=BigInteger()))))


def hold(tx: Connection, name: str) -> None:
    """Be the only transaction that holds this name, until it ends; waits as long as PostgreSQL's lock_timeout allows."""
    if is_shared(tx):
        _HOLD.first(tx, {"number": lock_number(name)})


def try_hold(tx: Connection, name: str) -> bool:
    """Be the only transaction that holds this name, until it ends, unless another one is; PostgreSQL's alone."""
    return bool((_TRY_TO_HOLD.first(tx, {"number": lock_number(name)}) or (False,))[0])


def is_shared(tx: Connection) -> bool:
    """Say whether other transactions may write at the same time."""
    return tx.dialect.name == "postgresql"


def lock_number(name: str) -> int:
    """Give the number of an advisory lock, which PostgreSQL knows it by."""
    return int.from_bytes(sha256(f"firebreak {name}".encode()).digest()[:8], "big", signed=True)


def locked(dialect: str, rows: Select[tuple[object, ...]]) -> Select[tuple[object, ...]]:
    """Lock the rows that are asked for; those who only refer to them (foreign keys) don't wait."""
    return rows.with_for_update(key_share=True) if dialect == "postgresql" else rows
