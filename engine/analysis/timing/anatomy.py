"""What a playbook's steps are to the clock: how long each takes, what may keep it from happening, who must be at hand."""

from collections.abc import Mapping
from functools import cached_property

from engine.analysis.timing.spans import at_least, effort
from engine.language.checked import Checked
from engine.language.graph import Graph
from engine.language.playbook import PEOPLE_KINDS, Approval, Decision, Http, Message, Monitor, Publish, Step, SubPlaybook, Ticket, Wait
from engine.language.rules.unreachable import Answers, Courses


class Anatomy:
    """Facts about steps that every question about time asks for; the graph must have no circles."""

    def __init__(self, checked: Checked) -> None:
        self.graph: Graph = checked.graph
        self._checked = checked
        self._courses = Courses(checked)

    def taken(self, name: str) -> Answers:
        """Give the answers without which a step can't be done, by decision."""
        return self._courses.taken(name)

    @cached_property
    def length(self) -> Mapping[str, float]:
        """The seconds between a step's opening and its end, at the least; what the engine does by itself takes no time."""
        return {name: float(_length(step)) for name, step in self.graph.steps.items()}

    @cached_property
    def rising(self) -> frozenset[str]:
        """Steps that run only from some severity on, and so may come back once it rises."""
        severity = self._checked.playbook.severity
        lowest = next(iter(severity.levels), None) if severity else None
        return frozenset(step.id for step in self.graph.steps.values() if step.min_severity not in (None, lowest))

    @cached_property
    def guarded(self) -> frozenset[str]:
        """Steps that a guard or the severity may skip."""
        return self.rising | {step.id for step in self.graph.steps.values() if step.when}

    @cached_property
    def failing(self) -> frozenset[str]:
        """Steps that may be blocked by what becomes of them; for want of certainty, all that are not plain work."""
        fragile = (Approval, Http, Message, Publish, SubPlaybook, Ticket)
        return frozenset(step.id for step in self.graph.steps.values() if isinstance(step, fragile))

    def options(self, decision: str) -> frozenset[str]:
        """Give the options of a decision."""
        step = self.graph.steps[decision]
        return frozenset(step.options) if isinstance(step, Decision) else frozenset()

    @cached_property
    def _opening(self) -> Mapping[tuple[str, str], frozenset[str]]:
        return {
            (decision.id, name): frozenset(option for option, entry in decision.options.items() if name in entry.then)
            for decision in self.graph.decisions
            for entry in decision.options.values()
            for name in entry.then
        }

    def opening(self, decision: str, step: str) -> frozenset[str]:
        """Give the options of a decision that open a step."""
        return self._opening[decision, step]

    @cached_property
    def subjects(self) -> Mapping[str, str]:
        """What each approval and publish is of."""
        steps = self.graph.steps
        return {step.id: step.of for step in steps.values() if isinstance(step, Approval | Publish) and step.of in steps}

    @cached_property
    def keys_before(self) -> Mapping[str, tuple[str, ...]]:
        """The approvals whose end as blocked blocks a publish at once."""
        found: dict[str, tuple[str, ...]] = {}
        for step in self.graph.steps.values():
            if isinstance(step, Publish):
                ancestors = self.graph.ancestors(step.id)
                found[step.id] = tuple(key.id for key in self.graph.approvals_of.get(step.of, ()) if key.id in ancestors)
        return found

    def hands(self, name: str) -> tuple[tuple[str, ...], int]:
        """Give the roles that a step asks, and how many of them it needs."""
        step = self.graph.steps[name]
        if isinstance(step, Approval):
            return tuple(step.approvers), step.keys_needed
        return ((step.role,), 1) if step.role and step.kind in PEOPLE_KINDS else ((), 0)

    def patience(self, role: str) -> float:
        """Give the seconds that a role has to acknowledge."""
        known = self._checked.playbook.roles.get(role)
        return float(known.ack.seconds) if known else 0.0


def _length(step: Step) -> int:
    takes = effort(step.takes)
    match step:
        case Message():
            return 0
        case Wait():
            return at_least(step.for_) if step.for_ else 0
        case Decision(if_no_answer=str()) if step.grace is not None:
            return min(takes, at_least(step.grace))
        case Monitor() if step.for_at_most is not None:
            return min(takes, at_least(step.for_at_most))
        case _:
            return takes
