"""Whether a value of a story is what its shape asks for: every name known, every action fit for its step.

A shape gives the findings about a value at a path; none means that the value can be used as it stands.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from engine.analysis.stories.vocabulary import KINDS_OF, REFUSALS, STATUSES, VERB_FOR, Shape
from engine.incident.plan import World
from engine.language.diagnostic import Finding, Path
from engine.language.duration import parse_duration
from engine.language.playbook import Decision, SubPlaybook
from engine.language.scalars import kind_of
from engine.language.suggest import did_you_mean, listed, quoted

_ADDED: Final = re.compile(r"(added_[0-9]+|(fill|confirm|correct)_[a-z0-9_]+)")
"""Names of tasks that come into being during a run."""

Check = Callable[[World, Any, Path], Iterable[Finding]]


def check_shape(world: World, shape: Shape, value: Any, path: Path) -> Iterator[Finding]:
    """Give what is wrong with a value of a story."""
    yield from _CHECKS[shape](world, value, path)


def unfit(path: Path, wanted: str, value: object, *, help: str | None = None) -> Finding:
    """Say that a value is of the wrong kind."""
    shown = kind_of(value) if isinstance(value, list | dict) or value is None else quoted(value)
    return Finding("FB800", f"{quoted(path[-1])} must be {wanted}, not {shown}", path, help=help)


def unknown(path: Path, what: str, name: object, known: Iterable[str]) -> Finding:
    """Say that a name is not known, with the nearest that is."""
    options = list(known)
    hint = did_you_mean(str(name), options)
    advice = f"there are {listed(options, like=str(name))}" if options and not hint and len(options) <= 30 else None
    return Finding("FB801", f"unknown {what} {quoted(name)}{hint}", path, at="value", help=advice)


def _anything(world: World, value: Any, path: Path) -> Iterator[Finding]:
    if value is None:
        yield unfit(path, "given", value)


def _text(world: World, value: Any, path: Path) -> Iterator[Finding]:
    if not isinstance(value, str) or not value.strip():
        yield unfit(path, "a text", value, help="put it in quotes" if isinstance(value, bool | int | float) else None)


def _reason(world: World, value: Any, path: Path) -> Iterator[Finding]:
    if value is not True and not (isinstance(value, str) and value.strip()):
        yield unfit(path, "true, or a text that says why", value)


def _duration(world: World, value: Any, path: Path) -> Iterator[Finding]:
    try:
        parse_duration(value if isinstance(value, str) else str(value))
    except ValueError:
        yield Finding("FB800", f"{quoted(value)} is not a time; write 10m, 4h, 2d or 3bd, counted from declared", path)


def _moment(world: World, value: Any, path: Path) -> Iterator[Finding]:
    try:
        moment = datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is not None:
        yield unfit(path, "a day and a time on the organisation's own clock", value, help="write 2026-11-23T12:00")


def _word_of(what: str, words: tuple[str, ...]) -> Check:
    def check(world: World, value: Any, path: Path) -> Iterator[Finding]:
        if value not in words:
            yield unknown(path, what, value, words)

    return check


def _until(world: World, value: Any, path: Path) -> Iterator[Finding]:
    if value not in ("complete", "closed"):
        for _ in _duration(world, value, path):
            yield unfit(path, "'complete', 'closed' or a time such as 2h", value)


def _steps_known(world: World, names: Any, path: Path) -> Iterator[Finding]:
    if names == []:
        yield unfit(path, "a step, or a list of them", names)
    for name, at in _each(names, path):
        if not isinstance(name, str):
            yield unfit(at, "the id of a step", name)
        elif name not in world.plan.steps and not _ADDED.fullmatch(name):
            yield unknown(at, "step", name, world.plan.steps)


def _step(world: World, value: Any, path: Path) -> Iterator[Finding]:
    if isinstance(value, str):
        yield from _steps_known(world, value, path)
    else:
        yield unfit(path, "the id of one step", value)


def _step_of(shape: str) -> Check:
    def check(world: World, value: Any, path: Path) -> Iterator[Finding]:
        faults = list(_step(world, value, path))
        yield from faults
        step = world.plan.steps.get(value) if not faults else None
        if step is not None and step.kind not in KINDS_OF[shape]:
            yield _wrong_verb(str(value), step.kind, path)

    return check


def _wrong_verb(name: str, kind: str, path: Path) -> Finding:
    verb = VERB_FOR.get(kind)
    article = "an" if kind[0] in "aeiou" else "a"
    advice = f"write '{verb}: {name}'" if verb in ("complete", "submit", "approve", "confirm", "evidence") else None
    if verb in ("answer", "child", "record"):
        advice = {"answer": f"write 'answer: {{{name}: OPTION}}'", "child": f"write 'child: {{{name}: closed}}'"}.get(
            verb, f"write 'record: {{METRIC: VALUE}}' with 'step: {name}'"
        )
    if verb is None:
        advice = f"{article} {kind} is sent by itself; nobody does it"
    return Finding("FB802", f"{quoted(name)} is {article} {kind}; {quoted(path[-1])} is nothing that is done with one", path, help=advice)


def _answers(world: World, value: Any, path: Path) -> Iterator[Finding]:
    if not isinstance(value, dict) or not value:
        yield unfit(path, "a map of decisions and their options", value, help="write {decision: option}")
        return
    decisions = {decision.id: decision for decision in world.plan.graph.decisions}
    for name, option in value.items():
        decision = decisions.get(name)
        if decision is not None:
            yield from _option(decision, option, (*path, name))
        elif name in world.plan.steps:
            yield Finding("FB802", f"{quoted(name)} is no decision but a {world.plan.steps[name].kind}", (*path, name), at="key")
        else:
            yield Finding("FB801", f"unknown decision {quoted(name)}{did_you_mean(name, decisions)}", (*path, name), at="key")


def _option(decision: Decision, option: Any, path: Path) -> Iterator[Finding]:
    if isinstance(option, str) and option in decision.options:
        return
    if isinstance(option, bool) and ("yes" if option else "no") in decision.options:
        word = "yes" if option else "no"
        yield Finding("FB801", f"{quoted(decision.id)} has no option {str(option).lower()}. Did you mean {quoted(word)}?", path)
        return
    yield unknown(path, f"option of {quoted(decision.id)}:", option, decision.options)


def _everything(world: World, value: Any, path: Path) -> Iterator[Finding]:
    if value is not True:
        yield from _answers(world, value, path)


def _map_of(what: str, known: Callable[[World], Iterable[str]], example: str) -> Check:
    def check(world: World, value: Any, path: Path) -> Iterator[Finding]:
        if not isinstance(value, dict):
            yield unfit(path, f"a map of {what}s and their values", value, help=f"write {example}")
            return
        names = list(known(world))
        for name in value:
            if name not in names:
                yield Finding("FB801", f"unknown {what} {quoted(name)}{did_you_mean(name, names)}", (*path, name), at="key")

    return check


def _inputs(world: World) -> Iterable[str]:
    return world.plan.playbook.inputs


def _metrics(world: World) -> Iterable[str]:
    return [name for name, metric in world.plan.playbook.metrics.items() if metric.type != "elapsed"]


def _additions(world: World, value: Any, path: Path) -> Iterator[Finding]:
    faults = list(_map_of("input", _inputs, "{people: [fred]}")(world, value, path))
    yield from faults
    for name, items in value.items() if isinstance(value, dict) else ():
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            yield unfit((*path, name), "a list of texts", items)


def _names_among(what: str, known: Callable[[World], Iterable[str]]) -> Check:
    def check(world: World, value: Any, path: Path) -> Iterator[Finding]:
        names = list(known(world))
        for name, at in _each(value, path):
            if not isinstance(name, str) or name not in names:
                yield unknown(at, what, name, names)

    return check


def _one_of(what: str, known: Callable[[World], Iterable[str]]) -> Check:
    def check(world: World, value: Any, path: Path) -> Iterator[Finding]:
        if isinstance(value, list | dict):
            yield unfit(path, f"one {what}", value)
        else:
            yield from _names_among(what, known)(world, value, path)

    return check


def people_and_roles(world: World) -> Iterable[str]:
    """List everybody whom a story may name: roles, people, and addresses that roles are assigned to."""
    roles = world.plan.playbook.roles
    addresses = [role.assign.removeprefix("email:") for role in roles.values() if role.assign.startswith("email:")]
    return (*roles, *world.organisation.people, *addresses)


def _people(world: World) -> Iterable[str]:
    return [name for name in people_and_roles(world) if name not in world.plan.playbook.roles or name in world.organisation.people]


def _children(world: World, value: Any, path: Path) -> Iterator[Finding]:
    if not isinstance(value, dict) or not value:
        yield unfit(path, "a map of steps and how their incident ended", value, help="write {step: closed}")
        return
    steps = [name for name, step in world.plan.steps.items() if isinstance(step, SubPlaybook)]
    for name, end in value.items():
        if name not in steps:
            yield Finding("FB801", f"no step {quoted(name)} starts a playbook{did_you_mean(name, steps)}", (*path, name), at="key")
        if end not in ("closed", "cancelled"):
            yield unknown((*path, name), "end of an incident", end, ("closed", "cancelled"))


def _named(world: World, value: Any, path: Path) -> Iterator[Finding]:
    if not isinstance(value, dict) or not value:
        yield unfit(path, "a map of roles and people", value, help="write {role: person}")
        return
    roles, people = world.plan.playbook.roles, list(_people(world))
    for role, person in value.items():
        if role not in roles:
            yield Finding("FB801", f"unknown role {quoted(role)}{did_you_mean(role, roles)}", (*path, role), at="key")
        if person not in people:
            yield unknown((*path, role), "person", person, people)


def _each(value: Any, path: Path) -> Iterator[tuple[Any, Path]]:
    """Give the entries of a list with their paths, or the value itself."""
    if isinstance(value, list):
        yield from ((item, (*path, index)) for index, item in enumerate(value))
    else:
        yield value, path


def _levels(world: World) -> Iterable[str]:
    return world.plan.levels


def _policies(world: World) -> Iterable[str]:
    return [policy.id for policy in world.policies] + ["approved_outside"]


_CHECKS: Final[Mapping[Shape, Check]] = {
    "text": _text,
    "anything": _anything,
    "reason": _reason,
    "duration": _duration,
    "moment": _moment,
    "mode": _word_of("mode", ("live", "rehearsal")),
    "until": _until,
    "step": _step,
    "steps": _steps_known,
    "by_hand": _step_of("by_hand"),
    "statement": _step_of("statement"),
    "approval": _step_of("approval"),
    "publish": _step_of("publish"),
    "evidence": _step_of("evidence"),
    "delivered": _step_of("delivered"),
    "children": _children,
    "answers": _answers,
    "everything": _everything,
    "metrics": _map_of("metric", _metrics, "{metric: 12}"),
    "inputs": _map_of("input", _inputs, "{site: Plant 4}"),
    "input_names": _names_among("input", _inputs),
    "additions": _additions,
    "level": _one_of("severity", _levels),
    "status": _word_of("status", STATUSES),
    "milestones": _names_among("milestone", lambda world: world.plan.playbook.milestones),
    "person": _one_of("role or person", people_and_roles),
    "who": _names_among("role or person", people_and_roles),
    "role": _one_of("role", lambda world: world.plan.playbook.roles),
    "roles": _names_among("role", lambda world: world.plan.playbook.roles),
    "named": _named,
    "refusal": _word_of("refusal", REFUSALS),
    "policy": _one_of("policy", _policies),
}
