"""Which database an address means."""

from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from engine.store.fault import Fault

POOL: Final = 10
"""Connections of one process to PostgreSQL, unless FIREBREAK_DATABASE_POOL says otherwise."""


def url_of(url: str) -> URL:
    """Read an address; raises Fault when it is none."""
    try:
        return make_url(url)
    except ArgumentError as error:
        raise unusable("it is not a database address") from error


def is_postgres(url: str) -> bool:
    """Say whether an address means PostgreSQL (`postgresql://…` or `postgres://…`, whichever driver it names)."""
    return url_of(url).get_backend_name() in ("postgresql", "postgres")


def unusable(reason: str) -> Fault:
    """Say why an address can't be used."""
    return Fault(
        f"can't use FIREBREAK_DATABASE_URL: {reason}",
        done="opened nothing",
        advice="write sqlite:///path/to/firebreak.db or postgresql://user:password@host/firebreak",
    )
