"""The facts that the message of one step shows, complete for whoever renders them (rules: `cards.py`)."""

from collections.abc import Iterator
from typing import assert_never

from engine.incident.card_facts import Facts, contacts, holder, outline, person_of, role_title
from engine.incident.describe_values import instant_text, shown
from engine.incident.plan import World
from engine.incident.state import Incident, StepState, Version
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
        "can_skip": step.can_skip,
        **_of_kind(world, incident, step, state, shared=shared),
    }
    facts["people"] = contacts(world.organisation, _named(facts))
    return facts


def _of_kind(world: World, incident: Incident, step: Step, state: StepState, *, shared: bool) -> Facts:
    """What a kind of step adds to its message."""
    match step:
        case Task():
            return {"result": _result(step), "written": shown(state.result, clear=not shared), "fills": _fills(incident, step)}
        case Decision():
            return _decision(step, state, shared=shared)
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
            return {"audience": step.audience, "languages": step.languages, **_words(state.versions)}
        case Approval():
            return _approval(world, incident, step, state, shared=shared)
        case Publish():
            return _publish(world, incident, step, state, shared=shared)
        case _:
            assert_never(step)


def _decision(step: Decision, state: StepState, *, shared: bool) -> Facts:
    options = [{"id": name, "label": option.label, "note_required": option.note_required} for name, option in step.options.items()]
    return {"options": options, "answer": state.answer, "note": shown(state.note, clear=not shared), "if_no_answer": step.if_no_answer}


def _approval(world: World, incident: Incident, step: Approval, state: StepState, *, shared: bool) -> Facts:
    keys = [
        {
            "role": key.role,
            "role_title": role_title(world, key.role),
            "person": key.person,
            "decision": key.decision,
            "at": instant_text(key.at),
            "comment": shown(key.comment, clear=not shared),
        }
        for key in state.keys
    ]
    approvers = [
        {"role": role, "role_title": role_title(world, role), "person": holder(incident, role)}
        for role in (*step.approvers, *_escalated(state))
    ]
    return {
        **_subject(world, incident, step.of, shared=shared),
        "approvers": approvers,
        "keys_needed": step.keys_needed,
        "keys": keys,
        "rejections": state.rejections,
    }


def _publish(world: World, incident: Incident, step: Publish, state: StepState, *, shared: bool) -> Facts:
    receipts = [
        {"channel": receipt.channel, "link": receipt.link, "by": receipt.by, "at": instant_text(receipt.at), "differs": receipt.differs}
        for receipt in state.receipts.values()
    ]
    return {
        **_subject(world, incident, step.of, shared=shared, digest=state.frozen_version),
        "channels": step.channels,
        "confirm": step.confirm,
        "receipts": receipts,
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
    return {"sources": list(state.sources), "collect": step.collect, "items": items}


def _monitor(world: World, incident: Incident, step: Monitor, state: StepState) -> Facts:
    known = world.plan.playbook.metrics
    metrics = []
    for name in step.record:
        metric, recorded = known.get(name), incident.metrics.get(name)
        metrics.append(
            {
                "metric": name,
                "title": metric.title if metric else name,
                "type": metric.type if metric else "number",
                "value": recorded.value if recorded else None,
                "at": instant_text(recorded.at) if recorded else None,
            }
        )
    return {"metrics": metrics, "checks": state.checks, "next_at": instant_text(state.next_at), "ends_at": instant_text(state.ends_at)}


def _subject(world: World, incident: Incident, name: str, *, shared: bool, digest: str | None = None) -> Facts:
    """The words that an approval or a publish is about: the frozen version, else the last one submitted."""
    about = world.plan.steps.get(name)
    state = incident.steps.get(name, StepState())
    words = _words(state.versions, digest)
    if shared and about is not None and about.private:
        words["texts"] = {}
    audience = about.audience if isinstance(about, Statement) else None
    return {"of": name, "of_title": about.title if about else name, "audience": audience, **words}


def _words(versions: tuple[Version, ...], digest: str | None = None) -> Facts:
    chosen = next((version for version in reversed(versions) if digest in (None, version.digest)), None)
    if chosen is None:
        return {"texts": {}, "version": None, "digest": digest, "author": None}
    return {"texts": chosen.texts, "version": chosen.number, "digest": chosen.digest, "author": chosen.author}


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


def _escalated(state: StepState) -> tuple[str, ...]:
    return (state.escalated_to,) if state.escalated_to else ()


def _named(facts: Facts) -> Iterator[str | None]:
    """Every person that a task message names."""
    yield from (facts["person"], facts["done_by"], facts.get("author"))
    yield from (item["by"] for item in facts["checklist"])
    yield from (each["person"] for name in ("approvers", "keys") for each in facts.get(name, []))
    yield from (receipt["by"] for receipt in facts.get("receipts", []))
