"""Which steps may count differently later than when somebody read them: what re-opens, and what comes back.

A settled step is read once by whoever waits for it, and what is done stands. So a step may be done because of one
that re-opened afterwards and ended otherwise. The proof has to know which steps that can happen to.
"""

from dataclasses import dataclass
from functools import cached_property

from engine.incident.plan import Plan
from engine.language.checked import Checked
from engine.language.graph import Graph
from engine.language.playbook import Approval, Decision, Evidence
from engine.language.rules.unreachable import Courses


@dataclass(frozen=True)
class Volatility:
    """Sets of step ids of one playbook."""

    plan: Plan

    @property
    def graph(self) -> Graph:
        return self.plan.graph

    @cached_property
    def reopened(self) -> frozenset[str]:
        """Steps that may re-open after they were done.

        Approvals (taken back, or their words changed), what a rejection sends back, evidence whose sources grow, and
        the closing step with all that comes after it (the incident is reopened).
        """
        found: set[str] = set()
        for step in self.graph.steps.values():
            match step:
                case Approval():
                    found |= {step.id, *self._sent_back(step)}
                case Evidence(from_=str()):
                    found.add(step.id)
            if step.sets == "closed":
                found |= {step.id, *self.graph.descendants(step.id)}
        return frozenset(found)

    @cached_property
    def read_again(self) -> frozenset[str]:
        """Steps whose guard may be read a second time after it was false.

        What a rejection sends back, except the words themselves: they were written when somebody could reject them.
        An approval that is taken back, and evidence for new links, were done before, so their guard was true.
        """
        found: set[str] = set()
        for step in self.graph.steps.values():
            if isinstance(step, Approval):
                found |= self._sent_back(step) - {step.of if step.of == step.on_reject.rework else step.id}
            if step.sets == "closed":
                found |= {step.id, *self.graph.descendants(step.id)}
        return frozenset(found)

    @cached_property
    def read_late(self) -> frozenset[str]:
        """Steps whose guard may be read after that of a step which comes no earlier."""
        after = self.read_again.union(*(self.graph.descendants(name) for name in self.read_again))
        return after | self.returning

    @cached_property
    def returning(self) -> frozenset[str]:
        """Steps that may have been skipped when they were read, and come back later.

        Skipped for severity or for an answer that was revised since, or because of such a step; or skipped by a guard
        that is read again because the step re-opened.
        """
        steps = self.graph.steps.values()
        roots = {step.id for step in steps if step.min_severity or self.graph.listed_by[step.id]}
        roots |= {step.id for step in steps if step.when and step.id in self.read_again}
        return frozenset(roots).union(*(self.graph.descendants(root) for root in roots))

    def may_have_been_skipped(self, name: str, reader: str) -> bool:
        """Whether `name` may have been skipped when `reader` was read, and come back since.

        Not for an answer without which the reader can't run either, nor for a severity that the reader asks for.
        """
        if name not in self.returning:
            return False
        return any(self._came_back(each, reader) for each in (name, *self.graph.ancestors(name)))

    def _came_back(self, name: str, reader: str) -> bool:
        step, runs_with = self.graph.steps[name], self._courses.taken(reader)
        if step.when and name in self.read_again:
            return True
        asked = self.graph.steps[reader].min_severity
        if step.min_severity and not (asked and self.plan.rank(asked) >= self.plan.rank(step.min_severity)):
            return True
        return any(not runs_with.get(each, frozenset({""})) <= self._options(each, name) for each in self.graph.listed_by[name])

    def _options(self, decision: str, name: str) -> frozenset[str]:
        asked = self.graph.steps[decision]
        assert isinstance(asked, Decision)
        return frozenset(option for option, entry in asked.options.items() if name in entry.then)

    @cached_property
    def _courses(self) -> Courses:
        return Courses(Checked(self.plan.playbook))

    @cached_property
    def stable(self) -> frozenset[str]:
        """Steps that count for ever as they did when they settled."""
        roots = self.reopened | {decision.id for decision in self.graph.decisions}
        unstable = roots.union(*(self.graph.descendants(name) for name in roots))
        return frozenset(self.graph.steps) - unstable - self.returning

    def _sent_back(self, approval: Approval) -> frozenset[str]:
        rework = approval.on_reject.rework
        if rework not in self.graph.steps:
            return frozenset()
        return frozenset({rework}) | self.graph.between(rework, approval.id)
