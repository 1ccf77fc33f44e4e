"""FB420: nothing personal stands in a statement for people outside.

Personal are inputs marked so (a `person` or `people` always, unless marked otherwise), results of private
steps and personal results of tasks, and the names behind roles. What a template includes counts as its own.
"""

from collections.abc import Iterable, Iterator, Mapping

from engine.language.checked import Checked
from engine.language.diagnostic import Finding
from engine.language.playbook import OUTSIDE, Playbook, Statement, Task
from engine.language.suggest import quoted
from engine.language.written import Filled, filled_texts


def statements_hold_nothing_personal(checked: Checked) -> Iterator[Finding]:
    """Find personal names in the templates of statements for outsiders, and for whom a policy protects."""
    texts = [filled for filled in filled_texts(checked.playbook, checked.files) if filled.template]
    for template, audience in _audiences(checked.playbook).items():
        for filled in _with_includes(template, texts):
            for name in sorted(filled.parsed.names()) if filled.parsed else ():
                words = _personal(name, checked.playbook)
                if words is not None:
                    message = f"{filled.owner} would publish {words} to {audience}"
                    notes = () if filled.template == template else (f"template {quoted(template)} includes it",)
                    yield filled.finding("FB420", message, ".".join(name), notes=notes)


def _audiences(playbook: Playbook) -> Mapping[str, str]:
    """Give each template of a protected audience with the first such audience."""
    protected = OUTSIDE | {audience for policy in playbook.policies if policy.rule == "no_personal_data" for audience in policy.audience}
    found: dict[str, str] = {}
    for step in playbook.steps:
        if isinstance(step, Statement) and step.audience in protected and step.template in playbook.templates:
            found.setdefault(step.template, step.audience)
    return found


def _with_includes(template: str, texts: Iterable[Filled]) -> Iterator[Filled]:
    """Yield the texts of a template and of all that it includes, however deep."""
    todo, seen = [template], {template}
    while todo:
        wanted = todo.pop()
        for filled in texts:
            if filled.template == wanted:
                yield filled
                new = [name for name in filled.parsed.includes() if name not in seen] if filled.parsed else []
                seen |= set(new)
                todo += new


def _personal(name: tuple[str, ...], playbook: Playbook) -> str | None:
    match name:
        case ("inputs", wanted) if wanted in playbook.inputs and playbook.inputs[wanted].is_personal:
            return f"personal input {quoted(wanted)}"
        case ("steps", wanted, "result", *_):
            step = next((step for step in playbook.steps if step.id == wanted), None)
            is_personal = step is not None and (step.private or (isinstance(step, Task) and _is_personal_result(step)))
            return f"the personal result of {quoted(wanted)}" if is_personal else None
        case ("roles", wanted, _):
            return f"the name of role {quoted(wanted)}"
        case _:
            return None


def _is_personal_result(step: Task) -> bool:
    if step.result is None:
        return False
    return step.result.type in ("person", "people") if step.result.personal is None else step.result.personal
