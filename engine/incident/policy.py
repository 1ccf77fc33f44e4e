"""Policies held against the actual history: the second of two enforcements.

The verifier proves that no run can break them; here each act that could is refused, naming the policy.
A proved playbook whose people follow it never meets these refusals. Built-in: nothing goes to an
outside audience without at least one approval of exactly those words (FB401).
"""

from collections.abc import Iterable, Mapping

from engine.incident.draft import mentioned
from engine.incident.personal import Text, plain_text
from engine.incident.plan import World
from engine.incident.refusal import Refusal
from engine.incident.scope import is_done
from engine.incident.state import Incident, StepState
from engine.incident.versions import subject_version
from engine.language.playbook import OUTSIDE, Approval, Policy, Publish, Statement

BUILT_IN = "approved_outside"
"""Id under which the built-in policy is named."""


def forbids_act(world: World, incident: Incident, step: str, person: str | None) -> Refusal | None:
    """Refuse that `step` happens now (is completed, published, sent) when a policy would be broken."""
    found = _unapproved(world, incident, step)
    for policy in world.policies:
        found = found or _broken_by(world, incident, policy, step) or _same_person(world, incident, policy, step, person)
    return found


def forbids_skip(world: World, incident: Incident, step: str) -> Refusal | None:
    """Refuse a hand skip after which a policy could no longer be kept."""
    for policy in world.policies:
        leans = (
            step in policy.steps
            if policy.rule == "always_happens"
            else step in _firsts(policy) and any(_may_still_happen(incident, then) for then in _thens(policy))
        )
        if leans:
            return _no(policy, f"'{step}' can't be skipped by hand")
    return None


def forbids_revision(world: World, before: Incident, after: Incident) -> Refusal | None:
    """Refuse a revised answer after which both steps of a `never_both` could have happened."""
    for policy in world.policies:
        if policy.rule != "never_both":
            continue
        past = [name for name in policy.steps if has_happened(after, name)]
        opened = [name for name in policy.steps if _was_settled(before, name) and _may_still_happen(after, name)]
        if past and any(name not in past for name in opened):
            return _no(policy, f"'{past[0]}' has happened, and the new answer opens '{opened[0]}'")
    return None


def forbids_words(world: World, incident: Incident, statement: Statement, texts: Mapping[str, Text]) -> Refusal | None:
    """Refuse words that a policy bans for the statement's audience."""
    words = " ".join(plain_text(text) for text in texts.values())
    for policy in world.policies:
        if statement.audience not in policy.audience:
            continue
        banned = next((word for word in policy.words if word.casefold() in words.casefold()), None)
        if policy.rule == "forbid_words" and banned:
            return _no(policy, f"the text says {banned!r}")
        if policy.rule == "no_personal_data" and mentioned(incident.inputs, words):
            return _no(policy, "the text names somebody who is listed as personal")
    return None


def forbids_holder(world: World, incident: Incident, role: str, person: str) -> Refusal | None:
    """Refuse giving `role` to who already did a step that this role's step must be kept apart from."""
    for policy in world.policies:
        if policy.rule != "different_people":
            continue
        did = [name for name in policy.steps if person in people_of(incident, name)]
        todo = [name for name in policy.steps if name not in did and role in _roles_for(world, name) and not has_happened(incident, name)]
        if did and todo:
            return _no(policy, f"{person} did '{did[0]}', so another person must do '{todo[0]}'")
    return None


def keys_missing(world: World, incident: Incident, statement: str) -> tuple[str, Policy] | None:
    """The first role whose key on the current words a policy asks for and nobody has turned."""
    audience = getattr(world.plan.steps.get(statement), "audience", None)
    for policy in world.policies:
        if policy.rule == "approved_before_publish" and audience in policy.audience:
            given = _roles_given(world, incident, statement)
            missing = next((role for role in policy.approvers if role not in given), None)
            if missing:
                return missing, policy
    return None


def has_happened(incident: Incident, step: str) -> bool:
    """Done (also when voided since), or published in at least one channel."""
    state = incident.steps.get(step, StepState())
    return state.state == "done" or bool(state.receipts)


def people_of(incident: Incident, step: str) -> frozenset[str]:
    """Whoever did, wrote or agreed to a step."""
    state = incident.steps.get(step, StepState())
    keys = {key.person for key in state.keys if key.decision == "approve"}
    authors = {state.versions[-1].author} if state.versions else set()
    done_by = {state.done_by} if state.done_by and state.state == "done" and not keys else set()
    return frozenset(keys | authors | done_by)


def _unapproved(world: World, incident: Incident, name: str) -> Refusal | None:
    step = world.plan.steps.get(name)
    if not isinstance(step, Publish):
        return None
    statement = world.plan.steps.get(step.of)
    if not isinstance(statement, Statement) or statement.audience not in OUTSIDE:
        return None
    if _roles_given(world, incident, step.of):
        return None
    reason = f"nothing goes to {statement.audience} without an approval of exactly these words"
    return Refusal("policy", reason, policy=BUILT_IN)


def _broken_by(world: World, incident: Incident, policy: Policy, step: str) -> Refusal | None:
    match policy.rule:
        case "before" | "requires" if step in _thens(policy):
            missing = [first for first in _firsts(policy) if not is_done(incident.steps.get(first, StepState()))]
            return _no(policy, f"'{missing[0]}' has to be done first") if missing else None
        case "never_both" if step in policy.steps:
            other = [name for name in policy.steps if name != step and has_happened(incident, name)]
            return _no(policy, f"'{other[0]}' has happened already") if other else None
        case "approved_before_publish":
            return _publish_broken(world, incident, policy, step)
        case _:
            return None


def _publish_broken(world: World, incident: Incident, policy: Policy, name: str) -> Refusal | None:
    step = world.plan.steps.get(name)
    if not isinstance(step, Publish):
        return None
    missing = keys_missing(world, incident, step.of)
    if missing is None or missing[1].id != policy.id:
        return None
    return _no(policy, f"'{missing[0]}' has not approved exactly these words")


def _same_person(world: World, incident: Incident, policy: Policy, step: str, person: str | None) -> Refusal | None:
    if policy.rule != "different_people" or step not in policy.steps or person is None:
        return None
    for other in policy.steps:
        if other != step and person in people_of(incident, other):
            return Refusal("same_person", f"policy {policy.id}: {person} did '{other}', so another person must do this", policy=policy.id)
    return None


def _roles_given(world: World, incident: Incident, statement: str) -> frozenset[str]:
    version = subject_version(world, incident, statement)
    approvals = world.plan.graph.approvals_of.get(statement, ())
    states = (incident.steps.get(approval.id, StepState()) for approval in approvals)
    return frozenset(key.role for state in states for key in state.keys if key.decision == "approve" and key.version == version)


def _firsts(policy: Policy) -> tuple[str, ...]:
    match policy.rule:
        case "before":
            return (policy.first,) if policy.first else ()
        case "requires":
            return tuple(policy.needs)
        case _:
            return ()


def _thens(policy: Policy) -> Iterable[str]:
    return (policy.step,) if policy.rule == "requires" and policy.step else policy.thens


def _may_still_happen(incident: Incident, step: str) -> bool:
    state = incident.steps.get(step)
    return state is not None and state.state in ("waiting", "ready", "doing")


def _was_settled(incident: Incident, step: str) -> bool:
    state = incident.steps.get(step)
    return state is not None and state.state in ("skipped", "blocked", "done")


def _roles_for(world: World, name: str) -> tuple[str, ...]:
    step = world.plan.steps.get(name)
    if isinstance(step, Approval):
        return tuple(step.approvers)
    return (step.role,) if step and step.role else ()


def _no(policy: Policy, reason: str) -> Refusal:
    return Refusal("policy", f"policy {policy.id}: {reason}", policy=policy.id)
