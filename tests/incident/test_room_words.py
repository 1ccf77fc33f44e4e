"""What an incident's room hears: the change first, the key last, one message for one command, talk in its step's thread."""

from collections.abc import Sequence

from engine.incident import commands as c
from engine.incident.effects import Delivery
from engine.incident.react import react
from engine.incident.state import Parent
from tests.incident.given import Run, shipped_world, trial

STEPS = """
  - {id: tell, message: Tell, to: [war_room], text: Only the press desk speaks}
  - {id: later, task: Look back, role: press, due: 2h}
  - {id: facts, task: Find out, role: press, due: 20m}
  - {id: whenever, task: Tidy up, role: press}
  - {id: welfare, task: Speak to them, role: press, private: true, due: 30m}
  - {id: after, task: Write up, role: press, needs: [facts]}
"""


def owed_at_the_start(run: Run) -> tuple[Delivery, ...]:
    return react(run.world, None, run.incident, run.entries)


def owed_after(run: Run, command: c.AnyCommand, *, by: str = "ana") -> tuple[Delivery, ...]:
    before = run.incident
    entries = run.do(command, by=by)
    return react(run.world, before, run.incident, entries)


def words(owed: Sequence[Delivery], kind: str) -> list[str]:
    return [each.text for each in owed if each.kind == kind]


def test_the_change_comes_first_and_the_key_last() -> None:
    run = trial(STEPS)

    assert words(owed_after(run, c.CompleteStep("facts"), by="dee"), "say") == ["Done: Dee Lund completed “Find out” (INC-1)."]


def test_a_steps_message_says_how_it_stands_and_whose_it_is() -> None:
    run = trial(STEPS)
    owed = owed_after(run, c.CompleteStep("facts"), by="dee")

    assert words(owed, "task") == ["Done: “Find out” (INC-1).", "Ready: “Write up”, for Press officer (INC-1)."]


def test_what_one_command_brings_about_is_one_message_of_several_sentences() -> None:
    [said] = words(owed_at_the_start(trial(STEPS, mode="live")), "say")

    assert said == "Declared: Ana Ruiz started INC-1 “A trial” at sev2 (Spreading).\nDone: “Tell” (INC-1)."


def test_the_room_hears_the_news_then_its_instructions_then_what_is_due_first() -> None:
    owed = [each for each in owed_at_the_start(trial(STEPS)) if each.target == "war_room:slack:#inc-INC-1"]

    assert [each.step or each.kind for each in owed] == ["room", "card", "say", "tell", "facts", "welfare", "later", "whenever"]


def test_a_start_of_the_main_job_is_nine_calls_to_its_room() -> None:
    inputs = {"video_urls": ["https://video.example/1"], "site": "Plant 4", "people": ["fred", "john"]}
    run = Run.begin(shipped_world("filmed_workplace_argument"), inputs=inputs)
    owed = [each.kind for each in owed_at_the_start(run) if each.target == "war_room:slack:#inc-INC-1"]

    assert owed == ["room", "card", "say", "message", *["task"] * 5]


def test_many_sentences_are_a_few_messages() -> None:
    tasks = "".join(f"  - {{id: step_{number}, task: Step, role: press}}\n" for number in range(30))
    run = trial(tasks)
    before, entries = run.incident, []
    for number in range(30):
        entries += run.do(c.SkipStep(f"step_{number}", "no need"), by="ana")
    said = words(react(run.world, before, run.incident, entries), "say")

    assert [len(each.splitlines()) for each in said] == [12, 12, 6]
    assert all(each.endswith("(INC-1).") for each in said)


def test_what_a_playbook_tells_the_room_ends_with_the_key_and_what_it_tells_people_begins_with_it() -> None:
    run = trial('  - {id: tell, message: Tell, to: [war_room, "role:press"], text: Only we speak}\n  - {id: do, task: Do, role: press}\n')
    told = {each.target: each.text for each in owed_at_the_start(run) if each.kind == "message"}

    assert told["war_room:slack:#inc-INC-1"] == "Only we speak (INC-1)"


def test_a_comment_stands_in_the_thread_of_its_step() -> None:
    owed = owed_after(trial(STEPS), c.Comment("facts", "the manager is on his way"), by="dee")
    [said] = [each for each in owed if each.kind == "say"]

    assert (said.body, said.step) == ({"thread": "facts"}, "facts")
    assert said.text == "Comment: Dee Lund wrote about “Find out”: the manager is on his way (INC-1)."


def test_a_comment_comes_after_the_message_of_its_step() -> None:
    run = trial(STEPS)
    before, entries = run.incident, []
    entries += run.do(c.Comment("facts", "now"), by="dee")
    entries += run.do(c.CompleteStep("facts"), by="dee")
    owed = [each for each in react(run.world, before, run.incident, entries) if each.step == "facts" and each.kind in ("say", "task")]

    assert [each.kind for each in owed] == ["task", "say"]


def test_talk_about_a_private_step_stays_in_it() -> None:
    owed = owed_after(trial(STEPS), c.Comment("welfare", "she is afraid"), by="dee")

    assert words(owed, "say") == []


def test_in_a_rehearsal_nobody_elses_card_stands_in_the_channel() -> None:
    owed = owed_at_the_start(trial(STEPS, mode="rehearsal"))
    told = [each for each in owed if each.kind == "tell" and each.target == "slack:#rehearsal"]

    assert told
    assert all("task" not in each.body and "role" not in each.body for each in told)


def test_words_of_a_linked_incident_name_it_in_the_shared_room() -> None:
    run = trial(STEPS, parent=Parent("2" * 32, "INC-9", "call"))
    [said] = [each for each in owed_at_the_start(run) if each.kind == "say"]

    assert said.body == {"room": "INC-9"}
    assert said.text.endswith("(INC-1).")
