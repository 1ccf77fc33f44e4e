"""FB120, FB121: severity has levels to choose from, and only those are named."""

from collections.abc import Iterator

from engine.language.checked import Checked
from engine.language.diagnostic import Finding, Path
from engine.language.playbook import Decision, Playbook
from engine.language.suggest import did_you_mean, quoted


def severity_has_levels(checked: Checked) -> Iterator[Finding]:
    """Find a severity with fewer than two levels."""
    severity = checked.playbook.severity
    if severity is not None and len(severity.levels) < 2:
        yield Finding("FB120", "severity needs two levels", ("severity", "levels"), at="key", help="list them, lowest first")


def levels_are_known(checked: Checked) -> Iterator[Finding]:
    """Find names that are no levels of this playbook's severity."""
    severity = checked.playbook.severity
    levels = severity.levels if severity else {}
    for path, level, owner in _mentions(checked.playbook):
        if level not in levels:
            hint = did_you_mean(level, levels) if severity else "; this playbook has no severity"
            yield Finding("FB121", f"{owner}: unknown level {quoted(level)}{hint}", path)


def _mentions(playbook: Playbook) -> Iterator[tuple[Path, str, str]]:
    if playbook.severity is not None and playbook.severity.start is not None:
        yield ("severity", "start"), playbook.severity.start, "severity"
    for index, rule in enumerate(playbook.severity.raise_ if playbook.severity else ()):
        yield ("severity", "raise", index, "to"), rule.to, "severity"
    for index, step in enumerate(playbook.steps):
        if step.min_severity is not None:
            yield ("steps", index, "min_severity"), step.min_severity, f"step {quoted(step.id)}"
        for name, option in step.options.items() if isinstance(step, Decision) else ():
            if option.raise_ is not None:
                owner = f"decision {quoted(step.id)}: option {quoted(name)}"
                yield ("steps", index, "options", name, "raise"), option.raise_, owner
