"""FB102, FB103, FB105: who does it is said, known, and does not fall back in a circle."""

from collections.abc import Iterable, Iterator

from engine.language.checked import Checked
from engine.language.diagnostic import Finding, Path
from engine.language.playbook import PEOPLE_KINDS, Approval, Message, Monitor, Playbook, Policy, Rung, Step
from engine.language.suggest import did_you_mean, quoted

Mention = tuple[Path, str, str]
"""A place where a role is named, the role, and who names it."""


def people_steps_have_roles(checked: Checked) -> Iterator[Finding]:
    """Find steps that people do, without a role."""
    for index, step in enumerate(checked.playbook.steps):
        if step.kind in PEOPLE_KINDS and step.role is None:
            yield Finding("FB102", f"step {quoted(step.id)} needs a role", ("steps", index))


def roles_are_known(checked: Checked) -> Iterator[Finding]:
    """Find names that are no roles of this playbook."""
    known = checked.playbook.roles
    for path, role, owner in mentions(checked.playbook):
        if role not in known:
            yield Finding("FB103", f"{owner}: unknown role {quoted(role)}{did_you_mean(role, known)}", path, within=role)


def fallbacks_come_to_an_end(checked: Checked) -> Iterator[Finding]:
    """Find roles that fall back to each other in a circle, each circle once."""
    roles = checked.playbook.roles
    told: set[str] = set()
    for name in roles:
        circle = _circle(name, checked.playbook)
        if circle and not told & set(circle):
            told |= set(circle)
            path = ("roles", name, "fallback", roles[name].fallback.index(circle[1]))
            yield Finding("FB105", f"roles fall back in a circle: {' → '.join(circle)}", path)


def _circle(start: str, playbook: Playbook) -> list[str]:
    """Give the shortest way from a role back to itself, both ends named, or nothing."""
    ways = [[start]]
    seen: set[str] = set()
    for way in ways:
        role = playbook.roles.get(way[-1])
        for following in role.fallback if role else ():
            if following == start:
                return [*way, start]
            if following not in seen:
                seen.add(following)
                ways.append([*way, following])
    return []


def mentions(playbook: Playbook) -> Iterator[Mention]:
    """Yield every place in which a role is named, texts and expressions left out."""
    yield ("owner",), playbook.owner, "owner"
    for name, role in playbook.roles.items():
        yield from _listed(role.fallback, ("roles", name, "fallback"), f"role {quoted(name)}")
    for name, rungs in playbook.ladders.items():
        yield from _of_ladder(rungs, ("ladders", name), f"ladder {quoted(name)}")
    if playbook.severity is not None and playbook.severity.lower_by is not None:
        yield ("severity", "lower_by"), playbook.severity.lower_by, "severity"
    for name, milestone in playbook.milestones.items():
        yield from _listed(milestone.tell, ("milestones", name, "tell"), f"milestone {quoted(name)}")
    for index, policy in enumerate(playbook.policies):
        yield from _of_policy(policy, ("policies", index))
    for index, step in enumerate(playbook.steps):
        yield from _of_step(step, ("steps", index))
    for index, follow_up in enumerate(playbook.follow_ups):
        yield ("follow_ups", index, "role"), follow_up.role, f"follow-up {quoted(follow_up.id)}"


def _of_policy(policy: Policy, path: Path) -> Iterator[Mention]:
    yield from _listed(policy.approvers, (*path, "approvers"), f"policy {quoted(policy.id)}")


def _of_step(step: Step, path: Path) -> Iterator[Mention]:
    owner = f"step {quoted(step.id)}"
    if step.role is not None:
        yield (*path, "role"), step.role, owner
    yield from _listed(step.helpers, (*path, "helpers"), owner)
    yield from _listed(step.readers, (*path, "readers"), owner)
    if isinstance(step.escalate, list):
        yield from _of_ladder(step.escalate, (*path, "escalate"), owner)
    match step:
        case Approval():
            yield from _listed(step.approvers, (*path, "approvers"), owner)
        case Message():
            yield from _addressed(step.to, (*path, "to"), owner)
        case Monitor(each_time=each) if each is not None:
            yield from _addressed(each.to, (*path, "each_time", "to"), owner)


def _of_ladder(rungs: Iterable[Rung], path: Path, owner: str) -> Iterator[Mention]:
    for index, rung in enumerate(rungs):
        if isinstance(rung.to, str):
            yield (*path, index, "to"), rung.to, owner
        else:
            yield from _listed(rung.to, (*path, index, "to"), owner)


def _addressed(destinations: Iterable[str], path: Path, owner: str) -> Iterator[Mention]:
    for index, destination in enumerate(destinations):
        if destination.startswith("role:"):
            yield (*path, index), destination.removeprefix("role:"), owner


def _listed(roles: Iterable[str], path: Path, owner: str) -> Iterator[Mention]:
    for index, role in enumerate(roles):
        yield (*path, index), role, owner
