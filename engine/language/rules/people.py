"""FB114, FB115, FB117: the organisation has somebody for each role, and key-holders can sign.

All but the last need the organisation file; without one, roles are taken on trust.
"""

from collections.abc import Iterator, Mapping, Sequence

from engine.language.checked import Checked
from engine.language.diagnostic import Finding
from engine.language.organisation import Organisation
from engine.language.playbook import Approval, Role
from engine.language.suggest import did_you_mean, quoted

_PLACES = {"group": "group", "oncall": "rotation", "person": "person"}


def assignments_lead_to_people(checked: Checked) -> Iterator[Finding]:
    """Find roles whose group, rotation or person is not in the organisation file, or holds nobody."""
    for name, role in checked.playbook.roles.items() if checked.organisation else ():
        kind, _, wanted = role.assign.partition(":")
        known = _known(kind, checked.organisation)
        if known is None:
            continue
        if wanted not in known:
            message = f"role {quoted(name)}: {_PLACES[kind]} {quoted(wanted)} is not in the organisation file"
            yield Finding("FB114", f"{message}{did_you_mean(wanted, known)}", ("roles", name, "assign"), within=wanted)
        elif not known[wanted]:
            yield Finding("FB114", f"role {quoted(name)}: nobody is in {role.assign}", ("roles", name, "assign"), within=wanted)


def skills_are_there(checked: Checked) -> Iterator[Finding]:
    """Find roles for which nobody in their group, rotation or person has every skill they ask for."""
    organisation = checked.organisation
    for name, role in checked.playbook.roles.items() if organisation else ():
        people = _people(role, organisation)
        if organisation is None or not people or not role.skills:
            continue
        skills = [set(organisation.people[person].skills) for person in people if person in organisation.people]
        if not any(set(role.skills) <= has for has in skills):
            yield _lacking(name, role, skills)


def key_holders_can_sign(checked: Checked) -> Iterator[Finding]:
    """Find roles that approve but are reached by e-mail only, where nobody can sign."""
    keys = {role for step in checked.playbook.steps if isinstance(step, Approval) for role in step.approvers}
    for name, role in checked.playbook.roles.items():
        if name not in keys:
            continue
        if _ways(role, checked.organisation) == {"email"}:
            message = f"role {quoted(name)} holds a key but is reached by e-mail only"
            advice = "name a group, a rotation or a person, or reach them by slack or phone too"
            yield Finding("FB117", message, ("roles", name, "reach" if role.reach else "assign"), help=advice)


def _ways(role: Role, organisation: Organisation | None) -> set[str]:
    """List the ways by which a role's holders are called: its own, else the organisation's; an address outside has only one."""
    usual = organisation.defaults.reach if organisation and role.reach is None else None
    if not role.reach and role.assign.startswith("email:"):
        return {"email"}
    return {rung.by for rung in role.reach or usual or ()}


def _lacking(name: str, role: Role, skills: Sequence[set[str]]) -> Finding:
    nowhere = [skill for skill in role.skills if not any(skill in has for has in skills)]
    if nowhere:
        message = f"role {quoted(name)}: nobody in {role.assign} has skill {nowhere[0]}"
        return Finding("FB115", message, ("roles", name, "skills", role.skills.index(nowhere[0])))
    message = f"role {quoted(name)}: nobody in {role.assign} has all of {', '.join(role.skills)}"
    return Finding("FB115", message, ("roles", name, "skills"))


def _people(role: Role, organisation: Organisation | None) -> Sequence[str]:
    kind, _, wanted = role.assign.partition(":")
    known = _known(kind, organisation)
    return known.get(wanted, ()) if known else ()


def _known(kind: str, organisation: Organisation | None) -> Mapping[str, Sequence[str]] | None:
    """Give the groups, rotations or persons by name with the people in each; None for other ways to assign."""
    if organisation is None:
        return None
    match kind:
        case "group":
            return organisation.groups
        case "oncall":
            return {name: entry.rotation for name, entry in organisation.oncall.items()}
        case "person":
            return {name: (name,) for name in organisation.people}
        case _:
            return None
