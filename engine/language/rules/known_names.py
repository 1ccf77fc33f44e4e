"""FB501, and FB121 and FB302 inside expressions: every name that a text or a test reads exists.

Options are names too: a decision compared with an answer that it does not offer is found here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from engine.language.checked import Checked
from engine.language.diagnostic import Finding
from engine.language.expression_nodes import Call, Compare, ListOf, Literal, Name, Node, walk
from engine.language.playbook import Decision, Http, Playbook
from engine.language.rules.times import anchors
from engine.language.suggest import did_you_mean, quoted
from engine.language.written import bare_expressions, filled_texts

STATES: Final = ("waiting", "ready", "doing", "done", "skipped", "blocked")
_SINGULAR: Final = {"inputs": "input", "decisions": "decision", "steps": "step", "metrics": "metric", "roles": "role"}

Flaw = tuple[str, str, str]
"""A code, what is wrong, and the word to point at."""


@dataclass(frozen=True)
class Known:
    """Everything that the expressions of one playbook may name."""

    playbook: Playbook

    @cached_property
    def decisions(self) -> Mapping[str, Decision]:
        return {step.id: step for step in self.playbook.steps if isinstance(step, Decision)}

    @cached_property
    def saved(self) -> Mapping[str, Iterable[str]]:
        """What `http` steps keep of an answer, by step."""
        return {step.id: step.save for step in self.playbook.steps if isinstance(step, Http)}

    @cached_property
    def names(self) -> Mapping[str, Iterable[str]]:
        """Known names by the word that they follow: `inputs`, `steps` and so on."""
        playbook = self.playbook
        return {
            "inputs": playbook.inputs,
            "decisions": self.decisions,
            "steps": [*(step.id for step in playbook.steps), *(entry.id for entry in playbook.follow_ups)],
            "metrics": playbook.metrics,
            "roles": playbook.roles,
        }


def names_are_known(checked: Checked) -> Iterator[Finding]:
    """Find unknown inputs, steps, decisions, answers, metrics, roles, levels and moments in expressions and templates."""
    known = Known(checked.playbook)
    for bare in bare_expressions(checked.playbook):
        for code, message, word in flaws_in((bare.expression.root,), known) if bare.expression else ():
            yield Finding(code, f"{bare.owner}: {message}", bare.path, within=word)
    for filled in filled_texts(checked.playbook, checked.files):
        for code, message, word in flaws_in(filled.parsed.expressions(), known) if filled.parsed else ():
            yield filled.finding(code, f"{filled.owner}: {message}", word)


def flaws_in(roots: Iterable[Node], known: Known) -> Iterator[Flaw]:
    """Find what some expressions name that the playbook does not have, each once."""
    told: set[Flaw] = set()
    for root in roots:
        for node in walk(root):
            for flaw in _flaws_at(node, known):
                if flaw not in told:
                    told.add(flaw)
                    yield flaw


def _flaws_at(node: Node, known: Known) -> Iterator[Flaw]:
    match node:
        case Name(path=("steps", name, "result", saved)) if name in known.names["steps"]:
            if saved not in known.saved.get(name, ()):
                yield "FB501", f"step {quoted(name)} saves no {quoted(saved)}{did_you_mean(saved, known.saved.get(name, ()))}", saved
        case Name(path=(root, name, *_)):
            yield from _unknown(_SINGULAR.get(root), name, known.names.get(root, (name,)))
        case Call():
            yield from _HELPERS[node.name](node.words, known)
        case Compare():
            yield from _answers(node.left, node.right, known)
            yield from _answers(node.right, node.left, known)
        case _:
            return


def _unknown(kind: str | None, name: str, names: Iterable[str], code: str = "FB501") -> Iterator[Flaw]:
    if name not in names:
        yield code, f"unknown {kind} {quoted(name)}{did_you_mean(name, names)}", name


def _of_step(words: tuple[str, ...], known: Known) -> Iterator[Flaw]:
    yield from _unknown("step", words[0], known.names["steps"])


def _of_answer(words: tuple[str, ...], known: Known) -> Iterator[Flaw]:
    decision = known.decisions.get(words[0])
    if decision is None:
        yield from _unknown("decision", words[0], known.decisions)
    else:
        yield from _unlisted(words[1], decision.options, f"decision {quoted(decision.id)} has no option")


def _of_anchor(words: tuple[str, ...], known: Known) -> Iterator[Flaw]:
    if words[0] not in anchors(known.playbook):
        message = f"elapsed counts from {quoted(words[0])}, which is not declared, detected, closed, a step or a milestone"
        yield "FB302", f"{message}{did_you_mean(words[0], anchors(known.playbook))}", words[0]


def _of_level(words: tuple[str, ...], known: Known) -> Iterator[Flaw]:
    severity = known.playbook.severity
    if severity is None:
        yield "FB121", f"unknown level {quoted(words[0])}; this playbook has no severity", words[0]
    else:
        yield from _unknown("level", words[0], severity.levels, "FB121")


def _nothing(words: tuple[str, ...], known: Known) -> Iterator[Flaw]:
    return iter(())


_HELPERS: Final[Mapping[str, Callable[[tuple[str, ...], Known], Iterator[Flaw]]]] = {
    "done": _of_step,
    "skipped": _of_step,
    "approved": _of_step,
    "chosen": _of_answer,
    "elapsed": _of_anchor,
    "severity_at_least": _of_level,
    "duration": _nothing,
    "count": _nothing,
}


def _answers(name: Node, value: Node, known: Known) -> Iterator[Flaw]:
    """Check texts that are compared with a name whose values are listed in the playbook."""
    if not isinstance(name, Name):
        return
    options, sentence = _listed_values(name.path, known)
    for item in value.items if isinstance(value, ListOf) else (value,):
        if options and isinstance(item, Literal) and isinstance(item.value, str):
            yield from _unlisted(item.value, options, sentence)


def _listed_values(path: tuple[str, ...], known: Known) -> tuple[Iterable[str], str]:
    match path:
        case ("decisions", name) if name in known.decisions:
            return known.decisions[name].options, f"decision {quoted(name)} has no option"
        case ("inputs", name) if name in known.playbook.inputs and known.playbook.inputs[name].type == "choice":
            return known.playbook.inputs[name].options, f"input {quoted(name)} has no option"
        case ("steps", _, "state"):
            return STATES, "a step has no state"
        case _:
            return (), ""


def _unlisted(value: str, options: Iterable[str], sentence: str) -> Iterator[Flaw]:
    if value not in options:
        yield "FB501", f"{sentence} {quoted(value)}{did_you_mean(value, options)}", value
