"""Sentences about words and who stands behind them: answers, drafts, keys, publishing, and what the engine says or asks outside."""

from collections.abc import Mapping
from typing import Final

from engine.incident import events as e
from engine.incident.scene import PRIVATE, Scene, Tell, joined, quoted, said
from engine.language.playbook import Approval, Decision


def _option(scene: Scene, step: str, option: str) -> str:
    known = scene.world.step(scene.incident, step)
    if scene.is_private(step):
        return PRIVATE
    label = known.options[option].label if isinstance(known, Decision) and option in known.options else option
    return quoted(label)


def _answered(scene: Scene, event: e.DecisionAnswered) -> str:
    title, option = scene.title(event.step), _option(scene, event.step, event.option)
    if event.by_default:
        return f"Decided by time: nobody answered {title}, so {option} counts"
    return f"Decided: {scene.who} answered {title} with {option}{scene.because(event.step, event.note)}"


def _revised(scene: Scene, event: e.AnswerRevised) -> str:
    was, now = _option(scene, event.step, event.was), _option(scene, event.step, event.option)
    return f"Revised: {scene.who} changed {scene.title(event.step)} from {was} to {now}{scene.because(event.step, event.reason)}"


def _submitted(scene: Scene, event: e.DraftSubmitted) -> str:
    return f"Submitted: {scene.who} submitted version {event.number} of {scene.title(event.step)}"


def _key_turned(scene: Scene, event: e.KeyTurned) -> str:
    key = event.key
    holder, words = scene.held(key.role, [key.person]), scene.version(event.step, key.version)
    if key.decision == "approve":
        return f"Approved: {holder} agreed {words}{scene.because(event.step, key.comment)}"
    return f"Rejected: {holder} sent back {words}{scene.because(event.step, key.comment)}"


def _keys_voided(scene: Scene, event: e.KeysVoided) -> str:
    roles = joined(scene.role(role) for role in event.roles)
    return f"Voided: what {roles} approved in {scene.title(event.step)} no longer counts{scene.because(event.step, event.reason)}"


def _key_withdrawn(scene: Scene, event: e.KeyWithdrawn) -> str:
    holder, words = scene.held(event.role, [event.person]), scene.version(event.step, event.version)
    return f"Withdrawn: {holder} took back the approval of {words}{scene.because(event.step, event.reason)}"


def _granted(scene: Scene, event: e.ApprovalGranted) -> str:
    return f"Agreed: {scene.version(event.step, event.version)} has every approval that {scene.title(event.step)} asks for"


def _rework_asked(scene: Scene, event: e.ReworkAsked) -> str:
    known = scene.world.step(scene.incident, event.step)
    limit = f" of at most {known.on_reject.max}" if isinstance(known, Approval) else ""
    return f"Rework: {scene.title(event.rework)} goes back after rejection {event.count}{limit}"


def _approval_escalated(scene: Scene, event: e.ApprovalEscalated) -> str:
    return f"Escalated: {scene.held(event.role)} now approves or stops {scene.title(event.step)}"


def _publish_started(scene: Scene, event: e.PublishStarted) -> str:
    words = scene.version(event.step, event.version)
    if event.by_engine or scene.by_engine:
        return f"Publishing: {words} is on its way ({scene.title(event.step)})"
    return f"Publishing: {scene.who} began {scene.title(event.step)} with {words}, whose words are fixed now"


def _publish_returned(scene: Scene, event: e.PublishReturned) -> str:
    return f"Given back: {scene.who} gave back {scene.title(event.step)}, so its words may change{scene.because(event.step, event.reason)}"


def _confirmed(scene: Scene, event: e.ChannelConfirmed) -> str:
    differs = "; the words posted differ from those approved" if event.differs else ""
    link = f" ({event.link})" if event.link else ""
    return f"Published: {scene.version(event.step, event.version)} stands in {event.channel}{link}{differs}"


def _message_sent(scene: Scene, event: e.MessageSent) -> str:
    return _words_went(scene, event, "Said")


def _round_reported(scene: Scene, event: e.RoundReported) -> str:
    return _words_went(scene, event, "Reported")


def _words_went(scene: Scene, event: e.MessageSent | e.RoundReported, verb: str) -> str:
    words = scene.title(event.step) if scene.is_private(event.step) else quoted(said(event.text))
    return f"{verb}: {words} to {_places(scene, event.to)}"


def _places(scene: Scene, places: tuple[str, ...]) -> str:
    return joined(_place(scene, place) for place in places) or "nobody"


def _place(scene: Scene, place: str) -> str:
    kind, _, name = place.partition(":")
    if place == "war_room":
        return "the war room"
    return scene.held(name) if kind == "role" else (name or place)


def _ticket_requested(scene: Scene, event: e.TicketRequested) -> str:
    return f"Ticket: {scene.title(event.step)} asks {event.system} for a ticket in {event.project}"


def _ticket_opened(scene: Scene, event: e.TicketOpened) -> str:
    return f"Ticket: {scene.title(event.step)} is {scene.inside(event.step, event.reference)}"


def _request_made(scene: Scene, event: e.RequestMade) -> str:
    return f"Request: {scene.title(event.step)} is on its way"


def _request_answered(scene: Scene, event: e.RequestAnswered) -> str:
    return f"Request: {scene.title(event.step)} was answered with status {event.status}"


def _delivery_failed(scene: Scene, event: e.DeliveryFailed) -> str:
    return f"Not delivered: {scene.title(event.step)} did not arrive and can be sent again by hand: {said(event.error)}"


def _child_requested(scene: Scene, event: e.ChildRequested) -> str:
    return f"Linked: {scene.title(event.step)} asks for an incident that follows {quoted(event.playbook)}"


def _child_started(scene: Scene, event: e.ChildStarted) -> str:
    return f"Linked: {scene.title(event.step)} goes on in {event.key}"


def _child_settled(scene: Scene, event: e.ChildSettled) -> str:
    return f"Linked: {event.key}, started by {scene.title(event.step)}, is {event.status}"


WORD_STORIES: Final[Mapping[type, Tell]] = {
    e.DecisionAnswered: _answered,
    e.AnswerRevised: _revised,
    e.DraftSubmitted: _submitted,
    e.KeyTurned: _key_turned,
    e.KeysVoided: _keys_voided,
    e.KeyWithdrawn: _key_withdrawn,
    e.ApprovalGranted: _granted,
    e.ReworkAsked: _rework_asked,
    e.ApprovalEscalated: _approval_escalated,
    e.PublishStarted: _publish_started,
    e.PublishReturned: _publish_returned,
    e.ChannelConfirmed: _confirmed,
    e.MessageSent: _message_sent,
    e.RoundReported: _round_reported,
    e.TicketRequested: _ticket_requested,
    e.TicketOpened: _ticket_opened,
    e.RequestMade: _request_made,
    e.RequestAnswered: _request_answered,
    e.DeliveryFailed: _delivery_failed,
    e.ChildRequested: _child_requested,
    e.ChildStarted: _child_started,
    e.ChildSettled: _child_settled,
}
