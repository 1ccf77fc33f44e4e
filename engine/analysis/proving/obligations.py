"""What each policy asks to be impossible, as gates: one obligation for each step that could break it.

- `approved_before_publish`: a publish to that audience starts while no approval of its statement in which this
  role's key is necessary is done. A key is necessary where the quorum is `all`, or where it is the only one.
- the built-in policy: a publish to an outside audience starts while no approval of its statement is done.
- `before`, `requires`: a step starts and what must come first was never done.
- `never_both`: two steps both happen. `always_happens`: in the end a step is not done.

What concerns people, words and times is judged elsewhere: `different_people` here (the roles are compared),
`no_personal_data` (FB420) and `forbid_words` (FB431) by the language's rules, `within` by the feasibility of times.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from engine.analysis.proving.circuit import FALSE, Choice
from engine.analysis.proving.states import HAND, Model
from engine.incident.policy import BUILT_IN
from engine.language.playbook import OUTSIDE, Approval, Policy, Publish, Statement

OUTSIDE_POLICY: Final = Policy(
    id=BUILT_IN,
    rule="approved_before_publish",
    audience=["public", "media", "customers", "partners", "regulators"],
    why="nothing is published to an outside audience without at least one approval of exactly those words",
)


@dataclass(frozen=True, slots=True)
class Obligation:
    """One thing that must be impossible: `gate` is true where `policy` is broken at `step`.

    `missing` names what is lacking: roles for FB401, the steps that must come first for FB402, the other step for FB403.
    """

    policy: Policy
    code: str
    step: str
    missing: str
    gate: int

    @property
    def is_enforced(self) -> bool:
        """Whether the core refuses what would break the policy; a warning only warns."""
        return self.policy.level == "error"


def obligations(model: Model, policies: tuple[Policy, ...]) -> Iterator[Obligation]:
    """Yield what must be impossible, policy by policy; the built-in one comes first."""
    yield from _approved_outside(model)
    for policy in policies:
        match policy.rule:
            case "approved_before_publish":
                yield from _approved(model, policy)
            case "before":
                yield from _ordered(model, policy, policy.thens, (policy.first,) if policy.first else ())
            case "requires":
                yield from _ordered(model, policy, (policy.step,) if policy.step else (), tuple(policy.needs))
            case "never_both":
                yield from _apart(model, policy)
            case "always_happens":
                yield from _always(model, policy)


def _approved_outside(model: Model) -> Iterator[Obligation]:
    for publish, _ in publishes_to(model, OUTSIDE):
        given = model.circuit.either(model.status[approval.id].done for approval in approvals_before(model, publish))
        yield _started(model, OUTSIDE_POLICY, "FB401", publish.id, "", given)


def _approved(model: Model, policy: Policy) -> Iterator[Obligation]:
    for publish, _ in publishes_to(model, frozenset(policy.audience)):
        for role in policy.approvers:
            keys = (approval for approval in approvals_before(model, publish) if is_necessary(approval, role))
            given = model.circuit.either(model.status[approval.id].done for approval in keys)
            yield _started(model, policy, "FB401", publish.id, role, given)


def _ordered(model: Model, policy: Policy, thens: tuple[str, ...], firsts: tuple[str, ...]) -> Iterator[Obligation]:
    for then in thens:
        for first in firsts:
            if then in model.status and first in model.status:
                settled = model.settled_before(then).get(first, FALSE)
                given = model.circuit.both((settled, model.status[first].was))
                refused = model.circuit.negated(model.may_go_out(then))
                yield _started(model, policy, "FB402", then, first, model.circuit.either((given, refused)))


def _started(model: Model, policy: Policy, code: str, step: str, missing: str, given: int) -> Obligation:
    broken = model.circuit.both((model.started(step), model.circuit.negated(given)))
    return Obligation(policy, code, step, missing, model.constrained(broken, step))


def _apart(model: Model, policy: Policy) -> Iterator[Obligation]:
    known = [name for name in dict.fromkeys(policy.steps) if name in model.status]
    for first, second in combinations(known, 2):
        both = model.circuit.both(gate for name in (first, second) for gate in (model.status[name].was, model.may_go_out(name)))
        yield Obligation(policy, "FB403", second, first, model.constrained(both, first, second))


def _always(model: Model, policy: Policy) -> Iterator[Obligation]:
    for name in dict.fromkeys(policy.steps):
        if name in model.status:
            yield Obligation(policy, "FB404", name, "", model.constrained(model.circuit.negated(model.status[name].done), name))


def publishes_to(model: Model, audience: frozenset[str]) -> Iterator[tuple[Publish, Statement]]:
    """Yield the publishes that reach one of these audiences, each with its statement."""
    for step in model.plan.graph.steps.values():
        statement = model.plan.graph.steps.get(step.of) if isinstance(step, Publish) else None
        if isinstance(step, Publish) and isinstance(statement, Statement) and statement.audience in audience:
            yield step, statement


def approvals_before(model: Model, publish: Publish) -> tuple[Approval, ...]:
    """List the approvals of a publish's statement that it waits for."""
    before = model.plan.graph.ancestors(publish.id)
    return tuple(approval for approval in model.plan.graph.approvals_of[publish.of] if approval.id in before)


def is_necessary(approval: Approval, role: str) -> bool:
    """Whether an approval can't be given without this role's key."""
    return role in approval.approvers and approval.keys_needed >= len(approval.approvers)


def hand_choices(model: Model, choices: tuple[Choice, ...]) -> tuple[str, ...]:
    """List the steps among the choices that could be skipped by hand, in the playbook's order."""
    asked = {choice.key[1] for choice in choices if choice.key[0] == "outcome" and HAND in choice.values}
    return tuple(name for name in model.plan.graph.steps if name in asked)
