"""`firebreak check PATH…`: every finding in playbooks and organisation files, with its place and what to do.

Rules:
- A folder stands for every playbook and organisation file in it; stories (`*.test.yaml`) and other YAML
  files are left alone.
- Playbooks are checked against `--organisation`, else `organisation.yaml` beside them, else without one.
- What a playbook may start is looked up among the playbooks beside it.
"""

import gc
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, assert_never
from urllib.parse import quote

import typer

from api.cli.neighbours import started_by
from api.cli.output import stdout, talk
from api.cli.trouble import Trouble
from engine.analysis.proofs import ALL_PROOFS
from engine.language.checked import Rule
from engine.language.diagnostic import Diagnostic
from engine.language.load import Loaded, load_organisation, load_playbook
from engine.language.organisation import Organisation
from engine.language.playbook import Playbook
from engine.language.report import as_json, as_text, counted, exit_code
from engine.runtime.clock import SystemClock
from engine.runtime.folder import reader

LARGEST: Final = 10_000_000
"""Bytes; what is larger is no playbook."""

_GITHUB: Final = {"error": "error", "warning": "warning", "info": "notice"}


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


@dataclass
class Desk:
    """What one run of the command has read so far: each organisation and each folder once."""

    given: Path | None
    organisations: dict[Path, Organisation | None] = field(default_factory=dict)
    folders: dict[Path, dict[Path, bytes]] = field(default_factory=dict)
    found: list[Diagnostic] = field(default_factory=list)

    def organisation_for(self, playbook: Path) -> Organisation | None:
        """Give the organisation a playbook is checked against; what is wrong with that file counts as well."""
        file = self.given or playbook.parent / "organisation.yaml"
        if file not in self.organisations and (self.given or file.is_file()):
            loaded = load_organisation(bytes_of(file), file=str(file))
            self.organisations[file] = loaded.organisation
            self.found += loaded.diagnostics
        return self.organisations.get(file)

    def loaded(self, file: Path, text: bytes, *, proofs: Sequence[Rule]) -> tuple[Loaded, Organisation | None]:
        """Load a playbook with its organisation and what it may start, and give the organisation too."""
        library = self.library_for(file, text) if b"playbook:" in text else {}
        known = self.organisation_for(file)
        read, today = reader(file.parent, file.parent), SystemClock().now().date()
        return load_playbook(text, file=str(file), read=read, organisation=known, library=library, today=today, proofs=proofs), known

    def library_for(self, playbook: Path, text: bytes) -> dict[str, Playbook]:
        """Give the playbooks beside it that it may start, by id."""
        folder = playbook.parent
        if folder not in self.folders:
            self.folders[folder] = dict(_playbooks_in(folder))
        return started_by(text, {file: source for file, source in self.folders[folder].items() if file != playbook})


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
        if _marked(text, b"firebreak_organisation"):
            desk.found += load_organisation(text, file=str(file)).diagnostics
            continue
        loaded, _ = desk.loaded(file, text, proofs=ALL_PROOFS)
        desk.found += loaded.diagnostics
    return desk.found


def files_in(paths: Iterable[Path]) -> Iterator[Path]:
    """Give the files that paths stand for; a folder stands for our files in it, and must have one."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        inside = [file for file in sorted(path.rglob("*.y*ml")) if _is_candidate(file.relative_to(path))]
        ours = [file for file in inside if _marked(bytes_of(file), b"firebreak")]
        if not ours:
            raise Trouble(f"there is no playbook in '{path}'", "a playbook is a .yaml file that says 'firebreak: 1'")
        yield from ours


def _is_candidate(file: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.parts)
    return file.suffix in (".yaml", ".yml") and not hidden and not file.stem.endswith(".test")


def _playbooks_in(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for file in sorted(folder.glob("*.y*ml")):
        text = bytes_of(file)
        if _is_candidate(Path(file.name)) and _marked(text, b"firebreak:"):
            yield file, text


def _marked(text: bytes, word: bytes) -> bool:
    """Say whether a line begins with a word; enough to tell our files from others, whatever else is wrong with them."""
    return text.removeprefix(b"\xef\xbb\xbf").startswith(word) or b"\n" + word in text


def bytes_of(file: Path) -> bytes:
    """Read a file that may be a playbook; ends the command when it can't."""
    try:
        with file.open("rb") as stream:
            text = stream.read(LARGEST + 1)
    except OSError as error:
        raise Trouble(f"can't read '{file}': {(error.strerror or 'it failed').lower()}") from error
    if len(text) > LARGEST:
        raise Trouble(f"'{file}' is too large to be a playbook: more than {LARGEST // 1_000_000} MB")
    return text


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
