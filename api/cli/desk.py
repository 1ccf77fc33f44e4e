"""Reads playbooks with their company: the organisation they run in, and the playbooks beside them that they start.

Rules:
- A playbook is read with the organisation that was given, else with `organisation.yaml` beside it, else without one.
- What it may start is looked up among the playbooks beside it; stories (`*.test.yaml`) are none.
- A command that needs a sound playbook ends with all its errors on stderr, and one sentence that says what for.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from api.cli.neighbours import started_by
from api.cli.output import stderr
from api.cli.trouble import COULD_NOT_RUN, SAID_NO, Trouble
from engine.incident.plan import Plan, World
from engine.language.checked import Checked, Rule
from engine.language.diagnostic import Diagnostic
from engine.language.load import Loaded, load_organisation, load_playbook
from engine.language.organisation import Organisation
from engine.language.playbook import Playbook
from engine.language.report import as_text
from engine.runtime.clock import SystemClock
from engine.runtime.folder import reader

LARGEST: Final = 10_000_000
"""Bytes; what is larger is no playbook."""

_DIGEST: Final = "0" * 64
"""Of a plan that is only tried: it is never stored under it."""


@dataclass
class Desk:
    """What one run of the command has read so far: each organisation and each folder once."""

    given: Path | None = None
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

    def sound(self, file: Path, *, purpose: str, code: int = SAID_NO) -> Checked:
        """Read a playbook that must have no errors; `purpose` ends the sentence that refuses one."""
        loaded, known = self.loaded(file, bytes_of(file), proofs=())
        if loaded.playbook is None:
            say([each for each in (*self.found, *loaded.diagnostics) if each.level == "error"])
            raise Trouble(f"'{file}' has errors; {purpose}", code=code)
        return Checked(loaded.playbook, known, loaded.files)

    def people_for(self, playbook: Path, *, purpose: str) -> Organisation:
        """Give the organisation, which must be there and sound; `purpose` begins the sentence that asks for one."""
        known = self.organisation_for(playbook)
        if known is None:
            errors = [each for each in self.found if each.level == "error"]
            say(errors)
            file = self.given or playbook.parent / "organisation.yaml"
            missing = f"'{file}' has errors" if errors else f"there is no '{file}'; name the file with --organisation"
            raise Trouble(f"{purpose} needs people, and {missing}", code=SAID_NO if errors else COULD_NOT_RUN)
        return known


def world_of(checked: Checked, people: Organisation) -> World:
    """Give the world in which a sound playbook is tried."""
    return World(Plan.of(checked.playbook, _DIGEST), people, checked.files)


def say(found: Sequence[Diagnostic]) -> None:
    """Show findings on stderr, in colour on a terminal."""
    console = stderr()
    console.file.write(as_text(found, colour=console.is_terminal and not console.no_color))


def files_in(paths: Iterable[Path]) -> Iterator[Path]:
    """Give the files that paths stand for; a folder stands for our files in it, and must have one."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        inside = [file for file in sorted(path.rglob("*.y*ml")) if is_candidate(file.relative_to(path))]
        ours = [file for file in inside if is_marked(bytes_of(file), b"firebreak")]
        if not ours:
            raise Trouble(f"there is no playbook in '{path}'", "a playbook is a .yaml file that says 'firebreak: 1'")
        yield from ours


def is_candidate(file: Path) -> bool:
    """Say whether a file could be ours by its name: YAML, not hidden, no stories."""
    hidden = any(part.startswith(".") for part in file.parts)
    return file.suffix in (".yaml", ".yml") and not hidden and not file.stem.endswith(".test")


def _playbooks_in(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for file in sorted(folder.glob("*.y*ml")):
        text = bytes_of(file)
        if is_candidate(Path(file.name)) and is_marked(text, b"firebreak:"):
            yield file, text


def is_marked(text: bytes, word: bytes) -> bool:
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
