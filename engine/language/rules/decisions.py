"""FB205, FB221, FB222, FB223, FB224: decisions offer a choice, and moments are set once."""

from collections.abc import Iterator

from engine.language.checked import Checked
from engine.language.diagnostic import Finding, Level
from engine.language.playbook import Decision
from engine.language.suggest import did_you_mean, quoted


def moments_are_set_once(checked: Checked) -> Iterator[Finding]:
    """Find a second step that sets `closed` or `contained`."""
    first: dict[str, str] = {}
    for index, step in enumerate(checked.playbook.steps):
        if step.sets is None:
            continue
        if step.sets in first:
            notes = (f"{quoted(first[step.sets])} sets it too",)
            yield Finding("FB205", f"two steps set {quoted(step.sets)}", ("steps", index, "sets"), notes=notes)
        first.setdefault(step.sets, step.id)


def decisions_offer_a_choice(checked: Checked) -> Iterator[Finding]:
    """Find decisions with fewer than two options."""
    for index, step in enumerate(checked.playbook.steps):
        if isinstance(step, Decision) and len(step.options) < 2:
            count = "one option" if step.options else "no options"
            level: Level | None = None if step.options else "error"
            yield Finding("FB221", f"decision {quoted(step.id)} has {count}", ("steps", index, "options"), at="key", level=level)


def silent_answers_are_options(checked: Checked) -> Iterator[Finding]:
    """Find answers for silence that are no options, or that would never be given because nothing is due."""
    for index, step in enumerate(checked.playbook.steps):
        if not isinstance(step, Decision) or step.if_no_answer is None:
            continue
        path = ("steps", index, "if_no_answer")
        if step.if_no_answer not in step.options:
            hint = did_you_mean(step.if_no_answer, step.options)
            message = f"decision {quoted(step.id)}: if_no_answer {quoted(step.if_no_answer)} is not an option{hint}"
            yield Finding("FB222", message, path)
        if step.due is None:
            message = f"decision {quoted(step.id)} has if_no_answer but no due"
            yield Finding("FB224", message, path, at="key", help="say by when: due: 30m")


def steps_are_listed_by_one_decision(checked: Checked) -> Iterator[Finding]:
    """Find steps that are listed under options of several decisions, where the author may have meant either."""
    for index, step in enumerate(checked.playbook.steps):
        decisions = checked.graph.listed_by[step.id]
        if len(decisions) > 1:
            count = "two" if len(decisions) == 2 else str(len(decisions))
            need = "both" if len(decisions) == 2 else "all of them"
            message = f"{quoted(step.id)} is listed under options of {count} decisions; it needs {need}"
            yield Finding("FB223", message, ("steps", index, "id"), notes=(f"they are {', '.join(decisions)}",))
