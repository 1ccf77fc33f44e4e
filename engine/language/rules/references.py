"""FB104, FB106, FB107: steps, ladders and templates that are named exist, and are of the kind that is needed."""

from collections.abc import Iterable, Iterator

from engine.language.checked import Checked
from engine.language.diagnostic import Finding, Path
from engine.language.playbook import Approval, Decision, Message, Playbook, Policy, Publish, Statement, Step, Ticket
from engine.language.suggest import did_you_mean, quoted
from engine.language.written import filled_texts

Mention = tuple[Path, str, str]
"""A place where a step is named, the step, and the beginning of the sentence that says so."""


def steps_are_known(checked: Checked) -> Iterator[Finding]:
    """Find names that are no steps of this playbook."""
    known = checked.graph.steps
    for path, name, sentence in _mentions(checked.playbook):
        if name not in known:
            yield Finding("FB104", f"{sentence} unknown step {quoted(name)}{did_you_mean(name, known)}", path)


def publishes_are_of_statements(checked: Checked) -> Iterator[Finding]:
    """Find publishes of a step that is no statement."""
    for index, step in enumerate(checked.playbook.steps):
        if isinstance(step, Publish) and step.of in checked.graph.steps:
            subject = checked.graph.steps[step.of]
            if not isinstance(subject, Statement):
                statements = [other.id for other in checked.playbook.steps if isinstance(other, Statement)]
                message = f"step {quoted(step.id)} publishes {quoted(step.of)}, which is a {subject.kind} and not a statement"
                yield Finding("FB104", f"{message}{did_you_mean(step.of, statements)}", ("steps", index, "of"))


def ladders_are_known(checked: Checked) -> Iterator[Finding]:
    """Find steps that escalate along a ladder that neither the playbook nor the organisation has."""
    known = [*checked.playbook.ladders, *(checked.organisation.ladders if checked.organisation else ())]
    for index, step in enumerate(checked.playbook.steps):
        if isinstance(step.escalate, str) and step.escalate not in known:
            message = f"step {quoted(step.id)}: unknown ladder {quoted(step.escalate)}{did_you_mean(step.escalate, known)}"
            yield Finding("FB106", message, ("steps", index, "escalate"))


def templates_are_known(checked: Checked) -> Iterator[Finding]:
    """Find templates that are named by steps or other templates and do not exist, languages included."""
    known = checked.playbook.templates
    for index, step in enumerate(checked.playbook.steps):
        if not isinstance(step, Statement | Message | Ticket) or step.template is None:
            continue
        if step.template not in known:
            message = f"{step.kind} {quoted(step.id)}: unknown template {quoted(step.template)}{did_you_mean(step.template, known)}"
            yield Finding("FB107", message, ("steps", index, "template"))
        elif isinstance(step, Statement):
            yield from _languages(step, index, known[step.template].languages)
    for filled in filled_texts(checked.playbook, checked.files):
        for name in filled.parsed.includes() if filled.parsed else ():
            if name not in known:
                message = f"{filled.owner}: includes unknown template {quoted(name)}{did_you_mean(name, known)}"
                yield filled.finding("FB107", message, name)


def _languages(step: Statement, index: int, known: Iterable[str]) -> Iterator[Finding]:
    for position, language in enumerate(step.languages):
        if language not in known:
            message = f"statement {quoted(step.id)}: template {quoted(step.template)} has no language {quoted(language)}"
            yield Finding("FB107", f"{message}{did_you_mean(language, known)}", ("steps", index, "languages", position))


def _mentions(playbook: Playbook) -> Iterator[Mention]:
    for name, milestone in playbook.milestones.items():
        yield from _listed(milestone.reached_by, ("milestones", name, "reached_by"), f"milestone {quoted(name)} is reached by")
    for index, policy in enumerate(playbook.policies):
        yield from _of_policy(policy, ("policies", index))
    for index, step in enumerate(playbook.steps):
        yield from _of_step(step, ("steps", index))


def _of_policy(policy: Policy, path: Path) -> Iterator[Mention]:
    sentence = f"policy {quoted(policy.id)} names"
    if policy.first is not None:
        yield (*path, "first"), policy.first, sentence
    if isinstance(policy.then, str):
        yield (*path, "then"), policy.then, sentence
    else:
        yield from _listed(policy.thens, (*path, "then"), sentence)
    if policy.step is not None:
        yield (*path, "step"), policy.step, sentence
    yield from _listed(policy.needs, (*path, "needs"), sentence)
    yield from _listed(policy.steps, (*path, "steps"), sentence)


def _of_step(step: Step, path: Path) -> Iterator[Mention]:
    yield from _listed(step.needs, (*path, "needs"), f"step {quoted(step.id)} needs")
    match step:
        case Decision():
            for name, option in step.options.items():
                sentence = f"decision {quoted(step.id)}: option {quoted(name)} opens"
                yield from _listed(option.then, (*path, "options", name, "then"), sentence)
        case Approval():
            yield (*path, "of"), step.of, f"approval {quoted(step.id)} is of"
            yield (*path, "on_reject", "rework"), step.on_reject.rework, f"approval {quoted(step.id)} sends back to"
        case Publish():
            yield (*path, "of"), step.of, f"step {quoted(step.id)} publishes"


def _listed(names: Iterable[str], path: Path, sentence: str) -> Iterator[Mention]:
    for index, name in enumerate(names):
        yield (*path, index), name, sentence
