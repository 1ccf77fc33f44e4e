"""FB210, FB211, FB212: a playbook that is called exists, does not call back, and gets what it requires.

Without a library (a file checked alone) only a playbook that calls itself is found.
"""

from collections.abc import Iterator, Mapping

from engine.language.checked import Checked
from engine.language.diagnostic import Finding
from engine.language.playbook import Playbook, SubPlaybook
from engine.language.suggest import did_you_mean, quoted


def playbooks_do_not_call_each_other(checked: Checked) -> Iterator[Finding]:
    """Find steps from which calls lead back to this playbook."""
    own = checked.playbook
    library = {**checked.library, own.id: own}
    for index, step in enumerate(own.steps):
        circle = _circle(step, library, own.id) if isinstance(step, SubPlaybook) else None
        if circle:
            message = f"playbooks call each other in a circle: {' → '.join(circle)}"
            yield Finding("FB210", message, ("steps", index, "playbook"))


def called_playbooks_are_known(checked: Checked) -> Iterator[Finding]:
    """Find calls of a playbook or a version that the library does not have."""
    if not set(checked.library) - {checked.playbook.id}:
        return
    for index, step in enumerate(checked.playbook.steps):
        if not isinstance(step, SubPlaybook):
            continue
        name, _, version = step.playbook.partition("@")
        child = checked.library.get(name)
        if name == checked.playbook.id:
            continue
        if child is None:
            message = f"step {quoted(step.id)}: unknown playbook {quoted(name)}{did_you_mean(name, checked.library)}"
            yield Finding("FB211", message, ("steps", index, "playbook"))
        elif version and version != child.version:
            message = f"step {quoted(step.id)}: playbook {quoted(name)} has no version {quoted(version)}; it is at {child.version}"
            yield Finding("FB211", message, ("steps", index, "playbook"))


def called_playbooks_get_their_inputs(checked: Checked) -> Iterator[Finding]:
    """Find calls that leave out an input which the called playbook requires, or hand over one that it does not have."""
    for index, step in enumerate(checked.playbook.steps):
        child = checked.library.get(_called(step)) if isinstance(step, SubPlaybook) else None
        if not isinstance(step, SubPlaybook) or child is None:
            continue
        for name, entry in child.inputs.items():
            if entry.required and entry.ask == "start" and name not in step.with_:
                message = f"step {quoted(step.id)}: {quoted(name)} is required by {child.id}"
                yield Finding("FB212", message, ("steps", index, "playbook"), help=f"write with: {{{name}: inputs.…}}")
        for name in step.with_:
            if name not in child.inputs:
                message = f"step {quoted(step.id)}: playbook {quoted(child.id)} has no input {quoted(name)}"
                yield Finding("FB501", f"{message}{did_you_mean(name, child.inputs)}", ("steps", index, "with", name), at="key")


def _called(step: SubPlaybook) -> str:
    return step.playbook.partition("@")[0]


def _circle(step: SubPlaybook, library: Mapping[str, Playbook], home: str) -> list[str] | None:
    """Give the shortest chain of calls that begins with this step and comes back home."""
    ways = [[home, _called(step)]]
    seen = {_called(step)}
    for way in ways:
        if way[-1] == home:
            return way
        callee = library.get(way[-1])
        for following in callee.steps if callee else ():
            if isinstance(following, SubPlaybook) and (name := _called(following)) not in seen:
                seen.add(name)
                ways.append([*way, name])
    return None
