"""Where steps point, and what the OASIS schemas don't see: missing steps, circles, steps that nothing leads to (FB704)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from engine.exchange.incoming import Incoming
from engine.language.diagnostic import Path
from engine.language.scalars import kind_of
from engine.language.suggest import nearest, quoted

_SINGLE: Final = ("on_completion", "on_success", "on_failure", "on_true", "on_false")


@dataclass(frozen=True, slots=True)
class Pointer:
    """One step naming another: `path` is where, below the step."""

    path: Path
    target: str


@dataclass
class Paths:
    """The steps and which of their pointers can be followed."""

    steps: dict[str, dict[str, Any]]
    sound: dict[str, dict[Path, str]] = field(default_factory=dict)
    reached: set[str] = field(default_factory=set)

    def next(self, step: str, *path: str | int) -> str | None:
        """Give where a pointer leads, or None when there is none that can be followed."""
        return self.sound.get(step, {}).get(path)

    def below(self, start: str | None) -> list[str]:
        """List the steps that can be reached from one, itself first."""
        seen: dict[str, None] = {}
        todo = [start] if start is not None else []
        while todo:
            name = todo.pop()
            if name not in seen:
                seen[name] = None
                todo += reversed(self.sound.get(name, {}).values())
        return list(seen)


def workflow_of(incoming: Incoming) -> dict[str, Any]:
    """Give the workflow of a document, whatever its entries are."""
    found = incoming.document.get("workflow")
    return found if isinstance(found, dict) else {}


def followed(incoming: Incoming, starts: Mapping[str, str | None]) -> Paths:
    """Look at every pointer once: report what leads nowhere or back, and what is never reached from the starts."""
    paths = Paths(_steps(incoming))
    for name, step in paths.steps.items():
        known = {each.path: each.target for each in _pointers(step) if _exists(incoming, paths, name, each)}
        paths.sound[name] = known
    _open_circles(incoming, paths, [start for start in starts.values() if start is not None])
    for name in paths.steps:
        if name not in paths.reached and paths.steps[name].get("type") != "end":
            shown = quoted(incoming.text(paths.steps[name], ("workflow", name), "name") or name)
            incoming.say("FB704", f"nothing leads to step {shown}; it was left out", ("workflow", name), at="key", level="warning")
    return paths


def _pointers(step: Mapping[str, Any]) -> list[Pointer]:
    found = [Pointer((name,), step[name]) for name in _SINGLE if isinstance(step.get(name), str)]
    entries = step.get("next_steps")
    found += [
        Pointer(("next_steps", index), each)
        for index, each in enumerate(entries if isinstance(entries, list) else ())
        if isinstance(each, str)
    ]
    cases = step.get("cases")
    found += [Pointer(("cases", case), each) for case, each in (cases.items() if isinstance(cases, dict) else ()) if isinstance(each, str)]
    return found


def _exists(incoming: Incoming, paths: Paths, step: str, pointer: Pointer) -> bool:
    if pointer.target in paths.steps:
        return True
    near = nearest(pointer.target[:60], [each[:60] for each in paths.steps], most=1)
    advice = f"did you mean {quoted(near[0])}?" if near else "add the step, or take the pointer out"
    shown = quoted(incoming.text(paths.steps[step], ("workflow", step), "name") or step)
    incoming.say("FB704", f"step {shown} points to missing step {quoted(pointer.target)}", ("workflow", step, *pointer.path), help=advice)
    return False


def _open_circles(incoming: Incoming, paths: Paths, starts: list[str]) -> None:
    """Walk depth first and cut every pointer that leads back into the way that was come."""
    state: dict[str, bool] = {}
    for start in starts:
        if start not in paths.steps or start in state:
            continue
        state[start] = True
        way = [(start, list(paths.sound[start].items()))]
        while way:
            name, left = way[-1]
            if not left:
                state[name] = False
                way.pop()
                continue
            path, target = left.pop(0)
            if state.get(target):
                _cut(incoming, paths, name, path, [each for each, _ in way], target)
            elif target not in state:
                state[target] = True
                way.append((target, list(paths.sound[target].items())))
    paths.reached = set(state)


def _cut(incoming: Incoming, paths: Paths, name: str, path: Path, way: list[str], target: str) -> None:
    del paths.sound[name][path]
    circle = [*way[way.index(target) :], target]
    shown = [incoming.text(paths.steps[each], ("workflow", each), "name") or each.partition("--")[0] for each in circle]
    some = shown if len(shown) <= 8 else [*shown[:7], "…", shown[-1]]
    message = f"steps go round in a circle: {' → '.join(some)}"
    incoming.say("FB704", message, ("workflow", name, *path), help="what is repeated goes inside a while-condition step")


def _steps(incoming: Incoming) -> dict[str, dict[str, Any]]:
    """Give the steps of the workflow that are maps; others are reported."""
    for name, step in workflow_of(incoming).items():
        if not isinstance(step, dict):
            incoming.say("FB010", f"a step must be a map of fields, not {kind_of(step)}", ("workflow", name))
    return {name: step for name, step in workflow_of(incoming).items() if isinstance(step, dict)}
