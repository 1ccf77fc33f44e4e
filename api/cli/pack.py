"""`firebreak pack`: the offline pack, written now or checked. It needs no server, and does not disturb one that runs."""

from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.local import organisation_of, reading, run
from api.cli.output import Json, answer, answer_json, talk
from api.cli.settings import settings
from api.cli.trouble import Trouble
from api.settings import Settings
from engine.runtime.clock import SystemClock
from engine.store.seal import Sealer


def pack(
    check: Annotated[
        Path | None, typer.Option("--check", metavar="FILE", help="Write nothing: open this pack and say whether it is whole.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write the offline pack now (FIREBREAK_PACK_FOLDER, FIREBREAK_PACK_PASSPHRASE) and say where; beside a running server, too."""
    chosen = settings()
    if check is not None:
        _check(chosen, check, as_json=as_json)
        return
    where = run(_written(chosen))
    if as_json:
        answer_json({"file": where})
        return
    answer(where)
    talk("open it with 7-Zip or Keka and the passphrase, then index.html in a browser; try it before you need it")


def _check(chosen: Settings, file: Path, *, as_json: bool) -> None:
    from api.pack.sealing import opened

    if chosen.pack_passphrase is None:
        raise Trouble("there is no passphrase to open it with", "set FIREBREAK_PACK_PASSPHRASE")
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Trouble(f"can't read {file}: {(error.strerror or 'it failed').lower()}") from error
    found = opened(content, chosen.pack_passphrase.get_secret_value())
    if as_json:
        answer_json({"file": str(file), **found.manifest, "files": sorted(found.files)})
        return
    answer(f"{file} is whole: {_content(found.manifest)}")


def _content(manifest: Any) -> str:
    incidents, plans, people = (manifest[name] for name in ("incidents", "plans", "people"))
    counts = f"{incidents} incident{'' if incidents == 1 else 's'}, {plans} plan{'' if plans == 1 else 's'}, {people} people"
    lost = f"; {manifest['unread']} could not be read" if manifest["unread"] else ""
    return f"{counts} of {manifest['organisation']}, as of {manifest['written_at'][:16].replace('T', ' ')} UTC{lost}"


async def _written(chosen: Settings) -> str:
    from api.beside import writer_of
    from api.pack.gathering import Source
    from api.secret_key import secret_of
    from api.wiring import place_of

    place, organisation = place_of(chosen), organisation_of(chosen)
    async with reading(chosen) as database:
        source = Source(database, Sealer(secret_of(chosen)), lambda: organisation)
        writer = writer_of(chosen, source, place)
        if writer is None:
            raise Trouble("the offline pack is not set up", "set FIREBREAK_PACK_FOLDER and FIREBREAK_PACK_PASSPHRASE")
        return await writer.write(SystemClock().now())
