"""The quickstart, typed by a shell as it stands: curl alone declares an incident and brings it to its end."""

import re
import subprocess
from pathlib import Path

from tests.api.cli.given import ROOT, served
from tests.test_docs import blocks

PATIENCE = 60


def test_curl_alone_is_enough(tmp_path: Path) -> None:
    typed = "\n".join(blocks((ROOT / "docs/quickstart.md").read_text("utf-8"), "bash"))

    with served(tmp_path) as running:
        names = {"SERVER": running.url, "TOKEN": running.token or "", "PATH": "/usr/bin:/bin"}
        ended = subprocess.run(["bash", "-e", "-c", typed], env=names, capture_output=True, text=True, timeout=PATIENCE)

    said = ended.stdout
    assert ended.returncode == 0, (said[-2000:], ended.stderr)
    assert '"code":"checklist_open"' in said
    assert "A burst pipe" in said
    assert re.search(r"^event: entry$", said, re.MULTILINE), said
    assert '"status":"complete"' in said[said.rindex('{"id":') :]
