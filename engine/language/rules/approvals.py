"""FB406, FB407, FB409: an approval can be given, by others than the author, and sent back to where it makes sense."""

from collections.abc import Iterator

from engine.language.checked import Checked
from engine.language.diagnostic import Finding, Path
from engine.language.graph import Graph
from engine.language.playbook import Approval
from engine.language.suggest import quoted


def authors_do_not_approve(checked: Checked) -> Iterator[Finding]:
    """Find roles that hold a key for what they write themselves."""
    for index, approval in _approvals(checked):
        subject = checked.graph.steps.get(approval.of)
        if subject is not None and subject.role in approval.approvers:
            assert subject.role is not None
            message = f"{quoted(subject.role)} both writes and approves {quoted(approval.of)}"
            path: Path = ("steps", index, "approvers", approval.approvers.index(subject.role))
            yield Finding("FB406", message, path, help="author and approver are different people, always")


def quorums_can_be_met(checked: Checked) -> Iterator[Finding]:
    """Find approvals that name a role twice, or ask for more keys than there are approvers."""
    for index, approval in _approvals(checked):
        for position, role in enumerate(approval.approvers):
            if role in approval.approvers[:position]:
                message = f"approval {quoted(approval.id)}: {quoted(role)} stands twice among the approvers"
                yield Finding("FB407", message, ("steps", index, "approvers", position))
        if approval.keys_needed > len(approval.approvers):
            count = len(approval.approvers)
            message = f"approval {quoted(approval.id)}: quorum {approval.quorum} of {count} approver{'s' * (count > 1)}"
            advice = f"write all, any, or a number up to {count}"
            yield Finding("FB407", message, ("steps", index, "quorum"), help=advice)


def rework_comes_before(checked: Checked) -> Iterator[Finding]:
    """Find rework that does not come before its approval, or whose result others use without waiting for it."""
    graph = checked.graph
    for index, approval in _approvals(checked):
        rework = approval.on_reject.rework
        if rework not in graph.steps:
            continue
        path: Path = ("steps", index, "on_reject", "rework")
        if rework not in graph.ancestors(approval.id):
            message = f"approval {quoted(approval.id)}: rework goes to {quoted(rework)}, which is not before this approval"
            yield Finding("FB409", message, path)
            continue
        hasty = _hasty(approval, graph)
        if hasty is not None:
            reader, redone = hasty
            message = (
                f"approval {quoted(approval.id)}: a rejection re-opens {quoted(redone)}, but {quoted(reader)} goes on without this approval"
            )
            yield Finding("FB409", message, path, help=f"write needs: [{approval.id}] in step {quoted(reader)}")


def _hasty(approval: Approval, graph: Graph) -> tuple[str, str] | None:
    """Find a step that depends on what a rejection re-opens and does not wait for the approval; and on what.

    Other approvals of the same subject are no fault: a new version voids them.
    """
    reopened = {approval.on_reject.rework} | graph.between(approval.on_reject.rework, approval.id)
    for redone in (name for name in graph.steps if name in reopened):
        for name in graph.children[redone]:
            other = graph.steps[name]
            beside = isinstance(other, Approval) and other.of == approval.of
            if name != approval.id and name not in reopened and approval.id not in graph.ancestors(name) and not beside:
                return name, redone
    return None


def _approvals(checked: Checked) -> Iterator[tuple[int, Approval]]:
    for index, step in enumerate(checked.playbook.steps):
        if isinstance(step, Approval):
            yield index, step
