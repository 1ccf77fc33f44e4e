"""`firebreak diff A B`: what changed between two playbooks, in words, what matters most first.

It ends as `diff` does: 0 when they say the same, 1 when they differ, 2 when one of them could not be read.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.drafting import sound_book
from api.cli.output import Json, answer, answer_json
from api.cli.trouble import COULD_NOT_RUN, SAID_NO
from engine.authoring.difference.compare import Change, Moving, changes, moving


def diff(
    before: Annotated[Path, typer.Argument(metavar="A", help="The playbook as it was.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="The playbook as it is.")],
    as_json: Json = False,
    organisation: Annotated[Path | None, typer.Option(help="Check both against this organisation file.")] = None,
) -> None:
    """Say in words what changed between two playbooks; exit 0 when nothing did, 1 when something did, 2 when one has errors."""
    purpose = "only sound playbooks can be compared"
    old, new = (sound_book(file, organisation, purpose=purpose, code=COULD_NOT_RUN) for file in (before, after))
    found, steps = changes(old, new), moving(old, new)
    if as_json:
        answer_json({"same": not found, "changes": [_record(each) for each in found], "moving": _moving_record(steps)})
    else:
        for line in told(found, steps):
            answer(line)
    raise typer.Exit(SAID_NO if found else 0)


def told(found: tuple[Change, ...], steps: Moving) -> list[str]:
    """Give the lines of the answer."""
    if not found:
        return ["no difference"]
    lines = [line for each in found for line in (each.sentence, *(f"    {line}" for line in each.lines))]
    parts = {"appears": steps.appear, "vanishes": steps.vanish}
    said = [f"{verb}: {', '.join(names)}" for verb, names in parts.items() if names]
    if said:
        lines += ["", f"moving a run: {'; '.join(said)}"]
    if steps.held:
        lines.append(f"a run in which something happened in {' or '.join(steps.held)} can't be moved")
    return lines


def _record(change: Change) -> dict[str, Any]:
    return {
        "part": change.part,
        "name": change.name,
        "change": change.what,
        "field": change.field or None,
        "before": change.before,
        "after": change.after,
        "words": change.sentence,
        "lines": list(change.lines),
    }


def _moving_record(steps: Moving) -> dict[str, list[str]]:
    return {"appear": list(steps.appear), "vanish": list(steps.vanish), "held": list(steps.held)}
