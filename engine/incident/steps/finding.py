"""Finding the step that a command means, open and of the right kind, or saying what is wrong."""

from typing import TypeVar

from engine.incident.draft import Draft
from engine.incident.refusal import Refusal
from engine.incident.state import OPEN
from engine.language.playbook import Step
from engine.language.suggest import nearest

S = TypeVar("S", bound=Step)


def step_named(draft: Draft, name: str) -> Step | Refusal:
    """The step, whatever its state."""
    step = draft.step(name)
    if step is None or name not in draft.incident.steps:
        near = nearest(name, draft.incident.steps)
        hint = f"; did you mean '{near[0]}'" if near else ""
        return Refusal("unknown_step", f"there is no step '{name}'{hint}", field="step")
    return step


def open_step(draft: Draft, name: str) -> Step | Refusal:
    """The step, if it is ready or in work."""
    step = step_named(draft, name)
    if isinstance(step, Refusal):
        return step
    return not_open(draft, name) or step


def not_open(draft: Draft, name: str) -> Refusal | None:
    """Say why a step can't be worked on now."""
    state = draft.state(name)
    if state.state in OPEN:
        return None
    if state.state == "waiting":
        return Refusal("not_ready", f"'{name}' still waits for {waits_for(draft, name)}")
    return Refusal("already_settled", f"'{name}' is already {state.state}")


def of_kind(draft: Draft, name: str, kind: type[S]) -> S | Refusal:
    """The step, whatever its state, if it is of one kind."""
    step = step_named(draft, name)
    if isinstance(step, Refusal):
        return step
    if not isinstance(step, kind):
        return Refusal("wrong_kind", f"'{name}' is {_named(step.kind)}, not {_named(kind.__name__.lower())}")
    return step


def _named(kind: str) -> str:
    return kind if kind == "evidence" else f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def waits_for(draft: Draft, name: str) -> str:
    """What an unready step waits for, in words."""
    graph = draft.world.plan.graph
    open_parents = [parent for parent in graph.parents.get(name, ()) if draft.state(parent).state in ("waiting", "ready", "doing")]
    if open_parents:
        return ", ".join(open_parents)
    starts = draft.state(name).starts_at
    return f"{starts:%Y-%m-%d %H:%M} UTC" if starts else "its time"
