"""Who may hold a role: rotations, groups, fallbacks, skills, absence, and names that people type."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.incident.people import Match, asks, candidates, identify, on_call, on_call_until, person_name, recused
from engine.language.organisation import Oncall, Organisation
from engine.language.playbook import Playbook

VANCOUVER = "America/Vancouver"
NOW = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)  # Monday noon in Vancouver


def organisation() -> Organisation:
    return Organisation.model_validate(
        {
            "firebreak_organisation": 1,
            "name": "Example Manufacturing",
            "timezone": VANCOUVER,
            "people": {
                "ana": {"name": "Ana Ruiz", "email": "ana@example.com", "slack": "U0ANA", "skills": ["statement_writing"]},
                "ben": {"name": "Ben Okafor", "email": "ben@example.com", "slack": "U0BEN"},
                "cai": {"name": "Cai Lin", "email": "cai@example.com", "absent": ["2026-11-23"], "timezone": "Asia/Shanghai"},
                "dee": {"name": "Deirdre Walsh", "absent": ["2026-11-20..2026-11-23"]},
                "jo1": {"name": "Jo Smith"},
                "jo2": {"name": "Jo Smith"},
            },
            "groups": {"leads": ["dee", "ben", "ana", "gone"]},
            "oncall": {"comms": {"rotation": ["ana", "ben"], "starts": "2026-01-05T09:00", "every": "7d"}},
        }
    )


def playbook(roles: Mapping[str, Mapping[str, object]]) -> Playbook:
    return Playbook.model_validate(
        {
            "firebreak": 1,
            "id": "small",
            "title": "Small",
            "version": "1.0.0",
            "owner": "lead",
            "roles": {name: {"title": name, **role} for name, role in roles.items()},
            "steps": [{"id": "look", "kind": "task", "title": "Look"}],
        }
    )


def found(now: datetime = NOW, **roles: Mapping[str, object]) -> tuple[str, ...]:
    return candidates(organisation(), playbook(roles), "lead", now)


def test_a_group_gives_everyone_present_in_order() -> None:
    assert found(lead={"assign": "group:leads"}) == ("ben", "ana")


def test_an_absence_ends_with_its_last_day() -> None:
    assert found(NOW + timedelta(days=1), lead={"assign": "group:leads"}) == ("dee", "ben", "ana")


def test_absence_is_read_on_the_persons_own_calendar_date() -> None:
    in_shanghai_already_tuesday = NOW

    assert found(in_shanghai_already_tuesday, lead={"assign": "person:cai"}) == ("cai",)
    assert found(in_shanghai_already_tuesday - timedelta(hours=5), lead={"assign": "person:cai"}) == ()


def test_people_without_a_skill_are_left_out() -> None:
    assert found(lead={"assign": "group:leads", "skills": ["statement_writing"]}) == ("ana",)


def test_on_call_gives_one_person_and_then_the_fallback() -> None:
    roles: dict[str, dict[str, object]] = {
        "lead": {"assign": "oncall:comms", "fallback": ["second"]},
        "second": {"assign": "email:duty@counsel.example", "skills": ["law"]},
    }

    assert candidates(organisation(), playbook(roles), "lead", NOW) == ("ana", "duty@counsel.example")


def test_fallbacks_are_walked_depth_first_each_role_and_person_once() -> None:
    roles: dict[str, dict[str, object]] = {
        "lead": {"assign": "ask", "fallback": ["second", "third"]},
        "second": {"assign": "person:ben", "fallback": ["fourth", "lead"]},
        "third": {"assign": "person:ben"},
        "fourth": {"assign": "person:jo1", "fallback": ["nobody_knows"]},
    }

    assert candidates(organisation(), playbook(roles), "lead", NOW) == ("ben", "jo1")


def test_an_address_of_a_known_person_is_that_person() -> None:
    assert found(lead={"assign": "email:Ben@Example.com"}) == ("ben",)


@pytest.mark.parametrize("assign", ["ask", "oncall:none", "group:none", "person:none"])
def test_an_unknown_source_yields_nobody(assign: str) -> None:
    assert found(lead={"assign": assign}) == ()


def test_an_unknown_role_yields_nobody_and_asks_nobody() -> None:
    assert candidates(organisation(), playbook({}), "lead", NOW) == ()
    assert not asks(playbook({}), "lead")


def test_a_role_asks_when_its_chain_ends_in_ask() -> None:
    chain = playbook({"lead": {"assign": "person:ben", "fallback": ["second"]}, "second": {}, "third": {"assign": "person:ben"}})

    assert asks(chain, "lead")
    assert not asks(chain, "third")


def rotation(every: str, starts: str = "2026-01-05T09:00") -> Oncall:
    return Oncall.model_validate({"rotation": ["ana", "ben", "cai"], "starts": starts, "every": every})


def local(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(VANCOUVER), fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-01-05T09:00", "ana"),
        ("2026-01-12T08:59", "ana"),
        ("2026-01-12T09:00", "ben"),
        ("2026-03-09T08:59", "cai"),  # the clocks went forward the day before
        ("2026-03-09T09:00", "ana"),
        ("2026-11-02T08:59", "ana"),  # the clocks went back the day before
        ("2026-11-02T09:00", "ben"),
        ("2026-01-05T08:59", "cai"),  # before it starts it is read backwards
    ],
)
def test_a_weekly_rotation_hands_over_at_the_same_wall_clock_all_year(at: str, expected: str) -> None:
    assert on_call(rotation("7d"), local(at), VANCOUVER) == expected


def test_a_hand_over_in_the_repeated_hour_happens_once() -> None:
    daily = rotation("1d", starts="2026-10-31T01:30")

    before, after, second_pass = local("2026-11-01T01:29"), local("2026-11-01T01:30"), local("2026-11-01T01:10", fold=1)

    assert [on_call(daily, at, VANCOUVER) for at in (before, after, second_pass)] == ["ana", "ben", "ben"]


def test_a_rotation_by_hours_counts_elapsed_time() -> None:
    assert on_call(rotation("12h", "2026-03-07T20:00"), local("2026-03-08T08:30"), VANCOUVER) == "ana"
    assert on_call(rotation("12h", "2026-03-07T20:00"), local("2026-03-08T09:00"), VANCOUVER) == "ben"


def test_a_start_with_an_offset_is_read_in_the_organisations_zone() -> None:
    assert on_call(rotation("7d", "2026-01-05T17:00Z"), local("2026-01-12T09:00"), VANCOUVER) == "ben"


def test_a_turn_of_no_length_is_never_handed_over() -> None:
    assert on_call(rotation("0d"), NOW, VANCOUVER) == "ana"


@given(
    at=st.datetimes(datetime(2026, 1, 6), datetime(2036, 1, 1), timezones=st.just(UTC)),
    every=st.sampled_from(["1d", "7d", "2w", "12h", "90m"]),
    starts=st.sampled_from(["2026-01-05T09:00", "2026-01-05T01:30", "2026-01-05T02:30"]),
)
def test_a_rotation_never_goes_back_to_the_one_before(at: datetime, every: str, starts: str) -> None:
    order = ["ana", "ben", "cai"]
    now, soon = (on_call(rotation(every, starts), moment, VANCOUVER) for moment in (at, at + timedelta(minutes=20)))

    assert (order.index(soon) - order.index(now)) % 3 in (0, 1)


@given(
    at=st.datetimes(datetime(2026, 1, 6), datetime(2036, 1, 1), timezones=st.just(UTC)),
    every=st.sampled_from(["1d", "7d", "2w", "12h", "90m"]),
    starts=st.sampled_from(["2026-01-05T09:00", "2026-01-05T01:30", "2026-01-05T02:30"]),
)
def test_whoever_is_on_call_is_so_until_they_hand_over_and_then_the_next_one_is(at: datetime, every: str, starts: str) -> None:
    order, rota = ["ana", "ben", "cai"], rotation(every, starts)
    until = on_call_until(rota, at, VANCOUVER)
    assert until is not None
    now, last, then = (on_call(rota, moment, VANCOUVER) for moment in (at, until - timedelta(microseconds=1), until))

    assert until > at
    assert (last, order.index(then)) == (now, (order.index(now) + 1) % 3)


def test_who_is_alone_in_a_rotation_never_hands_over() -> None:
    alone = Oncall.model_validate({"rotation": ["ana"], "starts": "2026-01-05T09:00", "every": "7d"})

    assert (on_call_until(alone, NOW, VANCOUVER), on_call_until(rotation("0d"), NOW, VANCOUVER)) == (None, None)


@pytest.mark.parametrize("text", ["ana", "ANA@example.com", "u0ana", "U0ANA", "ana  RUIZ "])
def test_an_id_e_mail_slack_id_or_name_identifies_with_certainty(text: str) -> None:
    assert identify(organisation(), text) == Match(person="ana", certain=True)


@pytest.mark.parametrize(("text", "person"), [("Ana Ruis", "ana"), ("A. Ruiz", "ana"), ("Deidre Walsh", "dee"), ("D Walsh", "dee")])
def test_a_near_name_is_found_without_certainty(text: str, person: str) -> None:
    assert identify(organisation(), text) == Match(person=person, certain=False)


def test_a_name_shared_by_two_people_is_not_certain() -> None:
    assert identify(organisation(), "jo smith") == Match(person="jo1", certain=False)


@pytest.mark.parametrize("text", ["", "  ", "fred", "Walsh", "Bo", "duty@counsel.example"])
def test_a_stranger_is_nobody(text: str) -> None:
    assert identify(organisation(), text) is None


@given(st.text())
def test_any_text_can_be_asked_for(text: str) -> None:
    match = identify(organisation(), text)

    assert match is None or match.person in organisation().people


def test_only_certain_people_are_recused() -> None:
    assert recused(organisation(), ["Ben Okafor", "A. Ruiz", "fred"]) == frozenset({"ben"})


def test_somebody_outside_is_called_by_their_address() -> None:
    assert person_name(organisation(), "ana") == "Ana Ruiz"
    assert person_name(organisation(), "duty@counsel.example") == "duty@counsel.example"
