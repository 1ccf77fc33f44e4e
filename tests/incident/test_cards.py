"""The facts of a card and of task messages: complete, JSON-compatible, and safe for a shared room."""

import json
from typing import Any

import pytest

from engine.channels.blocks import MAX_CHARACTERS, card_blocks
from engine.channels.blocks_task import task_blocks
from engine.incident import commands as c
from engine.incident.cards import room_card, task_card
from tests.block_kit import faults_of
from tests.incident.given import HEAD, Run, shipped_world, trial_world

STEPS = """
- {id: facts, task: Find out, role: incident_lead, due: 20m, checklist: [Who, {item: Where, optional: true}]}
- {id: care, task: Speak to the people, role: legal, private: true, do: Ask nothing, due: 30m, checklist: [Both sides heard]}
- {id: keep, evidence: Save every copy, role: press, from: inputs.links, collect: [screenshot]}
- id: speak
  decision: Do we post?
  role: comms_lead
  needs: [facts]
  options: {post: {label: Post it, then: [draft]}, wait: {label: Wait, then: []}}
- {id: draft, statement: Say what we know, role: press, audience: public, template: line}
- {id: agree, approval: Agree the words, of: draft, approvers: [legal, comms_lead], on_reject: {rework: draft}}
- {id: post, publish: Say it, of: draft, role: press, needs: [agree], channels: [site]}
- {id: finish, task: Look back, role: incident_lead, needs: [facts, care, post], even_if_blocked: true, sets: closed}
"""
SHARED_OF_A_PRIVATE_STEP = {
    "key",
    "playbook",
    "step",
    "kind",
    "title",
    "state",
    "role",
    "role_title",
    "due_at",
    "private",
    "privileged",
    "by_people",
    "rehearsal",
    "people",
}


def _run(**fields: Any) -> Run:
    return Run.begin(trial_world(STEPS), **fields)


def _step(run: Run, name: str, **more: Any) -> dict[str, Any]:
    return task_card(run.world, run.incident, name, **more)


def _to_the_words(run: Run) -> None:
    run.do(c.TickItem("facts", "Who"))
    run.do(c.CompleteStep("facts"))
    run.do(c.Answer("speak", "post"), by="cho")
    run.do(c.SubmitDraft("draft"), by="dee")


def test_the_card_says_what_where_who_and_until_when() -> None:
    run = _run(title="Argument at Plant 4")
    card = room_card(run.world, run.incident)

    assert (card["key"], card["title"], card["playbook"]) == ("INC-1", "Argument at Plant 4", "A trial")
    assert (card["status"], card["severity"], card["severity_title"]) == ("active", "sev2", "Spreading")
    assert (card["lead"], card["people"]["ana"]["name"]) == ("ana", "Ana Ruiz")
    assert [step["step"] for step in card["now"]] == ["facts", "care", "keep"]
    assert card["now"][0]["due_at"] == "2026-11-23T17:20:00.000Z"


def test_the_card_counts_steps_by_state() -> None:
    run = _run()

    assert room_card(run.world, run.incident)["counts"] == {"waiting": 5, "ready": 3, "doing": 0, "done": 0, "skipped": 0, "blocked": 0}


def test_the_card_shows_at_most_eight_open_steps_the_soonest_due_first() -> None:
    run = Run.begin(
        shipped_world("filmed_workplace_argument"),
        inputs={"video_urls": ["https://video.example/1"], "site": "Plant 4", "people": ["Fred"]},
    )
    due = [step["due_at"] for step in room_card(run.world, run.incident)["now"]]

    assert len(due) <= 8
    assert due == sorted(due)


def test_a_private_step_shows_its_title_role_state_and_due_time_only() -> None:
    facts = _step(_run(), "care")

    assert set(facts) == SHARED_OF_A_PRIVATE_STEP
    assert facts["people"] == {}


def test_whoever_works_on_a_private_step_sees_it_whole() -> None:
    facts = _step(_run(), "care", shared=False)

    assert (facts["do"], facts["person"]) == ("Ask nothing", "ben")
    assert facts["checklist"] == [{"item": "Both sides heard", "optional": False, "done": False, "by": None}]


def test_personal_values_are_masked_in_a_shared_room() -> None:
    run = _run(inputs={"people": ["Fred Moran"]})
    run.do(c.Hold("Fred Moran asked us to wait"), by="ben")
    card = room_card(run.world, run.incident)

    assert card["hold"]["reason"] == "[personal]"
    assert "Fred" not in json.dumps(card)


def test_a_checklist_says_who_ticked_what() -> None:
    run = _run()
    run.do(c.TickItem("facts", "1"))

    assert _step(run, "facts")["checklist"] == [
        {"item": "Who", "optional": False, "done": True, "by": "ana"},
        {"item": "Where", "optional": True, "done": False, "by": None},
    ]


def test_a_decision_shows_its_options_then_its_answer() -> None:
    run = _run()
    _to_the_words(run)
    facts = _step(run, "speak")

    assert [(option["id"], option["label"]) for option in facts["options"]] == [("post", "Post it"), ("wait", "Wait")]
    assert (facts["answer"], facts["done_by"]) == ("post", "cho")


def test_an_approval_shows_the_exact_words_and_whose_keys_are_turned() -> None:
    run = _run()
    _to_the_words(run)
    digest = _step(run, "agree")["digest"]
    run.do(c.Approve("agree", digest), by="ben")
    facts = _step(run, "agree")

    assert (list(facts["texts"].values()), facts["version"], facts["author"]) == (["We know about Plant 4."], 1, "dee")
    assert [(key["role_title"], key["person"], key["decision"]) for key in facts["keys"]] == [("Counsel", "ben", "approve")]
    assert [approver["person"] for approver in facts["approvers"]] == ["ben", "cho"]
    assert facts["keys_needed"] == 2


def test_a_publish_shows_where_the_words_stand() -> None:
    run = _run()
    _to_the_words(run)
    digest = _step(run, "agree")["digest"]
    for who in ("ben", "cho"):
        run.do(c.Approve("agree", digest), by=who)
    run.do(c.Confirm("post", "site", "https://example.com/1", version=digest), by="dee")
    facts = _step(run, "post")

    assert [(receipt["channel"], receipt["link"], receipt["by"]) for receipt in facts["receipts"]] == [
        ("site", "https://example.com/1", "dee")
    ]


def test_evidence_shows_its_sources() -> None:
    assert _step(_run(inputs={"links": ["https://video.example/1"]}), "keep")["sources"] == ["https://video.example/1"]


def test_a_milestone_that_nothing_can_reach_any_more_is_not_needed() -> None:
    aim = "milestones: {said: {title: Words are out, reached_by: [post], within: 60m}}"
    run = Run.begin(trial_world(STEPS, head=f"{HEAD}{aim}"))
    before = room_card(run.world, run.incident)["milestones"][0]
    run.do(c.TickItem("facts", "Who"))
    run.do(c.CompleteStep("facts"))
    run.do(c.Answer("speak", "wait"), by="cho")

    assert (before["title"], before["state"], before["due_at"]) == ("Words are out", "open", "2026-11-23T18:00:00.000Z")
    assert room_card(run.world, run.incident)["milestones"][0]["state"] == "not_applicable"


def test_an_unknown_step_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        _step(_run(), "gone")


def test_every_message_of_the_filmed_argument_is_one_that_slack_takes() -> None:
    world = shipped_world("filmed_workplace_argument")
    run = Run.begin(world, inputs={"video_urls": ["https://video.example/1"], "site": "Plant 4", "people": ["Fred"]})
    cards = [task_card(world, run.incident, name, shared=shared) for name in run.incident.steps for shared in (True, False)]
    drawn = [
        *(task_blocks(facts) for facts in json.loads(json.dumps(cards))),
        card_blocks(json.loads(json.dumps(room_card(world, run.incident)))),
    ]

    assert [fault for blocks in drawn for fault in faults_of(blocks)] == []
    assert len(json.dumps(drawn[-1], ensure_ascii=False)) <= MAX_CHARACTERS


NAMED = "We know about Fred Moran."


def _sent_back(run: Run) -> None:
    """Version 1 was sent back by counsel, and version 2 is there."""
    _to_the_words(run)
    run.do(c.Reject("agree", run.version("draft"), "say when"), by="ben")
    run.do(c.SubmitDraft("draft", "We know about Plant 4, since today."), by="dee")


def test_an_approval_shows_the_version_before() -> None:
    run = _run()
    _sent_back(run)
    facts = _step(run, "agree")

    assert (facts["version"], facts["previous"]["version"]) == (2, 1)
    assert list(facts["previous"]["texts"].values()) == ["We know about Plant 4."]


def test_the_first_version_has_none_before() -> None:
    run = _run()
    _to_the_words(run)

    assert _step(run, "agree")["previous"] is None


def test_a_key_says_on_which_version_it_was_turned() -> None:
    run = _run()
    _sent_back(run)
    run.do(c.Approve("agree", run.version("draft")), by="cho")

    keys = {key["role"]: (key["version"], key["stands"]) for key in _step(run, "agree")["keys"]}
    assert keys == {"legal": (1, False), "comms_lead": (2, True)}


def test_whoever_writes_is_shown_why_the_words_were_sent_back() -> None:
    run = _run()
    _to_the_words(run)
    run.do(c.Reject("agree", run.version("draft"), "say when"), by="ben")

    assert [(key["person"], key["comment"]) for key in _step(run, "draft")["sent_back"]] == [("ben", "say when")]


def test_an_approval_that_was_used_can_not_be_taken_back() -> None:
    run = _run()
    _to_the_words(run)
    run.agree("agree", "draft", "ben", "cho")
    before = _step(run, "agree")["can_withdraw"]
    run.do(c.StartStep("post"), by="dee")

    assert (before, _step(run, "agree")["can_withdraw"]) == (True, False)


def test_words_that_name_somebody_are_masked_in_the_room_and_whole_for_the_key_holder() -> None:
    run = _run(inputs={"people": ["Fred Moran"]})
    _to_the_words(run)
    run.do(c.SubmitDraft("draft", NAMED), by="dee")
    shared, own = _step(run, "agree"), _step(run, "agree", shared=False)

    assert (shared["masked"], list(shared["texts"].values())) == (True, ["[personal]"])
    assert (own["masked"], list(own["texts"].values())) == (False, [NAMED])
    assert "Fred" not in json.dumps(shared)


WORK = """
- {id: look, task: Look into it, role: press, private: true, checklist: [Both sides heard]}
- {id: agree, approval: Agree the outcome, of: look, approvers: [legal], on_reject: {rework: look}}
"""


def test_work_to_approve_is_shown_whole_to_the_key_holder_and_not_to_the_room() -> None:
    run = Run.begin(trial_world(WORK))
    run.do(c.TickItem("look", "1"), by="dee")
    run.do(c.CompleteStep("look", "No fault found"), by="dee")
    shared, own = _step(run, "agree"), _step(run, "agree", shared=False)

    assert (own["digest"], own["work"]["result"], own["work"]["ticked"]) == (run.version("look"), "No fault found", ["Both sides heard"])
    assert (shared["masked"], shared["work"]) == (True, {})


def test_only_what_the_core_would_let_be_skipped_can_be_skipped() -> None:
    policy = "policies: [{id: always, rule: always_happens, steps: [facts]}]"
    free, bound = _run(), Run.begin(trial_world(STEPS, head=f"{HEAD}{policy}"))

    assert [_step(free, "facts")["can_skip"], _step(bound, "facts")["can_skip"]] == [True, False]


CLOSING = """
- {id: speak, decision: Post?, role: press, options: {yes: {label: "Yes", then: []}, no: {label: "No", then: []}}}
- {id: finish, task: Look back, role: incident_lead, needs: [speak], sets: closed}
"""


def test_an_answer_can_be_changed_until_the_incident_is_closed() -> None:
    run = Run.begin(trial_world(CLOSING))
    run.do(c.Answer("speak", "yes"), by="dee")
    before = _step(run, "speak")["again"]
    run.do(c.CompleteStep("finish"))

    assert (before, _step(run, "speak")["again"]) == (True, False)


def test_the_card_says_when_the_next_round_of_watching_is() -> None:
    run = Run.begin(shipped_world("filmed_workplace_argument"), inputs=FILMED)
    before = room_card(run.world, run.incident)["next_check_at"]
    run.do(c.AddEvidence("capture", "https://video.example/1", "ab" * 32), by=run.incident.roles["it"].people[0])

    assert (before, room_card(run.world, run.incident)["next_check_at"]) == (None, "2026-11-23T17:30:00.000Z")


def test_a_follow_up_shows_what_it_measures() -> None:
    run = Run.begin(shipped_world("filmed_workplace_argument"), inputs=FILMED)
    metrics = {name: [each["metric"] for each in _step(run, name, shared=False)["metrics"]] for name in ("day_30", "day_120")}

    assert metrics == {"day_30": ["repeat_incidents", "heard_from_us"], "day_120": ["policy_trained", "repeat_incidents"]}


FILMED = {"video_urls": ["https://video.example/1"], "site": "Plant 4", "people": ["Fred"]}
