"""What a guard reads, so that it need not be read again while none of that has changed."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from engine.language.expression import parse

_REMEMBERED: Final = 4_096
_WHOLE: Final = ("severity", "inputs", "metrics", "incident")
"""Roots whose changes are seen at once, without knowing which name below them is read."""


@dataclass(frozen=True, slots=True)
class Reads:
    """The steps whose state an expression reads; `changes_unseen` when it also reads the time, or who holds a role."""

    steps: frozenset[str]
    changes_unseen: bool


@lru_cache(maxsize=_REMEMBERED)
def reads_of(text: str) -> Reads:
    """Find what a guard reads; the loader has already refused what can't be parsed."""
    expression = parse(text)
    calls = [call for call in expression.calls() if call.name not in ("count", "duration", "severity_at_least")]
    paths = [path for path in expression.names() if path[0] not in _WHOLE]
    named = {path[1] for path in paths if len(path) > 1}
    unseen = any(call.name == "elapsed" for call in calls) or any(len(path) == 1 or path[0] == "roles" for path in paths)
    return Reads(frozenset(named | {call.words[0] for call in calls if call.words}), unseen)
