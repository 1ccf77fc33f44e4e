"""How incidents, steps and timelines look on a terminal. Times are in the zone of whoever reads."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from rich.text import Text

from api.cli.output import answer, answer_table, clean

_STYLES = {"done": "green", "ready": "bold", "doing": "cyan", "blocked": "red", "skipped": "dim", "waiting": "dim"}


def local(instant: str | None) -> str:
    """Write an instant of the server for a reader: `24 Nov 12:30`."""
    if not instant:
        return ""
    try:
        return datetime.fromisoformat(instant).astimezone().strftime("%d %b %H:%M")
    except ValueError:
        return instant


def show_incident(incident: Mapping[str, Any]) -> None:
    """Show where an incident stands."""
    status = f"{incident['status']}, {incident['severity']}" + (", REHEARSAL" if incident.get("mode") == "rehearsal" else "")
    answer(Text.assemble((clean(incident["key"]), "bold"), f"  {clean(incident['title'])}  ({clean(status)})"))
    playbook = incident.get("playbook") or {}
    answer(
        f"declared {local(incident.get('declared_at'))} by {incident.get('declared_by')}, {playbook.get('id')} {playbook.get('version')}"
    )
    counts = incident.get("counts") or {}
    answer("steps: " + ", ".join(f"{count} {name}" for name, count in counts.items() if count))
    for role, held in (incident.get("roles") or {}).items():
        answer(f"{role}: {_holder(held)}")
    for milestone in incident.get("milestones") or []:
        answer(f"milestone: {milestone['title']}: {_milestone(milestone)}")


def _holder(held: Mapping[str, Any]) -> str:
    person = held.get("person") or "nobody yet"
    return f"{person}" if held.get("acknowledged_at") or not held.get("person") else f"{person} (not acknowledged)"


def _milestone(milestone: Mapping[str, Any]) -> str:
    if milestone.get("reached_at"):
        return f"reached {local(milestone['reached_at'])}"
    due = f"due {local(milestone['due_at'])}" if milestone.get("due_at") else "not counting yet"
    return f"missed, was {due}" if milestone.get("missed") else due


def show_steps(steps: Iterable[Mapping[str, Any]], *, plain: bool) -> None:
    """Show steps as a table."""
    columns = ("step", "state", "what", "who", "due", "")
    answer_table(columns, (_step_row(step) for step in steps), plain=plain)


def _step_row(step: Mapping[str, Any]) -> tuple[object, ...]:
    note = Text("LATE", style="bold yellow") if step.get("late") else step.get("reason")
    state = Text(clean(step["state"]), style=_STYLES.get(step["state"], ""))
    return (step["id"], state, step["title"], _who(step), local(step.get("due_at")), note)


def _who(step: Mapping[str, Any]) -> str:
    """Name whose step it is: who has it, else its people, else its roles."""
    people = [step.get("assignee")] if step.get("assignee") else step.get("people") or []
    approvers = [person for each in step.get("approvers") or [] for person in each.get("people") or [each.get("role")]]
    return ", ".join(map(str, dict.fromkeys(people or approvers or [step.get("role") or ""])))


def show_step(step: Mapping[str, Any]) -> None:
    """Show one step with what can be done to it now."""
    state = clean(step["state"])
    answer(Text.assemble((clean(step["id"]), "bold"), f"  {clean(step['title'])}  (", (state, _STYLES.get(state, "")), ")"))
    facts = {
        "for": _who(step),
        "due": local(step.get("due_at")) + (", LATE" if step.get("late") else ""),
        "because": step.get("reason"),
        "needs": ", ".join(map(str, step.get("needs") or [])),
        "version": step.get("content_hash"),
        "now possible": ", ".join(map(str, step.get("allowed") or [])),
    }
    for name, value in facts.items():
        if value:
            answer(f"{name}: {value}")
    for item in step.get("checklist") or []:
        answer(f"[{'x' if item.get('done') else ' '}] {item['item']}")
    for option, label in _options(step):
        answer(f"{option}: {label}")


def _options(step: Mapping[str, Any]) -> Iterable[tuple[object, object]]:
    options = step.get("options") or {}
    if isinstance(options, Mapping):
        return [(name, value.get("label", value) if isinstance(value, Mapping) else value) for name, value in options.items()]
    return [(option.get("id") or option.get("option"), option.get("label")) for option in options]
