"""When something that is watched or waited for is over, as far as its `until` can say.

What a person will measure is not known to anybody, so the simulator asks which values would make the rule
true: the numbers that the rule compares with, and those beside them. Where no value does, time ends the step.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from itertools import islice, product
from typing import Final

from engine.incident.plan import World
from engine.incident.scope import anchor_instant
from engine.incident.state import Incident
from engine.language.duration import parse_duration
from engine.language.expression import Expression, ExpressionFault, UndefinedValue, parse
from engine.language.expression_nodes import Literal, walk

_LONG: Final = timedelta(days=3_650)
_LATE: Final[Mapping[str, Callable[..., object]]] = {
    **{name: lambda *_words: True for name in ("done", "approved", "chosen", "severity_at_least")},
    "skipped": lambda *_words: False,
    "elapsed": lambda *_words: _LONG,
}
"""A moment long after everything has been done."""
_MOST: Final = 4_096
"""Combinations of values that are tried."""

Reading = bool | int | float


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Spans since an anchor that an expression compares with `elapsed`."""

    anchors: tuple[str, ...]
    spans: tuple[timedelta, ...]


def calm_values(world: World, until: str) -> dict[str, Reading]:
    """Find metrics which end a monitor once enough time has passed; empty where there are none to record."""
    return _calm_values(until, tuple((name, metric.type) for name, metric in world.plan.playbook.metrics.items()))


@lru_cache(maxsize=256)
def _calm_values(until: str, kinds: tuple[tuple[str, str], ...]) -> dict[str, Reading]:
    expression = parse(until)
    read = [path[1] for path in sorted(expression.names()) if path[0] == "metrics" and len(path) > 1]
    types = dict(kinds)
    names = [name for name in read if types.get(name) not in (None, "elapsed")]
    candidates = [list(_candidates(expression, types[name])) for name in names]
    tried = (dict(zip(names, values, strict=True)) for values in islice(product(*candidates), _MOST))
    return next((values for values in tried if _is_over(expression, values)), {})


def not_before(world: World, incident: Incident, until: str) -> float:
    """The instant (POSIX seconds) before which `until` can't be true, because it asks for time to pass; 0 when it does not."""
    found = _thresholds(until)
    since = [at for anchor in found.anchors if (at := anchor_instant(world, incident, anchor)) is not None]
    if not since or not found.spans:
        return 0.0
    return (max(since) + max(found.spans)).timestamp() + 1.0


@lru_cache(maxsize=256)
def _thresholds(until: str) -> Thresholds:
    calls = parse(until).calls()
    anchors = tuple(call.words[0] for call in calls if call.name == "elapsed" and call.words)
    spans = tuple(parse_duration(call.words[0]).span for call in calls if call.name == "duration" and call.words)
    return Thresholds(anchors, spans)


def _candidates(expression: Expression, kind: str) -> Iterator[Reading]:
    if kind == "yes_no":
        yield from (True, False)
        return
    found = {node.value for node in walk(expression.root) if isinstance(node, Literal) and type(node.value) in (int, float)}
    numbers = sorted({0.0, *(float(value) + step for value in found if isinstance(value, int | float) for step in (-1, 0, 1))})
    yield from (number for number in numbers if kind != "percent" or 0 <= number <= 100)


def _is_over(expression: Expression, metrics: Mapping[str, Reading]) -> bool:
    try:
        return bool(expression.evaluate({**_LATE, "metrics": metrics, "inputs": {}, "decisions": {}, "steps": {}, "severity": ""}))
    except (UndefinedValue, ExpressionFault):
        return False
