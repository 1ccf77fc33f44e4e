"""FB430: nobody denies or plays down what they could have prevented (Coombs, Situational Crisis Communication Theory).

A playbook says that responsibility is preventable by one of these, and by nothing else:

- the tag `preventable`, on the playbook or on the statement;
- the answer without which the statement can't run: an option named `preventable`, or whose name or label
  speaks of it (`our_fault`, "It was preventable", "We are responsible");
- a guard of the statement that asks for it: `inputs.responsibility == 'preventable'`.
"""

import re
from collections.abc import Iterator
from typing import Final

from engine.language.checked import Checked
from engine.language.diagnostic import Finding
from engine.language.expression import parse
from engine.language.expression_errors import ExpressionError
from engine.language.expression_nodes import BoolOp, Compare, Literal, Name, Node
from engine.language.playbook import Decision, Statement
from engine.language.rules.cycles import waiting_for_themselves
from engine.language.rules.unreachable import Courses
from engine.language.suggest import quoted

_BACKFIRING: Final = ("deny", "diminish")
_OURS: Final = re.compile(
    r"(?<!not )\bpreventable\b|(?<!not )\bour (?:own )?(?:fault|doing|mistake)\b|\bwe (?:are|were) (?:responsible|to blame)\b",
    re.IGNORECASE,
)


def postures_fit_responsibility(checked: Checked) -> Iterator[Finding]:
    """Find statements that deny or diminish although the playbook says that it was preventable."""
    statements = [
        (index, step) for index, step in enumerate(checked.playbook.steps) if isinstance(step, Statement) and step.posture in _BACKFIRING
    ]
    if not statements:
        return
    courses = None if waiting_for_themselves(checked.graph) else Courses(checked)
    for index, step in statements:
        reason = _tagged(checked, step) or _asked_for(step) or (_answered(checked, courses, step) if courses else None)
        if reason is not None:
            message = f"posture {quoted(step.posture)} while responsibility is 'preventable': research says it backfires (SCCT)"
            advice = "say what happened and what you do about it; write posture: rebuild"
            yield Finding("FB430", message, ("steps", index, "posture"), notes=(reason,), help=advice)


def _tagged(checked: Checked, step: Statement) -> str | None:
    if "preventable" in step.tags:
        return f"step {quoted(step.id)} has the tag 'preventable'"
    return "the playbook has the tag 'preventable'" if "preventable" in checked.playbook.tags else None


def _answered(checked: Checked, courses: Courses, step: Statement) -> str | None:
    """Find a decision that leads here only with answers that speak of it."""
    for name, options in courses.taken(step.id).items():
        decision = checked.graph.steps[name]
        if isinstance(decision, Decision) and options and all(_is_ours(decision, option) for option in options):
            return f"{quoted(step.id)} runs only with {name}={' or '.join(sorted(options))}"
    return None


def _is_ours(decision: Decision, option: str) -> bool:
    entry = decision.options.get(option)
    texts = (option.replace("_", " "), entry.label if entry else "")
    return any(_OURS.search(text) for text in texts)


def _asked_for(step: Statement) -> str | None:
    try:
        todo: list[Node] = [parse(step.when).root] if step.when else []
    except ExpressionError:  # a finding of its own
        return None
    while todo:
        node = todo.pop()
        if isinstance(node, BoolOp) and node.operator == "and":
            todo.extend(node.operands)
        elif isinstance(node, Compare) and node.operator == "==" and _is_preventable(node.left, node.right):
            return f"its guard asks for {step.when}"
    return None


def _is_preventable(left: Node, right: Node) -> bool:
    sides = (left, right)
    return any(isinstance(side, Name) for side in sides) and any(
        isinstance(side, Literal) and side.value == "preventable" for side in sides
    )
