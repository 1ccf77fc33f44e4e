"""FB502, FB508: a guard reads what is settled when it is read, and a text what has been answered by then."""

from collections.abc import Iterable, Iterator

from engine.language.checked import Checked
from engine.language.diagnostic import Finding
from engine.language.expression import Expression
from engine.language.expression_nodes import Filtered, For, If, Name, Node, Output, Part, children
from engine.language.playbook import Input, Playbook
from engine.language.rules.cycles import waiting_for_themselves
from engine.language.suggest import quoted
from engine.language.written import bare_expressions, filled_texts

_TESTS = ("when", "until")


def guards_read_what_came_before(checked: Checked) -> Iterator[Finding]:
    """Find guards that read a step for which their own step does not wait."""
    graph = checked.graph
    if waiting_for_themselves(graph):
        return
    for bare in bare_expressions(checked.playbook):
        if bare.field != "when" or bare.step is None or bare.expression is None:
            continue
        for name in _steps_read(bare.expression):
            if name in graph.steps and name not in graph.ancestors(bare.step):
                message = (
                    f"'when' of {quoted(bare.step)} reads {quoted(name)}, which is not among the steps that {quoted(bare.step)} waits for"
                )
                advice = "a step can't ask about itself" if name == bare.step else f"add {name} to its needs"
                yield Finding("FB508", message, bare.path, within=name, help=advice)


def inputs_are_there_when_read(checked: Checked) -> Iterator[Finding]:
    """Find tests and texts that read an input which may not have been answered, without a default."""
    playbook = checked.playbook
    for bare in bare_expressions(playbook):
        if bare.field in _TESTS and bare.expression is not None:
            for name, why in _empty((bare.expression.root,), playbook):
                yield Finding("FB502", f"{bare.owner}: {quoted(name)} {why}", bare.path, within=name)
    for filled in filled_texts(playbook, checked.files):
        for name, why in _empty(_shown(filled.parsed.parts), playbook) if filled.parsed else ():
            yield filled.finding("FB502", f"{filled.owner}: {quoted(name)} {why}", name)


def _steps_read(expression: Expression) -> list[str]:
    """List the steps and decisions that an expression asks about, in the order they are written."""
    asked = [call.words[0] for call in expression.calls() if call.name in ("done", "skipped", "approved", "chosen")]
    named = sorted(path[1] for path in expression.names() if path[0] in ("decisions", "steps"))
    return list(dict.fromkeys((*asked, *named)))


def _empty(roots: Iterable[Node], playbook: Playbook) -> Iterator[tuple[str, str]]:
    """Yield the names of inputs that may be empty where these expressions read them, and why."""
    for name in _read(roots):
        why = _why_empty(playbook.inputs[name]) if name in playbook.inputs else None
        if why is not None:
            yield f"inputs.{name}", f"{why} and may be empty here; use default()"


def _why_empty(entry: Input) -> str | None:
    if entry.default is not None:
        return None
    if entry.ask == "later":
        return "is asked later"
    return None if entry.required else "is not required"


def _shown(parts: tuple[Part, ...]) -> Iterator[Node]:
    """Yield the expressions of a template but the sources of loops: going through nothing is no fault."""
    for part in parts:
        match part:
            case Output():
                yield part.value
            case If():
                yield part.condition
                yield from _shown((*part.then, *part.otherwise))
            case For():
                yield from _shown((*part.body, *part.otherwise))


def _read(roots: Iterable[Node]) -> list[str]:
    """List the inputs that are read without a default, each once."""
    found: dict[str, None] = {}
    todo = list(roots)[::-1]
    while todo:
        node = todo.pop()
        if isinstance(node, Name) and node.path[0] == "inputs":
            found[node.path[1]] = None
        todo.extend(node.args if isinstance(node, Filtered) and node.filter == "default" else reversed(children(node)))
    return list(found)
