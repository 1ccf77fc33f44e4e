"""Walks a CACAO workflow from its start and makes steps of ours that wait for each other as it says.

    came  =  what is waited for (`needs`), the answers under which it stands (`listed`), a guard (`when`)

Walking a branch gives its last steps; what follows waits for the last steps of all branches, and for what was
before them where a branch may be empty, because a step runs when at least one that it needs was done. Where
two ways meet, the step waits for both. Circles and missing steps were taken out before (`pointing`).
"""

from dataclasses import dataclass, field, replace
from typing import Any, Final

from engine.exchange.cacao.condition import Condition, Test, parse, tests
from engine.exchange.cacao.pointing import Paths
from engine.exchange.cacao.questions import Questions
from engine.exchange.cacao.repetition import is_rework, repeated
from engine.exchange.cacao.task import Tasks
from engine.exchange.sketch import Sketch, harmless, titled
from engine.exchange.spans import duration_of
from engine.language.suggest import as_name, quoted

DEEPEST: Final = 60
"""Branches inside branches."""

Needs = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Came:
    """How a step was come to."""

    needs: Needs = ()
    listed: tuple[tuple[str, str], ...] = ()
    when: str = ""


@dataclass
class Walk:
    """Makes the steps; `heads` are, for each CACAO step, ours that wait directly for what was before it."""

    paths: Paths
    tasks: Tasks
    questions: Questions
    heads: dict[str, list[str]] = field(default_factory=dict)
    made: dict[str, list[str]] = field(default_factory=dict)
    """Our steps by the CACAO step that they were made of."""
    first: dict[str, Came] = field(default_factory=dict)
    """How each CACAO step was come to when it was come to first."""
    _depth: int = 0

    def branch(self, start: str | None, came: Came) -> Needs:
        """Walk from a step to the end of its branch; gives what a step after the branch waits for."""
        if start is None:
            return came.needs
        if self._depth >= DEEPEST:
            self.tasks.incoming.say("FB704", f"branches are nested deeper than {DEEPEST}", ("workflow", start))
            return came.needs
        self._depth += 1
        last = self._followed(start, came)
        self._depth -= 1
        return last

    def _followed(self, start: str, came: Came) -> Needs:
        name: str | None = start
        while name is not None:
            if name in self.heads:
                self._meet(name, came)
                return ()
            step = self.paths.steps[name]
            if step.get("type") == "end":
                return came.needs
            self.heads[name] = []
            self.first[name] = came
            came, name = self._one(name, step, self._delayed(name, step, came))
        return came.needs

    def _one(self, name: str, step: dict[str, Any], came: Came) -> tuple[Came, str | None]:
        """Make what a step stands for; gives how the next one is come to, and which it is."""
        following = self.paths.next(name, "on_completion") or self.paths.next(name, "on_success")
        match step.get("type"):
            case "action" | "playbook-action":
                return self._acted(name, step, came, following)
            case "parallel":
                indices = range(len(step["next_steps"])) if isinstance(step.get("next_steps"), list) else ()
                ends = [end for index in indices for end in self._side(name, self.paths.next(name, "next_steps", index), came)]
                return Came(tuple(dict.fromkeys(ends))) if ends else came, following
            case "if-condition":
                return self._if(name, step, came), following
            case "switch-condition":
                return self._switch(name, step, came), following
            case "while-condition":
                return self._while(name, step, came), following
            case "start":
                return came, following
            case other:
                self.tasks.incoming.say("FB010", f"{quoted(other)} is not a type of step", ("workflow", name, "type"))
                return came, following

    def _side(self, name: str, start: str | None, came: Came) -> Needs:
        known = set(self.heads)
        ends = self.branch(start, came)
        self._inherit(name, start, known)
        return ends

    def _inherit(self, name: str, start: str | None, known: set[str]) -> None:
        """Let a step that is nothing of its own be met where its first branches begin."""
        if start is not None and start in self.heads and start not in known:
            self.heads[name] += self.heads[start]

    def _acted(self, name: str, step: dict[str, Any], came: Came, following: str | None) -> tuple[Came, str | None]:
        sketch = self._called(name, step) if step.get("type") == "playbook-action" else self.tasks.made(name, step)
        self._place(name, sketch, came)
        for variable in self.tasks.incoming.texts(step, ("workflow", name), "out_args"):
            self.questions.asked[variable] = sketch.id
        failed = self.paths.next(name, "on_failure")
        if failed is None:
            return Came((sketch.id,)), following
        return Came(self._worked(name, sketch, following, failed)), None

    def _worked(self, name: str, sketch: Sketch, worked: str | None, failed: str) -> Needs:
        question = self.tasks.book.step("decision", f"Did it work: {sketch.title}?", role=sketch.fields.get("role"))
        question.needs(sketch.id)
        question.fields["options"] = {"yes": {"label": "Yes", "then": []}, "no": {"label": "No", "then": []}}
        self.made[name].append(question.id)
        ends = [*self.branch(worked, Came((), ((question.id, "yes"),))), *self.branch(failed, Came((), ((question.id, "no"),)))]
        return tuple(dict.fromkeys((*ends, question.id)))

    def _called(self, name: str, step: dict[str, Any]) -> Sketch:
        path = ("workflow", name)
        incoming = self.tasks.incoming
        target = incoming.text(step, path, "playbook_id")
        title = incoming.text(step, path, "name") or "Another playbook"
        called = as_name(title) or f"playbook_{target.rpartition('--')[2][:8].lower()}"
        message = f"playbook {quoted(target)} is called here; it was given the name {quoted(called)}"
        incoming.say("FB706", message, (*path, "playbook_id"), help="put there the id of the Firebreak playbook that is meant")
        sketch = self.tasks.book.step("playbook", title, playbook=called)
        sketch.fields["with"] = self._passed(step, path)
        return sketch

    def _passed(self, step: dict[str, Any], path: tuple[str, str]) -> dict[str, str]:
        """Say which inputs a called playbook gets, under which names."""
        incoming = self.tasks.incoming
        sources = {variable: variable for variable in incoming.texts(step, path, "in_args")}
        for variable, entry in incoming.map(step, path, "step_variables").items():
            value = incoming.text(entry, (*path, "step_variables", variable), "value")
            sources[variable] = value.removesuffix(":value")
        named = {as_name(variable.strip("_")): self.questions.inputs.get(source) for variable, source in sources.items()}
        return {name: f"inputs.{given}" for name, given in named.items() if name and given is not None}

    def _delayed(self, name: str, step: dict[str, Any], came: Came) -> Came:
        delay = self.tasks.incoming.number(step, ("workflow", name), "delay") if step.get("type") != "while-condition" else None
        if not delay:
            return came
        span = duration_of(delay)
        wait = self.tasks.book.step("wait", f"Wait {span}")
        wait.fields["for"] = span
        self._place(name, wait, came)
        return Came((wait.id,))

    def _place(self, name: str, sketch: Sketch, came: Came) -> None:
        """Let a step wait for what was before it."""
        if not self.heads[name]:
            self.heads[name].append(sketch.id)
        self.made.setdefault(name, []).append(sketch.id)
        sketch.needs(*came.needs)
        if came.when:
            sketch.fields["when"] = came.when
        for decision, option in came.listed:
            self.questions.list_under(decision, option, sketch.id)

    def _meet(self, name: str, came: Came) -> None:
        """Come a second time to a step: it waits for both ways, and stands under an answer only if both ways do."""
        first = self.first.get(name, Came())
        before, now = dict(first.listed), dict(came.listed)
        for head in self.heads[name]:
            sketch = self.tasks.book.steps[head]
            sketch.needs(*came.needs)
            if sketch.fields.get("when") != came.when and sketch.fields.get("when") == first.when:
                sketch.fields.pop("when", None)
            if before.keys() == now.keys():
                for decision, option in came.listed:
                    self.questions.list_under(decision, option, head)
                continue
            for decision in before:
                self.questions.unlist(decision, head)
            sketch.needs(*before, *now)

    def _if(self, name: str, step: dict[str, Any], came: Came) -> Came:
        text = self.tasks.incoming.text(step, ("workflow", name), "condition")
        condition = parse(text)
        yes, no = self.paths.next(name, "on_true"), self.paths.next(name, "on_false")
        if isinstance(condition, Test) and condition.variable in self.questions.asked:
            chosen = self.questions.chosen(condition, has_other=no not in (None, yes))
            if chosen is not None:
                decision, when_true, when_false = chosen
                return self._answered(
                    name, decision, [(option, yes) for option in when_true] + [(option, no) for option in when_false], came
                )
        guard = self._guard(condition) if came.needs or came.listed else None
        if guard is not None:
            return self._guarded(name, guard, yes, no, came)
        decision = self._asked(name, step, text, came, ("yes", "no"))
        return self._answered(name, decision, [("yes", yes), ("no", no)], Came((decision,)))

    def _guard(self, condition: Condition | None) -> tuple[str, str] | None:
        if condition is None:
            return None
        found = self.questions.expression(condition)
        return (found, f"not ({found})" if " " in found else f"not {found}") if found is not None else None

    def _guarded(self, name: str, guard: tuple[str, str], yes: str | None, no: str | None, came: Came) -> Came:
        ends: list[str] = []
        for start, when in zip((yes, no), guard, strict=True):
            both = f"({came.when}) and {when}" if came.when else when
            ends += self._side(name, start, replace(came, when=both)) if start is not None else ()
        return replace(came, needs=tuple(dict.fromkeys((*ends, *came.needs))))

    def _answered(self, name: str, decision: str, starts: list[tuple[str, str | None]], came: Came) -> Came:
        """Put branches under the options of a decision; what follows them stands where the decision's branches do."""
        ends: list[str] = []
        others = tuple(need for need in came.needs if need != decision)
        options = self.tasks.book.steps[decision].fields["options"]
        for option, start in starts:
            options.setdefault(option, {"label": option.replace("_", " ").capitalize(), "then": []})
            listed = tuple(pair for pair in came.listed if pair[0] != decision)
            ends += self._side(name, start, Came(others, (*listed, (decision, option)), came.when))
        return replace(came, needs=tuple(dict.fromkeys((*ends, *came.needs, decision))))

    def _switch(self, name: str, step: dict[str, Any], came: Came) -> Came:
        path = ("workflow", name)
        variable = self.tasks.incoming.text(step, path, "switch").strip().removesuffix(":value")
        cases = list(self.tasks.incoming.map(step, path, "cases"))
        decision = self.questions.decision(variable, None)
        if decision is None:
            decision = self._asked(name, step, f"What is {variable.strip('_').replace('_', ' ')}?", came, ())
            came = Came((decision,))
        names = self.questions.options_for(decision, cases)
        return self._answered(name, decision, [(names[case], self.paths.next(name, "cases", case)) for case in cases], came)

    def _asked(self, name: str, step: dict[str, Any], text: str, came: Came, options: tuple[str, ...]) -> str:
        """Turn a condition into a question that a person answers (FB705)."""
        title = self.tasks.incoming.text(step, ("workflow", name), "name")
        field_name = "condition" if step.get("type") == "if-condition" else "switch"
        self.tasks.incoming.say("FB705", f"condition {quoted(text)} not understood; turned into a question", ("workflow", name, field_name))
        question = self.tasks.book.step("decision", title or f"Is this so: {titled(text)}", role=self.tasks.nobody())
        question.adds(harmless(self.tasks.incoming.text(step, ("workflow", name), "description")))
        if title and text:
            question.adds(harmless(f"Is this so: {text}"))
        question.fields["options"] = {option: {"label": option.capitalize(), "then": []} for option in options}
        self._place(name, question, came)
        return question.id

    def _while(self, name: str, step: dict[str, Any], came: Came) -> Came:
        text = self.tasks.incoming.text(step, ("workflow", name), "condition")
        condition = parse(text)
        body = self.paths.next(name, "on_true")
        if condition is not None and is_rework(test.variable for test in tests(condition)):
            ends = self._side(name, body, came)
            return Came(ends or came.needs)
        sketch = repeated(self.tasks, self.paths, name, step, text)
        for each in self.paths.below(body):
            self.heads.setdefault(each, [sketch.id])
        self._place(name, sketch, came)
        return Came((sketch.id,))
