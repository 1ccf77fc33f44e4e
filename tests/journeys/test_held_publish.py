"""A publish that is queued for a machine stops under a hold, and leaves, as approved, once another key-holder releases it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.channels.local_server import LocalServer, Reply, local_server
from tests.journeys.given import Case, Server, eventually

ORGANISATION = """
firebreak_organisation: 1
name: Example
people:
  ana: {name: Ana Ruiz}
  ben: {name: Ben Okafor}
  cho: {name: Cho Min}
  dee: {name: Dee Lund}
groups: {leads: [ana], lawyers: [ben], comms: [cho], press: [dee]}
channels:
  newsroom: {kind: webhook, url_secret: NEWSROOM_URL, audience: [public]}
outgoing_hosts: ["127.0.0.1"]
"""
PLAYBOOK = """
firebreak: 1
id: by_machine
title: Posted by a machine
version: 1.0.0
owner: incident_lead
summary: The approved words go out by themselves.
roles:
  incident_lead: {title: Lead, assign: "group:leads"}
  legal: {title: Counsel, assign: "group:lawyers"}
  comms_lead: {title: Head of communications, assign: "group:comms"}
  press: {title: Press officer, assign: "group:press"}
templates:
  line: {text: "We know about it."}
steps:
  - {id: draft, statement: Our line, role: press, audience: public, template: line}
  - {id: agree, approval: Two keys, of: draft, approvers: [legal, comms_lead], on_reject: {rework: draft}}
  - {id: post, publish: Post it, of: draft, role: press, needs: [agree], channels: [newsroom], confirm: api}
"""


@pytest.fixture
def newsroom() -> Iterator[LocalServer]:
    with local_server() as running:
        yield running


@pytest.fixture
def server(tmp_path: Path, newsroom: LocalServer) -> Iterator[Server]:
    library = tmp_path / "library"
    library.mkdir()
    (library / "organisation.yaml").write_text(ORGANISATION)
    (library / "by_machine.yaml").write_text(PLAYBOOK)
    extra = {
        "FIREBREAK_PLAYBOOKS": str(library),
        "FIREBREAK_ORGANISATION": str(library / "organisation.yaml"),
        "NEWSROOM_URL": f"{newsroom.url}/news",
    }
    running = Server(tmp_path, extra).start()
    yield running
    running.stop()


def failing(case: Case) -> bool:
    deliveries = case.server.admin.get(f"/v1/incidents/{case.key}/deliveries")["items"]
    return any(each["kind"] == "publish" and each["attempts"] > 0 and each["state"] == "pending" for each in deliveries)


def waiting(case: Case) -> bool:
    deliveries = case.server.admin.get(f"/v1/incidents/{case.key}/deliveries")["items"]
    return any(each["kind"] == "publish" and each["state"] == "waiting" for each in deliveries)


def test_a_hold_stops_a_queued_publish_until_it_is_released(server: Server, newsroom: LocalServer) -> None:
    newsroom.answer(Reply(503))
    case = Case(server, server.person("ana").post("/v1/incidents", {"playbook": "by_machine"}, expect=201)["key"])
    case.do("draft", "submit", role="press")
    case.agree("agree", "legal", "comms_lead")
    eventually(lambda: failing(case))
    case.command("hold", {"reason": "the clip may be altered"}, role="legal")
    server.forward(hours=1)
    eventually(lambda: waiting(case))
    held = len(newsroom.received)
    newsroom.answer(Reply())
    case.command("release", {"reason": "it is real"}, role="comms_lead")
    server.forward(hours=2)
    eventually(lambda: case.step("post")["state"] == "done")

    assert held < len(newsroom.received)
    assert b"We know about it." in newsroom.received[-1].body
