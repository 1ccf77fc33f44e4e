"""What the verifier finds is stored with a version and in force: at publish, at start, and for every skip by hand."""

from pathlib import Path

from engine.incident import commands as c
from engine.incident.refusal import Refusal
from engine.store.library import latest
from tests.runtime.given import ORGANISATION, WORK, house, person, playbook

ORDER = "policies: [{id: facts_first, rule: before, first: facts, then: tell}]\nsteps:\n"
PROTECTED = playbook(WORK).replace("steps:\n", ORDER, 1)
SPEAKS = """
  - {id: line, statement: Say it, role: press, audience: public, template: line}
  - {id: agree, approval: Agree, of: line, approvers: [legal], on_reject: {rework: line}}
  - {id: post, publish: Post, of: line, role: comms_lead, needs: [agree], channels: [newsroom]}
  - {id: finish, task: Look back, role: incident_lead, needs: [post], even_if_blocked: true, sets: closed}
"""
TWO_KEYS = "required_policies: [{id: two_keys, rule: approved_before_publish, audience: [public], approvers: [legal, comms_lead]}]\n"


async def test_what_may_not_be_skipped_is_stored_with_the_version_and_refused(tmp_path: Path) -> None:
    async with house(tmp_path, PROTECTED) as home:
        stored = await home.database.read(lambda tx: latest(tx, "trial"))
        await home.declare()
        answer = await home.handler.handle("INC-1", c.SkipStep("facts", "known"), person("ana"))

        assert stored is not None
        assert stored.unskippable == {"facts": "facts_first"}
        assert isinstance(answer, Refusal)
        assert (answer.code, answer.policy) == ("policy", "facts_first")


async def test_a_playbook_that_can_break_a_policy_is_not_published(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        hasty = PROTECTED.replace("role: press, needs: [facts]", "role: press").replace("id: trial", "id: hasty", 1)
        checked = await home.library.publish(hasty)

        assert checked.publication is None
        assert [each.code for each in checked.loaded.diagnostics if each.level == "error"] == ["FB402"]


async def test_a_policy_that_the_organisation_takes_up_later_is_proved_at_the_start(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(SPEAKS)) as home:
        await home.declare()
        (home.folder / "organisation.yaml").write_text(ORGANISATION + TWO_KEYS)
        await home.library.load()
        answer = await home.handler.declare("trial", c.Declare(id="", key=""), person("ana"))

        assert isinstance(answer, Refusal)
        assert (answer.code, answer.policy) == ("not_startable", "two_keys")
