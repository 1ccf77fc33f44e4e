"""What words add to a step's facts: drafts with their versions and hashes, keys turned on them, where they were said."""

from typing import Any

from engine.incident.actor import SYSTEM
from engine.incident.describe_values import instant_text, shown, shown_map
from engine.incident.draft import Draft
from engine.incident.holding import holders
from engine.incident.people import person_name
from engine.incident.standing import Standing
from engine.incident.state import OPEN, Key, Receipt
from engine.incident.steps.statement import template_texts
from engine.incident.subject_work import work_of
from engine.incident.versions import subject_version, version_of
from engine.language.playbook import Approval, Publish, Statement


def statement_facts(standing: Standing, step: Statement) -> dict[str, Any]:
    """Describe the words as submitted last, every version by its hash, and what the template proposes meanwhile."""
    state = standing.state
    return {
        "audience": step.audience,
        "posture": step.posture,
        "max_words": step.max_words,
        "must_say": list(step.must_say),
        "must_not_say": list(step.must_not_say),
        "languages": list(step.languages),
        "proposed": _proposed(standing, step),
        **_words(standing, step.id, subject_version(standing.world, standing.incident, step.id)),
        "versions": [
            {"number": each.number, "content_hash": each.digest, "author": each.author, "at": instant_text(each.at)}
            for each in state.versions
        ],
    }


def approval_facts(standing: Standing, step: Approval) -> dict[str, Any]:
    """Describe what is to be approved, exactly as a key would bind to it, and the keys turned so far."""
    state = standing.state
    return {
        "of": step.of,
        "approvers": [_approver(standing, role) for role in step.approvers],
        "quorum": step.quorum,
        "keys_needed": step.keys_needed,
        **_words(standing, step.of, subject_version(standing.world, standing.incident, step.of)),
        "work": work_of(standing.world, standing.incident, step.of, clear=standing.clear),
        "approvals": [_key(standing, key) for key in state.keys],
        "rejections": state.rejections,
        "max_rejections": step.on_reject.max,
        "rework": step.on_reject.rework,
        "escalated_to": state.escalated_to,
    }


def publish_facts(standing: Standing, step: Publish) -> dict[str, Any]:
    """Describe the words that are said (frozen once it started), and where they stand by now."""
    state = standing.state
    version = state.frozen_version or subject_version(standing.world, standing.incident, step.of)
    return {
        "of": step.of,
        "confirm": step.confirm,
        "channels": [_channel(standing, name) for name in step.channels],
        "frozen": state.frozen_version is not None,
        **_words(standing, step.of, version),
        "receipts": [_receipt(receipt) for receipt in state.receipts.values()],
    }


def _proposed(standing: Standing, step: Statement) -> dict[str, Any]:
    if standing.state.state not in OPEN or standing.state.versions:
        return {}
    draft = Draft(standing.world, standing.incident, actor=SYSTEM, now=standing.now)
    return shown_map(dict(template_texts(draft, step)), clear=standing.clear)


def _words(standing: Standing, subject: str, digest: str | None) -> dict[str, Any]:
    found = version_of(standing.incident, subject, digest) if digest else None
    if found is None:
        return {"version": None, "content_hash": digest, "text": None, "texts": {}, "author": None}
    texts = shown_map(dict(found.texts), clear=standing.clear)
    return {
        "version": found.number,
        "content_hash": found.digest,
        "text": next(iter(texts.values()), None),
        "texts": texts,
        "author": found.author,
    }


def _approver(standing: Standing, role: str) -> dict[str, Any]:
    people = holders(standing.incident, [role])
    names = [person_name(standing.world.organisation, person) for person in people]
    return {"role": role, "people": list(people), "names": names}


def _key(standing: Standing, key: Key) -> dict[str, Any]:
    return {
        "role": key.role,
        "person": key.person,
        "decision": key.decision,
        "version": key.version,
        "at": instant_text(key.at),
        "comment": shown(key.comment, clear=standing.clear),
    }


def _channel(standing: Standing, name: str) -> dict[str, Any]:
    entry = standing.world.organisation.channels.get(name)
    return {
        "channel": name,
        "kind": entry.kind if entry else None,
        "where": entry.where if entry else None,
        "confirmed": name in standing.state.receipts,
    }


def _receipt(receipt: Receipt) -> dict[str, Any]:
    return {
        "channel": receipt.channel,
        "link": receipt.link,
        "by": receipt.by,
        "at": instant_text(receipt.at),
        "text": receipt.text,
        "differs": receipt.differs,
    }
