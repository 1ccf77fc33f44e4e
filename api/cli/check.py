"""`firebreak check PATH…`: every finding in playbooks and organisation files, with its place and what to do.

Rules:
- A folder stands for every playbook and organisation file in it; stories (`*.test.yaml`) and other YAML
  files are left alone.
- Playbooks are checked against `--organisation`, else `organisation.yaml` beside them, else without one.
- What a playbook may start is looked up among the playbooks beside it.
"""

import gc
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, assert_never
from urllib.parse import quote

import typer

from api.cli.desk import Desk, bytes_of, files_in, is_marked
from api.cli.output import stdout, talk
from engine.analysis.proofs import ALL_PROOFS
from engine.language.diagnostic import Diagnostic
from engine.language.load import load_organisation
from engine.language.report import as_json, as_text, counted, exit_code

_GITHUB: Final = {"error": "error", "warning": "warning", "info": "notice"}


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


def check(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Playbooks, organisation files, or folders of them.")],
    organisation: Annotated[Path | None, typer.Option(help="Check against this organisation file.")] = None,
    form: Annotated[
        Format, typer.Option("--format", help="text for people, json for programs, github for annotations, sarif for code hosts.")
    ] = Format.TEXT,
) -> None:
    """Check playbooks and organisation files; exit 0 when sound, 1 with errors, 2 when it could not look."""
    found = tuple(dict.fromkeys(check_files(list(files_in(paths)), organisation)))
    _report(found, form)
    raise typer.Exit(exit_code(found))


def check_files(files: Sequence[Path], organisation: Path | None = None) -> list[Diagnostic]:
    """Check each file for what it is."""
    gc.freeze()  # what the imports made is never garbage; looking through it again would cost more than the check
    desk = Desk(organisation)
    for file in files:
        text = bytes_of(file)
        if is_marked(text, b"firebreak_organisation"):
            desk.found += load_organisation(text, file=str(file)).diagnostics
            continue
        loaded, _ = desk.loaded(file, text, proofs=ALL_PROOFS)
        desk.found += loaded.diagnostics
    return desk.found


def _report(found: tuple[Diagnostic, ...], form: Format) -> None:
    match form:
        case Format.JSON:
            typer.echo(as_json(found), nl=False)
        case Format.GITHUB:
            for diagnostic in found:
                typer.echo(_annotation(diagnostic))
        case Format.SARIF:
            typer.echo(_sarif(found), nl=False)
        case Format.TEXT:
            console = stdout()
            typer.echo(as_text(found, colour=console.is_terminal and not console.no_color), nl=False, color=True)
        case _:
            assert_never(form)
    if not found:
        talk(counted(found))


def _sarif(found: tuple[Diagnostic, ...]) -> str:
    """Write a log whose files are named relative to where the command runs, and whose codes bring their pages."""
    from importlib.metadata import PackageNotFoundError, version

    from api.cli.shipped import shipped
    from engine.language.sarif import as_sarif

    folder = shipped("rules", "docs/rules")
    pages = {code: page.read_text("utf-8") for code in {each.code for each in found} if (page := folder / f"{code}.md").is_file()}
    try:
        release = version("firebreak")
    except PackageNotFoundError:
        release = "0"
    return as_sarif(found, pages=pages, uri=_uri, version=release)


def _uri(file: str) -> str:
    path, here = Path(file), Path.cwd()
    if path.is_absolute() and not path.is_relative_to(here):
        return path.as_uri()
    return quote((path.relative_to(here) if path.is_absolute() else path).as_posix())


def _annotation(diagnostic: Diagnostic) -> str:
    """Write a workflow command that GitHub shows beside the line."""
    end = diagnostic.column + diagnostic.length
    place = f"file={_escaped(diagnostic.file)},line={diagnostic.line},col={diagnostic.column},endColumn={end},title={diagnostic.code}"
    more = f"%0Ahelp: {_escaped(diagnostic.help, inside=False)}" if diagnostic.help else ""
    return f"::{_GITHUB[diagnostic.level]} {place}::{_escaped(diagnostic.message, inside=False)}{more}"


def _escaped(text: str, *, inside: bool = True) -> str:
    """Escape as the runner's toolkit does; `inside` a property, commas and colons too."""
    plain = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return plain.replace(":", "%3A").replace(",", "%2C") if inside else plain
