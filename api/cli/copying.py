"""`firebreak db copy`: everything from one database to an empty one, at least one of them a SQLite file."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from api.cli.local import run
from api.cli.output import Json, answer, answer_json, talk
from api.cli.progress import telling
from api.cli.trouble import Trouble
from engine.runtime.planned import planned_steps
from engine.store.backup import whole_findings
from engine.store.copying import Check, Copied, copy_everything
from engine.store.database import open_database
from engine.store.database_url import is_postgres, url_of
from engine.store.fault import Fault
from engine.store.finding import Finding
from engine.store.migrate import upgrade
from engine.store.snapshot import Told
from engine.store.sqlite_file import WriterLock, path_of, reading_engine, writing_engine


def copy_database(
    from_url: Annotated[str, typer.Argument(metavar="FROM_URL", help="The database that is: sqlite:///path/to/firebreak.db.")],
    to_url: Annotated[str, typer.Argument(metavar="TO_URL", help="An empty one: postgresql://… or sqlite:///…; its tables are made.")],
    as_json: Json = False,
) -> None:
    """Copy everything to an empty database, in one transaction, compared and checked there before it is kept."""
    if is_postgres(from_url) and is_postgres(to_url):
        raise Trouble(
            "one of the two must be a SQLite file", "between PostgreSQL servers PostgreSQL's own tools are better: pg_dump, pg_restore"
        )
    upgrade(to_url)
    with telling() as told:
        copied = run(from_postgres(from_url, path_of(to_url), told)) if is_postgres(from_url) else _from_file(from_url, to_url, told)
    if as_json:
        head = {"number": copied.head_number, "digest": copied.head_digest}
        answer_json({"to": _shown(to_url), "counts": dict(copied.counts), "head": head, "findings": []})
    else:
        for table, count in copied.counts.items():
            answer(f"{table}: {count}")
        answer(f"{_shown(to_url)} holds the same rows and the same head as {_shown(from_url)}, and its history is whole")
    talk("now set FIREBREAK_DATABASE_URL to the new address; FIREBREAK_SECRET_KEY (or secret.key) stays the same, and is needed there")


def _from_file(from_url: str, to_url: str, told: Told) -> Copied:
    source = path_of(from_url)
    if not source.exists():
        raise Fault(f"there is no database file {source.name}", done="copied nothing", advice="check FROM_URL")
    if not is_postgres(to_url) and path_of(to_url) == source:
        raise Trouble("both addresses name the same file")
    with _alone(source):
        return run(to_any(source, to_url, told))


async def to_any(source: Path, to_url: str, told: Told) -> Copied:
    """Copy a file that nobody else has open to an empty, upgraded database."""
    engine = reading_engine(source)

    def unit(target: Connection) -> Copied:
        with engine.begin() as read:
            return copy_everything(read, target, check=_whole, told=told)

    database = open_database(to_url)
    try:
        return await database.write(unit)
    finally:
        await database.close()
        engine.dispose()


async def from_postgres(from_url: str, target: Path, told: Told, *, check: Check | None = None) -> Copied:
    """Copy one moment of a database that others may be using to an empty, upgraded file; `check` asks what is wrong with it there."""
    engine = writing_engine(target)

    def unit(source: Connection) -> Copied:
        with engine.begin() as written:
            return copy_everything(source, written, check=check or _whole, told=told)

    database = open_database(from_url, mode="read")
    with _alone(target):
        try:
            return await database.read(unit)
        finally:
            await database.close()
            await asyncio.to_thread(engine.dispose)


def _whole(tx: Connection) -> list[Finding]:
    return whole_findings(tx, planned_steps)


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Keep servers away from a file meanwhile; raises Fault while one runs."""
    lock = WriterLock(file)
    lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _shown(url: str) -> str:
    return url_of(url).render_as_string(hide_password=True)
