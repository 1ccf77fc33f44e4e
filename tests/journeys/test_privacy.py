"""A name that was given as personal stands in no file, ever; once its key is destroyed nobody reads it again."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.given import ROOT, Case, Server

NAME = "Zanzibar Quux"
START = {
    "playbook": "filmed_workplace_argument",
    "inputs": {"video_urls": ["https://video.example/1"], "site": "Plant 4", "people": [NAME]},
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path).start()
    yield running
    if running.process is not None and running.process.poll() is None:
        running.stop()


def spoken_of(server: Server) -> Case:
    """An incident in which people write the name wherever they can."""
    case = Case(server, server.person("ana").post("/v1/incidents", START, expect=201)["key"])
    case.command("note", {"text": f"{NAME} called the press desk"}, role="incident_lead")
    case.do("facts", "comment", {"text": f"ask {NAME}"}, role="incident_lead")
    case.do("capture", "evidence", {"source": "https://video.example/1", "sha256": "ab" * 32, "collected": {"uploader": NAME}}, role="it")
    case.do("tell_works_council", "skip", {"reason": f"{NAME} has told them"}, role="hr")
    case.command("raise", {"to": "sev1", "reason": f"{NAME} was hurt"}, role="hr")
    case.command("add-task", {"title": f"Call {NAME} back", "role": "hr"}, role="incident_lead")
    case.finish("facts", role="incident_lead")
    case.do("real", "answer", {"option": "ours", "note": f"{NAME} confirms it"}, role="incident_lead")
    case.do("draft_internal", "submit", {"text": f"{NAME} is safe. You may talk about pay."}, role="hr")
    return case


def files_with(name: str, folder: Path) -> list[str]:
    return [file.name for file in folder.rglob("*") if file.is_file() and name.encode() in file.read_bytes()]


def firebreak(server: Server, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from api.cli.main import app; app()", *words]
    return subprocess.run(command, cwd=ROOT, env=server.environment, capture_output=True, text=True, timeout=60)


def test_a_personal_name_stands_in_no_file(server: Server) -> None:
    spoken_of(server)

    assert files_with("Zanzibar", server.folder) == []


def test_an_erased_name_is_gone_and_the_audit_is_clean(server: Server) -> None:
    case = spoken_of(server)
    server.stop()
    erased = firebreak(server, "erase", NAME, "--reason", "asked by the person", "--yes")
    audited = firebreak(server, "audit", "verify")
    server.start()
    told = " ".join(item["text"] for item in Case(server, case.key).timeline())

    assert erased.returncode == 0, erased.stderr
    assert audited.returncode == 0, audited.stdout
    assert "Zanzibar" not in told
    assert "Zanzibar" not in str(server.person("ana").get(f"/v1/incidents/{case.key}"))
    assert files_with("Zanzibar", server.folder) == []
