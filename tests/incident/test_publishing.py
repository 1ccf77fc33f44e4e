"""Publishing: the version submitted last, frozen; the same words in every channel; holds; and what the engine says itself."""

import pytest

from engine.incident import commands as c
from engine.incident import events as e
from engine.incident.actor import DELIVERY
from engine.incident.effects import Delivery
from engine.incident.guards import may_send
from engine.incident.react import react
from tests.incident.given import HEAD, ORGANISATION, Run, trial, trial_world

STEPS = """
  - {id: draft, statement: Say it, role: press, audience: public, template: line}
  - {id: agree, approval: Agree, of: draft, approvers: [legal, comms_lead], on_reject: {rework: draft}}
  - {id: post, publish: Post it, of: draft, role: press, needs: [agree], channels: [site, newsroom]}
  - {id: after, task: After, role: press, needs: [post]}
"""
API = STEPS.replace("channels: [site, newsroom]", "channels: [newsroom], confirm: api")
LINK = "https://example.com/1"


def agreed(steps: str = STEPS, **fields: object) -> Run:
    run = trial(steps, **fields)
    run.do(c.SubmitDraft("draft", "We know."), by="dee")
    run.agree("agree", "draft", "ben", "cho")
    return run


def owed(run: Run) -> list[Delivery]:
    """What the engine has to publish, as it was owed."""
    return [each for each in react(run.world, None, run.incident, run.entries) if each.kind == "publish"]


def test_confirming_takes_the_words_and_the_last_channel_completes() -> None:
    run = agreed()
    run.do(c.Confirm("post", "site", LINK), by="dee")
    assert run.step("post").state == "doing"
    run.do(c.Confirm("post", "newsroom", LINK), by="dee")

    assert run.states("post", "after") == {"post": "done", "after": "ready"}


def test_a_receipt_keeps_link_and_time() -> None:
    run = agreed()
    run.do(c.Confirm("post", "site", LINK), by="dee")
    receipt = run.step("post").receipts["site"]

    assert (receipt.link, receipt.by, receipt.at, receipt.differs) == (LINK, "dee", run.now, False)


def test_starting_freezes_the_words_and_can_be_given_back() -> None:
    run = agreed()
    run.do(c.StartStep("post"), by="dee")
    assert run.code(c.SubmitDraft("draft", "Other."), by="dee") == "in_use"
    run.do(c.Decline("post", "wait for the police"), by="dee")

    assert (run.step("post").state, run.step("post").frozen_version) == ("ready", None)
    assert run.do(c.SubmitDraft("draft", "Other."), by="dee")


def test_once_a_channel_is_confirmed_nothing_is_given_back() -> None:
    run = agreed()
    run.do(c.Confirm("post", "site", LINK), by="dee")

    assert run.code(c.Decline("post", "sorry"), by="dee") == "in_use"


def test_a_confirmation_for_other_words_is_refused() -> None:
    run = agreed()

    assert run.code(c.Confirm("post", "site", LINK, version="0" * 64), by="dee") == "stale_version"


def test_what_was_posted_differently_is_recorded_and_a_correction_is_asked_for() -> None:
    run = agreed()
    run.do(c.Confirm("post", "site", LINK, text="We know all."), by="dee")

    assert run.step("post").receipts["site"].differs
    assert [(task.role, run.step(name).state) for name, task in run.incident.added.items()] == [("press", "ready")]


def test_the_same_words_posted_are_no_difference() -> None:
    run = agreed()
    run.do(c.Confirm("post", "site", LINK, text="We know."), by="dee")

    assert run.incident.added == {}


def test_a_channel_is_confirmed_once() -> None:
    run = agreed()
    run.do(c.Confirm("post", "site", LINK), by="dee")

    assert run.do(c.Confirm("post", "site", LINK), by="dee") == ()
    assert run.code(c.Confirm("post", "site", "https://example.com/2"), by="dee") == "already_confirmed"


def test_an_unknown_channel_and_what_is_no_link_are_refused() -> None:
    run = agreed()

    assert run.code(c.Confirm("post", "blog", LINK), by="dee") == "unknown_channel"
    assert run.code(c.Confirm("post", "site", "here"), by="dee") == "bad_value"


def test_a_hold_stops_every_publish_until_another_key_holder_releases() -> None:
    run = agreed()
    run.do(c.Hold("the clip may be altered"), by="ben")
    assert run.code(c.StartStep("post"), by="dee") == "on_hold"
    run.do(c.Release("it is real"), by="cho")

    assert run.do(c.Confirm("post", "site", LINK), by="dee")


def test_a_hold_stops_a_confirmation_half_way() -> None:
    run = agreed()
    run.do(c.Confirm("post", "site", LINK), by="dee")
    run.do(c.Hold("wait"), by="ana")

    assert run.code(c.Confirm("post", "newsroom", LINK), by="dee") == "on_hold"


@pytest.mark.parametrize(("who", "code"), [("ben", "second_key"), ("ana", "not_you"), ("dee", "not_you")])
def test_neither_who_held_nor_who_has_no_key_releases(who: str, code: str) -> None:
    run = agreed()
    run.do(c.Hold("wait"), by="ben")

    assert run.code(c.Release("go"), by=who) == code


def test_only_key_holders_and_the_lead_hold() -> None:
    assert agreed().code(c.Hold("wait"), by="dee") == "not_you"
    assert agreed().code(c.Hold(" "), by="ana") == "note_required"


def test_the_engine_publishes_by_itself_once_everything_is_approved() -> None:
    run = agreed(API)

    assert run.step("post").state == "doing"
    assert [each.body["version"] for each in owed(run)] == [run.version("draft")]


def test_the_engine_waits_for_the_end_of_a_hold() -> None:
    run = trial(API)
    run.do(c.SubmitDraft("draft", "We know."), by="dee")
    run.do(c.Approve("agree", run.version("draft")), by="ben")
    run.do(c.Hold("wait"), by="ben")
    run.do(c.Approve("agree", run.version("draft")), by="cho")
    assert run.step("post").state == "ready"
    run.do(c.Release("go"), by="cho")

    assert run.step("post").state == "doing"


def test_what_arrived_completes() -> None:
    run = agreed(API)
    run.sent("post", channel="newsroom", link=LINK)

    assert run.step("post").state == "done"
    assert run.step("post").receipts["newsroom"].link == LINK


def test_a_report_that_comes_twice_changes_nothing() -> None:
    run = agreed(API)
    run.sent("post", channel="newsroom", link=LINK)

    assert run.sent("post", channel="newsroom", link=LINK) == ()


def test_a_failed_delivery_is_told_and_leaves_the_step_open() -> None:
    run = agreed(API)
    run.do(c.RecordDelivery("d", "post", "failed", error="503"), by=DELIVERY)

    assert run.step("post").state == "doing"
    assert run.events(e.DeliveryFailed)[0].error == "503"


def test_what_is_queued_waits_under_a_hold() -> None:
    run = agreed(API)
    [delivery] = owed(run)
    assert may_send(run.world, run.incident, delivery) is None
    run.do(c.Hold("wait"), by="ben")

    assert may_send(run.world, run.incident, delivery) == "Ben Okafor holds everything that goes outside: wait"


def test_what_was_given_back_is_not_sent() -> None:
    run = agreed(API)
    [delivery] = owed(run)
    run.do(c.Decline("post", "wait"), by="dee")

    assert may_send(run.world, run.incident, delivery) == "'post' is ready; it asks for this no more"


def test_what_was_given_back_is_not_published_again_by_itself() -> None:
    run = agreed(API)
    run.do(c.Decline("post", "wait"), by="dee")
    run.forward(hours=1)
    assert run.step("post").state == "ready"
    run.do(c.StartStep("post"), by="dee")

    assert run.step("post").state == "doing"
    assert len(owed(run)) == 2
    assert len({each.id for each in owed(run)}) == 1


def test_old_words_that_are_still_queued_are_never_sent() -> None:
    run = agreed(API)
    [old] = owed(run)
    run.do(c.Decline("post", "wait"), by="dee")
    run.do(c.SubmitDraft("draft", "Other."), by="dee")
    run.agree("agree", "draft", "ben", "cho")

    assert run.step("post").state == "doing"
    assert may_send(run.world, run.incident, old) == "'post' says other words now"
    assert may_send(run.world, run.incident, owed(run)[-1]) is None


def test_words_of_a_round_before_are_never_sent_even_when_they_came_back() -> None:
    run = agreed(API)
    [old] = owed(run)
    run.do(c.Decline("post", "wait"), by="dee")
    run.do(c.SubmitDraft("draft", "Other."), by="dee")
    run.do(c.SubmitDraft("draft", "We know."), by="dee")
    run.agree("agree", "draft", "ben", "cho")
    run.do(c.StartStep("post"), by="dee")

    assert may_send(run.world, run.incident, old) == "'post' says other words now"


def test_what_arrives_after_it_was_given_back_is_recorded_and_freezes_the_words() -> None:
    run = agreed(API)
    run.do(c.Decline("post", "wait"), by="dee")
    run.sent("post", channel="newsroom", link=LINK)

    assert run.step("post").state == "done"
    assert run.code(c.SubmitDraft("draft", "Other."), by="dee") == "in_use"


def test_what_arrives_after_the_words_changed_asks_for_a_correction() -> None:
    run = agreed(API)
    run.do(c.Decline("post", "wait"), by="dee")
    run.do(c.SubmitDraft("draft", "Other."), by="dee")
    run.sent("post", channel="newsroom", link=LINK)

    assert run.step("post").receipts["newsroom"].differs
    assert len(run.incident.added) == 1


def test_a_cancelled_incident_sends_nothing_more() -> None:
    run = agreed(API)
    [delivery] = owed(run)
    run.do(c.Cancel("a hoax"))

    assert may_send(run.world, run.incident, delivery) == "'post' is blocked; it asks for this no more"


def test_what_arrives_after_cancelling_is_still_recorded() -> None:
    run = agreed(API)
    run.do(c.Cancel("a hoax"))
    run.sent("post", channel="newsroom", link=LINK)

    assert run.step("post").receipts["newsroom"].link == LINK


def test_an_approval_that_was_skipped_is_not_waited_for() -> None:
    board = "{id: board, approval: Board, of: draft, approvers: [incident_lead], min_severity: sev1, on_reject: {rework: draft}}"
    run = agreed(STEPS.replace("needs: [agree]", "needs: [agree, board]") + f"  - {board}\n")

    assert run.do(c.Confirm("post", "site", LINK), by="dee")


def test_a_rejection_elsewhere_never_reopens_words_that_are_being_said() -> None:
    steps = (
        STEPS.replace("needs: [post]", "needs: [late]")
        + "  - {id: late, approval: Late, of: draft, approvers: [incident_lead], needs: [post], on_reject: {rework: draft}}\n"
    )
    run = agreed(steps)
    for channel in ("site", "newsroom"):
        run.do(c.Confirm("post", channel, LINK), by="dee")
    run.do(c.Reject("late", run.version("draft"), "I would have said more"), by="ana")

    assert run.states("draft", "agree", "post", "late") == {"draft": "done", "agree": "done", "post": "done", "late": "ready"}


def test_a_publish_goes_on_when_whoever_began_it_is_recused() -> None:
    head = HEAD.replace('assign: "group:press"', 'assign: "group:press", recuse: inputs.people')
    run = Run.begin(trial_world(STEPS, head=head, organisation=ORGANISATION.replace("press: [dee]", "press: [dee, eve]")))
    run.do(c.SubmitDraft("draft", "We know."), by="dee")
    run.agree("agree", "draft", "ben", "cho")
    run.do(c.Confirm("post", "site", LINK), by="dee")
    run.do(c.Add({"people": ["dee"]}))
    run.do(c.Confirm("post", "newsroom", LINK), by="eve")

    assert run.step("post").state == "done"
