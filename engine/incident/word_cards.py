"""The facts that the messages of statements, approvals and publishes show (rules: `cards.py`).

Rules:
- Words are given exactly and whole. Where a shared room may not read them they are masked, and `masked` says so:
  nobody can agree to what they can't see.
- An approval also gives the version before, so that whoever shows it can say what changed.
"""

from collections.abc import Iterator, Mapping, Sequence

from engine.incident.card_facts import Facts, holder, role_title
from engine.incident.describe_values import instant_text, shown, shown_map
from engine.incident.personal import Personal, Text
from engine.incident.plan import World
from engine.incident.state import Incident, Key, StepState, Version
from engine.incident.steps.approval import has_used_words
from engine.incident.subject_work import work_of
from engine.incident.versions import is_frozen, subject_version
from engine.language.playbook import Approval, Publish, Statement


def statement_card(world: World, incident: Incident, step: Statement, state: StepState, *, shared: bool) -> Facts:
    """Gather the words as submitted last; `again` says whether they may be submitted anew although they stand."""
    return {
        "audience": step.audience,
        "languages": step.languages,
        "max_words": step.max_words,
        "again": state.state == "done" and not state.void and not is_frozen(world, incident, step.id),
        "sent_back": list(_sent_back(world, incident, step, state, shared=shared)),
        **_words(state.versions, shared=shared),
    }


def approval_card(world: World, incident: Incident, step: Approval, state: StepState, *, shared: bool) -> Facts:
    """Gather what is to be approved, what it was before, and whose keys are turned or missing."""
    subject = _subject(world, incident, step.of, shared=shared)
    roles = dict.fromkeys((*step.approvers, *((state.escalated_to,) if state.escalated_to else ())))
    return {
        **subject,
        "previous": None if subject["masked"] else _previous(incident, step.of, subject["digest"], shared=shared),
        "approvers": [_approver(world, incident, role, decides=role == state.escalated_to) for role in roles],
        "keys_needed": step.keys_needed,
        "keys": [_key(world, incident, step, key, shared=shared) for key in state.keys],
        "rejections": state.rejections,
        "can_withdraw": any(key.decision == "approve" for key in state.keys) and not has_used_words(world, incident, step),
    }


def publish_card(world: World, incident: Incident, step: Publish, state: StepState, *, shared: bool) -> Facts:
    """Gather the words that are said (frozen once it started), and where they stand by now."""
    known = world.organisation.channels
    receipts = [
        {"channel": receipt.channel, "link": receipt.link, "by": receipt.by, "at": instant_text(receipt.at), "differs": receipt.differs}
        for receipt in state.receipts.values()
    ]
    return {
        **_subject(world, incident, step.of, shared=shared, digest=state.frozen_version),
        "channels": step.channels,
        "places": {name: known[name].where or known[name].to for name in step.channels if name in known},
        "confirm": step.confirm,
        "receipts": receipts,
    }


def _sent_back(world: World, incident: Incident, step: Statement, state: StepState, *, shared: bool) -> Iterator[Facts]:
    """Who rejected the words that stand now, and why: what their author has to change."""
    for approval in world.plan.graph.approvals_of.get(step.id, ()):
        for key in incident.steps.get(approval.id, StepState()).keys:
            if state.versions and key.decision == "reject" and key.version == state.versions[-1].digest:
                yield _key(world, incident, approval, key, shared=shared)


def _approver(world: World, incident: Incident, role: str, *, decides: bool) -> Facts:
    """Who turns a key; `decides` for the role that it was escalated to, whose word ends it."""
    return {"role": role, "role_title": role_title(world, role), "person": holder(incident, role), "decides": decides}


def _key(world: World, incident: Incident, step: Approval, key: Key, *, shared: bool) -> Facts:
    return {
        "role": key.role,
        "role_title": role_title(world, key.role),
        "person": key.person,
        "decision": key.decision,
        "version": _number(incident, step.of, key.version),
        "stands": key.version == subject_version(world, incident, step.of),
        "at": instant_text(key.at),
        "comment": shown(key.comment, clear=not shared),
    }


def _subject(world: World, incident: Incident, name: str, *, shared: bool, digest: str | None = None) -> Facts:
    """What an approval or a publish is about: the frozen version, else what stands now."""
    about = world.plan.steps.get(name)
    facts = {"of": name, "of_title": about.title if about else name, "audience": about.audience if isinstance(about, Statement) else None}
    if isinstance(about, Statement):
        words = _words(incident.steps.get(name, StepState()).versions, digest, shared=shared)
        hidden = {"texts": {}, "masked": words["version"] is not None} if shared and about.private else {}
        return {**facts, **words, "work": {}, **hidden}
    is_hidden = shared and about is not None and about.private
    work = {} if is_hidden else work_of(world, incident, name, clear=not shared)
    masked = is_hidden or (shared and work != work_of(world, incident, name, clear=True))
    return {**facts, **_no_words(digest or subject_version(world, incident, name)), "work": work, "masked": masked}


def _words(versions: Sequence[Version], digest: str | None = None, *, shared: bool) -> Facts:
    chosen = next((version for version in reversed(versions) if digest in (None, version.digest)), None)
    if chosen is None:
        return _no_words(digest)
    return {
        "texts": shown_map(dict(chosen.texts), clear=not shared),
        "masked": shared and _is_personal(chosen.texts),
        "version": chosen.number,
        "digest": chosen.digest,
        "author": chosen.author,
        "submitted_at": instant_text(chosen.at),
    }


def _no_words(digest: str | None) -> Facts:
    return {"texts": {}, "masked": False, "version": None, "digest": digest, "author": None, "submitted_at": None}


def _previous(incident: Incident, name: str, digest: str | None, *, shared: bool) -> Facts | None:
    """The version submitted before the one that is shown, unless this room may not read it."""
    versions = incident.steps.get(name, StepState()).versions
    numbers = [version.number for version in versions if version.digest == digest]
    before = [version for version in versions if numbers and version.number < numbers[-1]]
    if not before or (shared and _is_personal(before[-1].texts)):
        return None
    return {"version": before[-1].number, "texts": shown_map(dict(before[-1].texts), clear=not shared)}


def _number(incident: Incident, name: str, digest: str) -> int | None:
    versions = incident.steps.get(name, StepState()).versions
    return next((version.number for version in reversed(versions) if version.digest == digest), None)


def _is_personal(texts: Mapping[str, Text]) -> bool:
    return any(isinstance(text, Personal) for text in texts.values())
