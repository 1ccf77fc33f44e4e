"""What the page of a step shows: the facts of its message, all of them, for who may read them.

Rules:
- In clear only for who takes part and may read the step and what it is about; everybody else sees it as a shared room does.
- Keys are offered only on words (or work) that stand on the page whole, as the rules would take them now.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from api.room.changes import changes
from api.room.form_posts import WORDS
from api.room.sessions import Visitor
from engine.channels.blocks_changes import unseen
from engine.incident.actor import Actor
from engine.incident.allowed import allowed
from engine.incident.card_facts import outline
from engine.incident.cards import task_card
from engine.incident.describe import step_ids
from engine.incident.draft import Draft
from engine.incident.personal import plain_text
from engine.incident.state import OPEN
from engine.incident.steps.statement import ONLY, template_texts
from engine.incident.visibility import may_read, takes_part
from engine.language.playbook import Approval, Publish, Statement
from engine.runtime.outcome import Seen
from engine.runtime.projection import people_of

Facts = dict[str, Any]

_EMPTY: Final[Facts] = {
    "person": None,
    "done_by": None,
    "settled_at": None,
    "reason": None,
    "texts": {},
    "work": {},
    "version": None,
    "digest": None,
    "masked": False,
    "previous": None,
    "metrics": [],
    "next_at": None,
    "ends_at": None,
    "reference": None,
    "sent_back": [],
}
"""What not every step has, or not for everybody."""
_FIELDS: Final = {"reject": "comment", "withdraw": "reason"}
_KEYS: Final = ("approve", "reject", "withdraw")
_VERBS: Final[Mapping[str, str]] = {"approve": "Given", "reject": "Rejected"}


def step_facts(seen: Seen, step: str, actor: Actor) -> Facts:
    """Gather a step's facts as this reader may see them; an unknown step raises KeyError."""
    return task_card(seen.world, seen.incident, step, shared=not _reads(seen, step, actor))


def page_facts(seen: Seen, step: str, visitor: Visitor, *, now: datetime) -> Facts:
    """Gather everything that the page of a step shows; an unknown step raises KeyError."""
    facts = _EMPTY | step_facts(seen, step, visitor.actor)
    texts, may = facts["texts"], _may(seen, step, visitor, facts)
    drafts = _drafts(seen, step, visitor.actor, now) if "submit" in may else {}
    return {
        "facts": facts,
        "title": facts["title"] or step,
        "changes": changes(facts["previous"], texts),
        "unseen": unseen(texts),
        "keys": list(_keys(facts)) if facts["kind"] == "approval" and "approvers" in facts else [],
        "mine": [key for key in facts.get("keys", []) if key["person"] == visitor.actor.person],
        "may": may,
        "drafts": drafts,
        "fields": [_FIELDS[name] for name in may if name in _FIELDS] + [f"{WORDS}{language}" for language in drafts],
        "reads_only": not visitor.may_write,
    }


def own_steps(seen: Seen, actor: Actor) -> list[Facts]:
    """Gather the open steps that wait for this reader, what is due first coming first."""
    found = []
    for name, state in seen.incident.steps.items():
        step = seen.world.step(seen.incident, name)
        if step is not None and state.state in OPEN and actor.person in people_of(seen.incident, step, state):
            found.append(step_facts(seen, name, actor))
    return sorted(found, key=lambda facts: facts["due_at"] or "9")


def all_steps(seen: Seen) -> list[Facts]:
    """Give every step of the run as everybody may know it, in the playbook's order."""
    world, incident = seen.world, seen.incident
    named = ((world.step(incident, name), incident.steps[name]) for name in step_ids(world, incident))
    return [outline(world, incident, step, state, shared=True) for step, state in named if step is not None]


def _reads(seen: Seen, step: str, actor: Actor) -> bool:
    found = seen.world.step(seen.incident, step)
    about = [found.of] if isinstance(found, Approval | Publish) else []
    reads = (may_read(seen.world, seen.incident, each, actor) for each in (step, *about))
    return takes_part(seen.world, seen.incident, actor) and all(reads)


def _is_whole(facts: Facts) -> bool:
    """Whether what a key binds to stands on the page."""
    return not facts["masked"] and bool(facts["texts"] or facts["work"]) and bool(facts["digest"])


def _may(seen: Seen, step: str, visitor: Visitor, facts: Facts) -> tuple[str, ...]:
    """Which forms the page has: keys where what they bind to is shown whole, words for who reads what stands there now."""
    if not visitor.may_write:
        return ()
    shown = (*(_KEYS if _is_whole(facts) else ()), *(("submit",) if _reads(seen, step, visitor.actor) else ()))
    return tuple(name for name in allowed(seen.world, seen.incident, step, visitor.actor) if name in shown)


def _drafts(seen: Seen, step: str, actor: Actor, now: datetime) -> dict[str, str]:
    """The words to go on from: those that stand there, else what the template proposes."""
    found, state = seen.world.step(seen.incident, step), seen.incident.steps[step]
    assert isinstance(found, Statement)
    texts = state.versions[-1].texts if state.versions else template_texts(Draft(seen.world, seen.incident, actor=actor, now=now), found)
    return {language: plain_text(texts.get(language, "")) for language in found.languages or [ONLY]}


def _keys(facts: Facts) -> Iterator[Facts]:
    """Say of each key whether it is given, refused or missing; one turned on other words is missing, and was turned before."""
    standing = {key["role"]: key for key in facts["keys"] if key.get("stands", True)}
    earlier = {key["role"]: key for key in facts["keys"] if not key.get("stands", True)}
    for approver in facts["approvers"]:
        key = standing.get(approver["role"])
        yield {
            "title": approver["role_title"] or approver["role"],
            "person": key["person"] if key else approver["person"],
            "decides": approver["decides"],
            "standing": _VERBS[key["decision"]] if key else "Missing",
            "key": key,
            "earlier": earlier.get(approver["role"]) if key is None else None,
        }
