"""`firebreak backup` and `firebreak restore`: one file that holds everything, checked when it is written and when it is read."""

import shlex
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import URL

from api.cli.copying import from_postgres, to_any
from api.cli.keys import KeyState, fit_of, keep_key, key_here
from api.cli.local import run
from api.cli.output import Json, answer, answer_json, talk
from api.cli.progress import telling
from api.cli.settings import settings
from api.cli.trouble import SAID_NO, Trouble
from api.settings import Settings
from engine.runtime.clock import SystemClock
from engine.runtime.planned import planned_steps
from engine.store.backup import Look, Source, examine, make_backup
from engine.store.database_url import is_postgres, url_of
from engine.store.fault import Fault
from engine.store.migrate import upgrade
from engine.store.restore import put_in_place, standing
from engine.store.snapshot import Told
from engine.store.sqlite_file import WriterLock, path_of

File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup file, such as firebreak-2026-11-27.tar.")]

_STATES: dict[KeyState, str] = {
    "fits": "the secret key here opens what is sealed in it",
    "other": "the secret key here is NOT the one that it was sealed with: set the right FIREBREAK_SECRET_KEY before you serve it",
    "none": "there is no secret key here: set the FIREBREAK_SECRET_KEY that it was sealed with before you serve it",
}


def backup(
    file: File,
    check: Annotated[bool, typer.Option("--check", help="Write nothing: read this backup and say whether it is good.")] = False,
    with_key: Annotated[
        bool, typer.Option("--with-key", help="Put the secret key into it too: whoever has the file reads everything.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Copy the whole database into one file, also while the server runs; checked before it gets its name. Exit 1 with findings."""
    chosen = settings()
    if check:
        look, state = _checked(chosen, file)
        _say(file, look, as_json=as_json, said=_verdict(look), key=state)
        raise typer.Exit(SAID_NO if look.findings else 0)
    look = _made(chosen, file, with_key=with_key)
    _say(file, look, as_json=as_json, said=f"{file} holds {_content(look)}")
    if with_key:
        talk(f"{file.name} holds the secret key too: whoever has this file reads everything in it", style="bold yellow")
    else:
        talk(_KEYLESS, style="bold yellow")
    raise typer.Exit(SAID_NO if look.findings else 0)


_KEYLESS = (
    "this backup does NOT hold the secret key: without FIREBREAK_SECRET_KEY (or secret.key in the data folder) the sealed values in it "
    "can never be read again; keep the key too, apart from this file"
)


def restore(
    file: File,
    force: Annotated[bool, typer.Option("--force", help="Move what is there aside first; it is never deleted.")] = False,
    as_json: Json = False,
) -> None:
    """Check a backup and put it where this machine's settings say that the database is; the server must be stopped."""
    chosen = settings()
    way = _restored_to_postgres if is_postgres(chosen.database) else _restored_to_file
    look, state, moved = way(chosen, file, force=force)
    if look.findings:
        _say(file, look, as_json=as_json, said="nothing was restored")
        raise typer.Exit(SAID_NO)
    _say(file, look, as_json=as_json, said=f"restored {_content(look)} to {_shown(chosen)}", key=state, moved=moved)
    talk("compare every snapshot and list with its events too: firebreak audit verify")


Restored = tuple[Look, KeyState | None, list[Path]]


def _restored_to_file(chosen: Settings, file: Path, *, force: bool) -> Restored:
    target, now = path_of(chosen.database), SystemClock().now()
    if standing(target) and not force:
        raise Trouble(f"there is a database already: {target}", "add --force to move it aside, or set FIREBREAK_DATA_DIR", code=SAID_NO)
    with _alone_at(target), tempfile.TemporaryDirectory(prefix=".restoring-", dir=target.parent) as folder, telling() as told:
        staged = Path(folder) / target.name
        look = examine(file, staged, planned=planned_steps, told=told)
        if look.findings:
            return look, None, []
        kept = keep_key(chosen, look.key, force=force, now=now)
        state = fit_of(staged, look.key, chosen)
        return look, state, [*kept, *put_in_place(staged, target, now=now)]


def _restored_to_postgres(chosen: Settings, file: Path, *, force: bool) -> Restored:
    """Fill an empty database; one that is not empty is refused, and `force` only concerns the key."""
    with tempfile.TemporaryDirectory(prefix="firebreak-") as folder, telling() as told:
        staged = Path(folder) / "firebreak.db"
        look = examine(file, staged, planned=planned_steps, told=told)
        if look.findings:
            return look, None, []
        kept = keep_key(chosen, look.key, force=force, now=SystemClock().now())
        state = fit_of(staged, look.key, chosen)
        upgrade(chosen.database)
        run(to_any(staged, chosen.database, told))
        return look, state, kept


@contextmanager
def _alone_at(database: Path) -> Iterator[None]:
    """Hold the right to write there, so that no server starts meanwhile; raises Fault while one runs."""
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Fault(f"can't make {database.parent}: {error.strerror}", done="restored nothing", advice="set FIREBREAK_DATA_DIR") from error
    lock = WriterLock(database)
    lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _made(chosen: Settings, file: Path, *, with_key: bool) -> Look:
    key = key_here(chosen)
    if with_key and key is None:
        raise Trouble("there is no secret key here to put into it", "set FIREBREAK_SECRET_KEY or FIREBREAK_DATA_DIR")
    source = Source(Path(), _release(), SystemClock().now(), key if with_key else None)
    with telling() as told:
        if is_postgres(chosen.database):
            return _made_of_postgres(chosen, file, source, told)
        return make_backup(replace(source, database=path_of(chosen.database)), file, planned=planned_steps, told=told)


def _made_of_postgres(chosen: Settings, file: Path, source: Source, told: Told) -> Look:
    """Copy one moment to a file first; then it is a backup like any other."""
    if file.exists() or not file.absolute().parent.is_dir():
        raise Trouble(f"{file} is there already" if file.exists() else f"there is no folder {file.absolute().parent}")
    talk(
        f"a big database is copied faster by PostgreSQL itself: pg_dump --format=custom --file=firebreak.dump {shlex.quote(_shown(chosen))}"
    )
    with tempfile.TemporaryDirectory(prefix=".copying-", dir=file.absolute().parent) as folder:
        database = Path(folder) / "firebreak.db"
        upgrade(f"sqlite:///{database}")
        run(from_postgres(chosen.database, database, told, check=lambda _: ()))
        return make_backup(replace(source, database=database), file, planned=planned_steps, told=told)


def _checked(chosen: Settings, file: Path) -> tuple[Look, KeyState | None]:
    with tempfile.TemporaryDirectory(prefix="firebreak-") as folder, telling() as told:
        staged = Path(folder) / "firebreak.db"
        look = examine(file, staged, planned=planned_steps, told=told)
        return look, None if look.findings else fit_of(staged, look.key, chosen)


def _shown(chosen: Settings) -> str:
    """Write where the database is: its file, or its address without the password."""
    if not is_postgres(chosen.database):
        return str(path_of(chosen.database))
    url = url_of(chosen.database)
    return URL.create("postgresql", url.username, host=url.host, port=url.port, database=url.database, query=url.query).render_as_string()


def _release() -> str:
    from api.release import release

    return release()


def _content(look: Look) -> str:
    counts = look.manifest.counts
    held = f"{_many(counts.get('incidents', 0), 'incident')} with {_many(counts.get('events', 0), 'event')}"
    return f"{held}, of {look.manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC"


def _verdict(look: Look) -> str:
    return _many(len(look.findings), "finding") if look.findings else f"whole: {_content(look)}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _say(file: Path, look: Look, *, as_json: bool, said: str, key: KeyState | None = None, moved: list[Path] | None = None) -> None:
    if as_json:
        answer_json(_facts(file, look, key, moved or []))
    else:
        for finding in look.findings:
            answer(f"{finding.incident or file.name}: {finding.text}")
        answer(said)
        for path in moved or []:
            answer(f"moved aside: {path}")
    if key is not None:
        talk(_STATES[key], style="" if key == "fits" else "bold yellow")


def _facts(file: Path, look: Look, key: KeyState | None, moved: list[Path]) -> dict[str, Any]:
    manifest = look.manifest
    return {
        "file": str(file),
        "program": manifest.program,
        "schema": manifest.schema,
        "taken_at": manifest.taken_at.isoformat(),
        "bytes": manifest.bytes,
        "sha256": manifest.sha256,
        "counts": dict(manifest.counts),
        "head": {"number": manifest.head_number, "digest": manifest.head_digest},
        "with_key": manifest.with_key,
        "key": key,
        "moved_aside": [str(path) for path in moved],
        "findings": [{"incident": each.incident, "seq": each.seq, "text": each.text} for each in look.findings],
    }
