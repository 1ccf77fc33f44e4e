"""What each kind of step adds to its facts: options, words and their hash, keys, receipts, evidence, checks.

Nothing of it is shown of a private step to whoever may not read it: the same names stand there, empty.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from engine.incident.actor import Actor
from engine.incident.describe_values import instant_text, shown, shown_map
from engine.incident.describe_words import approval_facts, publish_facts, statement_facts
from engine.incident.plan import World
from engine.incident.standing import Standing
from engine.incident.state import EvidenceItem, Incident
from engine.incident.visibility import may_read, takes_part
from engine.language.playbook import Approval, Decision, Evidence, Http, Message, Monitor, Publish, Step, SubPlaybook, Task, Ticket, Wait


def kind_facts(world: World, incident: Incident, step: Step, *, viewer: Actor, now: datetime) -> dict[str, Any]:
    """Describe what the step's kind adds; the words of an approval or a publish follow the privacy of what they are of."""
    standing = Standing(world, incident, incident.steps[step.id], now, takes_part(world, incident, viewer))
    facts = KINDS[step.kind](standing, step)
    if not may_read(world, incident, step.id, viewer):
        return {name: _emptied(value) for name, value in facts.items()}
    if isinstance(step, Approval | Publish) and not may_read(world, incident, step.of, viewer):
        return facts | {name: _emptied(facts[name]) for name in ("text", "texts", "work") if name in facts}
    return facts


def _emptied(value: Any) -> Any:
    match value:
        case list():
            return []
        case dict():
            return {}
        case _:
            return None


def _task(standing: Standing, step: Task) -> dict[str, Any]:
    follow_up = standing.world.plan.follow_ups.get(step.id)
    return {
        "result_type": step.result.model_dump(exclude_none=True) if step.result else None,
        "measure": list(follow_up.measure) if follow_up else [],
    }


def _decision(standing: Standing, step: Decision) -> dict[str, Any]:
    options = [
        {"option": name, "label": option.label, "then": list(option.then), "raise": option.raise_, "note_required": option.note_required}
        for name, option in step.options.items()
    ]
    return {"options": options, "answer": standing.state.answer, "if_no_answer": step.if_no_answer}


def _message(standing: Standing, step: Message) -> dict[str, Any]:
    return {"to": list(step.to), "audience": step.audience}


def _evidence(standing: Standing, step: Evidence) -> dict[str, Any]:
    kept = {item.source for item in standing.state.items}
    return {
        "sources": [{"source": source, "kept": source in kept} for source in standing.state.sources],
        "collect": list(step.collect),
        "legal_hold": step.legal_hold,
        "evidence": [_item(item, clear=standing.clear) for item in standing.state.items],
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


def _ticket(standing: Standing, step: Ticket) -> dict[str, Any]:
    return {"system": step.system, "project": step.project, "done_when": step.done_when}


def _http(standing: Standing, step: Http) -> dict[str, Any]:
    return {"method": step.method, "saved": shown_map(standing.state.saved, clear=standing.clear)}


def _wait(standing: Standing, step: Wait) -> dict[str, Any]:
    return {"for": str(step.for_) if step.for_ else None, "until": step.until}


def _monitor(standing: Standing, step: Monitor) -> dict[str, Any]:
    known = standing.incident.metrics
    return {
        "every": str(step.every),
        "until": step.until,
        "for_at_most": str(step.for_at_most) if step.for_at_most else None,
        "checks": standing.state.checks,
        "next_at": instant_text(standing.state.next_at),
        "record": [{"metric": name, "value": known[name].value if name in known else None} for name in step.record],
    }


def _sub_playbook(standing: Standing, step: SubPlaybook) -> dict[str, Any]:
    return {"playbook": step.playbook, "waits": step.wait}


KINDS: Final[Mapping[str, Callable[[Standing, Any], dict[str, Any]]]] = {
    "task": _task,
    "decision": _decision,
    "statement": statement_facts,
    "approval": approval_facts,
    "publish": publish_facts,
    "message": _message,
    "evidence": _evidence,
    "ticket": _ticket,
    "http": _http,
    "wait": _wait,
    "monitor": _monitor,
    "playbook": _sub_playbook,
}
