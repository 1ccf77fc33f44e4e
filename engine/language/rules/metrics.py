"""FB130, FB131: a metric can be recorded by somebody and compared with its target."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from engine.language.checked import Checked
from engine.language.diagnostic import Finding, Path
from engine.language.duration import parse_duration
from engine.language.playbook import Metric, Monitor
from engine.language.suggest import did_you_mean, quoted

_TARGET: Final = re.compile(r"(<=|>=|=)\s*(\S.*)")
_FORMS: Final[Mapping[str, str]] = {"elapsed": "<= 60m", "number": "<= 20", "percent": ">= 80%", "yes_no": "= yes"}
_OTHER_SOURCES: Final = ("survey", "manual")


def targets_can_be_compared(checked: Checked) -> Iterator[Finding]:
    """Find targets that lack a comparison or do not fit their metric."""
    for name, metric in checked.playbook.metrics.items():
        if metric.target is None:
            continue
        match = _TARGET.fullmatch(metric.target.strip())
        flaw = "lacks <=, >= or =" if match is None else None if _fits(metric, match[2]) else f"does not fit {quoted(metric.type)}"
        if flaw:
            message = f"metric {quoted(name)}: target {quoted(metric.target)} {flaw}"
            yield Finding("FB130", message, ("metrics", name, "target"), help=f'write "{_FORMS[metric.type]}"')


def metrics_are_known(checked: Checked) -> Iterator[Finding]:
    """Find monitors and follow-ups that record a metric that does not exist."""
    for index, step in enumerate(checked.playbook.steps):
        if isinstance(step, Monitor):
            yield from _unknown(step.record, ("steps", index, "record"), f"monitor {quoted(step.id)} records", checked)
    for index, follow_up in enumerate(checked.playbook.follow_ups):
        yield from _unknown(follow_up.measure, ("follow_ups", index, "measure"), f"follow-up {quoted(follow_up.id)} measures", checked)


def metrics_have_sources(checked: Checked) -> Iterator[Finding]:
    """Find metrics that nobody records: no source, an unknown one, or an elapsed time without its end."""
    for name, metric in checked.playbook.metrics.items():
        if metric.type == "elapsed":
            if metric.to is None:
                advice = "write to: with a step or milestone at which the time ends"
                yield Finding("FB131", f"metric {quoted(name)}: no end, so it can't be measured", ("metrics", name), at="key", help=advice)
        elif metric.source is None:
            advice = "write source: with a step, the role that records it, survey or manual"
            yield Finding("FB131", f"metric {quoted(name)}: no source", ("metrics", name), at="key", help=advice)
        else:
            yield from _unknown_source(name, metric.source, checked)


def _unknown_source(name: str, source: str, checked: Checked) -> Iterator[Finding]:
    known = [*checked.graph.steps, *checked.playbook.roles, *_OTHER_SOURCES]
    if source not in known:
        message = f"metric {quoted(name)}: source {quoted(source)} is no step, no role, and not survey or manual"
        yield Finding("FB131", f"{message}{did_you_mean(source, known)}", ("metrics", name, "source"))


def _unknown(names: Iterable[str], path: Path, sentence: str, checked: Checked) -> Iterator[Finding]:
    known = checked.playbook.metrics
    for index, name in enumerate(names):
        if name not in known:
            yield Finding("FB130", f"{sentence} unknown metric {quoted(name)}{did_you_mean(name, known)}", (*path, index))


def _fits(metric: Metric, value: str) -> bool:
    return _VALUES[metric.type](value.strip())


def _is_number(value: str) -> bool:
    return re.fullmatch(r"[-+]?\d{1,15}(\.\d{1,9})?", value) is not None


def _is_percent(value: str) -> bool:
    return _is_number(value.removesuffix("%").rstrip())


def _is_time(value: str) -> bool:
    try:
        parse_duration(value)
    except ValueError:
        return False
    return True


def _is_answer(value: str) -> bool:
    return value in ("yes", "no", "true", "false")


_VALUES: Final[Mapping[str, Callable[[str], bool]]] = {
    "elapsed": _is_time,
    "number": _is_number,
    "percent": _is_percent,
    "yes_no": _is_answer,
}
