"""Bottlenecks: whose work waits, which step overran, and what one more person takes off the only one."""

from engine.analysis.simulation.outcome import Effort, Mark, RunOutcome
from engine.analysis.simulation.question import outcomes_of, roles_to_try
from engine.analysis.simulation.sensitivity import compared
from engine.analysis.simulation.setting import Setting
from engine.analysis.simulation.summary import busiest, summarise
from engine.analysis.simulation.typical import spans_of
from tests.analysis.simulation.posting import courses, outcomes, question


def outcome(number: int, mark: Mark, *efforts: Effort, seconds: int = 0) -> RunOutcome:
    return RunOutcome(number, "closed", seconds, {"posted": mark}, {}, list(efforts), [])


def setting() -> Setting:
    return question().setting()


def test_roles_are_summed_over_runs_and_the_most_waited_for_come_first() -> None:
    found = summarise(
        setting(),
        [
            outcome(0, Mark("met", 60), Effort("press", 100, 0, 600), Effort("legal", 900, 700, 300)),
            outcome(1, Mark("met", 60), Effort("press", 300, 0, 600)),
        ],
    )

    assert [(role.role, role.attention, role.queued, role.pieces) for role in busiest(found)] == [
        ("legal", 150, 350, 0.5),
        ("press", 600, 0, 1.0),
    ]


def test_the_step_that_overran_is_to_blame() -> None:
    steps = """
  - {id: facts, task: Find the facts, role: incident_lead, takes: 1m}
  - {id: long, wait: Let it cool, for: 3h, needs: [facts]}
  - {id: after, task: Say it, role: press, needs: [long], takes: 1m}
  - {id: close, task: Close, role: incident_lead, needs: [after], sets: closed}
"""
    more = "milestones:\n  posted: {title: Said, reached_by: [after], within: 60m}\n"

    marks = [each.milestones["posted"] for each in outcomes(question(steps, more=more), 5)]

    assert {(mark.fate, mark.blame) for mark in marks} == {("late", "long")}


def test_one_more_person_takes_work_off_the_only_one() -> None:
    tasks = "".join(f"  - {{id: call_{number}, task: Call, role: press, due: 45m from declared, takes: 20m}}\n" for number in range(4))
    names = ", ".join(f"call_{number}" for number in range(4))
    steps = f"{tasks}  - {{id: done, task: Say so, role: incident_lead, needs: [{names}], takes: 1m}}\n"
    steps += "  - {id: close, task: Close, role: incident_lead, needs: [done], sets: closed}\n"
    asked = question(steps, more="milestones:\n  called: {title: Called, reached_by: [done], within: 75m}\n")
    before, after = outcomes(asked, 60), outcomes_of(asked.setting("press"), range(60))

    change = compared("press", "Press officer", before, after).best

    assert change.after > change.before + 0.3
    assert roles_to_try(summarise(asked.setting(), before))[0] == "press"


def test_what_happened_in_a_run_is_told_by_role() -> None:
    (run,) = courses(question(odds=("speak=post:1",)), 1)

    spans = spans_of(run)

    assert (spans[0].step, spans[0].role) == ("facts", "Lead")
    assert all(span.came_at <= span.begun_at <= span.done_at for span in spans)
