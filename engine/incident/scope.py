"""What expressions and templates may see of an incident.

A name that has no value yet is missing, so that reading it is "undefined": false in a guard. Texts
for people get a stand-in instead, and personal inputs masked, because they are shown in shared rooms.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from engine.incident.people import person_name
from engine.incident.personal import Personal, masked, plain
from engine.incident.plan import World
from engine.incident.state import NEW_STEP, Incident, StepState
from engine.language.duration import parse_duration
from engine.language.expression import Expression, ExpressionFault, UndefinedValue
from engine.language.playbook import Task

NOT_KNOWN = "(not known yet)"
PRIVATE = "[private]"


def effective(state: StepState) -> str:
    """A step's state for what comes after it: a voided one counts as skipped."""
    return "skipped" if state.void else state.state


def is_done(state: StepState) -> bool:
    return effective(state) == "done"


def anchor_instant(world: World, incident: Incident, anchor: str) -> datetime | None:
    """When the thing happened that a deadline counts from; None when it has not."""
    match anchor:
        case "declared":
            return incident.declared_at
        case "detected":
            return incident.detected_at or incident.declared_at
        case "closed":
            return incident.closed_at
        case _ if anchor in incident.steps:
            state = incident.steps[anchor]
            return state.settled_at if is_done(state) else None
        case _:
            milestone = incident.milestones.get(anchor)
            return milestone.reached_at if milestone else None


class GuardScope(Mapping[str, object]):
    """The scope of bare expressions: plain values, helpers bound to this incident and instant.

    Each name is made when it is first read, because most guards read one or two of them. `before` is the scope of
    the same incident a moment ago: the inputs it has made are taken over while they are the same.
    """

    __slots__ = ("_made", "incident", "now", "world")

    def __init__(self, world: World, incident: Incident, now: datetime, *, before: "GuardScope | None" = None) -> None:
        self.world = world
        self.incident = incident
        self.now = now
        is_kept = before is not None and before.incident.inputs is incident.inputs and "inputs" in before._made
        self._made: dict[str, object] = {"inputs": before._made["inputs"]} if before and is_kept else {}

    def __getitem__(self, name: str) -> object:
        if name not in self._made:
            self._made[name] = _MAKERS[name](self)
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in _MAKERS

    def __iter__(self) -> Iterator[str]:
        return iter(_MAKERS)

    def __len__(self) -> int:
        return len(_MAKERS)

    def state(self, step: str) -> StepState:
        return self.incident.steps.get(step, NEW_STEP)


class TextScope(Mapping[str, object]):
    """The scope of texts for people: masked personal inputs; with `stand_ins`, words for what is not known yet.

    Each name is made when it is first read, because most texts read one or two of them.
    """

    __slots__ = ("_made", "guards", "stand_ins")

    def __init__(self, world: World, incident: Incident, now: datetime, *, stand_ins: bool) -> None:
        self.guards = GuardScope(world, incident, now)
        self.stand_ins = stand_ins
        self._made: dict[str, object] = {}

    def __getitem__(self, name: str) -> object:
        if name not in self._made:
            make = _TEXT_MAKERS.get(name)
            self._made[name] = make(self) if make else self.guards[name]
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self.guards

    def __iter__(self) -> Iterator[str]:
        return iter(self.guards)

    def __len__(self) -> int:
        return len(self.guards)


def holds(scope: GuardScope, expression: Expression) -> bool:
    """Read a guard: what is undefined or does not fit reads as false."""
    return why_not(scope, expression) is None


def why_not(scope: GuardScope, expression: Expression) -> str | None:
    """Say why a guard is false, its unknown or unfitting part included; None when it is true."""
    try:
        return None if expression.evaluate(scope) else "it is false"
    except UndefinedValue as unknown:
        return f"{unknown.name} is not known"
    except ExpressionFault as fault:
        return fault.message


def listed(scope: GuardScope, expression: Expression) -> tuple[str, ...]:
    """Read an expression that gives texts (people, links); undefined gives none."""
    try:
        value = expression.evaluate(scope)
    except (UndefinedValue, ExpressionFault):
        return ()
    items = value if isinstance(value, list | tuple) else [value]
    return tuple(dict.fromkeys(str(item) for item in items if item not in (None, "")))


def _holder_names(world: World, incident: Incident) -> dict[str, dict[str, str]]:
    return {name: {"name": person_name(world.organisation, role.people[0])} for name, role in incident.roles.items() if role.people}


def _answer(incident: Incident, decision: str) -> str | None:
    state = incident.steps.get(decision)
    return state.answer if state and is_done(state) else None


def incident_view(incident: Incident) -> dict[str, Any]:
    """What `incident.…` gives."""
    view = {
        "key": incident.key,
        "title": incident.title,
        "declared_at": incident.declared_at,
        "detected_at": incident.detected_at or incident.declared_at,
    }
    country = plain(incident.inputs.get("country"))
    return {**view, "country": country} if country is not None else view


def _step_view(state: StepState, result: object) -> dict[str, Any]:
    view: dict[str, Any] = {"state": effective(state)}
    if is_done(state):
        view["done_at"] = state.settled_at
        if result is not None:
            view["result"] = result
    return view


def _result(world: World, name: str, state: StepState) -> object:
    """What came of a step, for rules."""
    step = world.plan.steps.get(name)
    kind = step.result.type if isinstance(step, Task) and step.result else "text"
    return {key: plain(value) for key, value in state.saved.items()} or typed(kind, plain(state.result))


def _open_result(world: World, name: str, state: StepState) -> object:
    """What came of a step, as everybody may read it: nothing of a private one."""
    step = world.plan.steps.get(name)
    if step is not None and step.private:
        return None if state.result is None and not state.saved else PRIVATE
    return {key: masked(value) for key, value in state.saved.items()} or masked(state.result)


def _elapsed(scope: GuardScope) -> Callable[[str], timedelta]:
    def elapsed(anchor: str) -> timedelta:
        since = anchor_instant(scope.world, scope.incident, anchor)
        if since is None:
            raise UndefinedValue(f"elapsed('{anchor}')")
        return (scope.now - since) * scope.incident.speed

    return elapsed


def _chosen(scope: GuardScope) -> Callable[[str, str], bool]:
    return lambda name, option: is_done(scope.state(name)) and scope.state(name).answer == option


def _severity_at_least(scope: GuardScope) -> Callable[[str], bool]:
    rank = scope.world.plan.rank
    return lambda level: rank(scope.incident.severity) >= rank(level)


_MAKERS: Final[Mapping[str, Callable[[GuardScope], object]]] = {
    "inputs": lambda scope: {name: _typed(scope.world, name, plain(value)) for name, value in scope.incident.inputs.items()},
    "decisions": lambda scope: {each.id: _answer(scope.incident, each.id) for each in scope.world.plan.graph.decisions},
    "steps": lambda scope: {name: _step_view(state, _result(scope.world, name, state)) for name, state in scope.incident.steps.items()},
    "metrics": lambda scope: {name: metric.value for name, metric in scope.incident.metrics.items()},
    "incident": lambda scope: incident_view(scope.incident),
    "roles": lambda scope: _holder_names(scope.world, scope.incident),
    "severity": lambda scope: scope.incident.severity,
    "done": lambda scope: lambda name: is_done(scope.state(name)),
    "skipped": lambda scope: lambda name: effective(scope.state(name)) == "skipped",
    "approved": lambda scope: lambda name: is_done(scope.state(name)),
    "chosen": _chosen,
    "elapsed": _elapsed,
    "severity_at_least": _severity_at_least,
}
"""What a scope holds, by name: values, and helpers bound to its incident and instant."""


def _shown_inputs(scope: TextScope) -> dict[str, object]:
    world, incident = scope.guards.world, scope.guards.incident
    known: dict[str, object] = {name: masked(value) for name, value in incident.inputs.items() if value is not None}
    if not scope.stand_ins:
        return known
    asked = world.plan.playbook.inputs.items()
    return {**{name: [] if each.type in ("people", "url_list") else NOT_KNOWN for name, each in asked}, **known}


def _shown_steps(scope: TextScope) -> dict[str, object]:
    world, incident = scope.guards.world, scope.guards.incident
    return {name: _step_view(state, _open_result(world, name, state)) for name, state in incident.steps.items()}


def _shown_metrics(scope: TextScope) -> dict[str, object]:
    recorded = {name: metric.value for name, metric in scope.guards.incident.metrics.items()}
    return {**dict.fromkeys(scope.guards.world.plan.playbook.metrics, NOT_KNOWN), **recorded} if scope.stand_ins else {**recorded}


def _shown_incident(scope: TextScope) -> dict[str, object]:
    country = scope.guards.incident.inputs.get("country")
    view = incident_view(scope.guards.incident)
    return {**view, "country": masked(country)} if isinstance(country, Personal) else view


def _shown_roles(scope: TextScope) -> dict[str, object]:
    held = _holder_names(scope.guards.world, scope.guards.incident)
    roles = scope.guards.world.plan.playbook.roles.items()
    return {**{name: {"name": role.title} for name, role in roles}, **held} if scope.stand_ins else {**held}


_TEXT_MAKERS: Final[Mapping[str, Callable[[TextScope], object]]] = {
    "inputs": _shown_inputs,
    "steps": _shown_steps,
    "metrics": _shown_metrics,
    "incident": _shown_incident,
    "roles": _shown_roles,
}
"""What texts read otherwise than guards do."""


def _typed(world: World, name: str, value: object) -> object:
    declared = world.plan.playbook.inputs.get(name)
    return typed(declared.type, value) if declared is not None else value


def typed(kind: str, value: object) -> object:
    """Give a value its type back: durations are kept as texts, and so is whatever is personal."""
    if not isinstance(value, str):
        return value
    try:
        match kind:
            case "duration":
                return parse_duration(value).span
            case "yes_no":
                return {"True": True, "False": False}.get(value, value)
            case "number":
                return float(value)
            case _:
                return value
    except ValueError:
        return value
