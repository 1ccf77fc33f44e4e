"""The filmed workplace argument from the first call to the last follow-up, over HTTP, against a process of its own."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.store.database import open_database
from tests.journeys.given import ROOT, Case, Server, eventually
from tests.postgres_server import PostgresServer

START = {
    "playbook": "filmed_workplace_argument",
    "inputs": {"video_urls": ["https://video.example/1", "https://video.example/2"], "site": "Plant 4", "people": ["fred", "john"]},
}
HASH = "ab" * 32
PLAIN = "We know about a video from Plant 4. People come first. We will say more when we can."


@pytest.fixture
def database(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of the server's database: its own file, or one of the tests' PostgreSQL."""
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'data' / 'firebreak.db'}"
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    with postgres.lent() as taken:
        yield taken


@pytest.fixture
def server(tmp_path: Path, database: str) -> Iterator[Server]:
    running = Server(tmp_path, extra={"FIREBREAK_DATABASE_URL": database}).start()
    yield running
    if running.process is not None and running.process.poll() is None:
        running.stop()


def declared(server: Server) -> Case:
    return Case(server, server.person("ana").post("/v1/incidents", START, expect=201)["key"])


def audit(server: Server, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from api.cli.main import app; app()", "audit", "verify", *words]
    return subprocess.run(command, cwd=ROOT, env=server.environment, capture_output=True, text=True, timeout=60)


async def changed(address: str, statement: str) -> None:
    """Change the database behind the program's back."""
    opened = open_database(address)
    await opened.write(lambda tx: tx.exec_driver_sql(statement).rowcount)
    await opened.close()


def to_the_holding_line(case: Case) -> None:
    for url in START["inputs"]["video_urls"]:  # type: ignore[index]
        case.do("capture", "evidence", {"source": url, "sha256": HASH, "collected": {"uploader": "someone"}}, role="it")
    case.finish("freeze", role="social")
    case.finish("facts", role="incident_lead")
    case.do("real", "answer", {"option": "ours"}, role="incident_lead")
    case.finish("welfare", role="hr")
    case.do("draft_internal", "submit", role="hr")
    case.agree("ok_internal", "legal")
    for channel in ("slack:#all-staff", "email:all-staff"):
        case.do("send_internal", "confirm", {"channel": channel, "link": "https://example.com/note"}, role="hr")


def reject_and_rework(case: Case) -> None:
    case.do("draft_holding", "submit", role="press_officer")
    first = case.step("ok_holding")["content_hash"]
    case.do("ok_holding", "reject", {"version": first, "comment": "people first"}, role="legal")
    assert case.step("draft_holding")["state"] == "ready"
    case.do("draft_holding", "submit", {"text": PLAIN}, role="press_officer")
    case.do("ok_holding", "approve", {"version": first}, role="legal", expect=409)


def two_keys_and_an_edit(case: Case) -> None:
    case.agree("ok_holding", "legal", "comms_lead")
    assert case.step("ok_holding")["state"] == "done"
    case.do("draft_holding", "submit", {"text": PLAIN + " Support is there."}, role="press_officer")
    assert case.step("ok_holding")["state"] == "ready"
    line = {"channel": "press_desk", "link": "https://example.com/press"}
    case.do("arm_press_desk", "confirm", line, role="press_officer", expect=409)
    case.agree("ok_holding", "legal", "comms_lead")
    case.command("hold", {"reason": "the clip may be altered"}, role="legal")
    assert case.do("arm_press_desk", "confirm", line, role="press_officer", expect=409)["code"] == "on_hold"
    case.command("release", {"reason": "it is real"}, role="comms_lead")
    assert case.do("arm_press_desk", "confirm", line, role="press_officer")["state"] == "done"


def to_the_close(case: Case) -> None:
    for step, option, role in (("named_online", "no", "hr"), ("protected", "no", "legal")):
        case.do(step, "answer", {"option": option}, role=role)
    for step, role in (("hold_notice", "legal"), ("brief_shift", "hr"), ("tell_works_council", "hr"), ("help_takedown", "hr")):
        case.finish(step, role=role)
    case.finish("investigate", role="hr")
    case.agree("ok_outcome", "hr_director", "legal")


def publish_the_update(case: Case) -> None:
    assert case.step("draft_update")["state"] == "skipped"
    case.command("raise", {"to": "sev1", "reason": "national press"}, role="hr")
    assert case.step("draft_update")["state"] == "ready"
    case.do("draft_update", "submit", role="press_officer")
    case.agree("ok_update", "legal", "comms_lead")
    for channel in ("newsroom", "brand_linkedin"):
        case.do("post_update", "confirm", {"channel": channel, "link": "https://example.com/update"}, role="social")


def end_watching(case: Case) -> None:
    case.server.forward(hours=25)
    case.do("watch", "record", {"views_total": 4000, "mentions_per_hour": 3}, role="social")
    eventually(lambda: case.step("watch")["state"] == "done")


def follow_up(case: Case) -> None:
    case.server.forward(days=1)
    for step, role, days in (("day_30", "hr", 30), ("day_60", "hr", 30), ("day_120", "sponsor", 60)):
        case.server.forward(days=days)
        eventually(lambda step=step: case.step(step)["state"] == "ready")  # type: ignore[misc]
        case.do(step, "complete", role=role)


def test_the_filmed_argument_runs_from_the_first_call_to_the_last_follow_up(server: Server) -> None:
    case = declared(server)
    capture = case.step("capture")
    assert (capture["state"], bool(capture["assignee"]), bool(capture["due_at"])) == ("ready", True, True)

    to_the_holding_line(case)
    reject_and_rework(case)
    current = case.step("ok_holding")["content_hash"]
    refused = server.admin.post(f"/v1/incidents/{case.key}/steps/ok_holding/approve", {"version": current}, expect=403)
    assert refused["code"] == "own_credential"
    case.do("speak", "answer", {"option": "answer_only"}, role="comms_lead")
    assert case.step("post_holding")["reason"] == "speak=answer_only does not lead here"
    two_keys_and_an_edit(case)
    to_the_close(case)
    publish_the_update(case)
    end_watching(case)
    case.command("close", role="incident_lead")
    case.finish("after_action", role="incident_lead")
    follow_up(case)

    assert case.facts["status"] == "complete"
    told = " ".join(item["text"] for item in case.timeline())
    for word in ("Declared", "Approved", "Rejected", "On hold", "Raised", "Closed", "Complete"):
        assert word in told
    clean = audit(server)
    assert (clean.returncode, "consistent" in clean.stdout) == (0, True), clean.stdout + clean.stderr


def test_one_changed_byte_fails_the_audit_which_says_where(server: Server, database: str) -> None:
    case = declared(server)
    server.stop()
    asyncio.run(changed(database, "UPDATE events SET payload = replace(payload, 'Plant 4', 'Plant 5') WHERE seq = 1"))
    found = audit(server)

    assert found.returncode == 1
    assert case.key in found.stdout


def test_a_late_capture_climbs_the_golden_hour_on_the_clock(server: Server) -> None:
    case = declared(server)
    server.forward(minutes=51)
    eventually(lambda: sum("Late" in item["text"] and "Save every copy" in item["text"] for item in case.timeline()) == 3)

    assert case.step("capture")["late"] is True


def test_a_power_cut_loses_nothing_that_was_acknowledged(server: Server) -> None:
    case = declared(server)
    case.finish("freeze", role="social")
    server.kill()
    server.start()
    again = Case(server, case.key)

    assert again.step("freeze")["state"] == "done"
    assert len(again.facts["roles"]) >= 4
