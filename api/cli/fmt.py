"""`firebreak fmt PATH…`: playbooks in one style, comments kept, meaning untouched.

Rules:
- A folder stands for the same files as in `firebreak check`.
- `--check` and `--diff` change nothing; both end with 1 when something would change.
- A file with faults is left alone, with its diagnostics; the others are formatted all the same.
- The answer is the names of the files that changed, or would; with `--diff` the differences.
"""

from difflib import unified_diff
from pathlib import Path
from typing import Annotated

import typer

from api.cli.desk import bytes_of, files_in
from api.cli.output import clean, stdout, talk
from api.cli.replacing import replace_file
from api.cli.trouble import SAID_NO
from engine.authoring.formatting import Formatted, formatted
from engine.language.report import as_text


def fmt(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Playbooks, organisation files, or folders of them.")],
    check: Annotated[bool, typer.Option("--check", help="Change nothing; end with 1 when something would change.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Change nothing; show what would change.")] = False,
) -> None:
    """Format playbooks: one style, comments kept, meaning untouched."""
    changed, left = 0, 0
    for file in files_in(paths):
        raw = bytes_of(file)
        ended = formatted(raw, file=str(file))
        if ended.content is None:
            left += 1
            _say_why(file, ended)
        elif ended.content != raw:
            changed += 1
            _change(file, raw, ended.content, only_look=check or diff, shows=diff)
    talk(_counted(changed, left, only_look=check or diff))
    if left or (changed and (check or diff)):
        raise typer.Exit(SAID_NO)


def _change(file: Path, raw: bytes, content: bytes, *, only_look: bool, shows: bool) -> None:
    if not only_look:
        replace_file(file, content)
    if not shows:
        typer.echo(clean(file))
        return
    before, after = (each.decode("utf-8-sig").replace("\r\n", "\n").splitlines() for each in (raw, content))
    for line in unified_diff(before, after, str(file), f"{file} (formatted)", lineterm=""):
        typer.echo(clean(line))


def _say_why(file: Path, ended: Formatted) -> None:
    if ended.refusal is not None:
        talk(f"'{file}' was left alone: {ended.refusal}")
        return
    console = stdout()
    errors = [each for each in ended.diagnostics if each.level == "error"]
    typer.echo(as_text(errors, colour=console.is_terminal and not console.no_color), nl=False, color=True)


def _counted(changed: int, left: int, *, only_look: bool) -> str:
    verb = "would be formatted" if only_look else "formatted"
    parts = [f"{changed} file{'' if changed == 1 else 's'} {verb}"] if changed else []
    parts += [f"{left} left alone"] if left else []
    return ", ".join(parts) or "nothing to format"
