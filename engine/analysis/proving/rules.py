"""FB401 to FB404 and FB408: what the verifier says to a playbook's author; FB202 for what only it can see."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from typing import Final

from engine.analysis.proving.obligations import Obligation
from engine.analysis.proving.reach import reachable
from engine.analysis.proving.states import Model
from engine.analysis.proving.telling import Story, Teller
from engine.analysis.proving.verify import Verdict, Verification, verify
from engine.incident.plan import Plan
from engine.incident.policy import BUILT_IN
from engine.incident.steps.work import can_be_skipped
from engine.language.checked import Checked
from engine.language.diagnostic import Finding, Path
from engine.language.playbook import Approval, Decision, Policy, Publish, Statement
from engine.language.suggest import quoted

MOST_MOMENTS: Final = 8
"""Lines of a story that are told with a finding; `firebreak verify` tells them all."""


def verified(checked: Checked) -> Verification:
    """Prove a playbook's own policies and those that its organisation requires."""
    return verify(Plan.of(checked.playbook, ""), policies_of(checked))


def policies_of(checked: Checked) -> tuple[Policy, ...]:
    """List the policies that a playbook has to keep, each once."""
    required = checked.organisation.required_policies if checked.organisation else []
    own = checked.playbook.policies
    said = [policy.model_copy(update={"why": ""}) for policy in own]
    return (*own, *(policy for policy in required if policy.model_copy(update={"why": ""}) not in said))


def runs_are_sound(checked: Checked) -> Iterator[Finding]:
    """Find steps that no run reaches (FB202), policies that a run can break (FB401 to FB404), and skips promised in vain (FB408)."""
    plan = Plan.of(checked.playbook, "")
    model = Model.of(plan)
    yield from _unreachable(checked, model)
    verification = verify(plan, policies_of(checked), model=model)
    places = {step.id: index for index, step in enumerate(checked.playbook.steps)}
    for verdicts in told_together(verification):
        yield _broken(verification, verdicts, places)
    yield from _promised(checked, verification, places)


def _unreachable(checked: Checked, model: Model) -> Iterator[Finding]:
    """Find steps that no run reaches although each reason by itself could be; only the first of a chain."""
    reached = reachable(model)
    dead: set[str] = set()
    for index, step in enumerate(checked.playbook.steps):
        if step.id in reached:
            continue
        if not dead & checked.graph.ancestors(step.id):
            message = f"step {quoted(step.id)} can never run: in no course of events are its needs, its branch and its guard all fulfilled"
            yield Finding("FB202", message, ("steps", index), help="follow its needs upwards: two of them exclude each other")
        dead.add(step.id)


def told_together(verification: Verification) -> list[list[Verdict]]:
    """Group what is broken by what one finding tells; the built-in policy is left out where another says the same of a publish."""
    said = {verdict.obligation.step for verdict in verification.broken if verdict.obligation.policy.id != BUILT_IN}
    told = [each for each in verification.broken if each.obligation.policy.id != BUILT_IN or each.obligation.step not in said]
    return [list(group) for _, group in groupby(told, key=_subject)]


def _subject(verdict: Verdict) -> tuple[str, str, str]:
    """What is told in one finding: roles whose approval a publish lacks, together."""
    obligation = verdict.obligation
    return obligation.policy.id, obligation.step, "" if obligation.code == "FB401" else obligation.missing


def _broken(verification: Verification, verdicts: list[Verdict], places: Mapping[str, int]) -> Finding:
    obligation, example = verdicts[0].obligation, verdicts[0].example
    assert example is not None
    story = Teller.of(verification.model, obligation, example).story()
    missing = [quoted(each.obligation.missing) for each in verdicts if each.obligation.missing]
    message = f"policy {obligation.policy.id}: {_said(obligation, missing, story)}"
    told = [moment for moment in story.moments if moment.matters]
    left = len(told) - MOST_MOMENTS
    notes = [f"{moment.minutes}m: {moment.text}" for moment in told[:MOST_MOMENTS]]
    notes += [f"and {left} more: firebreak verify tells them"] if left > 0 else []
    why = (f"the policy says why: {obligation.policy.why}",) if obligation.policy.why and obligation.policy.id != BUILT_IN else ()
    finding = Finding(
        obligation.code,
        message,
        ("steps", places[obligation.step]),
        notes=(*notes, f"so {story.ending}", *why),
        help=advice(verification, obligation, story),
    )
    return replace(finding, level="warning") if obligation.policy.level == "warning" else finding


def _said(obligation: Obligation, missing: list[str], story: Story) -> str:
    step = quoted(obligation.step)
    match obligation.code:
        case "FB401":
            lacking = f"approval by {' and '.join(missing)}" if missing else "any approval"
            return f"{step} can be published without {lacking}; for example when {story.summary}"
        case "FB402":
            return f"{step} can happen without {missing[0]} first; for example when {story.summary}"
        case "FB403":
            return f"both {missing[0]} and {step} happen when {story.summary}"
        case _:
            return f"{step} may not happen when {story.summary}"


def advice(verification: Verification, obligation: Obligation, story: Story) -> str:
    """Say what to write so that the counter-example is gone."""
    plan = verification.model.plan
    step = plan.graph.steps[obligation.step]
    match obligation.code:
        case "FB403":
            return f"list {quoted(obligation.missing)} and {quoted(step.id)} under different options of one decision"
        case "FB404":
            return f"write even_if_blocked: true in step {quoted(step.id)}, and no when, min_severity or branch that can leave it out"
        case "FB401" if isinstance(step, Publish) and not story.cause:
            return _needed_approval(plan, step, obligation.missing)
        case "FB402" if obligation.missing not in plan.graph.parents[step.id]:
            return f"write needs: [{obligation.missing}] in step {quoted(step.id)}"
        case _:
            cause = quoted(story.cause or obligation.missing)
            return f"let {cause} and {quoted(step.id)} be left out together: the same when, min_severity and branch, or neither"


def _needed_approval(plan: Plan, publish: Publish, role: str) -> str:
    for approval in plan.graph.approvals_of[publish.of]:
        is_one = not role or (role in approval.approvers and approval.keys_needed >= len(approval.approvers))
        is_before = approval.id in plan.graph.ancestors(publish.id)
        if not is_one and role in approval.approvers and is_before:
            return f"write quorum: all in approval {quoted(approval.id)}, so that the key of {quoted(role)} is necessary"
        if is_one and approval.id not in plan.graph.ancestors(publish.id):
            return f"write needs: [{approval.id}] in step {quoted(publish.id)}"
    whose = f"the key of {quoted(role)}" if role else "one key"
    return f"add an approval of {quoted(publish.of)} with {whose}, quorum all, and name it under needs of {quoted(publish.id)}"


def _promised(checked: Checked, verification: Verification, places: Mapping[str, int]) -> Iterator[Finding]:
    for step in checked.playbook.steps:
        if "can_skip" not in step.model_fields_set or not step.can_skip:
            continue
        path: Path = ("steps", places[step.id], "can_skip")
        if isinstance(step, Decision | Statement | Approval | Publish) or not can_be_skipped(step):
            what = f"a {step.kind}" if step.sets is None else "a step with sets"
            yield Finding("FB408", f"{what} cannot be skipped by hand: {quoted(step.id)}", path, at="key", help="leave can_skip out")
        elif step.id in verification.unskippable:
            message = f"{quoted(step.id)} cannot be skipped by hand: policy {verification.unskippable[step.id]}"
            yield Finding("FB408", message, path, at="key", help="write can_skip: false")
