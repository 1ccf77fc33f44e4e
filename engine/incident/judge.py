"""Whether a waiting step may start: the semantics of branch, `of`, needs and guards, in that order.

Branch wins over Start. A step is judged on settled parents only, except that a branch or subject which
can no longer lead to it settles it at once. Dead-path elimination as in BPEL, with a third state.
"""

from dataclasses import dataclass

from engine.incident.plan import World
from engine.incident.scope import GuardScope, effective, is_done, why_not
from engine.incident.state import NEW_STEP, SETTLED, BlockCause, Incident, SkipCause, StepState
from engine.language.playbook import Approval, Decision, Publish, Step


@dataclass(frozen=True, slots=True)
class Ready:
    """Every need is settled and at least one is done (or there is none)."""


@dataclass(frozen=True, slots=True)
class Skip:
    cause: SkipCause
    reason: str


@dataclass(frozen=True, slots=True)
class Block:
    cause: BlockCause
    reason: str


Verdict = Ready | Skip | Block | None
"""None: something that it needs is not settled yet."""


def counts_as_done(state: StepState) -> bool:
    """Done, or skipped by hand, which lets dependents go on as if done; nothing voided does."""
    return is_done(state) or (state.state == "skipped" and state.skip_cause == "hand" and not state.void)


def structure(world: World, incident: Incident, name: str) -> Verdict:
    """Judge a step by branch, `of` and needs alone."""
    graph = world.plan.graph
    step = graph.steps.get(name)
    if step is None:
        return Ready()
    return _branch(world, incident, name) or _subject(world, incident, step) or _needs(incident, step, graph.parents[name])


def waits_for_all(world: World, incident: Incident, name: str) -> bool:
    """Whether nothing that a step depends on is settled: then `judge` has nothing to say yet, and need not be asked."""
    steps = incident.steps
    before = world.plan.heeded.get(name, ())
    for other in before:
        if other in steps and steps[other].state in SETTLED:
            return False
    return bool(before)


def judge(scope: GuardScope, name: str) -> Verdict:
    """Judge a waiting step completely; guards are read now, and only when everything else says ready."""
    world, incident = scope.world, scope.incident
    verdict = structure(world, incident, name)
    if not isinstance(verdict, Ready):
        return verdict
    step = world.step(incident, name)
    if step is None:
        return Ready()
    if step.min_severity and world.plan.rank(incident.severity) < world.plan.rank(step.min_severity):
        return Skip("severity", f"only from severity {step.min_severity} on; this is {incident.severity}")
    false_because = why_not(scope, world.plan.expressions[step.when]) if step.when else None
    if false_because is not None:
        return Skip("guard", f"not needed: {step.when} ({false_because})")
    return Ready()


def _is_settled(incident: Incident, name: str) -> bool:
    state = incident.steps.get(name)
    return state is not None and state.state in SETTLED


def _branch(world: World, incident: Incident, name: str) -> Skip | None:
    for decision_id in world.plan.graph.listed_by[name]:
        decision = world.plan.steps[decision_id]
        state = incident.steps.get(decision_id, NEW_STEP)
        if isinstance(decision, Decision) and state.state in SETTLED and not _leads_to(decision, state, name):
            return Skip("branch", _why_not(decision_id, state))
    return None


def _leads_to(decision: Decision, state: StepState, name: str) -> bool:
    return is_done(state) and state.answer in decision.options and name in decision.options[state.answer].then


def _why_not(decision: str, state: StepState) -> str:
    return f"{decision}={state.answer} does not lead here" if is_done(state) else f"{decision} was {effective(state)}"


def _subject(world: World, incident: Incident, step: Step) -> Skip | Block | None:
    """A hand skip skips here too: there is nothing that a key could bind to."""
    if not isinstance(step, Approval | Publish):
        return None
    match effective(incident.steps.get(step.of, NEW_STEP)):
        case "skipped":
            return Skip("of", f"{step.of} was skipped")
        case "blocked":
            return Block("of", f"{step.of} was blocked")
        case _:
            return _unapprovable(world, incident, step) if isinstance(step, Publish) else None


def _unapprovable(world: World, incident: Incident, step: Publish) -> Block | None:
    """Words whose approval was blocked can never be published, whatever else the publish may outlive."""
    ancestors = world.plan.graph.ancestors(step.id)
    for approval in world.plan.graph.approvals_of.get(step.of, ()):
        state = incident.steps.get(approval.id, NEW_STEP)
        if approval.id in ancestors and effective(state) == "blocked":
            return Block("need", f"{approval.id} blocked")
    return None


def _needs(incident: Incident, step: Step, parents: tuple[str, ...]) -> Verdict:
    if not all(_is_settled(incident, parent) for parent in parents):
        return None
    states = {parent: incident.steps[parent] for parent in parents}
    blocked = [parent for parent, state in states.items() if effective(state) == "blocked"]
    if blocked and not step.even_if_blocked:
        return Block("need", f"{', '.join(blocked)} blocked")
    if not states or blocked or any(counts_as_done(state) for state in states.values()):
        return Ready()
    return Skip("path", f"{', '.join(parents)} skipped")
