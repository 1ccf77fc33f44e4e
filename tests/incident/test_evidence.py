"""Evidence: one custody record for every source, append-only, open again for new links."""

import pytest

from engine.incident import commands as c
from engine.incident import events as e
from engine.incident.personal import Personal
from tests.incident.given import Run, trial

STEPS = """
  - {id: save, evidence: Save, role: press, from: inputs.links, collect: [screenshot, uploader]}
  - {id: after, task: After, role: press, needs: [save]}
"""
ONE, TWO, THREE = (f"https://a.example/{number}" for number in (1, 2, 3))
HASH = "ab" * 32


def begun(steps: str = STEPS, links: tuple[str, ...] = (ONE, TWO)) -> Run:
    return trial(steps, inputs={"links": list(links), "people": ["Fred Hollis"]})


def saved(run: Run, *links: str) -> Run:
    for link in links:
        run.do(c.AddEvidence("save", link, HASH), by="dee")
    return run


def test_it_is_done_when_every_source_has_an_item() -> None:
    run = saved(begun(), ONE)
    assert run.step("save").state == "ready"

    assert saved(run, TWO).step("save").state == "done"


def test_an_item_says_who_when_and_with_what() -> None:
    run = begun()
    run.do(
        c.AddEvidence("save", ONE, HASH.upper(), {"uploader": "angry_dave"}, tool="browser", account="ana_x", note="of Fred Hollis"),
        by="dee",
    )
    [item] = run.step("save").items

    assert (item.by, item.at, item.sha256, item.strength, item.tool) == ("dee", run.now, HASH, "reported", "browser")
    assert (item.collected["uploader"], item.account) == (Personal("angry_dave", "angry_dave"), Personal("ana_x", "ana_x"))
    assert item.note == Personal("of Fred Hollis", "Fred Hollis")


@pytest.mark.parametrize(
    ("source", "sha256", "collected"),
    [(THREE, HASH, {}), (ONE, "abc", {}), (ONE, HASH, {"mood": "bad"}), (" ", HASH, {})],
)
def test_what_is_no_custody_record_is_refused(source: str, sha256: str, collected: dict[str, str]) -> None:
    assert begun().code(c.AddEvidence("save", source, sha256, collected), by="dee") == "bad_value"


def test_the_same_item_again_changes_nothing() -> None:
    assert saved(begun(), ONE).do(c.AddEvidence("save", ONE, HASH), by="dee") == ()


def test_another_copy_of_the_same_source_is_added() -> None:
    run = saved(begun(), ONE, TWO)
    run.do(c.AddEvidence("save", ONE, "cd" * 32), by="dee")

    assert len(run.step("save").items) == 3


def test_new_links_reopen_it_and_keep_what_was_saved() -> None:
    run = saved(begun(), ONE, TWO)
    run.do(c.Add({"links": [THREE]}))
    assert (run.step("save").state, run.step("save").sources) == ("ready", (ONE, TWO, THREE))

    assert saved(run, THREE).step("save").state == "done"


def test_new_links_send_back_what_nobody_has_started() -> None:
    run = saved(begun(), ONE, TWO)
    assert run.step("after").state == "ready"
    run.do(c.Add({"links": [THREE]}))

    assert run.step("after").state == "waiting"


def test_new_links_widen_what_is_still_open() -> None:
    run = saved(begun(), ONE)
    run.do(c.Add({"links": [THREE]}))

    assert run.step("save").sources == (ONE, TWO, THREE)
    assert len(run.events(e.SourcesChanged)) == 1


def test_new_links_after_the_close_reopen_it_too() -> None:
    run = saved(begun(), ONE, TWO)
    run.do(c.Close())
    run.do(c.Add({"links": [THREE]}))

    assert (run.step("save").state, run.incident.status) == ("ready", "closed")


def test_new_links_leave_what_was_set_aside() -> None:
    run = begun(
        "  - {id: one, decision: One?, role: incident_lead, options: {yes: {label: Y, then: [save]}, no: {label: N, then: []}}}\n" + STEPS
    )
    run.do(c.Answer("one", "yes"))
    saved(run, ONE, TWO)
    run.do(c.Answer("one", "no", note="not ours"))
    run.do(c.Add({"links": [THREE]}))

    assert (run.step("save").state, run.step("save").void) == ("done", True)


def test_without_sources_one_item_is_enough() -> None:
    run = begun("  - {id: save, evidence: Save, role: press, collect: [screenshot]}\n")
    run.do(c.AddEvidence("save", "the notice board", HASH), by="dee")

    assert run.step("save").state == "done"


def test_links_that_come_later_reopen_what_had_none() -> None:
    run = begun(links=())
    run.do(c.AddEvidence("save", "heard of", HASH), by="dee")
    run.do(c.Add({"links": [ONE]}))

    assert run.step("save").state == "ready"


def test_an_approval_of_evidence_is_void_when_an_item_is_added() -> None:
    run = begun(
        STEPS.replace("needs: [save]", "needs: [agree]")
        + "  - {id: agree, approval: Agree, of: save, approvers: [legal], on_reject: {rework: save}}\n"
    )
    saved(run, ONE, TWO)
    run.agree("agree", "save", "ben")
    run.do(c.AddEvidence("save", ONE, "cd" * 32), by="dee")

    assert (run.step("agree").state, run.step("agree").keys) == ("ready", ())


def test_evidence_is_not_completed_by_hand() -> None:
    assert begun().code(c.CompleteStep("save"), by="dee") == "wrong_kind"
