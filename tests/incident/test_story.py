"""Every event has a sentence: the change first, names instead of ids, and nothing that not everybody may read."""

import types
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Union, get_args, get_origin

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.incident import events as e
from engine.incident.actor import TIMER, Actor
from engine.incident.personal import Personal
from engine.incident.plan import Plan, World
from engine.incident.state import AddedTask, EvidenceItem, Incident, Key, PlaybookRef, RoleState, StepState, Version
from engine.incident.story import QUIET, STORIES, is_notable, sentence
from engine.language.organisation import Organisation
from engine.language.playbook import Playbook

NOON = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)  # 12:00 in Vancouver
ANA = Actor(person="ana", via="slack", own=True)
ALL = get_args(e.AnyEvent)

ORGANISATION = Organisation.model_validate(
    {
        "firebreak_organisation": 1,
        "name": "Example",
        "timezone": "America/Vancouver",
        "people": {"ana": {"name": "Ana Ruiz"}, "ivy": {"name": "Ivy Chen"}, "ben": {"name": "Ben Okafor"}},
    }
)
PLAYBOOK = Playbook.model_validate(
    {
        "firebreak": 1,
        "id": "leak",
        "title": "A leak",
        "version": "1.0.0",
        "owner": "incident_lead",
        "inputs": {"people": {"type": "people", "label": "Who is shown"}, "urls": {"type": "url_list"}},
        "roles": {"incident_lead": {"title": "Incident lead"}, "legal": {"title": "Legal"}, "hr": {"title": "HR partner"}},
        "severity": {"levels": {"sev2": {"title": "Spreading", "means": "x"}, "sev1": {"title": "Crisis", "means": "y"}}},
        "milestones": {"staff_first": {"title": "Staff told by us", "reached_by": ["welfare"], "within": "30m"}},
        "metrics": {"views": {"title": "Views", "type": "number"}},
        "templates": {"line": {"text": "We know."}},
        "steps": [
            {"id": "capture", "kind": "evidence", "title": "Save every copy", "role": "incident_lead", "collect": ["video_file"]},
            {"id": "welfare", "kind": "task", "title": "Speak to everyone", "role": "hr", "private": True, "checklist": [{"item": "Hurt"}]},
            {
                "id": "speak",
                "kind": "decision",
                "title": "Do we post?",
                "role": "incident_lead",
                "options": {"post": {"label": "Post it", "then": []}},
            },
            {"id": "draft", "kind": "statement", "title": "Holding line", "role": "hr", "audience": "public", "template": "line"},
            {
                "id": "ok_draft",
                "kind": "approval",
                "title": "Legal agrees",
                "of": "draft",
                "approvers": ["legal"],
                "on_reject": {"rework": "draft"},
            },
            {"id": "post", "kind": "publish", "title": "Post it", "of": "draft", "role": "hr", "channels": ["newsroom"]},
        ],
    }
)
WORLD = World(Plan.of(PLAYBOOK, "d" * 64), ORGANISATION, {})
INCIDENT = Incident(
    id="1",
    key="INC-1",
    playbook=PlaybookRef("leak", "1.0.0", "d" * 64),
    title="A leak",
    severity="sev2",
    declared_at=NOON,
    declared_by="ana",
    steps={
        **{name: StepState() for name in WORLD.plan.steps},
        "draft": StepState(state="done", versions=(Version(2, "abc", {"en": "We know."}, "ana", NOON),)),
    },
    added={"call": AddedTask(Personal("Call Fred Hollis"), "hr")},
    roles={"legal": RoleState(people=("ivy",)), "hr": RoleState(people=("ben",)), "incident_lead": RoleState(people=("ana",))},
)


def told(event: e.AnyEvent, by: Actor = ANA, at: datetime = NOON) -> str:
    return sentence(WORLD, INCIDENT, e.Entry(at, by, event))


def late(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (
            e.KeyTurned("ok_draft", Key("legal", "ivy", "approve", "abc", NOON)),
            "Approved: legal (Ivy Chen) agreed version 2 of “Holding line”",
        ),
        (
            e.KeyTurned("ok_draft", Key("legal", "ivy", "reject", "abc", NOON, comment="say we are sorry")),
            "Rejected: legal (Ivy Chen) sent back version 2 of “Holding line”: say we are sorry",
        ),
        (
            e.Escalated("capture", 0, ("incident_lead",), ("ana",), "slack", late(-30)),
            "Late: “Save every copy” was due 11:30; told Ana Ruiz (incident lead)",
        ),
        (
            e.Escalated("capture", 1, ("hr",), ("ben",), "phone", late(-30)),
            "Late: “Save every copy” was due 11:30; told Ben Okafor (HR partner), to be reached by phone",
        ),
        (e.StepReadied("welfare", due_at=late(30)), "Ready: “Speak to everyone”, for HR partner (Ben Okafor), due 12:30"),
        (e.StepReadied("ok_draft", due_at=late(60 * 24)), "Ready: “Legal agrees”, for legal (Ivy Chen), due Tue 24 Nov 12:00"),
        (e.StepReopened("speak", "severity raised to sev1"), "Reopened: “Do we post?” is to be done: severity raised to sev1"),
        (e.StepReopened("draft", "sent back by the approval"), "Reopened: “Holding line” is to be done again: sent back by the approval"),
        (e.StepCompleted("capture", link="https://x.example/1"), "Done: Ana Ruiz completed “Save every copy”: https://x.example/1"),
        (e.DecisionAnswered("speak", "post"), "Decided: Ana Ruiz answered “Do we post?” with “Post it”"),
        (e.DecisionAnswered("speak", "post", by_default=True), "Decided by time: nobody answered “Do we post?”, so “Post it” counts"),
        (e.SeverityRaised("sev1", "sev2", "press call"), "Raised: Ana Ruiz raised severity from sev2 to sev1 (Crisis): press call"),
        (
            e.ChannelConfirmed("post", "newsroom", "https://n.example/1", "abc", differs=True),
            "Published: version 2 of “Holding line” stands in newsroom (https://n.example/1); the words posted differ from those approved",
        ),
        (e.RoleHeld("legal", ("ivy",), ack_by=late(10)), "Assigned: Ivy Chen is legal, to acknowledge by 12:10"),
        (e.MilestoneMissed("staff_first", ("ana",)), "Missed: “Staff told by us” was not reached; told Ana Ruiz"),
        (e.MetricsRecorded({"views": 1200}), "Measured: Ana Ruiz recorded Views: 1200"),
    ],
)
def test_a_sentence_says_the_change_first(event: e.AnyEvent, said: str) -> None:
    assert told(event) == said


@pytest.mark.parametrize("event", ALL, ids=lambda event: event.__name__)
def test_every_event_has_a_sentence(event: type) -> None:
    assert event in STORIES


def test_only_events_are_quiet() -> None:
    assert set(ALL) >= QUIET


SECRET = "Fred Hollis"


@pytest.mark.parametrize(
    "event",
    [
        e.StepCompleted("welfare", result=SECRET, note=SECRET, link=SECRET),
        e.StepSkipped("welfare", "hand", SECRET),
        e.StepBlocked("welfare", "failed", SECRET),
        e.StepCommented("welfare", SECRET),
        e.StepDeclined("welfare", "ben", SECRET),
        e.ItemTicked("welfare", SECRET),
        e.EvidenceAdded("welfare", EvidenceItem(SECRET, "0" * 64, SECRET, NOON)),
        e.MessageSent("welfare", ("war_room",), SECRET),
        e.StepReopened("welfare", SECRET),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_stands_in_a_private_step_is_not_told(event: e.AnyEvent) -> None:
    assert SECRET not in told(event)
    assert "“Speak to everyone”" in told(event)


@pytest.mark.parametrize(
    "event",
    [
        e.InputFilled("people", [Personal(SECRET, SECRET)]),
        e.InputFilled("people", SECRET),
        e.InputAdded("people", [Personal(SECRET, SECRET)], (Personal(SECRET, SECRET),)),
        e.NearMatchNoticed("people", Personal(SECRET, SECRET), "ben"),
        e.Noted(Personal(SECRET)),
        e.StepSkipped("capture", "hand", Personal(SECRET)),
        e.TaskAdded("call", Personal(SECRET), "hr"),
        e.StepReadied("call"),
        e.HoldPlaced(Personal(SECRET)),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_is_personal_is_not_told(event: e.AnyEvent) -> None:
    assert SECRET not in told(event)


def test_a_near_match_does_not_name_the_colleague() -> None:
    assert "Okafor" not in told(e.NearMatchNoticed("people", Personal("Ben Okafo"), "ben"))


def test_what_was_erased_says_so() -> None:
    assert told(e.Noted(Personal("[erased 2026-11-23: request]", erased=True))) == "Note: Ana Ruiz added: [erased]"


def test_a_service_that_acts_for_somebody_is_named() -> None:
    assert told(e.StepCompleted("capture"), Actor(person="ana", service="token:bot")).startswith(
        "Done: Ana Ruiz (through token:bot) completed"
    )


def test_what_time_did_has_no_author() -> None:
    assert told(e.StepCompleted("capture"), TIMER) == "Done: “Save every copy”"


def test_a_sentence_is_one_line() -> None:
    assert told(e.Noted("one\ntwo\r\n  three")) == "Note: Ana Ruiz added: one two three"


def test_another_year_is_named() -> None:
    assert told(e.StepReadied("capture", due_at=late(60 * 24 * 120))).endswith("due Tue 23 Mar 2027 13:00")


def test_the_room_hears_of_a_hand_skip_and_not_of_a_branch() -> None:
    assert is_notable(e.StepSkipped("capture", "hand", "no"))
    assert not is_notable(e.StepSkipped("capture", "branch", "the other answer"))


def test_the_room_hears_who_took_over_and_not_who_was_found_at_the_start() -> None:
    assert is_notable(e.RoleHeld("legal", ("ivy",), "fallback"))
    assert not is_notable(e.RoleHeld("legal", ("ivy",)))


KNOWN = st.sampled_from([*WORLD.plan.steps, "call", "gone", "legal", "people", "staff_first", "ana", "abc", ""])
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))


def strategy(kind: Any) -> st.SearchStrategy[Any]:
    """Build values of a field's type, so that a new event is covered without a change here."""
    origin = get_origin(kind)
    if kind in (str, datetime, int, bool, float, type(None)):
        return {str: KNOWN, datetime: MOMENTS}[kind] if kind in (str, datetime) else st.from_type(kind)
    if origin in (Union, types.UnionType):
        return st.one_of([strategy(each) for each in get_args(kind)])
    if origin is Literal:
        return st.sampled_from(get_args(kind))
    if origin is tuple:
        return st.lists(strategy(get_args(kind)[0]), max_size=3).map(tuple)
    if origin is list:
        return st.lists(strategy(get_args(kind)[0]), max_size=3)
    if origin is dict:
        return st.dictionaries(*(strategy(each) for each in get_args(kind)), max_size=3)
    return structs(kind)


def structs(kind: Any) -> st.SearchStrategy[Any]:
    return st.builds(kind, **{field.name: strategy(field.type) for field in msgspec.structs.fields(kind)})


@given(st.one_of([structs(kind) for kind in ALL]), st.sampled_from([ANA, TIMER, Actor(service="token:bot")]))
def test_any_event_gives_one_line_of_words(event: e.AnyEvent, by: Actor) -> None:
    said = told(event, by)

    assert said
    assert "\n" not in said
    assert not said.endswith(".") or said.endswith("…")
    assert is_notable(event) in (True, False)
