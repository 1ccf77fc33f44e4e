"""The words of a story: which verbs there are, what stands under each, and which fields may stand beside it.

A `Shape` names what a value must be; `engine.analysis.stories.shapes` checks it. The tables here are the
whole grammar: a verb is added by a line in `ACTIONS` or `CLAIMS` and its meaning in `performing` or `claims`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from engine.incident.refusal import RefusalCode
from engine.incident.state import Status

Shape = Literal[
    "text",
    "anything",
    "reason",
    "duration",
    "moment",
    "mode",
    "until",
    "step",
    "steps",
    "by_hand",
    "statement",
    "approval",
    "publish",
    "evidence",
    "delivered",
    "children",
    "answers",
    "everything",
    "metrics",
    "input_names",
    "inputs",
    "additions",
    "level",
    "status",
    "milestones",
    "person",
    "who",
    "role",
    "roles",
    "named",
    "refusal",
    "policy",
]

KINDS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "by_hand": ("task", "wait", "ticket", "http"),
    "statement": ("statement",),
    "approval": ("approval",),
    "publish": ("publish",),
    "evidence": ("evidence",),
    "delivered": ("publish", "ticket", "http", "playbook"),
}
"""The kinds of step that a shape allows."""

VERB_FOR: Final[Mapping[str, str]] = {
    "task": "complete",
    "decision": "answer",
    "statement": "submit",
    "approval": "approve",
    "publish": "confirm",
    "evidence": "evidence",
    "ticket": "complete",
    "http": "complete",
    "wait": "complete",
    "monitor": "record",
    "playbook": "child",
}
"""The verb that settles a step of a kind: advice for who has chosen another one."""

REFUSALS: Final[tuple[str, ...]] = get_args(RefusalCode)
STATUSES: Final[tuple[str, ...]] = get_args(Status)


@dataclass(frozen=True, slots=True)
class Verb:
    """What stands under a verb, which fields may stand beside it, and which of those must."""

    what: Shape
    fields: Mapping[str, Shape] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    can_be_refused: bool = True


_WHO: Final[dict[str, Shape]] = {"by": "person"}
_EACH: Final[dict[str, Shape]] = {"by": "who"}
_WHY: Final[dict[str, Shape]] = {**_WHO, "reason": "text"}

ACTIONS: Final[Mapping[str, Verb]] = {
    "complete": Verb("by_hand", {**_WHO, "result": "anything", "link": "text"}),
    "answer": Verb("answers", {**_WHO, "note": "text"}),
    "submit": Verb("statement", {**_WHO, "text": "text"}),
    "approve": Verb("approval", _EACH),
    "reject": Verb("approval", {**_EACH, "comment": "text"}, ("comment",)),
    "withdraw": Verb("approval", {**_EACH, "reason": "text"}),
    "confirm": Verb("publish", {**_WHO, "channel": "text", "text": "text"}),
    "evidence": Verb("evidence", {**_WHO, "source": "text"}),
    "record": Verb("metrics", {**_WHO, "step": "step"}),
    "skip": Verb("step", _WHY),
    "start": Verb("step", _WHO),
    "decline": Verb("step", _WHY),
    "fill": Verb("inputs", _WHO),
    "add": Verb("additions", _WHO),
    "raise": Verb("level", _WHY),
    "lower": Verb("level", _WHY),
    "hold": Verb("reason", _WHO),
    "release": Verb("reason", _WHO),
    "contain": Verb("reason", _WHO),
    "close": Verb("reason", _WHO),
    "reopen": Verb("reason", _WHO),
    "cancel": Verb("reason", _WHO),
    "child": Verb("children"),
    "fail": Verb("delivered", {"error": "text"}),
    "acknowledge": Verb("role", _WHO),
    "name": Verb("named", _WHO),
    "everything": Verb("everything", {"until": "until", "record": "metrics"}, can_be_refused=False),
}
"""What people do, and what happens to machines, by verb."""

WHEN_REFUSED: Final[Mapping[str, Shape]] = {"refused": "refusal", "policy": "policy"}
OF_EVERY_ACTION: Final[Mapping[str, Shape]] = {"at": "duration", **WHEN_REFUSED}

_BECAUSE: Final[dict[str, Shape]] = {"because": "text"}

CLAIMS: Final[Mapping[str, Verb]] = {
    "waiting": Verb("steps"),
    "ready": Verb("steps"),
    "doing": Verb("steps"),
    "open": Verb("steps"),
    "done": Verb("steps"),
    "skipped": Verb("steps", _BECAUSE),
    "blocked": Verb("steps", _BECAUSE),
    "answered": Verb("answers"),
    "escalated": Verb("step", {"to": "person"}),
    "late": Verb("steps"),
    "reached": Verb("milestones"),
    "missed": Verb("milestones"),
    "severity": Verb("level"),
    "status": Verb("status"),
    "told": Verb("person", {"about": "step"}),
    "held": Verb("role", {"by": "person"}, ("by",)),
}
"""What must be true, by verb."""

OF_EVERY_CLAIM: Final[Mapping[str, Shape]] = {"at": "duration"}

OF_A_STORY: Final[Mapping[str, Shape]] = {
    "story": "text",
    "inputs": "inputs",
    "unknown": "input_names",
    "severity": "level",
    "mode": "mode",
    "start": "moment",
    "by": "person",
    "silent": "roles",
    "does": "anything",
    "then": "anything",
}
