"""`firebreak explain CODE`: the page about a code, as it stands in `docs/rules`."""

from typing import Annotated

import typer
from rich.markdown import Markdown

from api.cli.output import stdout
from api.cli.shipped import shipped
from api.cli.trouble import SAID_NO, Trouble
from engine.language.catalogue import BY_SLUG, CATALOGUE, entry_for
from engine.language.suggest import nearest


def explain(code: Annotated[str, typer.Argument(help="A code (FB202) or its slug (unreachable-step).")]) -> None:
    """Explain a code that `firebreak check` reports, with an example and what to write instead."""
    entry = entry_for(code)
    if entry is None:
        near = nearest(code.upper(), CATALOGUE) or nearest(code.lower(), BY_SLUG)
        advice = f"did you mean {near[0]}?" if near else f"they go from {min(CATALOGUE)} to {max(CATALOGUE)}"
        raise Trouble(f"there is no code '{code}'; {advice}", code=SAID_NO)
    page = shipped("rules", "docs/rules") / f"{entry.code}.md"
    try:
        text = page.read_text("utf-8")
    except OSError:
        text = f"# {entry.code}: {entry.title}\n\nLevel: {entry.level}. Slug: `{entry.slug}`.\n"
    console = stdout()
    if console.is_terminal:
        console.print(Markdown(text))
    else:
        typer.echo(text.rstrip("\n"))
