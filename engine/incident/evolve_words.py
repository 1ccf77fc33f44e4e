"""Folds of words on their way out: drafts, keys, publishing."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from engine.incident import events as e
from engine.incident.evolve_steps import with_step
from engine.incident.state import NEW_STEP, Incident, Receipt, Version


def _submitted(incident: Incident, event: e.DraftSubmitted, entry: e.Entry) -> Incident:
    step = incident.steps.get(event.step, NEW_STEP)
    version = Version(event.number, event.digest, event.texts, entry.by.name, entry.at)
    return with_step(
        incident,
        event.step,
        state="done",
        was_done=True,
        settled_at=entry.at,
        done_by=entry.by.name,
        versions=(*step.versions, version),
        reason=None,
    )


def _key_turned(incident: Incident, event: e.KeyTurned, entry: e.Entry) -> Incident:
    step = incident.steps.get(event.step, NEW_STEP)
    rejections = step.rejections + (event.key.decision == "reject")
    return with_step(incident, event.step, keys=(*step.keys, event.key), rejections=rejections)


def _keys_voided(incident: Incident, event: e.KeysVoided, entry: e.Entry) -> Incident:
    step = incident.steps.get(event.step, NEW_STEP)
    keys = tuple(key for key in step.keys if key.decision == "reject" or key.role not in event.roles)
    return with_step(incident, event.step, keys=keys)


def _key_withdrawn(incident: Incident, event: e.KeyWithdrawn, entry: e.Entry) -> Incident:
    step = incident.steps.get(event.step, NEW_STEP)
    keys = tuple(key for key in step.keys if key.decision == "reject" or key.role != event.role)
    return with_step(incident, event.step, keys=keys)


def _granted(incident: Incident, event: e.ApprovalGranted, entry: e.Entry) -> Incident:
    return with_step(incident, event.step, state="done", was_done=True, settled_at=entry.at, done_by=entry.by.name)


def _approval_escalated(incident: Incident, event: e.ApprovalEscalated, entry: e.Entry) -> Incident:
    return with_step(incident, event.step, escalated_to=event.role)


def _publish_started(incident: Incident, event: e.PublishStarted, entry: e.Entry) -> Incident:
    step = incident.steps.get(event.step, NEW_STEP)
    assignee = step.assignee if event.by_engine else entry.by.person or step.assignee
    return with_step(
        incident,
        event.step,
        state="doing",
        started_at=entry.at,
        frozen_version=event.version,
        returned_version=None,
        assignee=assignee,
    )


def _publish_returned(incident: Incident, event: e.PublishReturned, entry: e.Entry) -> Incident:
    step = incident.steps.get(event.step, NEW_STEP)
    return with_step(
        incident,
        event.step,
        state="ready",
        started_at=None,
        frozen_version=None,
        returned_version=step.frozen_version,
        assignee=None,
    )


def _channel_confirmed(incident: Incident, event: e.ChannelConfirmed, entry: e.Entry) -> Incident:
    step = incident.steps.get(event.step, NEW_STEP)
    receipt = Receipt(event.channel, event.link, entry.by.name, entry.at, event.text, event.differs)
    frozen = step.frozen_version or event.version
    return with_step(incident, event.step, receipts={**step.receipts, event.channel: receipt}, frozen_version=frozen)


WORD_FOLDS: Final[Mapping[type, Callable[[Incident, Any, e.Entry], Incident]]] = {
    e.DraftSubmitted: _submitted,
    e.KeyTurned: _key_turned,
    e.KeysVoided: _keys_voided,
    e.KeyWithdrawn: _key_withdrawn,
    e.ApprovalGranted: _granted,
    e.ApprovalEscalated: _approval_escalated,
    e.PublishStarted: _publish_started,
    e.PublishReturned: _publish_returned,
    e.ChannelConfirmed: _channel_confirmed,
}
