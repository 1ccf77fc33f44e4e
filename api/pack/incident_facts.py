"""What the pack says of one open incident, as its reader may see it: how it stands, what is open, what was decided, which words stand.

Words are here only once they are approved and as long as they are, or where the playbook asks for no approval: nobody should say
out of a pack what nobody agreed to. A draft is named, without its words.
"""

from datetime import datetime
from typing import Any, Final

from api.pack.people_facts import contact
from engine.authoring.paper.book import AUDIENCES
from engine.incident.actor import Actor
from engine.incident.describe import incident_facts, step_facts, step_ids
from engine.incident.describe_values import MASK
from engine.incident.labels import KINDS, STATUSES
from engine.incident.people import person_name
from engine.incident.plan import World
from engine.incident.state import Incident, StepState
from engine.language.organisation import Organisation
from engine.language.playbook import Statement
from engine.runtime.outcome import Seen

Facts = dict[str, Any]

_LAST: Final = "9"
"""Stands after every instant."""


def pack_facts(seen: Seen, reader: Actor, now: datetime) -> Facts:
    """Gather everything that the pack shows of an incident."""
    world, incident = seen.world, seen.incident
    facts = incident_facts(world, incident, viewer=reader, now=now)
    steps = [step_facts(world, incident, name, viewer=reader, now=now) for name in step_ids(world, incident)]
    known = {step["id"]: step for step in steps}
    work = [_work(world, step, known) for step in steps]
    return {
        **facts,
        "status_word": STATUSES.get(incident.status, incident.status),
        "digest": world.plan.digest,
        "playbook_title": world.plan.playbook.title,
        "people": [_role(world.organisation, role) for role in facts["roles"].values()],
        "held": _hold(world.organisation, facts["hold"]),
        "asked": _asked(world, facts["inputs"]),
        "open": sorted((each for each in work if each["state"] in ("ready", "doing")), key=lambda each: each["due_at"] or _LAST),
        "ahead": [each for each in work if each["state"] in ("waiting", "blocked")],
        "settled": [each for each in work if each["state"] in ("done", "skipped")],
        "decided": [_decided(world.organisation, step) for step in steps if step["kind"] == "decision" and step.get("answer")],
        "words": [_words(world, incident, step, known) for step in steps if step["kind"] == "statement" and _is_written(step)],
    }


def _role(organisation: Organisation, role: Facts) -> Facts:
    return {
        "title": role["title"],
        "people": [contact(organisation, person) for person in role["people"]],
        "acknowledged": role["acknowledged_at"] is not None,
        "holds_key": role["holds_key"],
    }


def _hold(organisation: Organisation, hold: Facts | None) -> Facts | None:
    return {**hold, "by": person_name(organisation, hold["by"])} if hold else None


def _asked(world: World, inputs: Facts) -> list[tuple[str, str]]:
    """Give what was asked at the start and since, with its answers."""
    known = world.plan.playbook.inputs
    return [(known[name].label or name.replace("_", " "), _spoken(value)) for name, value in inputs.items() if name in known]


def _work(world: World, step: Facts, known: dict[str, Facts]) -> Facts:
    """Describe a step as somebody has to work on it by phone and on paper."""
    organisation = world.organisation
    owners = [step["assignee"]] if step["assignee"] else step["people"]
    approvers = step.get("approvers") or []
    keys = [_missing(organisation, each, step) for each in approvers]
    return {
        "title": step["title"],
        "kind": KINDS.get(step["kind"], step["kind"]),
        "state": step["state"],
        "role": step["role_title"] or ", ".join(_role_title(world, each["role"]) for each in approvers) or None,
        "owners": [contact(organisation, each) for each in owners],
        "keys": [key for key in keys if key is not None],
        "due_at": step["due_at"],
        "late": step["late"],
        "masked": step["masked"],
        "do": step["do"],
        "checklist": step["checklist"],
        "options": [each["label"] for each in step.get("options") or []],
        "links": step["links"],
        "waits_for": [known[name]["title"] for name in step["waiting_for"] if name in known],
        "why": step["block_cause"] if step["state"] == "blocked" else None,
        "settled_at": step["settled_at"],
        "done_by": person_name(organisation, step["done_by"]) if step["done_by"] else None,
    }


def _missing(organisation: Organisation, approver: Facts, step: Facts) -> Facts | None:
    """Name who has yet to agree, of an approval."""
    if any(key["role"] == approver["role"] for key in _standing_keys(step)):
        return None
    return {"role": approver["role"], "people": [contact(organisation, person) for person in approver["people"]]}


def _decided(organisation: Organisation, step: Facts) -> Facts:
    labels = {each["option"]: each["label"] for each in step["options"]}
    return {
        "title": step["title"],
        "answer": labels.get(step["answer"], step["answer"]),
        "by": person_name(organisation, step["done_by"]) if step["done_by"] else "Firebreak, by the playbook",
        "at": step["settled_at"],
        "note": step["note"],
        "void": step["void"],
    }


def _words(world: World, incident: Incident, step: Facts, known: dict[str, Facts]) -> Facts:
    """Describe a statement: its words where they are approved, or that there is a draft."""
    approvals = [known[each.id] for each in world.plan.graph.approvals_of.get(step["id"], ()) if each.id in known]
    publishes = [known[each.id] for each in world.plan.graph.publishes_of.get(step["id"], ()) if each.id in known]
    is_asked = [each for each in approvals if each["state"] != "skipped"]
    is_approved = bool(is_asked) and all(_stands(each, step) for each in is_asked)
    is_free = not approvals and incident.steps.get(step["id"], StepState()).state == "done"
    statement = world.plan.steps[step["id"]]
    assert isinstance(statement, Statement)
    is_shown = is_approved or is_free
    texts = (step["texts"] or {}) if is_shown else {}
    return {
        "title": step["title"],
        "audience": AUDIENCES[statement.audience],
        "standing": "approved" if is_approved else "free" if is_free else "draft",
        "version": step["version"],
        "author": person_name(world.organisation, step["author"]) if step["author"] else None,
        "texts": texts,
        "masked": is_shown and (step["masked"] or not texts or MASK in texts.values()),
        "keys": [_key(world, key) for each in is_asked for key in _standing_keys(each) if is_approved],
        "said": [said for each in publishes if each["state"] != "skipped" for said in _said(each)],
    }


def _is_written(statement: Facts) -> bool:
    """Whether there are words, as far as the reader may know, and the run still wants them."""
    return statement["state"] != "skipped" and not statement["void"] and (statement["version"] is not None or statement["masked"])


def _stands(approval: Facts, statement: Facts) -> bool:
    """Whether an approval is given, on the very words that stand there now."""
    return approval["state"] == "done" and not approval["void"] and approval["content_hash"] == statement["content_hash"]


def _standing_keys(approval: Facts) -> list[Facts]:
    """Give the keys that hold: turned for, and on the very version that stands there now."""
    keys = approval["approvals"] or []
    return [key for key in keys if key["decision"] == "approve" and key["version"] == approval["content_hash"]]


def _key(world: World, key: Facts) -> Facts:
    return {"role": _role_title(world, key["role"]), "name": person_name(world.organisation, key["person"]), "at": key["at"]}


def _role_title(world: World, role: str) -> str:
    known = world.plan.playbook.roles.get(role)
    return known.title if known else role


def _said(publish: Facts) -> list[Facts]:
    """Say for each channel of a publication whether the words stand there."""
    receipts = {each["channel"]: each for each in publish["receipts"] or []}
    return [
        {
            "channel": each["channel"],
            "where": each["where"],
            "at": receipts[each["channel"]]["at"] if each["channel"] in receipts else None,
            "link": receipts[each["channel"]]["link"] if each["channel"] in receipts else None,
        }
        for each in publish["channels"] or []
    ]


def _spoken(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
