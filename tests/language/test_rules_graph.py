"""FB201, FB202 and FB203 against every course that small playbooks can take: what they call certain is certain."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.language.checked import Checked
from engine.language.graph import Graph
from engine.language.playbook import Decision, Playbook, Step
from engine.language.rules.cycles import steps_do_not_wait_for_each_other
from engine.language.rules.redundant import needs_change_something
from engine.language.rules.unreachable import steps_can_run
from tests.language.given import decision, playbook_with, task


@dataclass(frozen=True)
class Course:
    """How people behave in one run: what they answer, skip by hand, and fail at."""

    answers: Mapping[str, str]
    skips: frozenset[str]
    fails: frozenset[str]


def outcome(graph: Graph, course: Course) -> dict[str, str]:
    """Settle every step as the language's semantics say: done, skipped, blocked, or skipped by hand.

    Steps wait only for steps that stand before them here, so that one pass is enough.
    """
    states: dict[str, str] = {}
    for name, step in graph.steps.items():
        states[name] = _settled(step, graph, states, course)
    return states


def _settled(step: Step, graph: Graph, states: Mapping[str, str], course: Course) -> str:
    for asked in graph.listed_by[step.id]:
        chosen = graph.steps[asked]
        assert isinstance(chosen, Decision)
        if states[asked] != "done" or step.id not in chosen.options[course.answers[asked]].then:
            return "skipped"
    before = [states[parent] for parent in graph.parents[step.id]]
    if "blocked" in before and not step.even_if_blocked:
        return "blocked"
    if before and all(state == "skipped" for state in before):
        return "skipped"
    if step.when is not None and not _guard(step.when, states, course):
        return "skipped"
    if step.id in course.fails:
        return "blocked"
    return "by hand" if step.id in course.skips and step.can_skip and not isinstance(step, Decision) else "done"


def _guard(when: str, states: Mapping[str, str], course: Course) -> bool:
    asked, option = when.removeprefix("chosen('").removesuffix("')").split("', '")
    return states[asked] == "done" and course.answers[asked] == option


def courses(playbook: Playbook) -> Iterator[Course]:
    """Every way to answer, with nobody or one person skipping or failing."""
    decisions = [step for step in playbook.steps if isinstance(step, Decision)]
    names = [step.id for step in playbook.steps]
    for answers in product(*(step.options for step in decisions)):
        chosen = dict(zip((step.id for step in decisions), answers, strict=True))
        yield Course(chosen, frozenset(), frozenset())
        for name in names:
            yield Course(chosen, frozenset({name}), frozenset())
            yield Course(chosen, frozenset(), frozenset({name}))
            yield Course(chosen, frozenset(names) - {name}, frozenset())


DONE: Final = ("done", "by hand")
NAMES: Final = ("s0", "s1", "s2", "s3", "s4", "s5", "s6")


@st.composite
def playbooks(draw: st.DrawFn) -> Playbook:
    """Acyclic playbooks of seven steps: tasks and decisions, with needs, branches, guards and steps that can't be skipped."""
    kinds = draw(st.lists(st.booleans(), min_size=7, max_size=7))
    steps: list[dict[str, Any]] = []
    for at, name in enumerate(NAMES):
        needs: list[str] = draw(st.lists(st.sampled_from(NAMES[:at]), max_size=3, unique=True)) if at else []
        fields: dict[str, Any] = {}
        if draw(st.integers(0, 5)) == 0:
            fields["even_if_blocked"] = True
        asked = [before for before in NAMES[:at] if kinds[NAMES.index(before)] and before in needs]
        is_guarded: bool = draw(st.booleans())
        if asked and is_guarded:
            fields["when"] = f"chosen('{draw(st.sampled_from(asked))}', '{draw(st.sampled_from(('aa', 'bb')))}')"
        if kinds[at]:
            later = NAMES[at + 1 :]
            then = [draw(st.lists(st.sampled_from(later), max_size=2, unique=True)) if later else [] for _ in range(2)]
            steps.append(decision(name, {"aa": then[0], "bb": then[1]}, *needs, **fields))
        else:
            steps.append(task(name, *needs, can_skip=draw(st.booleans()), **fields))
    return playbook_with(steps)


def without(playbook: Playbook, step: int, need: int) -> Playbook:
    changed = playbook.steps[step]
    left = [name for at, name in enumerate(changed.needs) if at != need]
    steps = [changed.model_copy(update={"needs": left}) if at == step else other for at, other in enumerate(playbook.steps)]
    return playbook.model_copy(update={"steps": steps})


@settings(max_examples=150, deadline=None)
@given(playbooks())
def test_a_step_that_is_said_to_never_run_is_done_in_no_course(playbook: Playbook) -> None:
    accused = {finding.message.split("'")[1] for finding in steps_can_run(Checked(playbook))}
    outcomes = [outcome(Graph.of(playbook), course) for course in courses(playbook)] if accused else []

    assert not {(name, states[name]) for states in outcomes for name in accused} & {(name, state) for name in NAMES for state in DONE}


@settings(max_examples=150, deadline=None)
@given(playbooks())
def test_a_need_that_is_said_to_change_nothing_changes_no_course(playbook: Playbook) -> None:
    spare = [finding.path for finding in needs_change_something(Checked(playbook))]
    graph = Graph.of(playbook)
    lighter = [Graph.of(without(playbook, int(path[1]), int(path[3]))) for path in spare]

    assert all(outcome(graph, course) == outcome(other, course) for course in courses(playbook) for other in lighter)


def test_a_need_behind_a_decision_changes_nothing() -> None:
    playbook = playbook_with([task("facts"), decision("real", {"yes": [], "no": []}, "facts"), task("close", "facts", "real")])
    said = [finding.message for finding in needs_change_something(Checked(playbook))]

    assert said == ["'close' needs 'facts', which changes nothing: 'real' already waits for it"]


def test_steps_in_circles_are_told_once_for_each_circle() -> None:
    steps = [task("one", "two"), task("two", "three", "one"), task("three", "one"), task("four", "four"), task("five", "one")]
    said = [finding.message for finding in steps_do_not_wait_for_each_other(Checked(playbook_with(steps)))]

    assert said == ["steps wait for each other: one → two → one", "steps wait for each other: four → four"]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.sampled_from(NAMES), max_size=3, unique=True), min_size=7, max_size=7))
def test_a_circle_is_told_exactly_when_there_is_one(needs: list[list[str]]) -> None:
    playbook = playbook_with([task(name, *wanted) for name, wanted in zip(NAMES, needs, strict=True)])
    told = list(steps_do_not_wait_for_each_other(Checked(playbook)))

    assert bool(told) == _has_circle(dict(zip(NAMES, needs, strict=True)))


def _has_circle(needs: dict[str, list[str]]) -> bool:
    """Take away steps that need nothing (any more); what is left over waits for itself."""
    left = dict(needs)
    while free := [name for name, wanted in left.items() if not any(other in left for other in wanted)]:
        for name in free:
            del left[name]
    return bool(left)
