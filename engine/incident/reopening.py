"""What falls back when something re-opens: rejection, edit, severity, revised answer, new links.

Roots are re-opened by their rule; `restate` then walks everything after them in order:
what nobody has started falls back to waiting, what was skipped or blocked only because of them waits
again, what is done stands (and is void, or counts again, when an answer was revised).
"""

from collections.abc import Iterable

from engine.incident.draft import Draft
from engine.incident.events import StepReopened, StepSkipped, StepUnvoided, StepVoided
from engine.incident.judge import Block, Skip, structure
from engine.incident.state import SETTLED, StepState

_UNDONE_BY_PATH = frozenset({"branch", "of", "path", "revised"})
_UNDONE_BY_NEED = frozenset({"need", "of"})


def reopen(draft: Draft, roots: Iterable[str], reason: str) -> None:
    """Re-open `roots` (in file order) and let everything after them fall back."""
    wanted = set(roots)
    for name in draft.incident.steps:
        if name in wanted and draft.state(name).state != "waiting":
            draft.follow(StepReopened(name, reason))
    restate(draft, wanted, reason)


def restate(draft: Draft, roots: Iterable[str], reason: str) -> None:
    """Hold every step after `roots` against what is true now, parents before children."""
    graph = draft.world.plan.graph
    after: set[str] = set()
    for root in roots:
        if root in graph.steps:
            after |= graph.descendants(root)
    for name in graph.order:
        if name in after:
            _restate_step(draft, name, reason)


def _restate_step(draft: Draft, name: str, reason: str) -> None:
    state = draft.state(name)
    match state.state:
        case "ready" | "doing":
            _restate_open(draft, name, state, reason)
        case "done":
            _restate_done(draft, name, state, reason)
        case "skipped" if state.skip_cause in _UNDONE_BY_PATH:
            if not isinstance(structure(draft.world, draft.incident, name), Skip):
                draft.follow(StepReopened(name, reason))
        case "blocked" if state.block_cause in _UNDONE_BY_NEED:
            if not isinstance(structure(draft.world, draft.incident, name), Block):
                draft.follow(StepReopened(name, reason))
        case _:
            return


def _restate_open(draft: Draft, name: str, state: StepState, reason: str) -> None:
    verdict = structure(draft.world, draft.incident, name)
    if isinstance(verdict, Skip):
        draft.follow(StepSkipped(name, "revised", reason))
        return
    if verdict is None and not is_started(state):
        draft.follow(StepReopened(name, reason))


def _restate_done(draft: Draft, name: str, state: StepState, reason: str) -> None:
    off = isinstance(structure(draft.world, draft.incident, name), Skip)
    if off and not state.void:
        draft.follow(StepVoided(name, reason))
    if not off and state.void:
        draft.follow(StepUnvoided(name))


def is_started(state: StepState) -> bool:
    """Whether somebody has begun: taken, ticked, or with a key turned."""
    return state.state == "doing" or bool(state.ticks) or any(key.decision == "approve" for key in state.keys)


def settled_between(draft: Draft, first: str, last: str) -> tuple[str, ...]:
    """Settled steps on a path from `first` to `last`."""
    between = draft.world.plan.graph.between(first, last)
    return tuple(name for name in draft.incident.steps if name in between and draft.state(name).state in SETTLED)
