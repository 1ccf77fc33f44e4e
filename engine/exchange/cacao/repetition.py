"""A CACAO loop as a monitor: somebody does it again and again until it need not be done any more.

Our loops always end, so each gets a limit (FB703). Inside a loop nothing is a step of its own: what is to be
done each time stands in the monitor's text.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

from engine.exchange.cacao.pointing import Paths
from engine.exchange.cacao.task import Tasks
from engine.exchange.sketch import Sketch, harmless
from engine.exchange.spans import duration_of
from engine.language.suggest import quoted

LIMIT: Final = "1d"
SHORTEST: Final = 300_000
"""Milliseconds; a monitor that looks more often wears people out (FB314)."""

_REWORK: Final = re.compile(r"__(ok|rework)_[a-z0-9_]+__")


def is_rework(variables: Iterable[str]) -> bool:
    """Tell whether a loop is one of ours, that sends words back until they are approved."""
    return all(_REWORK.fullmatch(each) for each in variables)


def repeated(tasks: Tasks, paths: Paths, name: str, loop: dict[str, Any], condition: str) -> Sketch:
    """Make a monitor of a loop, without what it waits for."""
    path = ("workflow", name)
    inside = [each for each in paths.below(paths.next(name, "on_true")) if paths.steps[each].get("type") not in ("end", "start")]
    first = next((each for each in inside if paths.steps[each].get("type") == "action"), None)
    own = tasks.incoming.text(loop, path, "name")
    title = own or _name(tasks, paths, first) or f"Repeat while {condition}"
    role = tasks.role_of(paths.steps[first], ("workflow", first)) if first is not None else tasks.nobody()
    sketch = tasks.book.step("monitor", title, role=role)
    sketch.adds(harmless(tasks.incoming.text(loop, path, "description")))
    for each in inside:
        sketch.adds(tasks.in_our_words(_told(tasks, paths, each, alone=len(inside) == 1)))
    if condition.strip() and "__until_" not in condition:
        sketch.adds(harmless(f"Again while: {condition}"))
    delays = [paths.steps[each].get("delay") for each in (name, *inside)]
    known = [delay for delay in delays if isinstance(delay, int) and not isinstance(delay, bool) and delay > 0]
    sketch.fields["every"] = duration_of(max(SHORTEST, known[0])) if known else "1h"
    sketch.fields["until"] = f"metrics.{tasks.book.metric(sketch, f'Done: {sketch.title}')}"
    sketch.fields["for_at_most"] = LIMIT
    sketch.fields["record"] = [sketch.fields["until"].partition(".")[2]]
    message = f"while loop {quoted(sketch.title)} had no limit; for_at_most {LIMIT} added"
    tasks.incoming.say("FB703", message, (*path, "condition"), help="write the limit that fits, and how often to look")
    return sketch


def _told(tasks: Tasks, paths: Paths, name: str, *, alone: bool) -> str:
    """Say in words what one step of a loop does."""
    step = paths.steps[name]
    path = ("workflow", name)
    kind = str(step.get("type"))
    title = tasks.incoming.text(step, path, "name")
    match kind:
        case "action":
            texts = [
                text
                for command in tasks.incoming.entries(step, path, "commands")
                if (text := tasks.incoming.text(command, path, "command"))
            ]
            said = "\n".join(texts)
            return said.removeprefix(title).strip() if alone else f"- {': '.join(part for part in (title, ' '.join(said.split())) if part)}"
        case "if-condition" | "while-condition":
            return f"- {title or 'Only'} if {tasks.incoming.text(step, path, 'condition')}"
        case "switch-condition":
            return f"- {title or 'Depending on'} {tasks.incoming.text(step, path, 'switch')}"
        case _:
            return f"- {title}" if title else ""


def _name(tasks: Tasks, paths: Paths, step: str | None) -> str:
    return tasks.incoming.text(paths.steps[step], ("workflow", step), "name") if step is not None else ""
