"""`firebreak export` and `firebreak import`: playbooks to and from other tools.

The document or the playbook is the answer (stdout, or `--output`); what was found is said on stderr, so that a
pipe gets a clean file. With `--format json` the findings are the answer, and the files need `--output`.
"""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from api.cli.desk import bytes_of, say
from api.cli.output import talk
from api.cli.replacing import replace_file
from api.cli.trouble import SAID_NO, Trouble
from engine.exchange.cacao.export import Exported, Wanted, export
from engine.exchange.cacao.extension import Written
from engine.exchange.cacao.kept import Kept
from engine.exchange.imported import Imported
from engine.exchange.importing import Tool, import_playbook
from engine.exchange.json_text import read_json
from engine.language.load import Loaded, load_playbook
from engine.language.report import as_json, exit_code
from engine.language.source import read_source
from engine.language.verdict import arranged
from engine.runtime.folder import reader

KEPT: Final = ".cacao.json"
"""Beside a playbook, what it was imported with and can't hold itself."""


class To(StrEnum):
    CACAO = "cacao"


class From(StrEnum):
    CACAO = "cacao"
    MATTERMOST = "mattermost"


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"


def export_playbook(
    playbook: Annotated[Path, typer.Argument(metavar="PLAYBOOK", help="The playbook's file.")],
    to: Annotated[To, typer.Option("--to", help="For which tool.")] = To.CACAO,
    output: Annotated[Path | None, typer.Option("--output", help="Write to this file instead of standard output.")] = None,
    strip: Annotated[bool, typer.Option("--strip-extensions", help="Only what the standard knows: no source, no fields of ours.")] = False,
    privileged: Annotated[bool, typer.Option("--with-privileged", help="Counsel's steps too; without it they are left out.")] = False,
) -> None:
    """Write a playbook for other tools: the same playbook always gives the same bytes."""
    text = bytes_of(playbook)
    loaded = load_playbook(text, file=str(playbook), read=reader(playbook.parent, playbook.parent))
    if loaded.playbook is None:
        say(loaded.diagnostics)
        raise Trouble(f"'{playbook}' has errors; only a sound playbook is exported", code=SAID_NO)
    exported = _exported(playbook, text, loaded, Wanted(extensions=not strip, privileged=privileged))
    source = read_source(text, file=str(playbook))
    found = arranged((), [source.locate(finding) for finding in exported.findings], file=str(playbook))
    say(found)
    if exit_code(found):
        raise typer.Exit(SAID_NO)
    _say_left_out(exported, wants_source=not strip)
    if output is None:
        typer.echo(exported.text, nl=False)
        return
    replace_file(output, exported.text.encode())
    talk(f"written: {output}")


def _exported(file: Path, text: bytes, loaded: Loaded, wanted: Wanted) -> Exported:
    assert loaded.playbook is not None
    beside = file.with_suffix(KEPT)
    kept = None
    if wanted.extensions and beside.is_file():
        kept = Kept.of(read_json(bytes_of(beside), file=str(beside)).value)
        if kept is None:
            talk(f"'{beside}' can't be read; the extensions that it kept are missing from the export")
    return export(loaded.playbook, Written(file.name, text.decode(), loaded.files), wanted, kept)


def _say_left_out(exported: Exported, *, wants_source: bool) -> None:
    if not exported.left_out:
        return
    talk(f"left out, because they are privileged: {', '.join(exported.left_out)}")
    if wants_source:
        talk("so the exact source is left out as well; --with-privileged exports everything")


def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CACAO 2.0 playbook or a Mattermost playbook export (JSON).")],
    source: Annotated[From | None, typer.Option("--from", help="Whose file it is; guessed without.")] = None,
    output: Annotated[Path | None, typer.Option("--output", help="A folder, or a file that ends in .yaml; else standard output.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there already.")] = False,
    form: Annotated[Format, typer.Option("--format", help="How to tell what was found: text, or json on standard output.")] = Format.TEXT,
) -> None:
    """Make a playbook of another tool's file, or bring our own export back byte for byte."""
    tool: Tool | None = "cacao" if source is From.CACAO else "mattermost" if source is From.MATTERMOST else None
    imported = import_playbook(bytes_of(file), file=str(file), tool=tool)
    written = _write(imported, output, force=force) if output is not None else []
    if form is Format.JSON:
        report = json.loads(as_json(imported.diagnostics))
        typer.echo(json.dumps({**report, "files": [str(each) for each in written]}, indent=2, ensure_ascii=False))
    else:
        say(imported.diagnostics)
        if output is None:
            _print(imported)
    for each in written:
        talk(f"written: {each}")
    if not imported.files:
        talk("nothing was imported")
    raise typer.Exit(exit_code(imported.diagnostics))


def _print(imported: Imported) -> None:
    """Give the playbook alone; whatever else there is needs a folder."""
    if not imported.files:
        return
    typer.echo(imported.files[imported.playbook].encode(), nl=False)
    others = [name for name in imported.files if name != imported.playbook]
    if others:
        talk(f"not shown: {', '.join(others)}; --output FOLDER writes them too")
    if imported.kept:
        talk("not shown: extensions of other tools; --output FOLDER keeps them beside the playbook")


def _write(imported: Imported, output: Path, *, force: bool) -> list[Path]:
    """Write all files, none before it is known that nothing is in the way."""
    if not imported.files:
        return []
    is_file = output.suffix in (".yaml", ".yml")
    folder = output.parent if is_file else output
    named = {name: folder / (output.name if is_file and name == imported.playbook else name) for name in imported.files}
    contents = {named[name]: text.encode() for name, text in imported.files.items()}
    if imported.kept:
        contents[named[imported.playbook].with_suffix(KEPT)] = imported.kept.text.encode()
    _refuse_others(folder, contents, force=force)
    for path, content in contents.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, content)
    return list(contents)


def _refuse_others(folder: Path, contents: dict[Path, bytes], *, force: bool) -> None:
    root = folder.resolve()
    outside = [path for path in contents if not path.resolve().is_relative_to(root)]
    if outside:
        raise Trouble(f"'{outside[0]}' leads out of '{folder}'")
    there = [path for path, content in contents.items() if path.exists() and (not path.is_file() or path.read_bytes() != content)]
    if there and not force:
        raise Trouble(f"'{there[0]}' is there already, with other content", "choose another --output, or add --force to replace it")
