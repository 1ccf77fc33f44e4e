"""What PostgreSQL's errors mean: to be tried again, for an operator to see, or a bug of ours.

Rules: an error is known by its SQLSTATE, never by its words; no password and no address stands in a Fault.
"""

from typing import Final, Literal

import asyncpg
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from engine.store.fault import Fault

Again = Literal["raced", "lost"]
"""`raced`: somebody else was quicker, once more now. `lost`: the connection is gone, once more when there is another."""

_RACED: Final = frozenset({"40001", "40P01", "23505"})
"""Serialisation, deadlock, the same key written by two at once."""
_LOST: Final = frozenset({"57P01", "57P02", "57P03", "57P05", "25P03"})
"""Shut down, crashed, starting up, idle for too long."""

_SWAPPED: Final = (
    "a pooler before PostgreSQL gives each transaction another connection, which forgets what ours remembers",
    "let it pool sessions (PgBouncer: pool_mode = session), or connect to PostgreSQL itself",
)

_ADVICE: Final = {
    "08": ("PostgreSQL can't be reached", "start it or mend the network: the service then goes on by itself"),
    "25006": (
        "the database can't be written: it is a standby, or was asked only to read",
        "let FIREBREAK_DATABASE_URL name the primary, not a standby",
    ),
    "26000": _SWAPPED,
    "28": ("PostgreSQL refuses the user or the password", "check FIREBREAK_DATABASE_URL"),
    "3D000": ("there is no such database", "make it (createdb), and check FIREBREAK_DATABASE_URL"),
    "3F000": ("there is no such schema", "make it, and check FIREBREAK_DATABASE_URL"),
    "42501": ("the database's user may not do this", "let it own the database, or grant it the schema"),
    "42P05": _SWAPPED,
    "42P01": ("the database's schema is not this program's", "run: firebreak db upgrade"),
    "42703": ("the database's schema is not this program's", "run: firebreak db upgrade"),
    "53100": ("PostgreSQL's disk is full", "free some space: the service then goes on by itself"),
    "53200": ("PostgreSQL is out of memory", "give it more, or fewer connections"),
    "53300": ("PostgreSQL has no connection left", "lower FIREBREAK_DATABASE_POOL, or raise its max_connections"),
    "53": ("PostgreSQL is out of resources", "look into its log"),
    "55P03": ("something else holds a lock in the database", "try again; if it stays, see who holds it in pg_stat_activity"),
    "57014": ("a statement took longer than it may", "try again; if it stays, see what runs in pg_stat_activity"),
    "57": ("PostgreSQL is shutting down or starting up", "wait: the service then goes on by itself"),
    "58": ("PostgreSQL's disk refused a read or write", "check the disk, and PostgreSQL's log"),
    "XX001": ("the database is damaged", "stop the service and restore the last backup"),
    "XX002": ("the database is damaged", "stop the service and restore the last backup"),
}


class Unreachable(ConnectionError):
    """No connection can be made."""


class CommitUnclear(Exception):
    """The connection was lost while it committed: nobody knows whether the change is kept."""


_Adapter = AsyncAdapt_asyncpg_dbapi
DRIVER_ERRORS: Final = (
    SQLAlchemyError,
    _Adapter.Error,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    ConnectionError,
    TimeoutError,
    CommitUnclear,
)
"""Whatever the statement layer, the driver below it (`Prepared` speaks to it) and the network raise."""


def again_after(error: BaseException) -> Again | None:
    """Say whether running the unit once more may help, which is safe while nothing was committed."""
    state = _state_of(error)
    if state in _RACED or is_outdated(error):
        return "raced"
    return "lost" if is_lost(error) else None


def is_outdated(error: BaseException) -> bool:
    """Say whether the connection remembers a statement from before the last upgrade of the schema."""
    original = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(original, _Adapter.InvalidCachedStatementError)


def is_demoted(error: BaseException) -> bool:
    """Say whether the server only lets us read: it may have been the primary a moment ago."""
    return _state_of(error) == "25006"


def is_lost(error: BaseException) -> bool:
    """Say whether the connection is gone, or was never made."""
    state = _state_of(error)
    if state is not None:
        return state in _LOST or state.startswith("08")
    original = error.orig if isinstance(error, DBAPIError) else error
    is_invalid = isinstance(error, DBAPIError) and error.connection_invalidated
    return is_invalid or isinstance(original, ConnectionError | TimeoutError | asyncpg.InterfaceError | _Adapter.InterfaceError)


def fault_of(error: BaseException, *, done: str) -> Fault | None:
    """Translate what an operator has to see to; None for what is a bug of ours."""
    if isinstance(error, CommitUnclear):
        return Fault(
            "PostgreSQL was lost while it committed",
            done="it is not known whether the change was kept",
            advice="look before you send it again, or send it again with the same Idempotency-Key",
        )
    if isinstance(error, PoolTimeout):
        return Fault("every connection to PostgreSQL is in use", done=done, advice="try again; if it stays, raise FIREBREAK_DATABASE_POOL")
    state = _state_of(error)
    known = _ADVICE.get(state or "") or _ADVICE.get((state or "")[:2])
    if known:
        return Fault(f"{known[0]} ({_first_line(error)})", done=done, advice=known[1])
    if is_lost(error):
        return Fault(f"{_ADVICE['08'][0]} ({_first_line(error)})", done=done, advice=_ADVICE["08"][1])
    return None


def unanswered() -> Fault:
    """Say that nobody waits any longer for what goes on."""
    return Fault(
        "PostgreSQL does not answer in time",
        done="it is not known whether a change was kept",
        advice="look into pg_stat_activity; send the request again with the same Idempotency-Key",
    )


def swapped(*, done: str) -> Fault:
    """Say that a pooler is set up in a way that can't work."""
    return Fault(_SWAPPED[0], done=done, advice=_SWAPPED[1])


def _state_of(error: BaseException) -> str | None:
    original = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(original, "sqlstate", None)
    return state if isinstance(state, str) else None


def _first_line(error: BaseException) -> str:
    """Give the server's own sentence, without the address that was tried."""
    original = error.orig if isinstance(error, DBAPIError) else error
    text = str(original).partition(">: ")[2] or str(original)
    return text.splitlines()[0] if text else type(original).__name__
