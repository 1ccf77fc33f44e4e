"""`firebreak test PATH…`: the stories beside playbooks, played on the real rules, and the branches that none of them tells.

Rules:
- `x.test.yaml` tells about `x.yaml` beside it, with the people of `--organisation`, else of `organisation.yaml` beside them.
- A playbook stands for its stories; a folder for every story file in it.
- It ends with 1 when a story does not go as told, when a story file is wrong, or, with `--every-branch`, when a
  branch is told by no story; with 2 when it could not play anything.
"""

import gc
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from api.cli.desk import Desk, bytes_of, world_of
from api.cli.output import Json, Plain
from api.cli.trouble import SAID_NO, Trouble
from engine.analysis.stories.coverage import Branch, branches, covered
from engine.analysis.stories.playing import Told, play
from engine.analysis.stories.reading import StoryFile, read_stories
from engine.incident.plan import World
from engine.language.checked import Checked
from engine.language.diagnostic import Diagnostic
from engine.language.verdict import is_sound

ENDING: Final = ".test"
"""What a story file's name ends with, before its extension."""


@dataclass(frozen=True)
class Session:
    """One story file that was played: how each story went, and what was covered."""

    file: Path
    world: World
    read: StoryFile
    told: tuple[Told, ...]
    is_whole: bool = True
    """Whether all its stories were played; otherwise nothing is said about coverage."""

    @property
    def branches(self) -> tuple[Branch, ...]:
        """List what there is to cover, and must be."""
        return tuple(branch for branch in branches(self.world.plan) if not branch.is_optional)

    @property
    def missing(self) -> tuple[Branch, ...]:
        """List what no story told, optional ones included."""
        went = frozenset().union(*(covered(told.stage) for told in self.told if told.stage is not None))
        return tuple(branch for branch in branches(self.world.plan) if branch not in went)

    @property
    def is_true(self) -> bool:
        return is_sound(self.read.diagnostics) and all(told.is_true for told in self.told)

    @property
    def is_covered(self) -> bool:
        return not self.is_whole or all(branch.is_optional for branch in self.missing)


@dataclass(frozen=True)
class Unplayable:
    """A story file whose playbook has errors, so that nothing can be played."""

    file: Path
    found: tuple[Diagnostic, ...]

    is_true = False
    is_covered = False


def play_stories(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Story files, playbooks, or folders of them.")],
    organisation: Annotated[Path | None, typer.Option(help="Play with the people of this organisation file.")] = None,
    only: Annotated[str, typer.Option(help="Play only stories whose title holds this text.")] = "",
    every_branch: Annotated[bool, typer.Option("--every-branch", help="Fail when a branch is told by no story.")] = False,
    tell: Annotated[bool, typer.Option("--tell", help="Say what happens in each story, minute by minute.")] = False,
    json: Json = False,
    plain: Plain = False,
) -> None:
    """Play the stories beside playbooks, and say which branches none of them tells."""
    from api.cli.story_report import report, report_json

    gc.freeze()  # what the imports made is never garbage; looking through it again would cost more than the stories
    desk = Desk(organisation)
    sessions = [session(desk, file, only) for file in story_files(paths)]
    if only and not any(isinstance(each, Unplayable) or each.told or not is_sound(each.read.diagnostics) for each in sessions):
        raise Trouble(f"no story's title holds '{only}'")
    if json:
        report_json(sessions)
    else:
        report(sessions, tell=tell, plain=plain)
    failed = not all(each.is_true for each in sessions) or (every_branch and not all(each.is_covered for each in sessions))
    raise typer.Exit(SAID_NO if failed else 0)


def session(desk: Desk, file: Path, only: str = "") -> Session | Unplayable:
    """Play the stories of one file."""
    playbook = playbook_of(file)
    if not playbook.is_file():
        raise Trouble(f"'{file.name}' has no playbook beside it", f"it tells about '{playbook.name}', in the same folder")
    people = desk.people_for(playbook, purpose="a story")
    loaded, _ = desk.loaded(playbook, bytes_of(playbook), proofs=())
    if loaded.playbook is None:
        return Unplayable(file, tuple(each for each in loaded.diagnostics if each.level == "error"))
    world = world_of(Checked(loaded.playbook, people, loaded.files), people)
    read = read_stories(bytes_of(file), file=str(file), world=world)
    chosen = [story for story in read.stories if only.casefold() in story.title.casefold()]
    return Session(file, world, read, tuple(play(world, story) for story in chosen), is_whole=len(chosen) == len(read.stories))


def story_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Give the story files that are meant, each once."""
    yield from dict.fromkeys(file for path in paths for file in _meant(path))


def playbook_of(stories: Path) -> Path:
    """Name the playbook that a story file tells about."""
    return stories.with_name(f"{stories.stem.removesuffix(ENDING)}{stories.suffix}")


def _meant(path: Path) -> Iterator[Path]:
    if path.is_dir():
        inside = [file for file in sorted(path.rglob(f"*{ENDING}.y*ml")) if not _is_hidden(file.relative_to(path))]
        if not inside:
            raise Trouble(f"there are no stories in '{path}'", "stories of 'x.yaml' are in 'x.test.yaml' beside it")
        yield from inside
        return
    file = path if path.stem.endswith(ENDING) else path.with_name(f"{path.stem}{ENDING}{path.suffix}")
    if not file.is_file():
        raise Trouble(f"there are no stories: no file '{file}'", "docs/stories.md says how to write some")
    yield file


def _is_hidden(file: Path) -> bool:
    return any(part.startswith(".") for part in file.parts)
