"""How every step may count at one moment of a run, as gates over what people answer, do and leave.

This says again, as a relation, what `engine.incident.judge` computes: branch first, then what a step is of, then its
needs, then severity and guard. It allows everything that the core allows and some more:

- a step that re-opened may count otherwise now than when somebody read it, so a step may stand as done on one that
  is blocked now (`stood`), and a re-opened step may have been done before (`was`);
- severity is one level at the moment that is asked about; raising re-opens what was skipped for it, so a step that
  was skipped for severity is above the level of that moment, and any other above it may have been read when it was
  higher.

`tests/analysis/proving` holds it against enumeration, the solver and random walks of the core.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from engine.analysis.proving.circuit import FALSE, TRUE, Circuit, Key
from engine.analysis.proving.guards import KNOWN, Guards, Reading
from engine.analysis.proving.volatility import Volatility
from engine.incident.plan import Plan
from engine.incident.steps.work import can_be_skipped
from engine.language.playbook import OUTSIDE, Approval, Decision, Http, Message, Publish, Statement, Step, SubPlaybook

HAND: Final = "skipped by hand"
BLOCKED: Final = "blocked"
DONE: Final = "done"


@dataclass(frozen=True, slots=True)
class Status:
    """The gates for a step counting as done, skipped, skipped by hand, blocked: always exactly one of them.

    `off` is true where the step is skipped for its branch, its subject or all its needs; `guard` is its guard's
    reading; `was` is true where it was done at some time and is not set aside by a revised answer.
    """

    done: int
    skipped: int
    hand: int
    blocked: int
    off: int
    was: int
    guard: int = TRUE


@dataclass(frozen=True, slots=True)
class _Parts:
    """What settles a step, before severity and guard are read; `at_once` are the parents that skip it without waiting."""

    off: int
    hard: int
    soft: int
    at_once: Mapping[str, int] = field(default_factory=dict)


@dataclass
class Model:
    """All steps of one playbook in one circuit."""

    plan: Plan
    circuit: Circuit = field(default_factory=Circuit)
    constraints: list[tuple[frozenset[Key], int]] = field(default_factory=list)
    """Gates that hold in every run, each with the choices without which it says nothing."""
    status: dict[str, Status] = field(default_factory=dict)
    _known_parts: dict[str, _Parts] = field(default_factory=dict)

    @staticmethod
    def of(plan: Plan) -> "Model":
        """Build the model, parents before children."""
        model = Model(plan)
        for name in plan.graph.order:
            model.status[name] = model._settled(name)
        model._order_readings()
        return model

    @cached_property
    def volatility(self) -> Volatility:
        return Volatility(self.plan)

    @cached_property
    def guards(self) -> Guards:
        return Guards(self.circuit, self.plan.playbook)

    def answered(self, decision: str, option: str) -> int:
        """Give the gate for a decision being done with an option."""
        step = self.plan.steps[decision]
        assert isinstance(step, Decision)
        choice = self.circuit.choose(("answer", decision), tuple(step.options))
        return self.circuit.both((self.status[decision].done, self.circuit.taken(choice, option)))

    def at_least(self, level: str) -> int:
        """Give the gate for severity being at least a level at the moment that is asked about."""
        levels = self.plan.levels
        start = self.plan.start_level
        choice = self.circuit.choose(("severity",), (start, *(each for each in levels if each != start)))
        return self.circuit.either(self.circuit.taken(choice, each) for each in levels if self.plan.rank(each) >= self.plan.rank(level))

    def started(self, name: str) -> int:
        """Give the gate for a step becoming ready at the moment that is asked about."""
        step = self.plan.steps[name]
        parts = self._parts(step)
        severe = self.at_least(step.min_severity) if step.min_severity else TRUE
        guard = self._guard(step, name, _AtThatMoment(self, self.surely_before[name])).true
        return self.circuit.both((self._not(parts.off), self._not(parts.hard), self._not(parts.soft), severe, guard))

    @cached_property
    def surely_before(self) -> Mapping[str, frozenset[str]]:
        """For each step, what is settled whenever it becomes ready, whatever is answered.

        A step that an answer or its subject skips does not wait for its other needs.
        """
        graph = self.plan.graph
        found: dict[str, frozenset[str]] = {}
        for name in graph.order:
            parents = graph.parents[name]
            waited = (found[parent] for parent in parents if not self._may_skip_at_once(graph.steps[parent]))
            found[name] = frozenset(parents).union(*waited)
        return found

    def settled_before(self, target: str) -> Mapping[str, int]:
        """Give for each step before `target` the gate that is true only where it is settled when `target` becomes ready."""
        graph = self.plan.graph
        before = graph.ancestors(target)
        found = {target: TRUE}
        for name in reversed(graph.order):
            if name in before:
                ways = (
                    self.circuit.both((found[child], self._waited(child, name, target))) for child in graph.children[name] if child in found
                )
                found[name] = self.circuit.either(ways)
        return found

    def constrained(self, gate: int, *steps: str) -> int:
        """Add to a gate what holds in every run and concerns what the gate asks about; `steps` are those it is about."""
        before = (self.circuit.implies(self.status[name].done, self.may_go_out(name)) for name in self._published_before(steps))
        gate = self.circuit.both((gate, *before))
        held: set[int] = set()
        while True:
            asked = {choice.key for choice in self.circuit.read_by(gate)}
            more = {each for keys, each in self.constraints if keys <= asked} - held
            if not more:
                return gate
            held |= more
            gate = self.circuit.both((gate, *more))

    def _published_before(self, steps: tuple[str, ...]) -> tuple[str, ...]:
        before = frozenset().union(*(self.plan.graph.ancestors(name) for name in steps)) if steps else frozenset()
        return tuple(name for name in self.plan.graph.steps if name in before and isinstance(self.plan.steps[name], Publish))

    def may_go_out(self, name: str) -> int:
        """Nothing goes outside without an approval: the core holds this whatever the playbook says."""
        publish = self.plan.steps[name]
        statement = self.plan.steps.get(publish.of) if isinstance(publish, Publish) else None
        if not isinstance(publish, Publish) or not isinstance(statement, Statement) or statement.audience not in OUTSIDE:
            return TRUE
        approvals = self.plan.graph.approvals_of[publish.of]
        if not all(approval.id in self.plan.graph.ancestors(name) for approval in approvals):
            return TRUE
        return self.circuit.either(self.status[each.id].was for each in approvals)

    def _settled(self, name: str) -> Status:
        step, both, either = self.plan.steps[name], self.circuit.both, self.circuit.either
        parts = self._parts(step)
        soft = both((parts.soft, self._not(self._stood(name, parts.soft))))
        blocked = both((self._not(parts.off), either((parts.hard, soft))))
        guard = self._guard(step, name, _AtAnyMoment(self, self.surely_before[name])).true
        passed = both((self._not(self._too_mild(step)), guard))
        goes = both((self._not(parts.off), self._not(blocked), passed))
        outcome = self.circuit.choose(("outcome", name), _outcomes(step))
        done, hand, failed = (both((goes, self.circuit.taken(outcome, value))) for value in (DONE, HAND, BLOCKED))
        skipped = either((parts.off, both((self._not(blocked), self._not(passed)))))
        return Status(done, skipped, hand, either((blocked, failed)), parts.off, self._was(step, done, parts.off), guard)

    def _parts(self, step: Step) -> _Parts:
        if step.id not in self._known_parts:
            self._known_parts[step.id] = self._worked_out(step)
        return self._known_parts[step.id]

    def _worked_out(self, step: Step) -> _Parts:
        at_once = {decision: self._not(self._led_to(step.id, decision)) for decision in self.plan.graph.listed_by[step.id]}
        hard: list[int] = []
        own = self._own_words(step)
        if isinstance(step, Approval | Publish) and step.of in self.status:
            subject = self.status[step.of]
            at_once[step.of] = self.circuit.either((subject.skipped, subject.hand))
            hard += [self.status[name].blocked for name in own]
        parents = self.plan.graph.parents[step.id]
        off = [*at_once.values(), *([self.circuit.both(self.status[name].skipped for name in parents)] if parents else [])]
        held = [] if step.even_if_blocked else [name for name in parents if name not in own]
        late = [name for name in held if name in self.volatility.reopened or self.volatility.may_have_been_skipped(name, step.id)]
        hard += [self.status[name].blocked for name in held if name not in late]
        soft = [self.status[name].blocked for name in late]
        return _Parts(self.circuit.either(off), self.circuit.either(hard), self.circuit.either(soft), at_once)

    def _may_skip_at_once(self, step: Step) -> bool:
        return bool(self.plan.graph.listed_by[step.id]) or isinstance(step, Approval | Publish)

    def _waited(self, child: str, parent: str, target: str) -> int:
        """Whether a settled step has waited for one of its parents: always, unless another parent skipped it at once."""
        at_once = self._parts(self.plan.steps[child]).at_once
        if child == target or not at_once:
            return TRUE
        return self._not(self.circuit.either(gate for name, gate in at_once.items() if name != parent))

    def _own_words(self, step: Step) -> tuple[str, ...]:
        """List what a key or a publish binds to: blocked words, or words whose approval is blocked, are never said."""
        if not isinstance(step, Approval | Publish) or step.of not in self.plan.graph.steps:
            return ()
        approvals = self.plan.graph.approvals_of[step.of] if isinstance(step, Publish) else ()
        before = self.plan.graph.ancestors(step.id)
        return (step.of, *(approval.id for approval in approvals if approval.id in before))

    def _led_to(self, name: str, decision: str) -> int:
        asked = self.plan.steps[decision]
        assert isinstance(asked, Decision)
        return self.circuit.either(self.answered(decision, option) for option, entry in asked.options.items() if name in entry.then)

    def _stood(self, name: str, soft: int) -> int:
        """Whether the step went on before what it needs was blocked."""
        if soft == FALSE:
            return FALSE
        key = ("stood", name)
        stood = self.circuit.taken(self.circuit.choose(key, ("no", "yes")), "yes")
        for parent in self.plan.graph.parents[name]:
            if parent in self.volatility.reopened and not self.volatility.may_have_been_skipped(parent, name):
                went_on = self.circuit.both((stood, self.status[parent].blocked))
                gate = self.circuit.implies(went_on, self.status[parent].was)
                self.constraints.append((frozenset({key}), gate))
        return stood

    def _was(self, step: Step, done: int, off: int) -> int:
        if step.id not in self.volatility.reopened:
            return done
        before = self.circuit.taken(self.circuit.choose(("was", step.id), ("no", "yes")), "yes")
        guard = self._guard(step, f"{step.id} before", _AtAnyMoment(self, self.surely_before[step.id])).true
        return self.circuit.either((done, self.circuit.both((self._not(off), before, guard, self._could_go_on(step)))))

    def _could_go_on(self, step: Step) -> int:
        """What a step needs and is blocked now was done when the step was: else it would have been blocked too."""
        heeded = () if step.even_if_blocked else self.plan.graph.parents[step.id]
        needed = [
            name for name in dict.fromkeys((*heeded, *self._own_words(step))) if not self.volatility.may_have_been_skipped(name, step.id)
        ]
        return self.circuit.both(self.circuit.implies(self.status[name].blocked, self.status[name].was) for name in needed)

    def _too_mild(self, step: Step) -> int:
        if step.min_severity is None or self.plan.rank(step.min_severity) == 0:
            return FALSE
        then = self.circuit.taken(self.circuit.choose(("severity then", step.id), ("below", "reached")), "below")
        return self.circuit.both((self._not(self.at_least(step.min_severity)), then))

    def _guard(self, step: Step, reader: str, states: "_AtAnyMoment | _AtThatMoment") -> Reading:
        if step.when is None:
            return Reading(TRUE, FALSE)
        return self.guards.reading(reader, self.plan.expressions[step.when].root, states)

    def _order_readings(self) -> None:
        """What was known when a step was read is known to every step that is read no earlier."""
        known = [key for key in self.circuit.choices if key[0] == KNOWN and key[2] in self.status]
        for key in known:
            for later in known:
                if key != later and key[1] == later[1] and self._is_read_by(key[2], later[2]):
                    gates = [self.circuit.taken(self.circuit.choices[each], "yes") for each in (key, later)]
                    self.constraints.append((frozenset({key, later}), self.circuit.implies(*gates)))

    def _is_read_by(self, step: str, later: str) -> bool:
        """Whether a step has been read, once and for all, when a later one is."""
        return step not in self.volatility.read_late and self.surely_before[later].issuperset(self.plan.graph.parents[step])

    def _not(self, gate: int) -> int:
        return self.circuit.negated(gate)


@dataclass(frozen=True, slots=True)
class _AtAnyMoment:
    """What a guard reads of other steps, at a moment before the one that is asked about."""

    model: Model
    before: frozenset[str]

    def is_exact(self, step: str) -> bool:
        return step in self.before and step in self.model.volatility.stable

    def state(self, step: str, wanted: str) -> int:
        return _counted(self.model, step, wanted)

    def answered(self, decision: str, option: str) -> int:
        return self.model.answered(decision, option)

    def at_least(self, level: str) -> int | None:
        return None


@dataclass(frozen=True, slots=True)
class _AtThatMoment:
    """What a guard reads at the moment that is asked about."""

    model: Model
    before: frozenset[str]

    def is_exact(self, step: str) -> bool:
        return step in self.before

    def state(self, step: str, wanted: str) -> int:
        return _counted(self.model, step, wanted)

    def answered(self, decision: str, option: str) -> int:
        return self.model.answered(decision, option)

    def at_least(self, level: str) -> int | None:
        return self.model.at_least(level)


def _counted(model: Model, step: str, wanted: str) -> int:
    status = model.status[step]
    return status.done if wanted == "done" else model.circuit.either((status.skipped, status.hand))


def _outcomes(step: Step) -> tuple[str, ...]:
    """What may become of a step that is ready, settled by somebody or something in the end."""
    by_hand = can_be_skipped(step) and not isinstance(step, Message)
    fails = isinstance(step, Approval | SubPlaybook) or (isinstance(step, Http) and step.on_fail == "block")
    return (DONE, *([HAND] if by_hand else []), *([BLOCKED] if fails else []))


def hands(names: Iterable[str]) -> Mapping[Key, tuple[str, ...]]:
    """Give the limits under which none of these steps is skipped by hand."""
    return {("outcome", name): (HAND,) for name in names}
