"""Requests made up from the OpenAPI document, good and bad, alone and in chains: each is answered as the document says.

SOAK makes it longer: with SOAK=700 each operation gets the 2,000 examples that the reliability goals ask for.
"""

import os
import subprocess
import sys
from pathlib import Path

import httpx

from tests.api.cli.given import ROOT, served
from tests.api.given import write_house

SOAK = int(os.environ.get("SOAK", "1"))
EXAMPLES = min(2_000, 3 * SOAK)
PATIENCE = 110 * SOAK
ENDLESS = r"/events$"
"""Of an incident that exists it never ends; `test_live.py` reads it."""


def test_whatever_is_made_up_is_answered_as_the_document_says(tmp_path: Path) -> None:
    house = write_house(tmp_path)
    paths = {"FIREBREAK_PLAYBOOKS": str(house.playbooks), "FIREBREAK_ORGANISATION": str(house.organisation)}

    with served(tmp_path, FIREBREAK_RATE_LIMIT="0", **paths) as running:
        entry = {"Authorization": f"Bearer {running.token}"}
        httpx.post(f"{running.url}/v1/incidents", json={"playbook": "trial", "inputs": {"site": "Plant 4"}}, headers=entry)
        program = [
            sys.executable,
            "-c",
            "from schemathesis.cli import schemathesis; schemathesis()",
            "--config-file",
            str(ROOT / "tests/api/schemathesis.toml"),
        ]
        options = ["--checks", "all", "--seed", "1", "--workers", "1", "--max-examples", str(EXAMPLES), "--exclude-path-regex", ENDLESS]
        ended = subprocess.run(
            [*program, "run", f"{running.url}/openapi.json", "-H", f"Authorization: {entry['Authorization']}", "--no-color", *options],
            cwd=tmp_path,
            env={**os.environ, "SCHEMATHESIS_HOOKS": "tests.api.made_up_hooks", "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    assert ended.returncode == 0, ended.stdout.partition("= FAILURES =")[2]
    assert "Stateful" in ended.stdout
