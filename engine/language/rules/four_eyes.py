"""FB406: steps that a policy keeps apart fall to different people.

Two steps that one role does are done by one person as a rule: an error. Roles that are found in the same place, also
as a fallback, may come down to one person: a warning, because the core refuses that person's second act.
"""

from collections.abc import Iterator
from itertools import combinations

from engine.language.checked import Checked
from engine.language.diagnostic import Finding, Path
from engine.language.playbook import Approval, Playbook, Policy, Step
from engine.language.suggest import quoted


def kept_apart_by_roles(checked: Checked) -> Iterator[Finding]:
    """Find steps under `different_people` that one role does, or roles of theirs that may be one person."""
    for index, policy in enumerate(checked.playbook.policies):
        if policy.rule == "different_people":
            known = [checked.graph.steps[name] for name in dict.fromkeys(policy.steps) if name in checked.graph.steps]
            for first, second in combinations(known, 2):
                yield from _compared(checked.playbook, policy, first, second, ("policies", index, "steps"))


def _compared(playbook: Playbook, policy: Policy, first: Step, second: Step, path: Path) -> Iterator[Finding]:
    shared = [role for role in _roles(first) if role in _roles(second)]
    both = f"policy {policy.id}: {quoted(first.id)} and {quoted(second.id)}"
    if shared:
        advice = "give one of them another role"
        yield Finding("FB406", f"{both} are both done by {quoted(shared[0])}", path, help=advice)
        return
    pairs = ((one, other, place) for one in _roles(first) for other in _roles(second) for place in _common(playbook, one, other))
    for one, other, place in pairs:
        message = f"{both} may fall to one person: {quoted(one)} and {quoted(other)} are both found in {place}"
        yield Finding("FB406", message, path, level="warning", help="find one of them elsewhere; the same person's second act is refused")
        return


def _roles(step: Step) -> tuple[str, ...]:
    if isinstance(step, Approval):
        return tuple(step.approvers)
    return (step.role,) if step.role else ()


def _common(playbook: Playbook, first: str, second: str) -> tuple[str, ...]:
    elsewhere = _places(playbook, second)
    return tuple(place for place in _places(playbook, first) if place in elsewhere and place != "ask")


def _places(playbook: Playbook, role: str) -> tuple[str, ...]:
    """Name where a role's people are found, its own place first; a fallback's fallbacks are not asked."""
    found = playbook.roles.get(role)
    if found is None:
        return ()
    fallbacks = (playbook.roles[name].assign for name in found.fallback if name in playbook.roles)
    return tuple(dict.fromkeys((found.assign, *fallbacks)))
