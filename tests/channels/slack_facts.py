"""Facts of a card and of task messages, as `engine.incident.cards` gathers them."""

from typing import Any

AT = "2026-03-02T09:00:00Z"
DUE = "2026-03-02T09:30:00Z"
PEOPLE = {
    "ana": {"name": "Ana Ruiz", "slack": "U0ANA", "email": "ana@example.com"},
    "ben": {"name": "Ben Okafor", "slack": None, "email": "ben@example.com"},
}


STEP = {
    "step": "freeze",
    "kind": "task",
    "title": "Pause scheduled posts",
    "state": "ready",
    "role": "social",
    "role_title": "Social media manager",
    "due_at": DUE,
    "private": False,
    "person": "ana",
}
LEAD = {"role": "incident_lead", "title": "Incident lead", "person": "ana", "people": ["ana"], "acknowledged": True, "unfilled": False}
MILESTONES = [
    {"milestone": "people_safe", "title": "Everyone contacted", "due_at": DUE, "reached_at": AT, "state": "reached"},
    {"milestone": "staff_first", "title": "Staff told by us", "due_at": DUE, "reached_at": None, "state": "missed"},
    {"milestone": "holding_line", "title": "Holding line in use", "due_at": DUE, "reached_at": None, "state": "open"},
    {"milestone": "fixed", "title": "Fixed", "due_at": None, "reached_at": None, "state": "not_applicable"},
]


def card(**more: Any) -> dict[str, Any]:
    return {
        "key": "INC-7",
        "title": "Argument at Plant 4",
        "playbook": "Filmed workplace argument goes viral",
        "status": "active",
        "mode": "live",
        "rehearsal": False,
        "severity": "sev2",
        "severity_title": "Spreading",
        "lead": "ana",
        "roles": [LEAD, {**LEAD, "role": "legal", "title": "Counsel", "person": None, "people": [], "unfilled": True}],
        "declared_at": AT,
        "contained_at": None,
        "closed_at": None,
        "milestones": MILESTONES,
        "now": [STEP, {**STEP, "step": "welfare", "title": "Speak to everyone", "private": True, "person": None, "due_at": None}],
        "next_check_at": None,
        "counts": {"waiting": 20, "ready": 4, "doing": 1, "done": 3, "skipped": 0, "blocked": 0},
        "hold": None,
        "merged_into": None,
        "version": 31,
        "people": PEOPLE,
        **more,
    }


def task(kind: str = "task", **more: Any) -> dict[str, Any]:
    return {
        "key": "INC-7",
        "playbook": "Filmed workplace argument goes viral",
        "step": "freeze",
        "kind": kind,
        "title": "Pause scheduled posts",
        "state": "ready",
        "role": "social",
        "role_title": "Social media manager",
        "due_at": DUE,
        "private": False,
        "privileged": False,
        "by_people": True,
        "rehearsal": False,
        "people": PEOPLE,
        "person": "ana",
        "started_at": None,
        "settled_at": None,
        "done_by": None,
        "reason": None,
        "do": "",
        "links": [],
        "checklist": [],
        "can_skip": True,
        "over": False,
        **_OF_KIND[kind],
        **more,
    }


def private_task(**more: Any) -> dict[str, Any]:
    shown = (
        "key",
        "playbook",
        "step",
        "kind",
        "title",
        "state",
        "role",
        "role_title",
        "due_at",
        "privileged",
        "by_people",
        "rehearsal",
    )
    facts = task(step="welfare", title="Speak to everyone")
    return {name: facts[name] for name in shown} | {"private": True, "people": {}} | more


WORDS = {
    "texts": {"en": "We know about a video & <more>."},
    "masked": False,
    "version": 2,
    "digest": "d" * 64,
    "author": "ana",
    "submitted_at": AT,
}
KEY = {
    "role": "legal",
    "role_title": "Counsel",
    "person": "ben",
    "decision": "reject",
    "version": 1,
    "stands": False,
    "at": AT,
    "comment": "too soon",
}
WORK = {
    "done_by": "ana",
    "ticked": ["Both sides heard"],
    "result": "No fault found",
    "answer": None,
    "note": None,
    "reference": None,
    "items": [],
    "receipts": {},
    "saved": {},
}
_OF_KIND: dict[str, dict[str, Any]] = {
    "task": {"result": None, "written": None, "fills": None, "metrics": []},
    "decision": {
        "options": [
            {"id": "ours", "label": "Yes, real and us", "note_required": False},
            {"id": "not_us", "label": "It is not us", "note_required": True},
        ],
        "answer": None,
        "note": None,
        "if_no_answer": "not_us",
        "again": True,
    },
    "statement": {"audience": "public", "languages": [], "max_words": 60, "again": True, "sent_back": [KEY], **WORDS},
    "approval": {
        "of": "draft",
        "of_title": "Holding line",
        "audience": "public",
        **WORDS,
        "approvers": [
            {"role": "legal", "role_title": "Counsel", "person": "ben", "decides": False},
            {"role": "comms", "role_title": "Head of communications", "person": None, "decides": False},
        ],
        "keys_needed": 2,
        "keys": [KEY],
        "rejections": 1,
        "can_withdraw": False,
        "work": {},
        "previous": {"version": 1, "texts": {"en": "We know about a film & <more>."}},
    },
    "publish": {
        "of": "draft",
        "of_title": "Holding line",
        "audience": "public",
        **WORDS,
        "work": {},
        "channels": ["newsroom", "brand_x"],
        "places": {"brand_x": "x.com/@example"},
        "confirm": "manual",
        "receipts": [{"channel": "brand_x", "link": "https://x.example/1", "by": "ana", "at": AT, "differs": True}],
    },
    "evidence": {
        "sources": ["https://video.example/1", "https://video.example/2"],
        "collect": ["video_file", "view_count"],
        "items": [{"source": "https://video.example/1", "sha256": "a" * 64, "strength": "reported", "by": "ana", "at": AT}],
        "again": True,
    },
    "monitor": {
        "metrics": [
            {"metric": "views", "title": "Views", "type": "number", "unit": None, "value": 12_000, "at": AT},
            {"metric": "calm", "title": "Calm", "type": "yes_no", "unit": None, "value": None, "at": None},
        ],
        "checks": 2,
        "next_at": DUE,
        "ends_at": None,
    },
    "wait": {"ends_at": DUE},
    "message": {"reference": None},
    "ticket": {"reference": "https://tickets.example/1"},
    "http": {"reference": None},
    "playbook": {"reference": "INC-8"},
}


def role(**more: Any) -> dict[str, Any]:
    return {
        "key": "INC-7",
        "title": "Argument at Plant 4",
        "playbook": "Filmed workplace argument goes viral",
        "rehearsal": False,
        "severity": "sev2",
        "severity_title": "Spreading",
        "role": "legal",
        "role_title": "Counsel",
        "cause": "assigned",
        "note": None,
        "awaits": True,
        "ack_by": DUE,
        "lead": "ana",
        "people": PEOPLE,
        **more,
    }
