"""Keys: approve, reject, withdraw. A key binds to one exact version, one person turns one key.

After the last allowed rework, `stop` blocks; `escalate` leaves the approval open for the last role of
its ladder (else the lead), who approves or stops it. Where a policy asks for a role's key on these
words, nobody's word replaces that key.
"""

from engine.incident import commands as c
from engine.incident.draft import Draft
from engine.incident.events import (
    ApprovalEscalated,
    ApprovalGranted,
    KeysVoided,
    KeyTurned,
    KeyWithdrawn,
    ReworkAsked,
    StepBlocked,
    StepReopened,
)
from engine.incident.holding import fill_role, holders, recused_from
from engine.incident.personal import Text
from engine.incident.plan import World
from engine.incident.policy import forbids_act, keys_missing
from engine.incident.refusal import Refusal
from engine.incident.reopening import reopen, restate, settled_between
from engine.incident.rights import not_own
from engine.incident.state import OPEN, Incident, Key
from engine.incident.steps.finding import not_open, of_kind
from engine.incident.versions import authors_of, is_frozen, subject_version
from engine.language.playbook import Approval


def approve(draft: Draft, command: c.Approve) -> Refusal | None:
    step = of_kind(draft, command.step, Approval)
    if isinstance(step, Refusal):
        return step
    role = _role_for(draft, step, command.role, wants_free=True)
    if isinstance(role, Refusal):
        return role
    if _has_turned(draft, step, role, command.version):
        return None
    refused = not_open(draft, step.id) or _stale(draft, step, command.version) or _second_key(draft, step, role)
    refused = refused or forbids_act(draft.world, draft.incident, step.id, draft.actor.person) or _overrules(draft, step, role)
    if refused:
        return refused
    draft.add(KeyTurned(step.id, _key(draft, role, "approve", version=command.version), shown=command.version))
    if _is_granted(draft, step, role):
        draft.follow(ApprovalGranted(step.id, command.version))
    return None


def reject(draft: Draft, command: c.Reject) -> Refusal | None:
    step = of_kind(draft, command.step, Approval)
    if isinstance(step, Refusal):
        return step
    role = _role_for(draft, step, command.role, wants_free=False)
    if isinstance(role, Refusal):
        return role
    refused = not_open(draft, step.id) or _stale(draft, step, command.version) or _not_now(draft, step, role)
    if refused:
        return refused
    if not command.comment.strip():
        return Refusal("note_required", "a rejection says what has to change", field="comment")
    comment = draft.mark(command.comment.strip(), private=step.private)
    draft.add(KeyTurned(step.id, _key(draft, role, "reject", version=command.version, comment=comment), shown=command.version))
    if role == draft.state(step.id).escalated_to:
        draft.follow(StepBlocked(step.id, "rejected", comment))
        return None
    send_back(draft, step, comment)
    return None


def withdraw(draft: Draft, command: c.Withdraw) -> Refusal | None:
    step = of_kind(draft, command.step, Approval)
    if isinstance(step, Refusal):
        return step
    refused = not_own(draft.actor, "withdrawing an approval")
    if refused:
        return refused
    if not command.reason.strip():
        return Refusal("note_required", "say why the approval is withdrawn", field="reason")
    mine = [key for key in draft.state(step.id).keys if key.decision == "approve" and key.person == draft.actor.person]
    key = next((key for key in mine if key.version == command.version), None)
    if key is None:
        return Refusal("not_you", "you have turned no key on that version")
    if has_used_words(draft.world, draft.incident, step):
        return Refusal("in_use", "the approval has been used: the words are being published; place a hold instead", allowed=("hold",))
    reason = draft.mark(command.reason, private=step.private)
    draft.add(KeyWithdrawn(step.id, key.role, key.person, key.version, reason))
    if draft.state(step.id).state == "done":
        _reopen_keeping_keys(draft, step, "an approval was taken back")
    return None


def send_back(draft: Draft, step: Approval, reason: Text) -> None:
    """A rejection: rework while there are rounds left, then stop or escalate."""
    rejections = draft.state(step.id).rejections
    if rejections <= step.on_reject.max:
        rework = step.on_reject.rework
        draft.follow(ReworkAsked(step.id, rework, rejections))
        reopen(draft, [rework, *settled_between(draft, rework, step.id), step.id], "sent back by the approval")
        return
    if step.on_reject.then == "stop":
        draft.follow(StepBlocked(step.id, "rejected", reason))
        return
    role = last_role(draft, step)
    fill_role(draft, role)
    draft.follow(ApprovalEscalated(step.id, role))


def last_role(draft: Draft, step: Approval) -> str:
    """The last role of the approval's own ladder, else the incident lead."""
    rungs = draft.world.ladder(step)
    return rungs[-1].roles[-1] if rungs and step.escalate else draft.world.plan.lead_role


def void_keys(draft: Draft) -> None:
    """Unused keys on what has changed since, and of people who were recused since, must be turned again."""
    for step in draft.world.plan.approvals:
        state = draft.state(step.id)
        keys = [key for key in state.keys if key.decision == "approve"] if state.keys else []
        if not keys or state.void or has_used_words(draft.world, draft.incident, step):
            continue
        version = subject_version(draft.world, draft.incident, step.of) if step.id in draft.concerned else None
        stale = tuple(key.role for key in keys if version is not None and key.version != version)
        recused = tuple(key.role for key in keys if key.role not in stale and key.person in recused_from(draft, key.role))
        _void(draft, step, stale, f"“{_subject(draft, step)}” was changed")
        _void(draft, step, recused, "the key-holder is part of what happened")


def _void(draft: Draft, step: Approval, roles: tuple[str, ...], reason: str) -> None:
    if not roles:
        return
    draft.follow(KeysVoided(step.id, roles, reason))
    if draft.state(step.id).state == "done":
        _reopen_keeping_keys(draft, step, reason)


def _reopen_keeping_keys(draft: Draft, step: Approval, reason: str) -> None:
    draft.follow(StepReopened(step.id, reason, keeps_keys=True))
    restate(draft, [step.id], reason)


def _subject(draft: Draft, step: Approval) -> str:
    """Title what is approved, as people know it."""
    known = draft.world.step(draft.incident, step.of)
    return known.title if known else step.of


def _titles(draft: Draft, roles: list[str]) -> str:
    known = draft.world.plan.playbook.roles
    return ", ".join(known[role].title or role if role in known else role for role in roles)


def _role_for(draft: Draft, step: Approval, wanted: str | None, *, wants_free: bool) -> str | Refusal:
    refused = not_own(draft.actor, "turning a key")
    if refused:
        return refused
    state = draft.state(step.id)
    escalated = [state.escalated_to] if state.escalated_to else []
    roles = list(dict.fromkeys([*step.approvers, *escalated] if wants_free else [*escalated, *step.approvers]))
    mine = [role for role in roles if draft.actor.person in holders(draft.incident, [role])]
    if wanted is not None and wanted not in mine:
        return Refusal("not_you", f"you don't hold '{wanted}'; the keys are with {_titles(draft, roles)}", field="role")
    if not mine:
        return Refusal("not_you", f"you hold none of its keys; they are with {_titles(draft, roles)}")
    taken = {key.role for key in state.keys if key.decision == "approve" and key.person != draft.actor.person}
    free = [role for role in mine if role not in taken] if wants_free else mine
    role = wanted or (free or mine)[0]
    if draft.actor.person in recused_from(draft, role):
        return Refusal("recused", "you are part of what happened and can't turn this key")
    return role


def _has_turned(draft: Draft, step: Approval, role: str, version: str) -> bool:
    """Said already; whoever an open approval was escalated to says it once more, because now it decides."""
    state = draft.state(step.id)
    if state.state in OPEN and role == state.escalated_to:
        return False
    mine = [key for key in state.keys if key.decision == "approve" and key.person == draft.actor.person]
    return any(key.version == version for key in mine)


def _stale(draft: Draft, step: Approval, version: str) -> Refusal | None:
    current = subject_version(draft.world, draft.incident, step.of)
    if version == current:
        return None
    number = next((each.number for each in draft.state(step.of).versions if each.digest == current), None)
    now = f"now has version {number} ({(current or '')[:12]})" if number else "has changed since"
    return Refusal("stale_version", f"“{_subject(draft, step)}” {now}; read it and decide on that", field="version")


def _second_key(draft: Draft, step: Approval, role: str) -> Refusal | None:
    person = draft.actor.person
    if person in authors_of(draft.world, draft.incident, step.of):
        return Refusal("own_work", f"you wrote “{_subject(draft, step)}”; author and approver are different people")
    turned = [key for key in draft.state(step.id).keys if key.decision == "approve" and key.person == person]
    if any(key.role != role or role != draft.state(step.id).escalated_to for key in turned):
        return Refusal("second_key", "you have turned one key of this approval; another person turns the other")
    return None


def _overrules(draft: Draft, step: Approval, role: str) -> Refusal | None:
    if role != draft.state(step.id).escalated_to:
        return None
    missing = keys_missing(draft.world, draft.incident, step.of, at=step.id)
    asked = next((name for name in missing if name in step.approvers and name != role), None)
    if asked is None:
        return None
    policy = missing[asked]
    return Refusal("policy", f"policy {policy.id} asks for the key of '{asked}' on these words; ask for it, or stop", policy=policy.id)


def _not_now(draft: Draft, step: Approval, role: str) -> Refusal | None:
    escalated = draft.state(step.id).escalated_to
    if escalated and role != escalated:
        return Refusal("not_you", f"it was sent back {step.on_reject.max} times; '{escalated}' approves or stops it")
    return None


def _is_granted(draft: Draft, step: Approval, role: str) -> bool:
    state = draft.state(step.id)
    if role == state.escalated_to:
        return True
    version = subject_version(draft.world, draft.incident, step.of)
    given = {key.role for key in state.keys if key.decision == "approve" and key.version == version and key.role in step.approvers}
    return len(given) >= step.keys_needed


def has_used_words(world: World, incident: Incident, step: Approval) -> bool:
    """Whether a publish of what it approves has started: then its keys have been used."""
    return is_frozen(world, incident, step.of)


def _key(draft: Draft, role: str, decision: str, *, version: str, comment: Text | None = None) -> Key:
    return Key(
        role=role,
        person=draft.actor.person or "",
        decision="approve" if decision == "approve" else "reject",
        version=version,
        at=draft.now,
        comment=comment,
        credential=draft.actor.credential,
    )
