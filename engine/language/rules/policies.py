"""FB140: a policy is one of the nine rules, and has what that rule needs.

Steps and roles that a policy names are checked with all the others (FB103, FB104).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from engine.language.checked import Checked
from engine.language.diagnostic import Finding, Path
from engine.language.playbook import Policy
from engine.language.suggest import did_you_mean, listed, quoted


@dataclass(frozen=True, slots=True)
class Takes:
    """The fields that a rule needs; `least` is how many steps it compares."""

    fields: tuple[str, ...]
    least: int = 1


RULES: Final[Mapping[str, Takes]] = {
    "approved_before_publish": Takes(("audience", "approvers")),
    "before": Takes(("first", "then")),
    "requires": Takes(("step", "needs")),
    "never_both": Takes(("steps",), least=2),
    "always_happens": Takes(("steps",)),
    "different_people": Takes(("steps",), least=2),
    "no_personal_data": Takes(("audience",)),
    "within": Takes(("step", "max")),
    "forbid_words": Takes(("audience", "words")),
}
_COMMON: Final = frozenset({"id", "rule", "why", "level"})


def policies_are_known(checked: Checked) -> Iterator[Finding]:
    """Find policies with an unknown rule, without a field that their rule needs, or with one that it ignores."""
    for index, policy in enumerate(checked.playbook.policies):
        path: Path = ("policies", index)
        takes = RULES.get(policy.rule)
        if takes is None:
            hint = did_you_mean(policy.rule, RULES) or f"; there are {listed(RULES)}"
            yield Finding("FB140", f"policy {quoted(policy.id)}: unknown rule {quoted(policy.rule)}{hint}", (*path, "rule"))
            continue
        yield from _missing(policy, takes, path)
        yield from _ignored(policy, takes, path)


def _missing(policy: Policy, takes: Takes, path: Path) -> Iterator[Finding]:
    for field in takes.fields:
        value = getattr(policy, field)
        if value is None or value == []:
            message = f"policy {quoted(policy.id)}: rule {quoted(policy.rule)} needs {quoted(field)}"
            yield Finding("FB140", message, (*path, field) if field in policy.model_fields_set else path)
        elif field == "steps" and len(set(value)) < takes.least:
            message = f"policy {quoted(policy.id)}: rule {quoted(policy.rule)} compares at least {takes.least} steps"
            yield Finding("FB140", message, (*path, field))


def _ignored(policy: Policy, takes: Takes, path: Path) -> Iterator[Finding]:
    for field in sorted(policy.model_fields_set - _COMMON - set(takes.fields)):
        message = f"policy {quoted(policy.id)}: rule {quoted(policy.rule)} does not use {quoted(field)}"
        yield Finding("FB140", message, (*path, field), at="key", help=f"it takes {' and '.join(takes.fields)}")
