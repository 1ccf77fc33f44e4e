"""Policies held against the actual history: the second of two enforcements.

The verifier proves that no run can break them; here each act that could is refused, naming the policy.
A proved playbook whose people follow it never meets these refusals. Built-in: nothing goes to an
outside audience without at least one approval of exactly those words (FB401).
"""

from collections.abc import Iterable, Iterator, Mapping

from engine.incident.draft import mentioned, personal_values
from engine.incident.personal import Text, plain_text
from engine.incident.plan import World
from engine.incident.refusal import Refusal
from engine.incident.scope import is_done
from engine.incident.state import NEW_STEP, Incident
from engine.incident.versions import subject_version
from engine.language.playbook import OUTSIDE, Approval, Message, Policy, Publish, Statement

BUILT_IN = "approved_outside"
"""Id under which the built-in policy is named."""


def forbids_act(world: World, incident: Incident, step: str, person: str | None) -> Refusal | None:
    """Refuse that `step` happens now (is completed, published, sent) when a policy would be broken."""
    found = _unapproved(world, incident, step)
    for policy in _enforced(world):
        found = found or _broken_by(world, incident, policy, step) or _same_person(incident, policy, step, person)
    return found


def forbids_person(world: World, incident: Incident, step: str, person: str | None) -> Refusal | None:
    """Refuse that `person` has a hand in `step` when somebody else must do it."""
    return next(filter(None, (_same_person(incident, policy, step, person) for policy in _enforced(world))), None)


def forbids_skip(world: World, incident: Incident, step: str) -> Refusal | None:
    """Refuse a hand skip that would break a policy: of a step that always happens, or that comes before one which may still come.

    What was skipped for a branch, a guard or severity may come back; an approval of the step would be skipped with it.
    Beyond what this history says, the verifier has found the steps whose skip breaks a policy in some run.
    """
    if step in world.unskippable:
        policy_id = world.unskippable[step]
        return Refusal("policy", f"policy {policy_id}: '{step}' can't be skipped by hand", policy=policy_id)
    lost = {step, *(approval.id for approval in world.plan.graph.approvals_of.get(step, ()))}
    for policy in _enforced(world):
        always = policy.rule == "always_happens" and lost & set(policy.steps)
        firsts = [first for first in _firsts(policy) if first in lost and not _was_done(incident, first)]
        if always or (firsts and any(_may_come(incident, then) for then in _thens(policy))):
            return _no(policy, f"'{step}' can't be skipped by hand")
    return None


def forbids_revision(world: World, before: Incident, after: Incident, decision: str) -> Refusal | None:
    """Refuse a revised answer after which both steps of a `never_both` could have happened."""
    touched = world.plan.graph.descendants(decision)
    for policy in _enforced(world):
        if policy.rule != "never_both":
            continue
        past = [name for name in policy.steps if has_happened(before, name) or _is_under_way(before, name)]
        coming = [name for name in policy.steps if name in touched and name not in past and _may_still_happen(after, name)]
        if past and coming:
            return _no(policy, f"'{past[0]}' has happened, and the new answer opens '{coming[0]}'")
    return None


def forbids_history(world: World, incident: Incident) -> Refusal | None:
    """Refuse a world (a newer playbook, say) whose policies what has happened already breaks."""
    for name in incident.steps:
        publish = world.plan.steps.get(name)
        if isinstance(publish, Publish) and (has_happened(incident, name) or _is_under_way(incident, name)):
            refused = _unapproved(world, incident, name)
            if refused:
                return refused
    broken = (_broken_by_history(world, incident, policy) for policy in _enforced(world))
    return next(filter(None, broken), None)


def forbids_words(world: World, incident: Incident, statement: Statement, texts: Mapping[str, Text]) -> Refusal | None:
    """Refuse words that a policy bans for the statement's audience."""
    words = "\n".join(plain_text(text) for text in texts.values())
    for policy in _enforced(world):
        if statement.audience not in policy.audience:
            continue
        banned = next((word for word in policy.words if word.casefold() in words.casefold()), None)
        if policy.rule == "forbid_words" and banned:
            return _no(policy, f"the text says {banned!r}")
        if policy.rule == "no_personal_data" and mentioned(personal_values(world, incident), words):
            return _no(policy, "the text names somebody who is listed as personal")
    return None


def forbids_holder(world: World, incident: Incident, role: str, person: str) -> Refusal | None:
    """Refuse giving `role` to who already did a step that this role's step must be kept apart from."""
    for policy in _enforced(world):
        if policy.rule != "different_people":
            continue
        did = [name for name in policy.steps if person in people_of(incident, name)]
        todo = [name for name in policy.steps if name not in did and role in _roles_for(world, name) and not _is_over(incident, name)]
        if did and todo:
            return _no(policy, f"{person} did '{did[0]}', so another person must do '{todo[0]}'")
    return None


def keys_missing(world: World, incident: Incident, statement: str, *, at: str) -> dict[str, Policy]:
    """Roles whose key on the current words a policy asks for and nobody has turned; `at` is an approval still open that counts too."""
    audience = getattr(world.plan.steps.get(statement), "audience", None)
    given = _roles_given(world, incident, statement, at)
    asked = (policy for policy in _enforced(world) if policy.rule == "approved_before_publish" and audience in policy.audience)
    return {role: policy for policy in asked for role in policy.approvers if role not in given}


def has_happened(incident: Incident, step: str) -> bool:
    """Done (also when voided or re-opened since), or published in at least one channel."""
    state = incident.steps.get(step, NEW_STEP)
    return state.was_done or bool(state.receipts)


def people_of(incident: Incident, step: str) -> frozenset[str]:
    """Whoever did, wrote or agreed to a step."""
    state = incident.steps.get(step, NEW_STEP)
    keys = {key.person for key in state.keys if key.decision == "approve"}
    authors = {version.author for version in state.versions[-1:]}
    savers = {plain_text(item.by) for item in state.items}
    done_by = {state.done_by} if state.done_by and state.state == "done" and not keys else set()
    return frozenset(keys | authors | savers | done_by)


def _enforced(world: World) -> Iterator[Policy]:
    """Policies that refuse; those of level `warning` only warn their author."""
    return (policy for policy in world.policies if policy.level == "error")


def _unapproved(world: World, incident: Incident, name: str) -> Refusal | None:
    """Hold the built-in policy; a message to outsiders counts as publishing what nobody has approved."""
    audience, statement = _said_to(world, name)
    if audience not in OUTSIDE or (statement and _roles_given(world, incident, statement)):
        return None
    reason = f"nothing goes to {audience} without an approval of exactly these words"
    return Refusal("policy", reason, policy=BUILT_IN)


def _said_to(world: World, name: str) -> tuple[str, str | None]:
    """Who hears what a step says, and of which statement."""
    step = world.plan.steps.get(name)
    match step:
        case Publish():
            statement = world.plan.steps.get(step.of)
            return (statement.audience if isinstance(statement, Statement) else ""), step.of
        case Message():
            return step.audience, None
        case _:
            return "", None


def _broken_by(world: World, incident: Incident, policy: Policy, step: str) -> Refusal | None:
    match policy.rule:
        case "before" | "requires" if step in _thens(policy):
            missing = [first for first in _firsts(policy) if not _was_done(incident, first)]
            return _no(policy, f"'{missing[0]}' has to be done first") if missing else None
        case "never_both" if step in policy.steps:
            other = [name for name in policy.steps if name != step and has_happened(incident, name)]
            return _no(policy, f"'{other[0]}' has happened already") if other else None
        case "approved_before_publish":
            return _publish_broken(world, incident, policy, step)
        case _:
            return None


def _broken_by_history(world: World, incident: Incident, policy: Policy) -> Refusal | None:
    happened = [name for name in incident.steps if has_happened(incident, name)]
    for name in happened:
        broken = _broken_by(world, incident, policy, name)
        for person in people_of(incident, name):
            broken = broken or _same_person(incident, policy, name, person)
        if broken:
            return broken
    return None


def _publish_broken(world: World, incident: Incident, policy: Policy, name: str) -> Refusal | None:
    audience, statement = _said_to(world, name)
    if audience not in policy.audience:
        return None
    given = _roles_given(world, incident, statement) if statement else frozenset()
    missing = next((role for role in policy.approvers if role not in given), None)
    return _no(policy, f"'{missing}' has not approved exactly these words") if missing else None


def _same_person(incident: Incident, policy: Policy, step: str, person: str | None) -> Refusal | None:
    if policy.rule != "different_people" or step not in policy.steps or person is None:
        return None
    for other in policy.steps:
        if other != step and person in people_of(incident, other):
            return Refusal("same_person", f"policy {policy.id}: {person} did '{other}', so another person must do this", policy=policy.id)
    return None


def _roles_given(world: World, incident: Incident, statement: str, at: str | None = None) -> frozenset[str]:
    """Roles whose keys on the current words stand in an approval that was given, or in the one named `at`."""
    version = subject_version(world, incident, statement)
    approvals = world.plan.graph.approvals_of.get(statement, ())
    given = ((approval.id, incident.steps.get(approval.id, NEW_STEP)) for approval in approvals)
    states = [state for name, state in given if is_done(state) or name == at]
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


def _may_come(incident: Incident, step: str) -> bool:
    state = incident.steps.get(step)
    return state is not None and not has_happened(incident, step) and state.skip_cause != "hand"


def _is_over(incident: Incident, step: str) -> bool:
    return incident.steps.get(step, NEW_STEP).state == "done"


def _is_under_way(incident: Incident, step: str) -> bool:
    return incident.steps.get(step, NEW_STEP).frozen_version is not None


def _was_done(incident: Incident, step: str) -> bool:
    """Done earlier, and not set aside since by a revised answer."""
    state = incident.steps.get(step, NEW_STEP)
    return is_done(state) or (state.was_done and not state.void and state.skip_cause in (None, "hand"))


def _roles_for(world: World, name: str) -> tuple[str, ...]:
    step = world.plan.steps.get(name)
    if isinstance(step, Approval):
        return tuple(step.approvers)
    return (step.role,) if step and step.role else ()


def _no(policy: Policy, reason: str) -> Refusal:
    return Refusal("policy", f"policy {policy.id}: {reason}", policy=policy.id)
