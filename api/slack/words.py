"""Texts for looking: help, a list of incidents, how one stands, what is to be done. Marked up, user text escaped."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Final

from api.slack.finding import Found
from engine.channels.slack_text import Facts, cut, moment, person
from engine.incident.describe_values import instant_text
from engine.incident.personal import masked
from engine.store.projections import IncidentRow
from engine.store.tasks import Task

HELP: Final = (
    "*What `/incident` does*, here or for `INC-7`: `/incident done INC-7 capture`",
    "•  Look: `list [mine|open|all]` `status` `tasks [mine|all]` `timeline` `roles`",
    "•  Start: `start [playbook] [title]`; a form asks the rest; later `fill INPUT VALUE` `add INPUT VALUE` `migrate VERSION`",
    "•  Work: `done STEP [result]` `answer STEP OPTION [note]` `assign STEP @who` `skip STEP reason`, `tick`, `begin`, `comment`, `snooze`",
    "•  Words: `write STEP` `publish STEP` `evidence STEP` `record STEP` open their forms; `approve STEP` shows words and buttons",
    "•  People: `role ROLE @who` `handover ROLE @who [note]` `ack` `invite @who`",
    "•  Record: `note TEXT` `link URL` `metric NAME VALUE` `severity LEVEL REASON` `add-task ROLE TITLE`",
    "•  Steer: `hold REASON` `release REASON` `contain` `close` `reopen REASON` `cancel REASON` `restrict REASON` `merge INC-3`",
)
"""At most eight lines."""

LONGEST: Final = 3_800
"""Characters of a list, so that the whole answer stays below the 4,000 that Slack shows well."""

_MOST: Final = 15
_SENTENCES: Final = {"active": "Active", "contained": "Contained", "closed": "Closed", "complete": "Complete", "cancelled": "Cancelled"}


def help_text() -> str:
    """List what `/incident` can do."""
    return "\n".join(HELP)


def unknown_text(command: str, typed: str, near: Sequence[str]) -> str:
    """Answer a word that is no command: what was meant, what was typed so that it isn't lost, and the help."""
    meant = f" Did you mean `/incident {near[0]}`?" if near else ""
    return f"I don't know `{cut(command, 40)}`.{meant} You typed: {cut(typed, 500)}\n{help_text()}"


def list_text(found: Found, what: str) -> str:
    """List incidents."""
    if not found.total:
        return f"There are no incidents ({what}). Start one with `/incident start`."
    lines = _fitting([f"•  {incident_line(row)}" for row in found.rows])
    more = found.total - len(lines)
    return "\n".join((f"*Incidents* ({what})", *lines, *((f"and {more} more",) if more else ())))


def incident_line(row: IncidentRow) -> str:
    """Say in one line which incident it is and how it stands."""
    return (
        f"*{row.key}* {cut(row.title, 120)}: {_SENTENCES[row.status]}, {cut(row.severity.upper(), 40)}, "
        f"declared {_at(row.declared_at)}{_mode(row)}"
    )


def tasks_text(tasks: Sequence[Task], whose: str) -> str:
    """List what is to be done."""
    if not tasks:
        return f"Nothing is open ({whose})."
    lines = [
        f"•  {task.incident_key} *{cut(str(masked(task.title)), 150)}* (`{task.step}`){_due(task.due_at)}"
        f"{', being worked on' if task.state == 'doing' else ''}"
        for task in tasks[:_MOST]
    ]
    shown = _fitting(lines)
    return "\n".join((f"*Tasks* ({whose})", *shown, *((f"and {len(tasks) - len(shown)} more",) if len(tasks) > len(shown) else ())))


def timeline_text(key: str, entries: Sequence[tuple[datetime, str]], *, earlier: int) -> str:
    """Tell what happened last, oldest first; `earlier` counts the entries before."""
    lines = [f"•  {_at(at)} {cut(text, 300)}" for at, text in entries]
    while len(lines) > 1 and len("\n".join(lines)) > LONGEST:
        lines, earlier = lines[1:], earlier + 1
    before = (f"{earlier} entries came before; the incident's page has them all",) if earlier else ()
    return "\n".join((f"*Timeline* ({key})", *before, *lines))


def roles_text(facts: Facts) -> str:
    """Say who holds which role, from the facts of a card."""
    return "\n".join((f"*Roles* ({facts['key']})", *(_role(facts, role) for role in facts["roles"])))


def _role(facts: Facts, role: Facts) -> str:
    title = f"•  {cut(role['title'], 80)} (`{role['role']}`)"
    if role["unfilled"]:
        return f"{title}: *nobody eligible*"
    held = ", ".join(person(facts, each) for each in role["people"]) or "nobody yet"
    waiting = ", has not acknowledged yet" if role["people"] and not role["acknowledged"] else ""
    return f"{title}: {held}{waiting}"


def status_text(facts: Facts) -> str:
    """Say how an incident stands, from the facts of its card."""
    steps = [_step(facts, step) for step in facts["now"]]
    aims = [_aim(milestone) for milestone in facts["milestones"][:8]]
    title = f"*{facts['key']}: {cut(facts['title'], 150)}*{' (rehearsal)' if facts['rehearsal'] else ''}"
    now = ("*Now*", *steps) if steps else ("Nothing is open.",)
    return "\n".join((title, _standing(facts), *_held(facts), *now, *(("*Milestones*", *aims) if aims else ())))


def _standing(facts: Facts) -> str:
    severity = f"{cut(facts['severity'].upper(), 40)} ({cut(facts['severity_title'], 80)})"
    lead, declared = person(facts, facts["lead"]), moment(facts["declared_at"])
    return f"{_SENTENCES[facts['status']]}, severity {severity}, lead {lead}, declared {declared}"


def _held(facts: Facts) -> Iterable[str]:
    hold = facts["hold"]
    if hold:
        yield f"*On hold* since {moment(hold['at'])}: {cut(hold['reason'] or 'no reason given', 300)}"


def _step(facts: Facts, step: Facts) -> str:
    who = "private" if step["private"] else person(facts, step["person"])
    role = f"{cut(step['role_title'], 60)}, " if step["role_title"] else ""
    due = f", due {moment(step['due_at'])}" if step["due_at"] else ""
    return f"•  {cut(step['title'] or step['step'], 120)} (`{step['step']}`): {role}{who}{due}"


def _aim(milestone: Facts) -> str:
    state = "not needed any more" if milestone["state"] == "not_applicable" else milestone["state"]
    due = f", due {moment(milestone['due_at'])}" if milestone["state"] in ("open", "missed") and milestone["due_at"] else ""
    return f"•  {cut(milestone['title'], 120)}: {state}{due}"


def _due(at: datetime | None) -> str:
    return f", due {_at(at)}" if at else ""


def _at(at: datetime) -> str:
    return moment(instant_text(at))


def _mode(row: IncidentRow) -> str:
    return ", rehearsal" if row.mode == "rehearsal" else ""


def _fitting(lines: Sequence[str]) -> list[str]:
    """Take the lines from the first on that fit into an answer."""
    return [line for line, size in zip(lines, accumulate(len(line) + 1 for line in lines), strict=True) if size <= LONGEST]
