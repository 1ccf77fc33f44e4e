"""Steps that the engine performs: message, api publish, ticket, http, sub-playbook; and what came of them.

In a rehearsal nothing is performed: the step says so and is done.
"""

from typing import Any, Final

from engine.incident import commands as c
from engine.incident.draft import Draft
from engine.incident.events import (
    ChildRequested,
    ChildSettled,
    ChildStarted,
    DeliveryFailed,
    MessageSent,
    PublishStarted,
    RequestAnswered,
    RequestMade,
    StepBlocked,
    StepCompleted,
    TicketOpened,
    TicketRequested,
)
from engine.incident.holding import fill_role
from engine.incident.personal import Value
from engine.incident.policy import forbids_act
from engine.incident.refusal import Refusal
from engine.incident.rendering import rendered, rendered_template
from engine.incident.steps.finding import step_named
from engine.incident.steps.publish import REHEARSED, arrived, complete_when_confirmed, say_in_rehearsal, unsayable
from engine.incident.versions import subject_version
from engine.language.expression import ExpressionError, ExpressionFault, UndefinedValue, parse
from engine.language.playbook import Http, Message, Publish, Step, SubPlaybook, Ticket, called

LARGEST: Final = 2**53 - 1


def perform_ready(draft: Draft) -> None:
    """Perform every automatic step that is ready and may happen now."""
    steps = draft.incident.steps
    ready = [step for step in draft.world.plan.performed if step.id in steps and steps[step.id].state == "ready"]
    for step in ready:
        _perform(draft, step)


def _perform(draft: Draft, step: Message | Publish | Ticket | Http | SubPlaybook) -> None:
    if isinstance(step, Publish):
        _publish(draft, step)
        return
    refused = forbids_act(draft.world, draft.incident, step.id, None)
    if refused:
        draft.follow(StepBlocked(step.id, "failed", refused.reason))
        return
    match step:
        case Message():
            _send(draft, step)
        case Ticket():
            _request_ticket(draft, step)
        case Http():
            _request(draft, step)
        case SubPlaybook():
            _start_child(draft, step)


def _publish(draft: Draft, step: Publish) -> None:
    """Say approved words; the same words that somebody gave back wait until somebody starts them."""
    version = subject_version(draft.world, draft.incident, step.of) or ""
    was_returned = draft.state(step.id).returned_version == version
    if step.confirm != "api" or was_returned or unsayable(draft.world, draft.incident, step, None):
        return
    draft.follow(PublishStarted(step.id, version, by_engine=True))
    say_in_rehearsal(draft, step)
    complete_when_confirmed(draft, step)


def _send(draft: Draft, step: Message) -> None:
    for place in step.to:
        if place.startswith("role:"):
            fill_role(draft, place.removeprefix("role:"))
    text = rendered(draft, step.text) if step.text is not None else rendered_template(draft, step.template or "")
    draft.follow(MessageSent(step.id, tuple(step.to), text))
    draft.follow(StepCompleted(step.id))


def _request_ticket(draft: Draft, step: Ticket) -> None:
    text = rendered(draft, step.text) if step.text is not None else rendered_template(draft, step.template or "")
    draft.follow(TicketRequested(step.id, step.system, step.project, text))
    if draft.incident.mode == "rehearsal":
        draft.follow(TicketOpened(step.id, REHEARSED))
        draft.follow(StepCompleted(step.id))


def _request(draft: Draft, step: Http) -> None:
    draft.follow(RequestMade(step.id))
    if draft.incident.mode == "rehearsal":
        draft.follow(StepCompleted(step.id, note=REHEARSED))


def _start_child(draft: Draft, step: SubPlaybook) -> None:
    inputs = {name: _argument(draft, value) for name, value in step.with_.items()}
    title = step.title if step.title != called(step.playbook) else None
    draft.follow(ChildRequested(step.id, step.playbook, title=title, inputs={k: v for k, v in inputs.items() if v is not None}))


def _argument(draft: Draft, given: Any) -> Value:
    """Evaluate a `with` value; a bare name of an input is handed on with its marks."""
    if not isinstance(given, str):
        return given if isinstance(given, bool | int | float) else str(given)
    name = given.removeprefix("inputs.")
    if given.startswith("inputs.") and name in draft.incident.inputs:
        return draft.incident.inputs[name]
    try:
        value = parse(given).evaluate(draft.scope)
    except (ExpressionError, UndefinedValue, ExpressionFault):
        return None
    if isinstance(value, list | tuple):
        return [draft.mark(str(item)) for item in value]
    return value if isinstance(value, bool | int | float) else draft.mark(str(value))


def record_delivery(draft: Draft, command: c.RecordDelivery) -> Refusal | None:
    """What became of a delivery that a step waits for; a report that comes twice changes nothing.

    What arrived after its step was settled otherwise is still recorded: it is out in the world.
    """
    step = _reported(draft, command.step)
    if isinstance(step, Refusal):
        return step
    is_doing = draft.state(step.id).state == "doing"
    match step:
        case _ if command.outcome == "failed":
            _failed(draft, step, command)
        case Publish():
            arrived(draft, step, *_place_of(command))
        case Ticket():
            _ticket_opened(draft, step, command.receipt)
        case Http() if is_doing:
            _answered(draft, step, command.receipt)
        case SubPlaybook():
            _child_started(draft, step, command.receipt)
        case _:
            return None
    return None


def report_child(draft: Draft, command: c.ReportChild) -> Refusal | None:
    """The linked incident was closed or cancelled."""
    step = _reported(draft, command.step)
    if isinstance(step, Refusal):
        return step
    state = draft.state(step.id)
    if not isinstance(step, SubPlaybook) or state.state != "doing" or state.reference not in (None, command.key):
        return None
    draft.add(ChildSettled(step.id, command.key, command.status))
    if command.status == "closed":
        draft.follow(StepCompleted(step.id, link=command.key))
    else:
        draft.follow(StepBlocked(step.id, "failed", f"{command.key} was cancelled"))
    return None


def _failed(draft: Draft, step: Step, command: c.RecordDelivery) -> None:
    if draft.state(step.id).state != "doing":
        return
    draft.add(DeliveryFailed(command.step, command.delivery, command.error))
    if isinstance(step, Http):
        reason = draft.mark(command.error, private=step.private)
        if step.on_fail == "continue":
            draft.follow(StepCompleted(step.id, note=reason))
        else:
            draft.follow(StepBlocked(step.id, "failed", reason))


def _reported(draft: Draft, name: str) -> Step | Refusal:
    if draft.actor.via not in ("delivery", "timer", "system"):
        return Refusal("not_you", "only the engine says what became of its deliveries")
    return step_named(draft, name)


def _place_of(command: c.RecordDelivery) -> tuple[str, str]:
    """The channel that a publish reached, and where it stands there."""
    channel = str(command.receipt.get("channel") or command.delivery.rsplit(":", 1)[-1])
    return channel, str(command.receipt.get("link") or f"delivered as {command.delivery}")


def _ticket_opened(draft: Draft, step: Ticket, receipt: dict[str, Any]) -> None:
    if draft.state(step.id).reference is None:
        draft.add(TicketOpened(step.id, str(receipt.get("reference") or step.system)))
    if step.done_when == "created" and draft.state(step.id).state == "doing":
        draft.follow(StepCompleted(step.id))


def _answered(draft: Draft, step: Http, receipt: dict[str, Any]) -> None:
    given, status = receipt.get("saved"), receipt.get("status")
    found = given if isinstance(given, dict) else {}
    saved = {name: _saved(draft, step, value) for name, value in found.items() if name in step.save}
    draft.add(RequestAnswered(step.id, status if isinstance(status, int) else 0, saved))
    draft.follow(StepCompleted(step.id))


def _saved(draft: Draft, step: Http, value: object) -> Value:
    """Keep plain values; a number that canonical JSON can't hold (RFC 8785, 3.2.2.3) becomes a text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and abs(value) <= LARGEST:
        return value
    return draft.mark(str(value)[:2_000], private=step.private)


def _child_started(draft: Draft, step: SubPlaybook, receipt: dict[str, Any]) -> None:
    key = str(receipt.get("key") or "")
    if draft.state(step.id).reference != key:
        draft.add(ChildStarted(step.id, key))
    if not step.wait and draft.state(step.id).state == "doing":
        draft.follow(StepCompleted(step.id, link=key))
