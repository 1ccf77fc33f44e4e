"""The facts that the message of one step shows, complete for whoever renders them (rules: `cards.py`)."""

from collections.abc import Iterable, Iterator
from typing import assert_never

from engine.incident.card_facts import Facts, contacts, outline, person_of
from engine.incident.describe_values import instant_text, shown
from engine.incident.plan import World
from engine.incident.policy import forbids_skip
from engine.incident.state import OPEN, Incident, StepState
from engine.incident.steps.work import can_be_skipped
from engine.incident.word_cards import approval_card, publish_card, statement_card
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


def task_card(world: World, incident: Incident, step_id: str, *, shared: bool = True) -> Facts:
    """Gather what the message of one step shows; an unknown step raises KeyError."""
    step = world.step(incident, step_id)
    if step is None:
        raise KeyError(step_id)
    state = incident.steps.get(step_id, StepState())
    facts = outline(world, incident, step, state, shared=shared)
    if shared and step.private:
        return facts
    facts |= {
        "person": person_of(incident, step, state),
        "started_at": instant_text(state.started_at),
        "settled_at": instant_text(state.settled_at),
        "done_by": state.done_by,
        "reason": shown(state.reason, clear=not shared),
        "do": step.do,
        "links": [{"title": link.title, "url": link.url} for link in step.links],
        "checklist": _checklist(step, state),
        "can_skip": _can_skip(world, incident, step, state),
        "over": incident.status in ("cancelled", "complete"),
        **_of_kind(world, incident, step, state, shared=shared),
    }
    facts["people"] = contacts(world.organisation, _named(facts))
    return facts


def _of_kind(world: World, incident: Incident, step: Step, state: StepState, *, shared: bool) -> Facts:
    """What a kind of step adds to its message."""
    match step:
        case Task():
            return _task(world, incident, step, state, shared=shared)
        case Decision():
            return _decision(incident, step, state, shared=shared)
        case Statement() | Approval() | Publish():
            return _about_words(world, incident, step, state, shared=shared)
        case Evidence():
            return _evidence(step, state, shared=shared)
        case Monitor():
            return _monitor(world, incident, step, state)
        case Wait():
            return {"ends_at": instant_text(state.ends_at)}
        case Message() | Ticket() | Http() | SubPlaybook():
            return {"reference": state.reference}
        case _:
            assert_never(step)


def _about_words(world: World, incident: Incident, step: Statement | Approval | Publish, state: StepState, *, shared: bool) -> Facts:
    match step:
        case Statement():
            return statement_card(world, incident, step, state, shared=shared)
        case Approval():
            return approval_card(world, incident, step, state, shared=shared)
        case Publish():
            return publish_card(world, incident, step, state, shared=shared)
        case _:
            assert_never(step)


def _task(world: World, incident: Incident, step: Task, state: StepState, *, shared: bool) -> Facts:
    follow_up = world.plan.follow_ups.get(step.id)
    return {
        "result": _result(step),
        "written": shown(state.result, clear=not shared),
        "fills": _fills(incident, step),
        "metrics": _metrics(world, incident, follow_up.measure if follow_up else ()),
    }


def _decision(incident: Incident, step: Decision, state: StepState, *, shared: bool) -> Facts:
    return {
        "options": [{"id": name, "label": option.label, "note_required": option.note_required} for name, option in step.options.items()],
        "answer": state.answer,
        "note": shown(state.note, clear=not shared),
        "if_no_answer": step.if_no_answer,
        "again": state.state == "done" and not state.void and incident.closed_at is None,
    }


def _evidence(step: Evidence, state: StepState, *, shared: bool) -> Facts:
    items = [
        {
            "source": item.source,
            "sha256": item.sha256,
            "strength": item.strength,
            "by": shown(item.by, clear=not shared),
            "at": instant_text(item.at),
        }
        for item in state.items
    ]
    again = state.state == "done" and not state.void
    return {"sources": list(state.sources), "collect": step.collect, "items": items, "again": again}


def _monitor(world: World, incident: Incident, step: Monitor, state: StepState) -> Facts:
    return {
        "metrics": _metrics(world, incident, step.record),
        "checks": state.checks,
        "next_at": instant_text(state.next_at),
        "ends_at": instant_text(state.ends_at),
    }


def _metrics(world: World, incident: Incident, names: Iterable[str]) -> list[Facts]:
    """What people record, with the values so far; what is measured by itself is nobody's work."""
    found = []
    for name in names:
        metric, recorded = world.plan.playbook.metrics.get(name), incident.metrics.get(name)
        if metric is None or metric.type == "elapsed":
            continue
        value, at = (recorded.value, instant_text(recorded.at)) if recorded else (None, None)
        found.append({"metric": name, "title": metric.title, "type": metric.type, "unit": metric.unit, "value": value, "at": at})
    return found


def _can_skip(world: World, incident: Incident, step: Step, state: StepState) -> bool:
    """Whether a skip by hand would be taken as the incident stands."""
    return state.state in OPEN and can_be_skipped(step) and not forbids_skip(world, incident, step.id)


def _checklist(step: Step, state: StepState) -> list[Facts]:
    ticks = ((item, state.ticks.get(item.item)) for item in step.checklist)
    return [
        {"item": item.item, "optional": item.optional, "done": tick is not None, "by": tick.by if tick else None} for item, tick in ticks
    ]


def _result(step: Task) -> Facts | None:
    result = step.result
    if result is None:
        return None
    return {"type": result.type, "label": result.label or "Result", "required": result.required, "options": result.options}


def _fills(incident: Incident, step: Task) -> str | None:
    added = incident.added.get(step.id)
    return added.fills if added else None


def _named(facts: Facts) -> Iterator[str | None]:
    """Every person that a task message names."""
    yield from (facts["person"], facts["done_by"], facts.get("author"))
    yield from (item["by"] for item in facts["checklist"])
    yield from (each["person"] for name in ("approvers", "keys", "sent_back") for each in facts.get(name, []))
    yield from (receipt["by"] for receipt in facts.get("receipts", []))
    yield (facts.get("work") or {}).get("done_by")
