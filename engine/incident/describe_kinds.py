"""What each kind of step adds to its facts: options, words and their hash, keys, receipts, evidence, checks.

Nothing of it is shown of a private step to whoever may not read it: the same names stand there, empty.
"""

from typing import Any, assert_never

from engine.incident.actor import Actor
from engine.incident.describe_values import instant_text, shown, shown_map
from engine.incident.people import person_name
from engine.incident.personal import plain_text
from engine.incident.plan import World
from engine.incident.state import EvidenceItem, Incident, Receipt, StepState
from engine.incident.versions import subject_version
from engine.incident.visibility import may_read, takes_part
from engine.language.playbook import (
    Approval,
    Decision,
    Evidence,
    Http,
    Message,
    Monitor,
    Publish,
    Statement,
    Step,
    SubPlaybook,
    Task,
    Ticket,
    Wait,
)


def kind_facts(world: World, incident: Incident, step: Step, *, viewer: Actor) -> dict[str, Any]:
    """Describe what the step's kind adds; the subject of an approval or a publish follows its own privacy."""
    state = incident.steps[step.id]
    facts = _facts(world, incident, step, state, clear=takes_part(world, incident, viewer))
    if not may_read(world, incident, step.id, viewer):
        return {name: _emptied(value) for name, value in facts.items()}
    if isinstance(step, Approval | Publish) and not may_read(world, incident, step.of, viewer):
        return facts | {name: _emptied(facts[name]) for name in ("text", "texts")}
    return facts


def _facts(world: World, incident: Incident, step: Step, state: StepState, *, clear: bool) -> dict[str, Any]:
    match step:
        case Task():
            return _task(world, step)
        case Decision():
            return _decision(step, state)
        case Statement():
            return _statement(step, state)
        case Approval():
            return _approval(world, incident, step, state, clear=clear)
        case Publish():
            return _publish(world, incident, step, state)
        case Message():
            return {"to": list(step.to), "audience": step.audience}
        case Evidence():
            return _evidence(step, state, clear=clear)
        case Ticket():
            return {"system": step.system, "project": step.project, "done_when": step.done_when}
        case Http():
            return {"method": step.method, "saved": shown_map(state.saved, clear=clear)}
        case Wait():
            return {"for": str(step.for_) if step.for_ else None, "until": step.until}
        case Monitor():
            return _monitor(incident, step, state)
        case SubPlaybook():
            return {"playbook": step.playbook, "waits": step.wait}
        case _:
            assert_never(step)


def _emptied(value: Any) -> Any:
    match value:
        case list():
            return []
        case dict():
            return {}
        case _:
            return None


def _task(world: World, step: Task) -> dict[str, Any]:
    follow_up = world.plan.follow_ups.get(step.id)
    return {
        "result_type": step.result.model_dump(exclude_none=True) if step.result else None,
        "measure": list(follow_up.measure) if follow_up else [],
    }


def _decision(step: Decision, state: StepState) -> dict[str, Any]:
    options = [
        {"option": name, "label": option.label, "then": list(option.then), "raise": option.raise_, "note_required": option.note_required}
        for name, option in step.options.items()
    ]
    return {"options": options, "answer": state.answer, "if_no_answer": step.if_no_answer}


def _statement(step: Statement, state: StepState) -> dict[str, Any]:
    return {
        "audience": step.audience,
        "posture": step.posture,
        "max_words": step.max_words,
        "must_say": list(step.must_say),
        "must_not_say": list(step.must_not_say),
        "languages": list(step.languages),
        **_words(state),
        "versions": [
            {"number": each.number, "content_hash": each.digest, "author": each.author, "at": instant_text(each.at)}
            for each in state.versions
        ],
    }


def _words(state: StepState | None, digest: str | None = None) -> dict[str, Any]:
    """Describe the version with this digest, else the newest: its number, hash and texts."""
    versions = state.versions if state else ()
    found = next((each for each in reversed(versions) if digest is None or each.digest == digest), None)
    if found is None:
        return {"version": None, "content_hash": digest, "text": None, "texts": {}, "author": None}
    texts = {language: plain_text(text) for language, text in found.texts.items()}
    return {
        "version": found.number,
        "content_hash": found.digest,
        "text": next(iter(texts.values()), None),
        "texts": texts,
        "author": found.author,
    }


def _approval(world: World, incident: Incident, step: Approval, state: StepState, *, clear: bool) -> dict[str, Any]:
    return {
        "of": step.of,
        "approvers": [_approver(world, incident, role) for role in step.approvers],
        "quorum": step.quorum,
        "keys_needed": step.keys_needed,
        **_words(incident.steps.get(step.of), subject_version(world, incident, step.of)),
        "approvals": [
            {
                "role": key.role,
                "person": key.person,
                "decision": key.decision,
                "version": key.version,
                "at": instant_text(key.at),
                "comment": shown(key.comment, clear=clear),
            }
            for key in state.keys
        ],
        "rejections": state.rejections,
        "max_rejections": step.on_reject.max,
        "rework": step.on_reject.rework,
        "escalated_to": state.escalated_to,
    }


def _approver(world: World, incident: Incident, role: str) -> dict[str, Any]:
    held = incident.roles.get(role)
    people = list(held.people) if held else []
    return {"role": role, "people": people, "names": [person_name(world.organisation, person) for person in people]}


def _publish(world: World, incident: Incident, step: Publish, state: StepState) -> dict[str, Any]:
    return {
        "of": step.of,
        "confirm": step.confirm,
        "channels": [_channel(world, name, state) for name in step.channels],
        "frozen": state.frozen_version is not None,
        **_words(incident.steps.get(step.of), state.frozen_version),
        "receipts": [_receipt(receipt) for receipt in state.receipts.values()],
    }


def _channel(world: World, name: str, state: StepState) -> dict[str, Any]:
    entry = world.organisation.channels.get(name)
    return {
        "channel": name,
        "kind": entry.kind if entry else None,
        "where": entry.where if entry else None,
        "confirmed": name in state.receipts,
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


def _evidence(step: Evidence, state: StepState, *, clear: bool) -> dict[str, Any]:
    kept = {item.source for item in state.items}
    return {
        "sources": [{"source": source, "kept": source in kept} for source in state.sources],
        "collect": list(step.collect),
        "legal_hold": step.legal_hold,
        "evidence": [_item(item, clear=clear) for item in state.items],
    }


def _item(item: EvidenceItem, *, clear: bool) -> dict[str, Any]:
    return {
        "source": item.source,
        "sha256": item.sha256,
        "strength": item.strength,
        "by": shown(item.by, clear=clear),
        "at": instant_text(item.at),
        "collected": shown_map(dict(item.collected), clear=clear),
        "tool": item.tool,
        "account": shown(item.account, clear=clear),
        "note": shown(item.note, clear=clear),
    }


def _monitor(incident: Incident, step: Monitor, state: StepState) -> dict[str, Any]:
    return {
        "every": str(step.every),
        "until": step.until,
        "for_at_most": str(step.for_at_most) if step.for_at_most else None,
        "checks": state.checks,
        "next_at": instant_text(state.next_at),
        "record": [
            {"metric": name, "value": incident.metrics[name].value if name in incident.metrics else None} for name in step.record
        ],
    }
