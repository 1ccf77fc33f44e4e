"""A counter-example as a story: who answers what, in which order, with minutes, and what goes wrong in the end.

Minutes are the earliest possible: every step takes what its `takes` says, nobody waits for anybody.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from engine.analysis.proving.circuit import Key
from engine.analysis.proving.guards import EMPTY, KNOWN
from engine.analysis.proving.obligations import Obligation
from engine.analysis.proving.search import Example
from engine.analysis.proving.states import Model
from engine.language.duration import Duration
from engine.language.playbook import Approval, Decision, Publish, Step

Course = Literal["done", "skipped", "hand", "blocked", "open"]

_DID: Final[Mapping[str, str]] = {"statement": "writes", "publish": "publishes", "evidence": "saves", "monitor": "watches"}


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a story, in minutes from the declaration; `matters` where the story would be another without it."""

    minutes: int
    text: str
    step: str
    matters: bool


@dataclass(frozen=True, slots=True)
class Story:
    """`summary` is one clause for a message; `cause` is the step to look at: what was skipped, blocked or is lacking."""

    summary: str
    moments: tuple[Moment, ...]
    ending: str
    cause: str = ""


@dataclass(frozen=True)
class Teller:
    """Tells one example of one model."""

    model: Model
    obligation: Obligation
    taken: Mapping[Key, str]

    @staticmethod
    def of(model: Model, obligation: Obligation, example: Example) -> "Teller":
        ordinary = {key: choice.values[0] for key, choice in model.circuit.choices.items()}
        return Teller(model, obligation, {**ordinary, **example})

    @cached_property
    def _settled(self) -> Mapping[str, int]:
        return self.model.settled_before(self.obligation.step) if self.obligation.code == "FB402" else {}

    def story(self) -> Story:
        """Tell what happens up to the step at which the policy is broken."""
        order = self._cast()
        courses = {name: self.course(name) for name in order}
        moments = tuple(sorted(self._moments(order, courses), key=lambda moment: moment.minutes))
        telling = [moment.text for moment in moments if moment.matters and moment.step != self.obligation.step]
        decided = [f"{name}={self.taken['answer', name]}" for name in order if self._is_decided(name, courses)]
        off = [f"{name} {self._off(name)}" for name in order if name in self._lacking() and courses[name] != "done"]
        off += [f"{name} is given without their key" for name in self._given_without()]
        severity = [f"severity={self.taken['severity',]}"] if ("severity",) in self._asked() else []
        summary = ", ".join((*severity, *decided, *off)) or (telling[-1] if telling else "nothing unusual happens")
        return Story(summary, moments, self._ending(courses), next((name for name in self._lacking() if courses.get(name) != "done"), ""))

    def course(self, name: str) -> Course:
        """Say how a step counts in this example; it is open where nothing before the broken step has waited for it."""
        if name in self._settled and not self.holds(self._settled[name]):
            return "open"
        status = self.model.status[name]
        gates: tuple[tuple[Course, int], ...] = (("skipped", status.skipped), ("hand", status.hand), ("blocked", status.blocked))
        return next((course for course, gate in gates if self.holds(gate)), "done")

    def holds(self, gate: int) -> bool:
        return self.model.circuit.value(gate, self.taken)

    def reason(self, name: str) -> str:
        """Say why a step is skipped: branch, subject, needs, severity or guard, in that order."""
        graph = self.model.plan.graph
        step = graph.steps[name]
        for decision in graph.listed_by[name]:
            if not self._leads(decision, name):
                return self._astray(decision)
        if isinstance(step, Approval | Publish) and self.course(step.of) in ("skipped", "hand"):
            return f"{step.of} is skipped"
        parents = graph.parents[name]
        if parents and all(self.course(parent) == "skipped" for parent in parents):
            return f"{' and '.join(parents)} {'is' if len(parents) == 1 else 'are'} skipped"
        if step.min_severity and self.taken.get(("severity then", name)) == "below":
            return f"severity is below {step.min_severity}"
        return self._guard_false(step)

    def _cast(self) -> tuple[str, ...]:
        graph = self.model.plan.graph
        wanted = {self.obligation.step, *self._lacking()} & set(graph.steps)
        wanted = wanted.union(*(graph.ancestors(name) for name in wanted))
        return tuple(name for name in graph.order if name in wanted)

    def _lacking(self) -> tuple[str, ...]:
        """List the steps whose absence breaks the policy."""
        graph, obligation = self.model.plan.graph, self.obligation
        step = graph.steps[obligation.step]
        match obligation.code:
            case "FB401" if isinstance(step, Publish):
                before = graph.ancestors(step.id)
                found = [each for each in graph.approvals_of[step.of] if each.id in before]
                return tuple(each.id for each in found if not obligation.missing or obligation.missing in each.approvers)
            case "FB402":
                return (obligation.missing,)
            case "FB404":
                return (obligation.step,)
            case _:
                return ()

    def _given_without(self) -> tuple[str, ...]:
        """List the approvals that are done and for which the missing role's key is not necessary."""
        if self.obligation.code != "FB401" or not self.obligation.missing:
            return ()
        return tuple(name for name in self._lacking() if self.course(name) == "done")

    def _moments(self, order: tuple[str, ...], courses: Mapping[str, Course]) -> Iterator[Moment]:
        yield Moment(0, f"the incident is declared{self._circumstances()}", "", matters=bool(self._circumstances()))
        ready: dict[str, int] = {}
        for name in order:
            step = self.model.plan.steps[name]
            before = max((ready[parent] for parent in self.model.plan.graph.parents[name] if parent in ready), default=0)
            takes = _minutes(step.takes) if courses[name] == "done" else 0
            ready[name] = before + takes
            matters = courses[name] != "done" or isinstance(step, Decision) or name == self.obligation.step
            yield Moment(ready[name], self._said(step, courses[name]), name, matters)

    def _circumstances(self) -> str:
        asked = self._asked()
        inputs = [f"inputs.{key[1]} is {value}" for key, value in self.taken.items() if key[0] == "input" and key in asked]
        late = [f"inputs.{key[1]} is not known to {key[2]} yet" for key, value in self.taken.items() if _is_late(key, value, asked)]
        severity = [f"severity {self.taken['severity',]}"] if ("severity",) in asked else []
        told = ", ".join((*severity, *inputs, *late))
        return f" ({told})" if told else ""

    def _asked(self) -> frozenset[Key]:
        return frozenset(choice.key for choice in self.model.circuit.read_by(self.obligation.gate))

    def _said(self, step: Step, course: Course) -> str:
        match course:
            case "hand":
                return f"{step.role or 'somebody'} skips {step.id} by hand"
            case "blocked":
                return f"{step.id} is {'stopped' if isinstance(step, Approval) else 'blocked'}"
            case "skipped":
                return f"{step.id} is skipped: {self.reason(step.id)}"
            case "open":
                return f"{step.id} is still open"
            case "done":
                return self._did(step)

    def _did(self, step: Step) -> str:
        stood = " before that" if self.taken.get(("stood", step.id)) == "yes" else ""
        match step:
            case Decision():
                return f"{step.role} answers {step.id}: {self._answer(step)}{stood}"
            case Approval():
                return f"{' and '.join(step.approvers)} approve{'s' * (len(step.approvers) == 1)} {step.id}{stood}"
            case _:
                who = f"{step.role} {_DID.get(step.kind, 'does')} " if step.role else "by itself: "
                return f"{who}{step.id}{stood}"

    def _ending(self, courses: Mapping[str, Course]) -> str:
        obligation, step = self.obligation, self.model.plan.steps[self.obligation.step]
        match obligation.code:
            case "FB401":
                who = f"{obligation.missing} has not approved" if obligation.missing else "nobody has approved"
                return f"{step.id} goes out, and {who} these words"
            case "FB402":
                return f"{step.id} happens, and {obligation.missing} was not done"
            case "FB403":
                return f"both {obligation.missing} and {step.id} have happened"
            case _:
                return f"{step.id} is never done: {self._off(step.id) if courses[step.id] != 'done' else 'it stays open'}"

    def _off(self, name: str) -> str:
        match self.course(name):
            case "skipped":
                return f"skipped because {self.reason(name)}"
            case "hand":
                return "skipped by hand"
            case "open":
                return "still open"
            case "blocked" | "done" as course:
                return course

    def _is_decided(self, name: str, courses: Mapping[str, Course]) -> bool:
        return courses[name] == "done" and isinstance(self.model.plan.steps[name], Decision) and ("answer", name) in self._asked()

    def _leads(self, decision: str, name: str) -> bool:
        asked = self.model.plan.steps[decision]
        return isinstance(asked, Decision) and self.course(decision) == "done" and name in asked.options[self._answer(asked)].then

    def _answer(self, decision: Decision) -> str:
        return self.taken.get(("answer", decision.id)) or next(iter(decision.options))

    def _astray(self, decision: str) -> str:
        course = self.course(decision)
        asked = self.model.plan.steps[decision]
        if course == "done" and isinstance(asked, Decision):
            return f"{decision}={self._answer(asked)} does not lead there"
        return f"{decision} is {'skipped' if course in ('skipped', 'hand') else course}"

    def _guard_false(self, step: Step) -> str:
        reads = [key for key in self.taken if key[0] == KNOWN and key[2] == step.id]
        late = [key[1] for key in reads if self.taken[key] == "no"]
        if late:
            return f"inputs.{late[0]} is not known yet"
        values = [f"inputs.{key[1]} is {self.taken.get(('input', key[1]), EMPTY)}" for key in reads]
        return " and ".join(values) if values else f"its guard '{step.when}' is false then"


def _is_late(key: Key, value: str, asked: frozenset[Key]) -> bool:
    return key[0] == KNOWN and value == "no" and key in asked and not key[2].endswith(" before")


def _minutes(duration: Duration) -> int:
    """Give whole minutes; a business day counts as one day of 24 hours, which is never too early."""
    return round(duration.seconds / 60)
