"""`firebreak new [FILE]`: a first playbook from a few questions, or from options where nobody sits at a terminal.

It never writes over a file, and what it writes checks and proves clean.
"""

import sys
from pathlib import Path
from typing import Annotated, Final, get_args

import typer

from api.cli.output import clean, talk
from api.cli.trouble import SAID_NO, Trouble
from engine.authoring.scaffold import Answers, Level, Public, scaffold
from engine.language.suggest import as_name, did_you_mean

LONGEST_TITLE: Final = 80
_LEVELS: Final = get_args(Level)
_AUDIENCES: Final = get_args(Public)


def new(
    file: Annotated[Path | None, typer.Argument(help="Where to write it; without a name, the playbook's id with .yaml.")] = None,
    title: Annotated[str | None, typer.Option(help="What people will read everywhere.")] = None,
    id: Annotated[str | None, typer.Option(help="A name that never changes; made of the title when not given.")] = None,
    lead: Annotated[str | None, typer.Option(help="What the role that leads is called.")] = None,
    public: Annotated[bool | None, typer.Option("--public/--no-public", help="Whether words may go outside.")] = None,
    audience: Annotated[str | None, typer.Option(help=f"Whom they are for: {', '.join(_AUDIENCES)}.")] = None,
    people: Annotated[bool | None, typer.Option("--people/--no-people", help="Whether colleagues are seen or named in it.")] = None,
    severity: Annotated[str | None, typer.Option(help=f"The level it begins at: {', '.join(_LEVELS)}.")] = None,
) -> None:
    """Write a first playbook that checks and proves, with notes that teach."""
    asks = sys.stdin.isatty()
    title = _title(title, asks=asks)
    name = _name(id, title)
    lead = lead or (_asked("Who leads, as a role?", "Incident lead") if asks else "Incident lead")
    if public is None:
        public = audience is not None or not asks or _confirmed("Do words go outside (press, customers, public)?")
    chosen = _one_of(audience, _AUDIENCES, "audience", "Who hears them?", asks=asks) if public else None
    if people is None:
        people = not asks or _confirmed("Are colleagues seen or named in it?")
    level = _one_of(severity, _LEVELS, "severity", "How serious is it at first (sev1 is worst)?", asks=asks, default="sev2")
    target = file or Path(f"{name}.yaml")
    answers = Answers(name, title, lead, chosen, people, level, str(target))  # type: ignore[arg-type]  # `_one_of` gives what is listed
    _write(target, scaffold(answers))
    typer.echo(clean(target))
    talk(f"now run: firebreak check {target}")


def _title(given: str | None, *, asks: bool) -> str:
    title = given if given is not None else _asked("What kind of incident is it for?", None) if asks else None
    if title is None or not title.strip():
        raise Trouble("a playbook needs a title", 'firebreak new --title "Filmed argument at work"')
    title = " ".join(title.split())
    if len(title) > LONGEST_TITLE or not title.isprintable():
        raise Trouble(f"a title has at most {LONGEST_TITLE} characters that can be seen")
    return title


def _name(given: str | None, title: str) -> str:
    name = as_name(title if given is None else given)
    if given is not None and name != given:
        raise Trouble(f"'{given}' is not a name; use 2 to 48 of a-z, 0-9 and _", *([f"such as --id {name}"] if name else []))
    return name or "my_playbook"


def _one_of(given: str | None, options: tuple[str, ...], word: str, question: str, *, asks: bool, default: str | None = None) -> str:
    first = default or options[0]
    said = given if given is not None else _asked(f"{question} {', '.join(options)}", first) if asks else first
    if said not in options:
        raise Trouble(f"'{said}' is no {word}{did_you_mean(said, options)}", f"write one of {', '.join(options)}")
    return said


def _asked(question: str, default: str | None) -> str:
    typer.echo(f"{question} [{default}] " if default else f"{question} ", nl=False, err=True)
    line = sys.stdin.readline()
    if not line:
        raise typer.Abort
    return line.strip() or default or ""


def _confirmed(question: str) -> bool:
    return _asked(question, "yes").lower().startswith("y")


def _write(file: Path, text: str) -> None:
    try:
        with file.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise Trouble(f"'{file}' is there already, and is left as it is", code=SAID_NO) from error
    except OSError as error:
        raise Trouble(f"can't write '{file}': {(error.strerror or 'it failed').lower()}") from error
