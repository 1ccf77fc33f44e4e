"""Exports: every shipped playbook keeps its shape in CACAO, and the same playbook always gives the same bytes."""

import hashlib
import json
import re
import uuid
from typing import Any

import pytest

from engine.exchange.cacao.document import structural_faults
from engine.exchange.cacao.export import Wanted
from engine.exchange.cacao.extension import PLAYBOOK, STEP
from engine.exchange.identifiers import NAMESPACE, identifier
from engine.language.playbook import Statement
from tests.exchange.given import LOSSLESS, NAMES, STRIPPED, actions, exported, made, read, shipped

DEFAULT = Wanted()
HEAD = """
firebreak: 1
id: trial
title: A trial
version: 1.0.0
owner: lead
summary: For tests.
roles: {lead: {title: Lead}, legal: {title: Counsel}, comms: {title: Head of communications}}
inputs: {hurt: {type: yes_no, label: "Was anyone hurt?"}, site: {type: text}, links: {type: url_list}}
severity: {levels: {sev2: {title: Spreading, means: some}, sev1: {title: Crisis, means: all}}, start: sev2}
templates: {line: {text: "We know about {{ inputs.site }}."}}
"""


def written(steps: str, *, wanted: Wanted = STRIPPED, head: str = HEAD) -> dict[str, Any]:
    return made(f"{head}steps:\n{steps}", wanted=wanted).document


def called(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(step for step in document["workflow"].values() if step.get("name") == name)


def of_type(document: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [step for step in document["workflow"].values() if step["type"] == kind]


@pytest.mark.parametrize("wanted", [LOSSLESS, STRIPPED, DEFAULT], ids=["lossless", "stripped", "default"])
@pytest.mark.parametrize("name", NAMES)
def test_every_pointer_of_a_shipped_export_leads_somewhere(name: str, wanted: Wanted) -> None:
    assert structural_faults(exported(name, wanted).document) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_branch_of_a_shipped_export_ends_in_an_end_of_its_own(name: str) -> None:
    workflow = exported(name, STRIPPED).document["workflow"]
    branches = {target for step in workflow.values() for target in branches_of(step)}
    ends = [end_of(workflow, start) for start in branches]

    assert len(set(ends)) == len(ends)


def branches_of(step: dict[str, Any]) -> list[str]:
    return [
        each for each in (step.get("on_true"), step.get("on_false"), *step.get("next_steps", ()), *step.get("cases", {}).values()) if each
    ]


def end_of(workflow: dict[str, Any], start: str) -> str:
    while workflow[start]["type"] != "end":
        start = workflow[start]["on_completion"]
    return start


@pytest.mark.parametrize("name", NAMES)
def test_every_step_and_role_of_a_shipped_playbook_is_in_its_export(name: str) -> None:
    document = exported(name, STRIPPED).document
    titles = {step["name"] for step in actions(document)}

    assert [step.title for step in shipped(name).steps if step.title not in titles] == []
    assert [agent["name"] for agent in document["agent_definitions"].values()] == [role.title for role in shipped(name).roles.values()]


@pytest.mark.parametrize("name", NAMES)
def test_a_step_comes_after_all_that_it_waits_for(name: str) -> None:
    document = exported(name, LOSSLESS).document
    place = {step: index for index, step in enumerate(first_seen(document))}

    assert [(step.id, need) for step in shipped(name).steps for need in step.needs if place[need] > place[step.id]] == []


def first_seen(document: dict[str, Any]) -> list[str]:
    """Our steps in the order in which a reader who may not skip would do them."""
    extensions = (step.get("step_extensions", {}).get(STEP, {"steps": []}) for step in document["workflow"].values())
    return [each["id"] for extension in extensions for each in extension["steps"]]


@pytest.mark.parametrize("name", NAMES)
def test_the_same_playbook_gives_the_same_bytes(name: str) -> None:
    text = read(f"{name}.yaml")
    digests = {hashlib.sha256(exported(name, wanted).text.encode()).hexdigest() for wanted in (LOSSLESS, Wanted(privileged=True))}

    assert len(digests) == 1
    assert json.loads(exported(name).text)["playbook_extensions"][PLAYBOOK]["source"]["text"] == text


@pytest.mark.parametrize("name", NAMES)
def test_what_is_privileged_is_not_in_an_export_that_nobody_asked_to_hold_it(name: str) -> None:
    found = exported(name, DEFAULT)
    hidden = [step for step in shipped(name).steps if step.id in found.left_out]
    kept = {*shipped(name).tags, *shipped(name).roles, *(tag for step in shipped(name).steps for tag in step.tags)}
    words = {title for step in hidden for title in (step.title, step.do.strip()) if title}
    templates = {step.template for step in hidden if isinstance(step, Statement)}

    assert [each for each in words if json.dumps(each)[1:-1] in found.text] == []
    assert [step.id for step in hidden if f'"{step.id}"' in found.text and step.id not in kept] == []
    assert [each for each in templates if f'"{each}"' in found.text] == []
    assert found.has_source is (hidden == [])


def test_an_identifier_is_the_name_based_uuid_of_the_standard() -> None:
    ours = identifier("action", "trial", "ask")

    assert ours == f"action--{uuid.uuid5(uuid.UUID(bytes=NAMESPACE), 'trial/ask')}"


def test_one_after_another_and_side_by_side_need_no_warning() -> None:
    steps = """
  - {id: aa, task: A, role: lead}
  - {id: bb, task: B, role: lead, needs: [aa]}
  - {id: cc, task: C, role: lead, needs: [aa]}
  - {id: dd, task: D, role: lead, needs: [bb, cc]}
"""
    found = made(f"{HEAD}steps:{steps}")
    parallel = of_type(found.document, "parallel")[0]

    assert found.findings == ()
    assert [found.document["workflow"][each]["name"] for each in parallel["next_steps"]] == ["B", "C"]


def test_needs_that_cross_are_put_in_one_order_and_said() -> None:
    steps = "".join(
        f"  - {{id: {n}, task: {n.upper()}, role: lead, needs: [{needs}]}}\n"
        for n, needs in (("aa", ""), ("bb", ""), ("cc", "aa"), ("dd", "aa, bb"))
    )
    found = made(f"{HEAD}steps:\n{steps}")

    assert [finding.code for finding in found.findings] == ["FB701"]
    assert of_type(found.document, "parallel") == []


def test_a_decision_of_two_is_an_if_and_one_of_three_a_switch() -> None:
    two = "{yes: {label: Yes it is, then: [aa]}, no: {label: No, then: []}}"
    three = "{one: {label: One, then: [bb]}, two: {label: Two, then: [bb]}, three: {label: Three, then: []}}"
    document = written(f"""
  - {{id: qq, decision: "Is it?", role: lead, options: {two}}}
  - {{id: aa, task: A, role: lead}}
  - {{id: rr, decision: "Which?", role: lead, needs: [aa], options: {three}}}
  - {{id: bb, task: B, role: lead}}
""")
    switch = of_type(document, "switch-condition")[0]

    assert of_type(document, "if-condition")[0]["condition"] == "__decision_qq__:value = 'yes'"
    assert switch["switch"] == "__decision_rr__:value"
    assert switch["cases"]["one"] == switch["cases"]["two"] != switch["cases"]["three"]
    assert "- yes: Yes it is" in called(document, "Is it?")["commands"][0]["command"]


def test_an_approval_that_may_send_back_is_a_loop_with_a_counter() -> None:
    document = written("""
  - {id: draft, statement: Draft, role: lead, audience: public, template: line}
  - {id: ok, approval: Agree, of: draft, approvers: [legal, comms], on_reject: {rework: draft, max: 2}, needs: [draft]}
  - {id: post, publish: Post, of: draft, role: lead, needs: [ok], channels: ["slack:#x"]}
""")
    loop = of_type(document, "while-condition")[0]

    assert loop["condition"] == "__ok_ok__:value = false AND __rework_ok__:value <= 2"
    assert document["workflow"][loop["on_true"]]["name"] == "Draft"
    assert of_type(document, "if-condition")[0]["condition"] == "__ok_ok__:value = true"
    assert "Approvers: Counsel, Head of communications. All of them must agree." in called(document, "Agree")["commands"][0]["command"]


def test_what_comes_after_a_loop_comes_after_all_that_the_loop_waits_for() -> None:
    document = written("""
  - {id: first, task: First, role: lead}
  - {id: draft, task: Draft, role: lead}
  - {id: ok, approval: Agree, of: draft, approvers: [legal], needs: [first], on_reject: {rework: draft, max: 1}}
  - {id: also, approval: Agree too, of: draft, approvers: [comms], on_reject: {rework: draft, max: 0}}
""")

    assert [step["name"] for step in actions(document)] == ["First", "Draft", "Agree", "Agree too"]


def test_a_guard_over_inputs_is_a_condition_and_any_other_a_question() -> None:
    document = written("""
  - {id: aa, task: A, role: lead, when: inputs.hurt and severity_at_least('sev2')}
  - {id: bb, task: B, role: lead, min_severity: sev1}
  - {id: cc, task: C, role: lead, when: elapsed('declared') > duration('24h')}
""")
    conditions = [step["condition"] for step in of_type(document, "if-condition")]

    assert conditions == [
        "__hurt__:value = true AND __severity__:value IN ('sev2', 'sev1')",
        "__severity__:value = 'sev1'",
        "__when_cc__:value = true",
    ]
    assert called(document, "Is this so: elapsed('declared') > duration('24h')")["out_args"] == ["__when_cc__"]


def test_a_wait_holds_up_what_comes_next() -> None:
    document = written("""
  - {id: aa, task: A, role: lead}
  - {id: ww, wait: Wait a little, for: 5m, needs: [aa]}
  - {id: bb, task: B, role: lead, needs: [ww]}
""")

    assert called(document, "B")["delay"] == 300_000


def test_a_wait_before_a_monitor_does_not_make_it_look_less_often() -> None:
    document = written("""
  - {id: pause, wait: Wait a little, for: 5m}
  - {id: look, monitor: Look, role: lead, every: 30m, until: inputs.hurt, for_at_most: 1d, needs: [pause]}
""")

    assert [step["delay"] for step in of_type(document, "while-condition")] == [1_800_000]
    assert called(document, "Wait a little")["commands"][0]["command"] == "Wait a little\nWait for 5m."


def test_a_deadline_never_becomes_a_time_out() -> None:
    document = written("  - {id: aa, task: A, role: lead, due: 5m from declared}\n", wanted=LOSSLESS)

    assert "timeout" not in called(document, "A")
    assert called(document, "A")["step_extensions"][STEP]["steps"][0]["due"] == "5m from declared"


def test_an_http_step_speaks_to_a_target() -> None:
    document = written('  - {id: aa, http: Stop the ads, method: POST, url: "https://ads.example.com/stop", headers: {X-One: two}}\n')
    step = called(document, "Stop the ads")

    assert step["commands"][0]["command"] == "POST /stop HTTP/1.1"
    assert document["target_definitions"][step["targets"][0]]["address"] == {"url": ["https://ads.example.com"]}


def test_a_called_playbook_has_the_identifier_of_its_own_export() -> None:
    document = written("  - {id: aa, playbook: employee_doxxing, with: {people: inputs.links}}\n")
    step = of_type(document, "playbook-action")[0]

    assert step["playbook_id"] == exported("employee_doxxing").document["id"]
    assert step["step_variables"]["__people__"]["value"] == "__links__:value"


def test_a_later_version_was_modified_later() -> None:
    step = "  - {id: aa, task: A, role: lead}\n"
    times = [
        written(step, head=HEAD.replace("1.0.0", version))["modified"]
        for version in ("0.0.1", "1.0.0", "1.0.12", "1.2.0", "10.0.0", "999999.0.0")
    ]

    assert times == sorted(set(times))


def test_what_is_private_is_marked_for_those_named_only() -> None:
    levels = [
        next(iter(written(f"  - {{id: aa, task: A, role: lead, private: {private}}}\n")["data_marking_definitions"].values()))[
            "tlpv2_level"
        ]
        for private in ("true", "false")
    ]

    assert levels == ["TLP:RED", "TLP:AMBER+STRICT"]


def test_a_retired_playbook_is_revoked() -> None:
    head = HEAD.replace("owner: lead", "owner: lead\nstatus: retired")

    assert written("  - {id: aa, task: A, role: lead}\n", head=head)["revoked"] is True


def test_texts_speak_of_variables_and_not_of_our_inputs() -> None:
    document = written("  - {id: aa, task: A, role: lead, do: \"Go to {{ inputs.site }} and {{ inputs.site | default('there') }}.\"}\n")

    assert re.findall(r"__site__:value|\{\{", called(document, "A")["commands"][0]["command"]) == ["__site__:value"] * 2


def test_what_waited_for_a_privileged_step_waits_for_what_was_before_it() -> None:
    text = f"""{HEAD}
policies: [{{id: first, rule: before, first: memo, then: cc}}]
milestones: {{known: {{title: Known, reached_by: [memo, cc], within: 1h}}}}
steps:
  - {{id: aa, task: A, role: lead}}
  - {{id: memo, task: Write to counsel, role: lead, needs: [aa], privileged: true}}
  - {{id: cc, task: C, role: lead, needs: [memo], due: 1h from memo}}
"""
    found = made(text, wanted=DEFAULT)
    payload = found.document["playbook_extensions"][PLAYBOOK]
    step = called(found.document, "C")["step_extensions"][STEP]["steps"][0]

    assert found.left_out == ("memo",)
    assert (step["needs"], step["due"]) == (["aa"], "1h")
    assert payload["fields"]["milestones"]["known"]["reached_by"] == ["cc"]
    assert "policies" not in payload["fields"]
    assert "source" not in payload


def test_a_playbook_of_privileged_steps_only_is_not_exported() -> None:
    found = made(f"{HEAD}steps:\n  - {{id: memo, task: Write to counsel, role: lead, privileged: true}}\n", wanted=DEFAULT)

    assert found.document == {}
    assert [(finding.code, finding.level) for finding in found.findings] == [("FB701", "error")]


APPROVED_UNDER_AN_ANSWER = """
  - id: speak
    decision: Do we speak?
    role: lead
    options: {post: {label: Post, then: [agree]}, wait: {label: Wait, then: [watch]}}
  - {id: draft, task: Draft it, role: comms}
  - {id: agree, approval: Agree, of: draft, approvers: [legal], on_reject: {rework: draft, max: 0}}
  - {id: watch, task: Watch, role: comms, needs: [agree]}
  - {id: tell, task: Tell the staff, role: comms, needs: [agree, draft]}
"""


def test_an_approval_that_was_not_asked_for_holds_nothing_up() -> None:
    document = written(APPROVED_UNDER_AN_ANSWER)
    gate = called(document, "Agree: given, or not asked for")

    assert gate["condition"] == "__ok_agree__:value = true OR __decision_speak__:value != 'post'"
    assert document["workflow"][gate["on_true"]]["name"] == "Tell the staff"


def test_what_happens_under_another_answer_is_not_held_up_by_an_approval() -> None:
    document = written(APPROVED_UNDER_AN_ANSWER)
    leading = [step for step in document["workflow"].values() if step.get("on_true") == identifier_of(document, "Watch")]

    assert [step["condition"] for step in leading] == ["__decision_speak__:value = 'wait'"]


def identifier_of(document: dict[str, Any], title: str) -> str:
    return next(str(name) for name, step in document["workflow"].items() if step.get("name") == title)
