"""`firebreak graph PLAYBOOK`: the playbook as a picture, as Mermaid text, or as a plan on paper that anybody can read."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, assert_never

import typer

from api.cli.drafting import sound_book
from api.cli.output import talk
from api.cli.replacing import replace_file
from api.cli.trouble import Trouble
from engine.authoring.paper.book import Book


class Picture(StrEnum):
    SVG = "svg"
    MERMAID = "mermaid"
    HTML = "html"


def graph(
    playbook: Annotated[Path, typer.Argument(metavar="PLAYBOOK", help="The playbook to draw.")],
    form: Annotated[
        Picture, typer.Option("--format", help="svg for screen and paper, mermaid for wikis, html for a plan in plain words.")
    ] = Picture.SVG,
    output: Annotated[Path | None, typer.Option(help="Write into this file instead.")] = None,
    organisation: Annotated[Path | None, typer.Option(help="Read channels and required policies from this organisation file.")] = None,
    with_private: Annotated[
        bool, typer.Option("--with-private", help="In html: show what private and privileged steps hold, too.")
    ] = False,
) -> None:
    """Draw a playbook, or write its plan in plain words; exit 1 when the playbook has errors."""
    if with_private and form is not Picture.HTML:
        raise Trouble(f"--with-private is for --format html; the {form} shows no step's instructions")
    text = drawn(sound_book(playbook, organisation, purpose="only a sound one can be drawn"), form, with_private=with_private)
    if output is None:
        typer.echo(text, nl=False)
        return
    replace_file(output, text.encode("utf-8"))
    talk(f"wrote {output}")


def drawn(book: Book, form: Picture, *, with_private: bool = False) -> str:
    """Give the text of a picture."""
    match form:
        case Picture.SVG:
            from engine.authoring.drawing.svg import svg

            return svg(book)
        case Picture.MERMAID:
            from engine.authoring.drawing.mermaid import mermaid

            return mermaid(book)
        case Picture.HTML:
            from api.cli.plan_page import page
            from engine.authoring.paper.plan import plan

            return page(plan(book, with_private=with_private))
        case _:
            assert_never(form)
