"""What goes where: the answer to stdout, talk to stderr; colour and boxes only on a terminal, and never with NO_COLOR or --plain.

Every text is made safe before it is shown: what somebody typed into a title can't move a reader's cursor.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

Json = Annotated[bool, typer.Option("--json", help="Answer as JSON, for programs.")]
Plain = Annotated[bool, typer.Option("--plain", help="Answer in lines without boxes or colour.")]


def stdout() -> Console:
    return Console(highlight=False, emoji=False, markup=False)


def stderr() -> Console:
    return Console(stderr=True, highlight=False, emoji=False, markup=False)


def talk(text: str, style: str = "") -> None:
    """Say something to whoever runs the command; it is no part of the answer."""
    stderr().print(Text(clean(text), style=style), soft_wrap=True)


def answer(text: str | Text) -> None:
    """Give the answer, or a line of it."""
    stdout().print(Text(clean(text)) if isinstance(text, str) else text, soft_wrap=True)


def answer_json(value: Any) -> None:
    """Give the answer for a program."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def answer_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, plain: bool = False) -> None:
    """Give rows: a table on a terminal, else lines whose fields are separated by tabs."""
    console = stdout()
    if plain or not console.is_terminal:
        for row in rows:
            typer.echo("\t".join(clean(field).replace("\t", " ") for field in row))
        return
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(field if isinstance(field, Text) else Text(clean(field)) for field in row))
    console.print(table)


def clean(value: object) -> str:
    """Write a value on lines that can't repaint a terminal."""
    text = "" if value is None else str(value)
    return "".join(char if char.isprintable() or char == "\n" else " " if char == "\t" else "�" for char in text)
