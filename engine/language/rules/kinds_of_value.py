"""FB504, FB505, FB507: tests give yes or no, and compare what can be compared."""

from collections.abc import Iterator, Mapping
from typing import Final

from engine.language.checked import Checked
from engine.language.diagnostic import Finding
from engine.language.expression import Expression, ExpressionFault, Types, UndefinedValue, ValueType
from engine.language.expression_nodes import Literal
from engine.language.expression_types import in_words
from engine.language.playbook import Playbook, Task
from engine.language.suggest import quoted
from engine.language.written import Bare, bare_expressions, filled_texts

_INPUTS: Final[Mapping[str, ValueType]] = {
    "text": "text",
    "long_text": "text",
    "choice": "text",
    "url": "text",
    "country": "text",
    "number": "number",
    "yes_no": "yes_no",
    "date": "datetime",
    "datetime": "datetime",
    "duration": "duration",
    "url_list": "list",
    "person": "people",
    "people": "people",
}
_METRICS: Final[Mapping[str, ValueType]] = {"elapsed": "duration", "number": "number", "percent": "number", "yes_no": "yes_no"}
_WANTED: Final[Mapping[str, tuple[tuple[ValueType, ...], str]]] = {
    "when": (("yes_no",), "yes or no"),
    "until": (("yes_no",), "yes or no"),
    "recuse": (("people", "list"), "people"),
    "from": (("list", "text"), "addresses or files"),
}


def types_of(playbook: Playbook) -> Types:
    """Give the kind of value behind each name of a playbook, as far as the playbook says."""
    types: dict[tuple[str, ...], ValueType] = {}
    for name, entry in playbook.inputs.items():
        types["inputs", name] = _INPUTS.get(entry.type, "unknown")
    for name, metric in playbook.metrics.items():
        types["metrics", name] = _METRICS[metric.type]
    for step in playbook.steps:
        if isinstance(step, Task) and step.result is not None:
            types["steps", step.id, "result"] = _INPUTS.get(step.result.type, "unknown")
    return types


def expressions_give_what_is_needed(checked: Checked) -> Iterator[Finding]:
    """Find guards that are not yes or no, or always the same, and fields that need people or addresses and get something else."""
    types = types_of(checked.playbook)
    for bare in bare_expressions(checked.playbook):
        expression = bare.expression
        if expression is None or bare.field == "with":
            continue
        finding = _wrong_kind(bare, expression, types) or _constant(bare, expression)
        if finding is not None:
            yield finding


def values_can_be_compared(checked: Checked) -> Iterator[Finding]:
    """Find comparisons, sums and tests whose two sides can never fit."""
    types = types_of(checked.playbook)
    for bare in bare_expressions(checked.playbook):
        for found in bare.expression.mismatches(types) if bare.expression else ():
            yield Finding(found.code, f"{bare.owner}: {found.message}", bare.path, within=found.within)
    for filled in filled_texts(checked.playbook, checked.files):
        for found in filled.parsed.mismatches(types) if filled.parsed else ():
            yield filled.finding(found.code, f"{filled.owner}: {found.message}", found.within)


def _wrong_kind(bare: Bare, expression: Expression, types: Types) -> Finding | None:
    wanted, words = _WANTED[bare.field]
    found = expression.type_in(types)
    if found in (*wanted, "unknown"):
        return None
    if wanted == ("yes_no",) and isinstance(expression.root, Literal) and found == "text":
        message = f"{bare.owner}: '{bare.field}' is always true: {quoted(expression.root.value)} is a word, not a test"
        return Finding("FB505", message, bare.path)
    return Finding("FB504", f"{bare.owner}: '{bare.field}' must be {words}; this gives {in_words(found)}", bare.path)


def _constant(bare: Bare, expression: Expression) -> Finding | None:
    """Find a guard that reads nothing; `until: false` is how a monitor is run to its limit."""
    if bare.field != "when" or expression.names() or any(call.name not in ("duration", "count") for call in expression.calls()):
        return None
    try:
        value = expression.evaluate({})
    except (UndefinedValue, ExpressionFault):
        return None
    if value is True:
        return Finding("FB505", f"{bare.owner}: 'when' is always true", bare.path, help="leave it out")
    advice = "take the step out, or ask for something that can be true"
    return Finding("FB505", f"{bare.owner}: 'when' is always false, so this never happens", bare.path, help=advice)
