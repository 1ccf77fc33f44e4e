"""What falls back when something re-opens: rejection, edit, severity, revised answer, new links.

Roots are re-opened by their rule; `restate` then walks everything after them in order:
what nobody has started falls back to waiting, what was skipped or blocked only because of them waits
again, what is done stands. When an answer was revised, what was settled under the old one is void, and
counts again when the answer comes back. What was said in public, and the words of it, never re-opens.
"""

from collections.abc import Iterable
from typing import assert_never

from engine.incident.draft import Draft
from engine.incident.events import PublishReturned, StepReopened, StepSkipped, StepUnvoided, StepVoided
from engine.incident.judge import Block, Skip, structure
from engine.incident.state import OPEN, SETTLED, StepState
from engine.incident.versions import is_frozen
from engine.language.playbook import Approval, Publish, Statement

_UNDONE_BY_PATH = frozenset({"branch", "of", "path", "revised"})
_UNDONE_BY_NEED = frozenset({"need", "of"})


def reopen(draft: Draft, roots: Iterable[str], reason: str) -> None:
    """Re-open `roots` (in file order) and let everything after them fall back."""
    wanted = {name for name in roots if not _is_said(draft, name)}
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


def leave(draft: Draft, name: str, reason: str) -> None:
    """Skip what is not finished on a branch that was left; words that nobody has confirmed are given back."""
    state = draft.state(name)
    if state.state not in OPEN and state.state != "waiting":
        return
    if state.frozen_version and not state.receipts:
        draft.follow(PublishReturned(name, reason))
    draft.follow(StepSkipped(name, "revised", reason))


def _is_said(draft: Draft, name: str) -> bool:
    state, step = draft.state(name), draft.world.plan.steps.get(name)
    match step:
        case Publish():
            return state.frozen_version is not None
        case Statement():
            return is_frozen(draft.world, draft.incident, name)
        case Approval() if state.state == "done":
            return is_frozen(draft.world, draft.incident, step.of)
        case _:
            return False


def _restate_step(draft: Draft, name: str, reason: str) -> None:
    state = draft.state(name)
    match state.state:
        case "ready" | "doing":
            _restate_open(draft, name, state, reason)
        case "skipped" if state.skip_cause in _UNDONE_BY_PATH:
            if not isinstance(structure(draft.world, draft.incident, name), Skip):
                draft.follow(StepReopened(name, reason))
        case "blocked" if state.block_cause in _UNDONE_BY_NEED:
            if not isinstance(structure(draft.world, draft.incident, name), Block):
                draft.follow(StepReopened(name, reason))
        case "done" | "skipped" | "blocked":
            _restate_finished(draft, name, state, reason)
        case "waiting":
            return
        case _:
            assert_never(state.state)


def _restate_open(draft: Draft, name: str, state: StepState, reason: str) -> None:
    verdict = structure(draft.world, draft.incident, name)
    if isinstance(verdict, Skip):
        leave(draft, name, reason)
        return
    if verdict is None and not is_started(state):
        draft.follow(StepReopened(name, reason))


def _restate_finished(draft: Draft, name: str, state: StepState, reason: str) -> None:
    """Done, skipped by hand, or blocked by what happened in it; other skips say no more than the branch does."""
    if state.state == "skipped" and state.skip_cause != "hand":
        return
    off = isinstance(structure(draft.world, draft.incident, name), Skip)
    if off and not state.void:
        draft.follow(StepVoided(name, reason))
    if not off and state.void:
        draft.follow(StepUnvoided(name))


def is_started(state: StepState) -> bool:
    """Whether somebody has begun: taken, ticked, saved an item, turned a key, or said it somewhere."""
    has_saved = any(state.ready_at and item.at >= state.ready_at for item in state.items)
    has_turned = any(key.decision == "approve" for key in state.keys)
    return state.state == "doing" or bool(state.ticks) or has_saved or has_turned or bool(state.receipts)


def settled_between(draft: Draft, first: str, last: str) -> tuple[str, ...]:
    """Settled steps on a path from `first` to `last`."""
    between = draft.world.plan.graph.between(first, last)
    return tuple(name for name in draft.incident.steps if name in between and draft.state(name).state in SETTLED)
