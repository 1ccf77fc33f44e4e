"""A running server and a running worker follow their organisation file: by looking, and at once at SIGHUP."""

import hashlib
import signal
import subprocess
from pathlib import Path

import httpx

from tests.api.cli.given import PATIENCE, PROGRAM, ROOT, environment, served
from tests.api.given import ORGANISATION, write_house
from tests.journeys.given import eventually

RENAMED = ORGANISATION.replace("name: Example", "name: Example Ltd")
OTHER_LEAD = ORGANISATION.replace("leads: [ana]", "leads: [cho]")


def at(folder: Path) -> dict[str, str]:
    write_house(folder)
    return {"FIREBREAK_PLAYBOOKS": str(folder / "playbooks"), "FIREBREAK_ORGANISATION": str(folder / "organisation.yaml")}


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Watched:
    """A server's own word on which file is in force."""

    def __init__(self, url: str) -> None:
        self._url = url

    def facts(self) -> dict[str, str]:
        answer = httpx.get(f"{self._url}/readyz", timeout=PATIENCE)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def comes_to(self, state: str, digest: str) -> None:
        def holds() -> bool:
            facts = self.facts()
            return (facts["organisation"], facts["organisation_digest"]) == (state, digest)

        eventually(holds)


def test_a_server_takes_good_files_keeps_the_last_good_one_and_never_stops(tmp_path: Path) -> None:
    known = at(tmp_path)
    file = tmp_path / "organisation.yaml"
    with served(tmp_path, FIREBREAK_METRICS="on", **known) as running:
        eventually(lambda: httpx.get(f"{running.url}/readyz", timeout=PATIENCE).status_code == 200)
        watched = Watched(running.url)
        watched.comes_to("ok", digest_of(ORGANISATION))
        file.write_text(RENAMED)  # seen by looking
        watched.comes_to("ok", digest_of(RENAMED))
        file.unlink()  # and that it is gone
        watched.comes_to("refused", digest_of(RENAMED))
        for text, state in ((RENAMED[: RENAMED.index("groups:") + 20], "refused"), (OTHER_LEAD, "ok")):
            file.write_text(text)
            running.process.send_signal(signal.SIGHUP)
            watched.comes_to(state, digest_of(OTHER_LEAD if state == "ok" else RENAMED))
        headers = {"Authorization": f"Bearer {running.token}"}
        body = {"playbook": "trial", "inputs": {"site": "Plant 4"}}
        declared = httpx.post(f"{running.url}/v1/incidents", json=body, headers=headers, timeout=PATIENCE)
        lead = httpx.get(f"{running.url}/v1/incidents/{declared.json()['key']}", headers=headers, timeout=PATIENCE).json()
        figures = httpx.get(f"{running.url}/metrics", timeout=PATIENCE).text
        ended = running.stop()

    assert lead["roles"]["incident_lead"]["person"] == "cho"
    assert 'firebreak_organisation_files_total{outcome="in_force"} 3.0' in figures
    assert "firebreak_organisation_refused 0.0" in figures
    assert ended == 0
    assert "organisation file is bad" in (tmp_path / "server.log").read_text()


def test_a_worker_without_a_port_reads_it_again_when_it_is_told_to(tmp_path: Path) -> None:
    env = environment(tmp_path, **at(tmp_path), FIREBREAK_LOG_LEVEL="info", PYTHONUNBUFFERED="1")
    process = subprocess.Popen([*PROGRAM, "worker"], cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        next(line for line in process.stderr if "worker started" in line)
        (tmp_path / "organisation.yaml").write_text(RENAMED)
        process.send_signal(signal.SIGHUP)
        said = [next(line for line in process.stderr if words in line) for words in ("a signal asked for it", "organisation in force")]
        process.send_signal(signal.SIGTERM)
        process.stderr.read()
        ended = process.wait(PATIENCE)
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE)

    assert digest_of(RENAMED) in said[1]
    assert ended == 0
