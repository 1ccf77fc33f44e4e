"""What a playbook promises about time: "cannot" is never said of what a diligent team does, and is said with its chain."""

from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from engine.analysis.feasibility import Feasibility, Promise, feasibility
from engine.analysis.timing.dues import promises_can_be_kept
from engine.analysis.timing.earliest import Earliest
from engine.analysis.timing.overload import roles_have_time
from engine.incident.scope import is_done
from engine.language.checked import Checked
from engine.language.duration import Duration
from engine.language.load import load_playbook
from engine.language.organisation import Calendar, Organisation
from engine.language.playbook import Milestone
from tests.analysis.diligence import answers_of, checked_of, diligent_run, invented, minutes_until, with_playbook, without_guards
from tests.language.given import decision, playbook_with, task
from tests.language.reading import reader

SHARED = Path(__file__).parents[3] / "shared" / "data" / "playbooks"
SEEDS = st.integers(0, 10**6)
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)


def times(count: int) -> settings:
    return settings(
        max_examples=count, deadline=None, phases=PHASES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
    )


def checked(*steps: dict[str, Any], **fields: Any) -> Checked:
    organisation = fields.pop("organisation", None)
    return Checked(playbook_with(steps, **fields), organisation)


def milestone(*steps: str, within: str = "30m", **fields: Any) -> dict[str, Any]:
    return {"title": "Reached", "reached_by": list(steps), "within": within, **fields}


def promise(found: Feasibility, name: str) -> Promise:
    return next(promise for promise in found.promises if promise.name == name)


def messages_of(code: str, sample: Checked) -> list[str]:
    return [finding.message for finding in promises_can_be_kept(sample) if finding.code == code]


def minutes(sample: Checked, step: str, since: str | None = None) -> float | None:
    moment = Earliest(sample).done(step, since)
    return None if moment is None else moment.at / 60


def shared(name: str) -> Checked:
    path = SHARED / name
    if not path.exists():
        pytest.skip("the shared data is not beside this checkout")
    loaded = load_playbook(path.read_bytes(), file=path.name, read=reader(path.parent))
    assert loaded.playbook is not None
    return Checked(loaded.playbook, None, loaded.files)


def test_a_milestone_that_cannot_be_met_names_the_chain_of_steps() -> None:
    messages = messages_of("FB310", shared("broken/deadline_infeasible.yaml"))

    assert messages == [
        "milestone staff_first (45m) cannot be met: facts 50m → real 5m → draft_internal 5m → ok_internal 5m = 65m",
        "milestone holding_line (60m) cannot be met: facts 50m → real 5m → draft_holding 5m → ok_holding 10m = 70m",
    ]


def test_the_same_playbook_with_a_shorter_chain_is_feasible() -> None:
    sample = shared("filmed_workplace_argument.yaml")

    assert [*promises_can_be_kept(sample), *roles_have_time(sample)] == []


def test_acknowledging_is_told_beside_and_breaks_no_promise() -> None:
    sample = checked(task("facts", takes="25m"), milestones={"known": milestone("facts")})
    known = promise(feasibility(sample), "known")

    assert (known.slack, known.slack_with_ack, known.can_be_kept) == (5, -5, True)
    assert messages_of("FB310", sample) == []


def test_the_fastest_of_several_ways_to_a_milestone_counts() -> None:
    slow, quick = task("slow", takes="2h"), task("quick", takes="20m")
    found = promise(feasibility(checked(slow, quick, milestones={"any": milestone("slow", "quick")})), "any")

    assert (found.earliest, found.chain) == (20, (("quick", 20.0),))


def test_a_need_on_another_branch_costs_nothing() -> None:
    choice = decision("real", {"yes": ["long"], "no": ["short"]}, takes="5m")
    steps = (choice, task("long", takes="60m"), task("short", takes="10m"), task("total", "long", "short"))

    assert minutes(checked(*steps), "total") == 15


def test_a_need_that_every_answer_opens_is_waited_for() -> None:
    choice = decision("real", {"yes": ["long", "short"], "no": ["long"]}, takes="5m")
    steps = (choice, task("long", takes="60m"), task("short", takes="10m"), task("total", "long", "short"))

    assert minutes(checked(*steps), "total") == 65


def test_two_branches_that_exclude_each_other_are_not_added_up() -> None:
    first = decision("one", {"aa": ["left"], "bb": ["right"]})
    steps = (first, task("left", takes="50m"), task("right", takes="20m"), task("also", "left", takes="5m"), task("total", "also", "right"))

    assert minutes(checked(*steps), "total") == 20


def test_a_branch_that_both_answers_make_slow_is_slow_although_either_need_may_be_skipped() -> None:
    first = decision("one", {"aa": ["left"], "bb": ["right"]}, takes="5m")
    steps = (first, task("left", takes="30m"), task("right", takes="40m"), task("base", takes="1m"), task("total", "left", "right", "base"))

    assert minutes(checked(*steps), "total") == 35


def test_what_a_guard_may_skip_is_waited_for_until_its_guard_is_read() -> None:
    steps = (task("begin", takes="10m"), task("ill", "begin", takes="60m", when="inputs.hurt"), task("rest", "begin", "ill", takes="5m"))

    assert minutes(checked(*steps, inputs={"hurt": {"type": "yes_no", "default": False}}), "rest") == 15


def test_an_answer_by_itself_is_no_sooner_than_people_may_answer() -> None:
    easy = {**decision("easy", {"yes": [], "no": []}, takes="20m", due="5m"), "if_no_answer": "no"}

    assert minutes(checked(easy), "easy") == 20


def test_an_answer_by_itself_after_a_short_grace_is() -> None:
    easy = {**decision("easy", {"yes": [], "no": []}, takes="20m", due="5m", grace="5m"), "if_no_answer": "no"}

    assert minutes(checked(easy), "easy") == 5


def test_a_wait_lasts_and_a_message_takes_no_time() -> None:
    pause = {"id": "pause", "wait": "Sleep on it", "for": "2h"}
    tell = {"id": "tell", "message": "Tell", "to": ["war_room"], "text": "It began", "takes": "10m", "needs": ["pause"]}

    assert minutes(checked(pause, tell), "tell") == 120


def test_a_limit_from_a_step_counts_only_what_comes_after_it() -> None:
    steps = (task("facts", takes="50m"), task("other", takes="90m"), task("words", "facts", "other", takes="10m"))
    found = feasibility(checked(*steps, milestones={"said": milestone("words", within="5m", **{"from": "facts"})}))

    assert (promise(found, "said").earliest, promise(found, "said").chain) == (10, (("words", 10.0),))


def test_nothing_is_certain_about_a_limit_from_a_step_that_need_not_come_before() -> None:
    found = feasibility(checked(task("facts"), task("words", takes="60m"), milestones={"said": milestone("words", **{"from": "facts"})}))

    assert (promise(found, "said").earliest, promise(found, "said").can_be_kept) == (None, True)


@pytest.mark.parametrize(("limit", "can_be_kept"), [("1bd", True), ("2d", False), ("95h", False)])
def test_business_days_are_given_the_longest_that_a_calendar_could_make_them(limit: str, can_be_kept: bool) -> None:
    organisation = Organisation(firebreak_organisation=1, name="Example", calendars={"office": Calendar(holidays=[date(2026, 12, 25)])})
    sample = checked(task("inquiry", takes="4d"), milestones={"known": milestone("inquiry", within=limit)}, organisation=organisation)

    assert promise(feasibility(sample), "known").can_be_kept is can_be_kept


def test_working_days_of_effort_are_given_the_shortest_that_they_could_be() -> None:
    assert minutes(checked(task("inquiry", takes="1bd")), "inquiry") == 0


def test_everybody_of_an_approval_must_be_at_hand_but_anyone_where_any_key_will_do() -> None:
    roles = {"lead": {"title": "Lead", "ack": "5m"}, "slow": {"title": "Slow", "ack": "30m"}}
    words = {"id": "words", "statement": "Say it", "role": "lead", "audience": "employees", "template": "line"}
    both = {"id": "both", "approval": "All", "of": "words", "approvers": ["lead", "slow"], "on_reject": {"rework": "words"}}
    any_key = {**both, "id": "any_key", "quorum": "any"}
    sample = checked(words, both, any_key, roles=roles, templates={"line": {"text": "We know."}})
    patient = Earliest(sample, ack=True)

    ends = {name: patient.done(name) for name in ("both", "any_key")}

    assert {name: end.at / 60 for name, end in ends.items() if end} == {"both": 35, "any_key": 5}


def test_a_late_deadline_is_told_once_where_one_shorter_step_would_mend_them_all() -> None:
    steps = (task("facts", takes="50m", due="20m from declared"), task("real", "facts", takes="5m", due="25m from declared"))

    messages = messages_of("FB311", checked(*steps))

    assert messages == ["'facts' is due 20m from declared, but takes longer: facts 50m"]


def test_work_of_branches_that_exclude_each_other_overloads_nobody() -> None:
    work = {"takes": "30m", "due": "45m from declared"}
    apart = (decision("real", {"yes": ["one"], "no": ["two"]}), task("one", **work), task("two", **work))
    together = (decision("real", {"yes": ["one", "two"], "no": []}), *apart[1:])

    assert [len(list(roles_have_time(checked(*steps)))) for steps in (apart, together)] == [0, 1]


@times(40)
@given(SEEDS)
def test_no_diligent_run_is_faster_than_what_is_called_possible(seed: int) -> None:
    dice = Random(seed)
    world = invented(dice)
    assume(world is not None)
    assert world is not None
    earliest = Earliest(checked_of(world))

    run = diligent_run(world, dice.choice(answers_of(world)), hurt=dice.random() < 0.5)
    done = [name for name in world.plan.graph.steps if is_done(run.step(name))]

    for name in done:
        possible = earliest.done(name)
        assert possible is not None
        assert minutes_until(run, name) * 60 >= possible.at, name
        for before in world.plan.graph.ancestors(name) & set(done):
            since = earliest.done(name, before)
            assert since is None or (minutes_until(run, name) - minutes_until(run, before)) * 60 >= since.at, (before, name)


@times(40)
@given(SEEDS)
def test_a_milestone_that_a_diligent_run_reaches_in_time_is_never_called_infeasible(seed: int) -> None:
    dice = Random(seed)
    world = invented(dice)
    assume(world is not None)
    assert world is not None
    run = diligent_run(world, dice.choice(answers_of(world)))
    reached = {name: minutes_until(run, name) for name in world.plan.graph.steps if is_done(run.step(name))}

    milestones = {
        f"until_{name}": Milestone(title="Reached", reached_by=[name], within=Duration(round(minutes * 60), "s"))
        for name, minutes in reached.items()
    }
    sample = checked_of(with_playbook(world, world.plan.playbook.model_copy(update={"milestones": milestones})))

    assert messages_of("FB310", sample) == []


@times(20)
@given(SEEDS)
def test_without_guards_the_fastest_of_all_diligent_runs_is_exactly_as_fast_as_possible(seed: int) -> None:
    dice = Random(seed)
    world = invented(dice)
    assume(world is not None)
    assert world is not None
    world = without_guards(world)
    names = [step.id for step in world.plan.playbook.steps]
    runs = [diligent_run(world, answers) for answers in answers_of(world)]
    fastest = {name: min((minutes_until(run, name) for run in runs if is_done(run.step(name))), default=None) for name in names}

    earliest = Earliest(checked_of(world))
    possible = {name: moment.at / 60 for name in names if (moment := earliest.done(name)) is not None}

    assert {name: possible[name] for name, minutes in fastest.items() if minutes is not None} == {
        name: minutes for name, minutes in fastest.items() if minutes is not None
    }


def test_a_playbook_that_is_too_large_to_try_everything_still_gets_a_true_bound() -> None:
    choices = [decision(f"ask_{number}", {"aa": [f"left_{number}"], "bb": [f"right_{number}"]}) for number in range(60)]
    work = [task(f"{side}_{number}", takes=takes) for number in range(60) for side, takes in (("left", "20m"), ("right", "30m"))]
    ends = [task(f"end_{number}", *(step["id"] for step in work[: 2 * number + 2])) for number in range(60)]
    earliest = Earliest(checked(*choices, *work, *ends))

    moments = [earliest.done(f"end_{number}") for number in range(60)]

    assert {moment.at <= 30 * 60 and moment.comes for moment in moments if moment is not None} == {True}
