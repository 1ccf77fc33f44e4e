"""Raising and lowering severity: raising re-opens what was skipped only for it, lowering re-opens nothing."""

from engine.incident import commands as c
from engine.incident.draft import Draft
from engine.incident.events import IncidentRestricted, RaiseRulesRead, SeverityLowered, SeverityRaised
from engine.incident.plan import World
from engine.incident.refusal import Refusal
from engine.incident.reopening import reopen
from engine.incident.rights import no_lowering
from engine.incident.scope import holds
from engine.incident.state import Incident
from engine.language.expression import Expression
from engine.language.playbook import Severity
from engine.language.suggest import listed


def change_to(world: World, incident: Incident, level: str, reason: str) -> c.Raise | c.Lower:
    """Say a wanted level as the command that leads there, however it is capitalised; an unknown one is for the rules to refuse."""
    plan = world.plan
    named = next((each for each in plan.levels if each.casefold() == level.casefold()), level)
    is_below = named in plan.levels and plan.rank(named) < plan.rank(incident.severity)
    return c.Lower(named, reason) if is_below else c.Raise(named, reason)


def raise_severity(draft: Draft, command: c.Raise) -> Refusal | None:
    """Anybody may raise."""
    refused = _bad_level(draft, command.to, command.reason)
    if refused:
        return refused
    plan, severity = draft.world.plan, draft.incident.severity
    if command.to == severity:
        return None
    if plan.rank(command.to) < plan.rank(severity):
        return Refusal("not_raised", f"{command.to} is below {severity}; lower it instead", allowed=("lower",))
    if draft.incident.closed_at is not None:
        return Refusal("closed", "the incident is closed; reopen it first", allowed=("reopen",))
    draft.add(SeverityRaised(command.to, severity, draft.mark(command.reason)))
    reopen_for_severity(draft)
    return None


def lower_severity(draft: Draft, command: c.Lower) -> Refusal | None:
    refused = _bad_level(draft, command.to, command.reason) or no_lowering(draft.world, draft.incident, draft.actor)
    if refused:
        return refused
    plan, severity = draft.world.plan, draft.incident.severity
    if command.to == severity:
        return None
    if plan.rank(command.to) > plan.rank(severity):
        return Refusal("not_lowered", f"{command.to} is above {severity}; raise it instead", allowed=("raise",))
    draft.add(SeverityLowered(command.to, severity, draft.mark(command.reason)))
    return None


def reopen_for_severity(draft: Draft) -> None:
    """Re-open steps that were skipped only because the severity was lower, and what followed from that."""
    _restrict(draft)
    plan = draft.world.plan
    rank = plan.rank(draft.incident.severity)
    roots = [
        name
        for name, step in plan.steps.items()
        if step.min_severity and plan.rank(step.min_severity) <= rank and draft.state(name).skip_cause == "severity"
    ]
    reopen(draft, roots, f"severity raised to {draft.incident.severity}")


def is_for_participants(severity: Severity | None, level: str) -> bool:
    """Whether incidents at a level, or already at one below it, are for those who take part."""
    levels = list(severity.levels) if severity else []
    reached = levels[: levels.index(level) + 1] if level in levels else []
    return severity is not None and any(severity.levels[each].visibility == "participants" for each in reached)


def apply_raise_rules(draft: Draft) -> None:
    """Raise where a rule turned from false to true, so that a lead's `lower` stays."""
    severity = draft.world.plan.playbook.severity
    if severity is None or not severity.raise_ or draft.incident.closed_at is not None:
        return
    plan = draft.world.plan
    true = tuple(index for index, rule in enumerate(severity.raise_) if _is_true(draft, index, plan.expressions[rule.when]))
    if true == draft.incident.raised:
        return
    turned = [index for index in true if index not in draft.incident.raised]
    draft.follow(RaiseRulesRead(true))
    for index in turned:
        rule = severity.raise_[index]
        if plan.rank(rule.to) > plan.rank(draft.incident.severity):
            draft.follow(SeverityRaised(rule.to, draft.incident.severity, rule.when))
            reopen_for_severity(draft)


def _restrict(draft: Draft) -> None:
    """Close the incident to who takes no part, from a level on that is for participants; lowering opens nothing again."""
    incident, severity = draft.incident, draft.world.plan.playbook.severity
    if severity and incident.visibility == "organisation" and is_for_participants(severity, incident.severity):
        level = f"{incident.severity} ({severity.levels[incident.severity].title})"
        draft.follow(IncidentRestricted(f"incidents at {level} are for participants"))


def _is_true(draft: Draft, index: int, when: Expression) -> bool:
    return holds(draft.scope, when) if draft.may_read_anew(when) else index in draft.incident.raised


def _bad_level(draft: Draft, level: str, reason: str) -> Refusal | None:
    levels = draft.world.plan.levels
    if level not in levels:
        return Refusal("unknown_level", f"there is no severity '{level}'; there are {listed(levels, like=level)}", field="to")
    if not reason.strip():
        return Refusal("note_required", "say why the severity changes", field="reason")
    return None
