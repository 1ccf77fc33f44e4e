"""`firebreak worker --watch-port`: a process that only works says how it is, and nothing else."""

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.api.cli.given import PATIENCE, PROGRAM, ROOT, environment


@contextmanager
def watched(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run a worker on a free port; gives its address and its process."""
    env = environment(folder, FIREBREAK_METRICS="on")
    process = subprocess.Popen(
        [*PROGRAM, "worker", "--watch-port", "0"], cwd=ROOT, env=env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stderr is not None
        said = next(line for line in process.stderr if "the worker runs" in line)
        yield re.findall(r"http://[\d.]+:\d+", said)[0], process
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE)


def test_a_worker_alone_says_how_it_is_and_ends_in_peace(tmp_path: Path) -> None:
    with watched(tmp_path) as (url, process):
        up, ready, figures = (httpx.get(f"{url}{path}", timeout=PATIENCE) for path in ("/healthz", "/readyz", "/metrics"))
        rest = httpx.get(f"{url}/v1/incidents", timeout=PATIENCE)
        process.send_signal(signal.SIGTERM)
        ended = process.wait(PATIENCE)

    assert (up.status_code, figures.status_code, rest.status_code, ended) == (200, 200, 404, 0)
    assert ready.json()["worker"] in ("ok", "silent")
    assert "firebreak_commit_units_count" in figures.text
