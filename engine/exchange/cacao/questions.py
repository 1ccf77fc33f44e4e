"""Which answers and inputs a CACAO condition asks for: decisions of ours with their options, or a guard over inputs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, assert_never

from engine.exchange.cacao.condition import Condition, Joined, Plain, Test
from engine.exchange.cacao.task import Tasks
from engine.exchange.naming import Names
from engine.exchange.sketch import Book, titled

_COMPARED: Final = {"=": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_OPPOSITE: Final = {"=": "!=", "!=": "="}


@dataclass
class Questions:
    """Knows which step was asked for each variable, and which variables are inputs of ours."""

    book: Book
    tasks: Tasks
    inputs: Mapping[str, str]
    """Our inputs by their CACAO variable."""
    asked: dict[str, str] = field(default_factory=dict)
    """Our steps by the variable that they answer."""
    _options: dict[str, dict[Plain, str]] = field(default_factory=dict)
    """For each decision, our options by CACAO's values."""

    def decision(self, variable: str, value: Plain | None) -> str | None:
        """Give the decision that answers a variable; the step that was asked becomes one."""
        step = self.asked.get(variable)
        if step is None or self.book.steps[step].kind not in ("task", "decision"):
            return None
        sketch = self.book.steps[step]
        if sketch.kind == "task":
            sketch.kind = "decision"
            offered = self.tasks.answers.get(step, {"yes": "Yes", "no": "No"} if isinstance(value, bool) else {})
            sketch.fields["options"] = {name: {"label": titled(label), "then": []} for name, label in offered.items()}
            self._options[step] = {name: name for name in offered} | ({True: "yes", False: "no"} if isinstance(value, bool) else {})
        return step

    def options_for(self, decision: str, values: list[str]) -> dict[str, str]:
        """Give our option for each value, new ones where none is known."""
        known = self._options.setdefault(decision, {})
        names = Names(set(self.book.steps[decision].fields["options"]))
        return {value: known.setdefault(value, "") or self._new(decision, value, names) for value in values}

    def _new(self, decision: str, value: str, names: Names) -> str:
        name = names.new(value, otherwise=f"option_{len(names.taken) + 1}")
        self._options[decision][value] = name
        self.book.steps[decision].fields["options"][name] = {
            "label": titled(value.replace("_", " ").replace("-", " ")).capitalize() or name,
            "then": [],
        }
        return name

    def chosen(self, test: Test, *, has_other: bool) -> tuple[str, list[str], list[str]] | None:
        """Give the decision that a test is about, the options for which it holds, and those for which it doesn't."""
        if test.operator not in ("=", "!=", "IN") or len({type(value) for value in test.values}) > 1:
            return None
        decision = self.decision(test.variable, test.values[0])
        if decision is None:
            return None
        known = self._options.setdefault(decision, {})
        texts = [value if isinstance(value, str) else str(value).lower() for value in test.values]
        missing = [text for value, text in zip(test.values, texts, strict=True) if value not in known]
        added = self.options_for(decision, missing)
        holds = [known[value] if value in known else added[text] for value, text in zip(test.values, texts, strict=True)]
        options = self.book.steps[decision].fields["options"]
        if has_other and len(options) == len(set(holds)):
            options[_other(options)] = {"label": "Otherwise", "then": []}
        fails = [option for option in options if option not in holds]
        return (decision, fails, holds) if test.operator == "!=" else (decision, list(dict.fromkeys(holds)), fails)

    def expression(self, condition: Condition) -> str | None:
        """Write a condition over inputs as a guard; None where it asks for anything else."""
        match condition:
            case Test():
                return self._test(condition)
            case Joined():
                parts = [self.expression(part) for part in condition.parts]
                known = [part for part in parts if part is not None]
                joined = f" {condition.word.lower()} ".join(f"({part})" if " " in part else part for part in known)
                return joined if len(known) == len(parts) else None
            case _:
                assert_never(condition)

    def _test(self, test: Test) -> str | None:
        name = self.inputs.get(test.variable)
        if name is None:
            return None
        kind = self.book.inputs[name]["type"]
        values = [_literal(value, kind) for value in test.values]
        if any(value is None for value in values):
            return None
        if kind == "yes_no":
            holds = (values[0] == "true") == (test.operator == "=")
            is_plain = test.operator in ("=", "!=") and len(values) == 1
            return (f"inputs.{name}" if holds else f"not inputs.{name}") if is_plain else None
        if test.operator == "IN":
            return f"inputs.{name} in [{', '.join(str(value) for value in values)}]"
        is_ordered = test.operator not in ("=", "!=")
        return None if is_ordered and kind != "number" else f"inputs.{name} {_COMPARED[test.operator]} {values[0]}"

    def list_under(self, decision: str, option: str, step: str) -> None:
        """Let a step stand under an option."""
        listed = self.book.steps[decision].fields["options"][option]["then"]
        if step not in listed:
            listed.append(step)

    def unlist(self, decision: str, step: str) -> None:
        """Let a step stand under no option of a decision any more."""
        for option in self.book.steps[decision].fields["options"].values():
            if step in option["then"]:
                option["then"].remove(step)


def _other(options: Mapping[str, object]) -> str:
    return Names(set(options)).new(
        "otherwise" if options.keys() & {"no", "otherwise"} or "yes" not in options else "no", otherwise="otherwise"
    )


def _literal(value: Plain, kind: str) -> str | None:
    """Write a value as expressions do, where it fits an input of this kind."""
    match value:
        case bool():
            return str(value).lower() if kind == "yes_no" else None
        case int() | float():
            return str(value) if kind == "number" else None
        case str():
            return f"'{value}'" if kind == "text" and value.isprintable() and "'" not in value and "\\" not in value else None
        case _:
            assert_never(value)
