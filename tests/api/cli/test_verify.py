"""`firebreak verify`: what is proved in a table, what is not as a story, and exit codes that scripts can use."""

import json
from pathlib import Path

import pytest

from tests.api.cli.given import PLAYBOOKS, firebreak
from tests.test_playbooks import NAMES

HOLE = """\
firebreak: 1
id: hole
title: A hole
version: 1.0.0
owner: lead
summary: The approval is for the highest severity, the publish for every one.
roles:
  lead: {title: Lead}
  press: {title: Press officer}
  legal: {title: Counsel}
severity:
  levels: {sev2: {title: Local, means: few}, sev1: {title: Crisis, means: many}}
templates: {line: {text: We know about it.}}
steps:
  - {id: draft, statement: The line, role: press, audience: public, template: line, takes: 5m}
  - {id: agree, approval: Agree, of: draft, approvers: [legal], min_severity: sev1, takes: 10m, on_reject: {rework: draft}}
  - {id: post, publish: Post it, of: draft, role: press, needs: [agree], channels: [site]}
  - {id: close, task: Close, role: lead, needs: [post], even_if_blocked: true, sets: closed}
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "hole.yaml"
    file.write_text(text, "utf-8")
    return file


@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_playbook_is_proved(name: str) -> None:
    ended = firebreak("verify", PLAYBOOKS / f"{name}.yaml", "--json")
    answer = json.loads(ended.stdout)

    assert ended.exit_code == 0
    assert answer["broken"] == 0
    assert {each["policy"] for each in answer["obligations"]} >= {"approved_outside", "always_learn"}
    assert [each["name"] for each in answer["times"] if not each["can_be_kept"]] == []


def test_a_hole_is_told_as_a_story_with_minutes(tmp_path: Path) -> None:
    ended = firebreak("verify", written(tmp_path, HOLE))

    assert ended.exit_code == 1
    assert "FB401 approved_outside: post" in ended.stdout
    assert "      5m  agree is skipped: severity is below sev1" in ended.stdout
    assert "so      post goes out, and nobody has approved these words" in ended.stdout
    assert "0 of 1 proved" in ended.stderr


def test_with_the_same_severity_on_both_there_is_none(tmp_path: Path) -> None:
    mended = HOLE.replace("needs: [agree], channels", "needs: [agree], min_severity: sev1, channels")
    ended = firebreak("verify", written(tmp_path, mended))

    assert ended.exit_code == 0
    assert "approved_outside\tpost\tholds\t" in ended.stdout


def test_an_example_is_told_as_data_too(tmp_path: Path) -> None:
    (told,) = json.loads(firebreak("verify", written(tmp_path, HOLE), "--json").stdout)["obligations"]

    assert told["code"] == "FB401"
    assert told["summary"] == "severity=sev2, agree skipped because severity is below sev1"
    assert told["story"][-1] == {"minutes": 5, "step": "post", "text": "press publishes post"}


def test_what_the_organisation_requires_is_proved_as_well(tmp_path: Path) -> None:
    organisation = PLAYBOOKS / "organisation.yaml"
    text = HOLE.replace("min_severity: sev1, ", "").replace("channels: [site]", "channels: [newsroom]")
    ended = firebreak("verify", written(tmp_path, text), "--organisation", organisation)

    assert ended.exit_code == 1
    assert "two_keys: post (comms_lead)" in ended.stdout


def test_a_milestone_that_cannot_be_met_ends_with_1(tmp_path: Path) -> None:
    text = HOLE.replace("min_severity: sev1, ", "").replace(
        "steps:\n", "milestones: {out: {title: Out, reached_by: [post], within: 10m}}\nsteps:\n"
    )
    ended = firebreak("verify", written(tmp_path, text))

    assert ended.exit_code == 1
    assert "milestone out\t10m\t15m (too late)\t" in ended.stdout


def test_a_playbook_with_errors_is_not_proved_and_says_why(tmp_path: Path) -> None:
    ended = firebreak("verify", written(tmp_path, HOLE.replace("role: lead, needs", "role: laed, needs")))

    assert (ended.exit_code, ended.stdout) == (1, "")
    assert "FB103 error" in ended.stderr
    assert "has errors; only what can be read can be proved" in ended.stderr


def test_a_file_that_is_not_there_ends_with_2(tmp_path: Path) -> None:
    assert firebreak("verify", tmp_path / "none.yaml").exit_code == 2


def test_what_is_never_skipped_by_hand_is_listed() -> None:
    ended = firebreak("verify", PLAYBOOKS / "filmed_workplace_argument.yaml")

    assert "never skipped by hand: capture (save_before_takedown), after_action (always_learn)" in ended.stdout
