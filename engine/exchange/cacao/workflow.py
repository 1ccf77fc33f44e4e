"""A layout as a CACAO workflow: steps by id, each pointing to the next, every branch to an end of its own.

Built from the end to the beginning, because a step must know what follows; ordered afterwards as people read,
from the start down.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, assert_never

from engine.exchange.cacao.action import Actions
from engine.exchange.cacao.atom import Atom, answer_of, approval_of, question_of
from engine.exchange.cacao.condition import Joined, Test, equals, written
from engine.exchange.cacao.layout import Branch, Layout, Leaf, Loop, Parallel, Series, Tree
from engine.exchange.identifiers import identifier
from engine.language.playbook import Approval, Decision, Monitor, Playbook, Wait

UNTIL: Final = "__until_{}__"
REWORK: Final = "__rework_{}__"


@dataclass
class Workflow:
    """Writes a layout; afterwards `steps` is the workflow, `variables` what its conditions read."""

    playbook: Playbook
    actions: Actions
    steps: dict[str, dict[str, Any]] = field(default_factory=dict)
    variables: dict[str, dict[str, Any]] = field(default_factory=dict)
    serialised: list[tuple[str, ...]] = field(default_factory=list)
    _used: dict[str, int] = field(default_factory=dict)
    _branched: set[str] = field(default_factory=set)

    def written(self) -> str:
        """Write the whole playbook; gives the id of its start step."""
        tree, self.serialised = Layout.of(self.playbook)
        first = self._put(tree, self._end("playbook"))
        start = self._add("start", "playbook", {"type": "start", "on_completion": first})
        self.steps = {name: self.steps[name] for name in _read_order(self.steps, start)}
        return start

    def _put(self, tree: Tree, then: str) -> str:
        """Write a part of the layout that goes on to `then`; gives the id with which it begins."""
        match tree:
            case Leaf():
                return self._leaf(tree.step, then)
            case Series():
                for part in reversed(tree.parts):
                    then = self._put(part, then)
                return then
            case Parallel():
                name = self._name("parallel", "-".join(_first(part) for part in tree.parts[:2]))
                branches = [self._put(part, self._end(f"parallel/{_first(part)}")) for part in tree.parts]
                return self._keep(name, {"type": "parallel", "on_completion": then, "next_steps": branches})
            case Branch():
                return self._branch(tree, then)
            case Loop():
                return self._loop(tree, then)
            case _:
                assert_never(tree)

    def _leaf(self, name: str, then: str) -> str:
        step = next(step for step in self.playbook.steps if step.id == name)
        if isinstance(step, Wait) and step.for_ is not None and self.steps[then]["type"] != "while-condition":
            return self._delayed(step, then)
        if isinstance(step, Monitor):
            return self._monitor(step, then)
        written = self.actions.written(step)
        if isinstance(step, Decision):
            answers = ", ".join(step.options)
            self._variable(answer_of(name), "string", f"Answer to: {step.title} ({answers})", written)
            then = then if name in self._branched else self._open(step, then)
        if isinstance(step, Approval):
            self._variable(approval_of(name), "bool", f"Given: {step.title}", written)
        return self._keep(self.actions.id_of(step), {**written, "on_completion": then})

    def _delayed(self, step: Wait, then: str) -> str:
        """Hold up the next step: CACAO has no step that only waits, and the delay of a loop is between its turns."""
        assert step.for_ is not None
        following = self.steps[then]
        following["delay"] = min(following.get("delay", 0) + step.for_.seconds * 1000, 10**12)
        self.actions.extend(following, step)
        return then

    def _monitor(self, step: Monitor, then: str) -> str:
        done = UNTIL.format(step.id)
        action = self.actions.written(step)
        self._variable(done, "bool", f"No longer needed: {step.title}", action)
        body = self._keep(self.actions.id_of(step), {**action, "on_completion": self._end(step.id)})
        loop = {
            "type": "while-condition",
            "name": step.title,
            "delay": step.every.seconds * 1000,
            "on_completion": then,
            "condition": written(equals(done, False)),
            "on_true": body,
        }
        return self._add("while-condition", step.id, loop)

    def _branch(self, tree: Branch, then: str) -> str:
        atom, body = tree.cases[0]
        decision = self._decision(atom)
        self._branched |= {decision.id} if decision is not None else set()
        if decision is not None and len(decision.options) != 2:
            return self._switch(decision, tree, then)
        name = f"{atom.kind}/{atom.source}/{_first(body)}"
        on_true = self._put(body, self._end(name))
        named = {"name": self._asks(atom)} if atom.kind in ("decision", "approval") else {}
        step = {"type": "if-condition", **named, "on_completion": then, "condition": written(atom.condition), "on_true": on_true}
        if decision is not None:
            step["on_false"] = self._otherwise(decision, tree, name, on_true)
        branch = self._add("if-condition", name, step)
        return self._asked(atom, branch) if atom.question else branch

    def _otherwise(self, decision: Decision, tree: Branch, name: str, on_true: str) -> str:
        if len(tree.cases[0][0].options) == len(decision.options):
            return on_true
        return self._put(tree.cases[1][1], self._end(f"{name}/else")) if len(tree.cases) > 1 else self._end(f"{name}/else")

    def _switch(self, decision: Decision, tree: Branch, then: str) -> str:
        name = f"switch/{decision.id}/{_first(tree.cases[0][1])}"
        heads = {
            option: self._put(body, self._end(f"{name}/{'-'.join(atom.options)}"))
            for atom, body in tree.cases
            for option in atom.options[:1]
        }
        first = {option: atom.options[0] for atom, _ in tree.cases for option in atom.options}
        cases = {option: heads[first[option]] if option in first else self._end(f"{name}/{option}") for option in decision.options}
        step = {
            "type": "switch-condition",
            "name": decision.title,
            "on_completion": then,
            "switch": f"{answer_of(decision.id)}:value",
            "cases": cases,
        }
        return self._add("switch-condition", name, step)

    def _asks(self, atom: Atom) -> str:
        title = next(step.title for step in self.playbook.steps if step.id == atom.source)
        return f"{title}: given, or not asked for" if isinstance(atom.condition, Joined) else title

    def _open(self, decision: Decision, then: str) -> str:
        """Show the options of a decision under which nothing stands."""
        name = f"open/{decision.id}"
        cases = {option: self._end(f"{name}/{option}") for option in decision.options}
        if len(cases) != 2:
            step = {"type": "switch-condition", "on_completion": then, "switch": f"{answer_of(decision.id)}:value", "cases": cases}
            return self._add("switch-condition", name, step)
        first, second = cases
        condition = written(equals(answer_of(decision.id), first))
        step = {"type": "if-condition", "on_completion": then, "condition": condition, "on_true": cases[first], "on_false": cases[second]}
        return self._add("if-condition", name, step)

    def _asked(self, atom: Atom, branch: str) -> str:
        """Ask a person what CACAO can't express."""
        step = next(step for step in self.playbook.steps if step.id == atom.source)
        asked = self.actions.asked(step, atom.question)
        self._variable(question_of(atom.source), "bool", atom.question, asked)
        return self._add("action", f"when/{atom.source}", {**asked, "on_completion": branch})

    def _loop(self, tree: Loop, then: str) -> str:
        step = next(step for step in self.playbook.steps if step.id == tree.approval)
        assert isinstance(step, Approval)
        again, counter = REWORK.format(step.id), f"How often the words went back: {step.title}"
        self.variables[again] = {"type": "integer", "description": counter, "value": "0"}
        until = Joined("AND", (equals(approval_of(step.id), False), Test(again, "<=", (step.on_reject.max,))))
        body = self._put(tree.body, self._end(f"loop/{step.id}"))
        loop = {"type": "while-condition", "on_completion": then, "condition": written(until), "on_true": body}
        return self._add("while-condition", f"loop/{step.id}", loop)

    def _decision(self, atom: Atom) -> Decision | None:
        step = next((step for step in self.playbook.steps if step.id == atom.source), None)
        return step if atom.kind == "decision" and isinstance(step, Decision) else None

    def _variable(self, name: str, kind: str, about: str, action: dict[str, Any]) -> None:
        self.variables[name] = {"type": kind, "description": about, "value": "" if kind == "string" else "false"}
        action["out_args"] = [name]

    def _end(self, name: str) -> str:
        return self._add("end", name, {"type": "end"})

    def _add(self, kind: str, name: str, step: dict[str, Any]) -> str:
        return self._keep(self._name(kind, name), step)

    def _name(self, kind: str, name: str) -> str:
        """Give an id of its own to a step that the playbook itself has not."""
        key = f"{kind}:{name}"
        self._used[key] = self._used.get(key, 0) + 1
        return identifier(kind, self.playbook.id, f"{key}:{self._used[key]}")

    def _keep(self, name: str, step: dict[str, Any]) -> str:
        self.steps[name] = step
        return name


def _first(tree: Tree) -> str:
    match tree:
        case Leaf():
            return tree.step
        case Loop():
            return tree.approval
        case Branch():
            return _first(tree.cases[0][1])
        case Series() | Parallel():
            return _first(tree.parts[0])
        case _:
            assert_never(tree)


def _read_order(steps: Mapping[str, dict[str, Any]], start: str) -> list[str]:
    """List ids as people read: a step, its branches, then what follows it."""
    seen: dict[str, None] = {}
    todo = [start]
    while todo:
        name = todo.pop()
        if name not in seen:
            seen[name] = None
            todo += reversed([each for each in pointers(steps[name]) if each not in seen])
    return list(seen)


def pointers(step: Mapping[str, Any]) -> list[str]:
    """List the steps that a step of ours points to, branches first."""
    single = [step.get(name) for name in ("on_true", "on_false")]
    listed = [*step.get("next_steps", ()), *step.get("cases", {}).values()]
    return [name for name in (*single, *listed, step.get("on_completion")) if name is not None]
