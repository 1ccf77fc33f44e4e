"""`firebreak schema playbook|organisation`: what editors complete from, and explain fields with."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.output import talk
from api.cli.replacing import replace_file
from engine.language.schema import Document, as_text, schema_of


def schema(
    document: Annotated[Document, typer.Argument(help="Whose schema: of a playbook or of the organisation file.")],
    output: Annotated[Path | None, typer.Option(help="Write it into this file instead of showing it.")] = None,
) -> None:
    """Give the JSON Schema (2020-12) of a playbook or of the organisation file."""
    text = as_text(schema_of(document))
    if output is None:
        typer.echo(text, nl=False)
        return
    replace_file(output, text.encode())
    talk(f"wrote {output}; begin your file with: # yaml-language-server: $schema={output.name}")
