"""FB421, FB424: what is private or personal is not meant for everybody who reads along.

In shared rooms the engine shows `[private]` and masks personal inputs, so a text that leans on them says
nothing there. A shared room is what a message, a monitor's `each_time` or a ticket is read in, and the
instructions of a step that is not private itself.
"""

from collections.abc import Iterator
from typing import assert_never

from engine.language.checked import Checked
from engine.language.diagnostic import Finding, Path
from engine.language.expression_nodes import Call, Conditional, Filtered, For, If, Include, Name, Node, Output, Part, Words, children
from engine.language.playbook import Message, Playbook, Step, Task, Ticket
from engine.language.suggest import listed, quoted
from engine.language.written import Filled, filled_texts


def rooms_hear_nothing_private(checked: Checked) -> Iterator[Finding]:
    """Find texts for a shared room that use the result of a private step, or something personal."""
    playbook = checked.playbook
    steps = {step.id: step for step in playbook.steps}
    for filled in filled_texts(playbook, checked.files):
        place = _shared_place(filled, playbook)
        for name in sorted(set(_said(filled.parsed.parts))) if place and filled.parsed else ():
            words = _closed(name, playbook, steps, is_said=place != "instructions")
            if words is not None:
                message = f"{words} is used in {_indefinite(place or '')}"
                yield filled.finding("FB421", message, ".".join(name), notes=("readers would only see that it is masked",))


def personal_incidents_are_closed(checked: Checked) -> Iterator[Finding]:
    """Find playbooks that ask about people while the whole organisation may look on."""
    playbook = checked.playbook
    personal = [name for name, entry in playbook.inputs.items() if entry.is_personal]
    levels = playbook.severity.levels.values() if playbook.severity else ()
    is_closed = next((level.visibility is not None for level in levels), False)
    if not personal or is_closed or playbook.settings.visibility != "organisation":
        return
    is_said = "visibility" in playbook.settings.model_fields_set
    path: Path = ("settings", "visibility") if is_said else ("inputs", personal[0])
    message = f"personal inputs ({listed(personal)}), but the incident is visible to the whole organisation"
    yield Finding("FB424", message, path, at="value" if is_said else "key", help="write settings: {visibility: participants}")


def _said(parts: tuple[Part, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the names whose value a text shows; how many there are, or whether there are any, is no secret."""
    for part in parts:
        match part:
            case Words() | Include():
                pass
            case Output():
                yield from _shown(part.value)
            case If():
                yield from _said((*part.then, *part.otherwise))
            case For():
                yield part.source.path
                yield from _said((*part.body, *part.otherwise))
            case _:
                assert_never(part)


def _shown(node: Node) -> Iterator[tuple[str, ...]]:
    match node:
        case Name():
            yield node.path
        case Call(name="count") | Filtered(filter="length"):
            pass
        case Conditional():
            yield from (*_shown(node.then), *_shown(node.otherwise))
        case _:
            for below in children(node):
                yield from _shown(below)


def _shared_place(filled: Filled, playbook: Playbook) -> str | None:
    """Name the shared place in which a text is read; None when it is not."""
    if filled.template is not None:
        uses = [step for step in playbook.steps if isinstance(step, Message | Ticket) and step.template == filled.template]
        return _place_of(uses[0]) if uses else None
    if filled.path[0] != "steps":
        return None
    step = playbook.steps[int(filled.path[1])]
    if filled.path[2] in ("text", "each_time"):
        return _place_of(step)
    return "instructions" if filled.path[2] == "do" and not step.private else None


def _place_of(step: Step) -> str:
    return "ticket" if isinstance(step, Ticket) else "room message"


def _indefinite(place: str) -> str:
    return "instructions that everybody reads" if place == "instructions" else f"a {place}"


def _closed(name: tuple[str, ...], playbook: Playbook, steps: dict[str, Step], *, is_said: bool) -> str | None:
    match name:
        case ("steps", wanted, "result", *_) if wanted in steps and steps[wanted].private:
            return f"private step {quoted(wanted)} text"
        case ("steps", wanted, "result", *_) if wanted in steps and _is_personal(steps[wanted]):
            return f"the personal result of {quoted(wanted)}"
        case ("inputs", wanted) if is_said and wanted in playbook.inputs and playbook.inputs[wanted].is_personal:
            return f"personal input {quoted(wanted)}"
        case _:
            return None


def _is_personal(step: Step) -> bool:
    if not isinstance(step, Task) or step.result is None:
        return False
    return step.result.type in ("person", "people") if step.result.personal is None else step.result.personal
