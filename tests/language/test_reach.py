"""How people are called, as authors write it: which ways there are, and that a key-holder can be reached where they sign."""

import pytest

from engine.language.load import load_organisation, load_playbook

PLAYBOOK = """
firebreak: 1
id: trial
title: A trial
version: 1.0.0
owner: lead
summary: For tests.
roles:
  lead: {title: Lead, assign: "group:leads"}
  legal: {title: Counsel, assign: "group:lawyers"REACH}
templates: {line: {text: "We know."}}
steps:
  - {id: draft, statement: Say it, role: lead, audience: public, template: line}
  - {id: agree, approval: Agree, of: draft, approvers: [legal], on_reject: {rework: draft}}
  - {id: post, publish: Post it, of: draft, role: lead, needs: [agree], channels: [site]}
  - {id: finish, task: Look back, role: lead, needs: [post], sets: closed}
"""
ORGANISATION = """
firebreak_organisation: 1
name: Example
people:
  ana: {name: Ana Ruiz, email: ana@example.com}
  ben: {name: Ben Okafor, email: ben@example.com}
groups: {leads: [ana], lawyers: [ben]}
channels: {site: {kind: manual, where: example.com, audience: [public]}}
defaults: {DEFAULTS}
"""


def codes(reach: str, defaults: str = "") -> list[str]:
    organisation = load_organisation(ORGANISATION.replace("DEFAULTS", defaults), file="organisation.yaml")
    assert organisation.organisation is not None, organisation.diagnostics
    text = PLAYBOOK.replace("REACH", reach)
    loaded = load_playbook(text, file="trial.yaml", read=lambda _: "", organisation=organisation.organisation)
    return [each.code for each in loaded.diagnostics if each.code in ("FB010", "FB117", "FB301")]


@pytest.mark.parametrize("way", ["slack", "email", "phone", "sms", "pagerduty"])
def test_every_way_of_reaching_somebody_can_be_written(way: str) -> None:
    assert codes(f", reach: [{{after: 2m, by: {way}}}, {{after: 4m, by: phone}}]") == []


@pytest.mark.parametrize(
    ("rung", "code"), [("{after: 2m, by: pigeon}", "FB010"), ("{after: soon, by: sms}", "FB301"), ("{by: sms}", "FB010")]
)
def test_what_is_no_way_or_no_time_is_found(rung: str, code: str) -> None:
    assert codes(f", reach: [{rung}]") == [code]


def test_a_key_holder_who_is_reached_as_the_organisation_reaches_everybody_must_be_able_to_sign_there() -> None:
    assert codes("", "reach: [{after: 2m, by: email}]") == ["FB117"]
    assert codes("", "reach: [{after: 2m, by: email}, {after: 4m, by: phone}]") == []
    assert codes(", reach: [{after: 2m, by: slack}]", "reach: [{after: 2m, by: email}]") == []


@pytest.mark.parametrize("digest", ["07:30", "never", "23:59"])
def test_a_digest_has_a_time_or_never_comes(digest: str) -> None:
    found = load_organisation(ORGANISATION.replace("DEFAULTS", f"digest: {digest}"), file="organisation.yaml")

    assert found.organisation is not None
    assert found.organisation.defaults.digest == digest


@pytest.mark.parametrize("digest", ["24:00", "8:30", "sometimes", "no"])
def test_what_is_no_time_of_day_is_found(digest: str) -> None:
    found = load_organisation(ORGANISATION.replace("DEFAULTS", f"digest: {digest}"), file="organisation.yaml")

    assert "FB010" in [each.code for each in found.diagnostics]
