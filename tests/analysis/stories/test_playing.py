"""Playing stories: order, time, machines, people who are silent, and claims at their instants."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.analysis.stories.playing import Told
from engine.analysis.stories.stage import Stage, begin, person
from engine.analysis.stories.story import Story
from engine.incident import commands as c
from engine.incident.actor import TIMER
from engine.incident.decide import decide
from engine.incident.events import Entry, Escalated, RoleAcknowledged, StepCompleted
from engine.incident.evolve import evolve
from engine.incident.plan import World
from engine.incident.refusal import Refusal
from engine.incident.timers import next_alarm
from tests.analysis.stories.given import CASES, messages, staged, tell, told, world_of


def minute(story: Told, kind: type[StepCompleted | Escalated], step: str) -> list[str]:
    """When something happened to a step, as stories count."""
    stage = staged(story)
    return [stage.since_declared(entry.at) for entry in stage.entries if isinstance(entry.event, kind) and entry.event.step == step]


def test_actions_are_played_in_the_order_of_their_minutes() -> None:
    story = tell("{at: 12m, answer: {answer: yes}}, {at: 10m, complete: listen}, {at: 11m, answer: {answer: no}, refused: note_required}")

    assert messages(story) == []
    assert minute(story, StepCompleted, "listen") == ["10m"]


def test_actions_of_one_minute_keep_the_order_of_the_file() -> None:
    assert messages(tell("{at: 10m, complete: listen}, {at: 10m, answer: {answer: yes}}")) == []
    assert messages(tell("{at: 10m, answer: {answer: yes}, refused: not_ready}, {at: 10m, complete: listen}")) == []


def test_an_action_without_an_instant_comes_when_the_one_before_it_is_over() -> None:
    story = tell(
        "{at: 5m, everything: true, until: 2h}, {submit: draft, refused: already_settled}, {start: watch}", "{at: 2h, doing: watch}"
    )

    assert messages(story) == []
    assert story.lasted == timedelta(hours=2)


def test_the_clock_counts_business_days_as_the_playbook_does() -> None:
    story = tell("{at: 2bd, complete: listen}", more="  start: 2026-11-27T12:00\n")  # a Friday, in Vancouver

    assert f"{staged(story).now.astimezone(ZoneInfo('America/Vancouver')):%A %H:%M}" == "Tuesday 12:00"


def test_ladders_and_answers_by_default_come_at_their_minute() -> None:
    story = tell("{at: 20m, complete: listen}", "{at: 2h, answered: {answer: no}}")

    assert messages(story) == []
    assert minute(story, Escalated, "listen") == ["15m"]
    assert staged(story).since_declared(staged(story).incident.steps["answer"].settled_at or staged(story).now) == "50m"


def test_a_claim_is_looked_at_at_its_instant_even_while_everybody_works() -> None:
    story = tell(
        "{at: 5m, everything: {answer: no}, until: complete}", "{at: 1h, doing: watch}, {at: 1d, status: closed}, {status: complete}"
    )

    assert messages(story) == []


def test_a_claim_about_a_minute_sees_all_that_happens_in_it() -> None:
    assert messages(tell("{at: 10m, complete: listen}", "{at: 10m, done: listen}, {at: 9m, ready: listen}")) == []


def test_a_story_waits_for_its_last_claim() -> None:
    story = tell("", "{at: 3h, escalated: listen, to: lead}")

    assert messages(story) == []
    assert story.lasted == timedelta(hours=3)


def test_a_story_ends_at_the_first_action_that_does_not_go_as_told() -> None:
    story = tell("{at: 10m, confirm: send}, {at: 20m, complete: listen}", "{done: send}")

    assert len(story.failures) == 1
    assert staged(story).incident.steps["listen"].state == "ready"


def test_who_is_given_a_role_acknowledges_at_once() -> None:
    stage = staged(tell())

    assert {entry.event.role for entry in stage.entries if isinstance(entry.event, RoleAcknowledged)} == {"lead", "press"}


def test_a_role_that_is_silent_goes_to_the_next_in_line() -> None:
    does = "{at: 1m, complete: listen}, {at: 2m, answer: {answer: yes}}, {at: 3m, submit: draft}"
    story = tell(does, "{at: 12m, held: legal, by: ben}, {at: 20m, held: legal, by: cho}", more="  silent: [legal]\n")

    assert messages(story) == []


def test_an_acknowledgement_keeps_a_silent_role() -> None:
    does = "{at: 1m, complete: listen}, {at: 2m, answer: {answer: yes}}, {at: 3m, submit: draft}, {at: 4m, acknowledge: legal}"
    story = tell(does, "{at: 1h, held: legal, by: ben}", more="  silent: [legal]\n")

    assert messages(story) == []


def test_what_machines_do_succeeds_unless_the_story_lets_it_fail() -> None:
    does = "{at: 1m, complete: listen}"

    assert messages(tell(does, "{done: order}")) == []
    assert messages(tell(f"{does}, {{at: 2m, fail: order, error: no such project}}", "{doing: order}, {told: lead, about: order}")) == []


def test_the_person_who_declares_can_be_named() -> None:
    assert staged(tell(more="  by: cho\n")).incident.declared_by == "cho"
    assert staged(tell()).incident.declared_by == "ana"


def test_a_recused_person_gets_no_key() -> None:
    story = told("""
- story: counsel is in the video
  inputs: {site: Plant 4, people: [ben]}
  does:
    - {at: 1m, complete: listen}
    - {at: 2m, answer: {answer: yes}}
    - {at: 3m, submit: draft}
    - {at: 4m, approve: agree, by: ben, refused: not_you}
  then:
    - {held: legal, by: cho}
""")

    assert messages(story) == []


CALL = (CASES / "call.yaml").read_text("utf-8")
TIMED = CALL.replace("when: inputs.hurt}", "when: inputs.hurt}, {to: sev1, when: elapsed('declared') > duration('7h')}")


def looked_at_every_look(world: World, until: timedelta) -> tuple[Entry, ...]:
    """Play time as the runtime does: every look is looked at."""
    stage = begun(world)
    incident, now, entries = stage.incident, stage.now, list(stage.entries)
    end = now + until
    while (alarm := next_alarm(world, incident, now)) is not None and alarm <= end:
        now = max(now, alarm)
        decided = decide(world, incident, c.Tick(), actor=TIMER, now=now)
        assert not isinstance(decided, Refusal)
        for entry in decided:
            incident = evolve(incident, entry)
        entries += decided
    return tuple(entries)


def begun(world: World) -> Stage:
    """An incident in which everything waits that time can end: a monitor, an answer by default, a rule that raises."""
    stage = begin(world, Story((0,), "a call", inputs={"site": "Plant 4"}))
    assert isinstance(stage, Stage)
    stage.forward(stage.now + timedelta(minutes=7))
    stage.give(c.SkipStep("listen", "they rang off"), person("dee"))
    stage.give(c.RecordMetrics({"views": 3}, step="watch"), person("dee"))
    return stage


@pytest.mark.parametrize("playbook", [TIMED, CALL], ids=["with a timed rule", "as it is"])
def test_passing_over_looks_brings_about_what_looking_would(playbook: str) -> None:
    world = world_of(playbook)
    stage = begun(world)
    stage.forward(stage.now + timedelta(days=4))

    assert tuple(stage.entries) == looked_at_every_look(world, timedelta(days=4))
    assert stage.incident.steps["watch"].state == "done"
    assert ("7h" in playbook) == (stage.incident.severity == "sev1")
