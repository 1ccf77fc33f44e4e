"""The page about webhooks is true: its receiver runs and takes only what is signed, its example is as declared, its table whole."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx

from api.routes.webhook_events import IncidentMessage
from engine.channels.outlet import Outlet
from engine.channels.poster import Posted, Posting
from engine.channels.webhook_post import WebhookPost
from engine.incident.announced import FIELDS
from engine.runtime.messenger import WAITS
from engine.store.webhooks import new_secret
from tests.free_port import free_port
from tests.until import until_found

PAGE = (Path(__file__).parents[1] / "docs" / "webhooks.md").read_text("utf-8")


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return str(found)


@contextmanager
def receiver(secret: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The program of the page, on a free port."""
    port = free_port()
    env = {**os.environ, "SIGNING_SECRET": secret, "PORT": str(port)}
    program = subprocess.Popen(
        [sys.executable, "-c", block("python")], env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    yield f"http://127.0.0.1:{port}", program
    program.kill()
    program.wait()


async def post(url: str, *secrets: str) -> Posted:
    """Post the example of the page."""
    outlet = Outlet(lambda: ["127.0.0.1"])
    poster = WebhookPost(outlet, lambda: ["127.0.0.1"], now=lambda: datetime.now(UTC))  # noqa: TID251 - the receiver looks at the machine's clock
    posted = await poster.post(Posting(url, "INC-7:31", json.dumps(json.loads(block("json"))).encode(), secrets))
    await outlet.close()
    return posted


async def test_the_receiver_takes_what_is_signed_once_and_nothing_else() -> None:
    secret = new_secret()
    with receiver(secret) as (url, program):
        await until_found(lambda: _listens(url))
        forged, first, twice, rotated = [
            await post(url, *secrets) for secrets in ((new_secret(),), (secret,), (secret,), (new_secret(), secret))
        ]
        program.terminate()
        said = program.communicate()[0].splitlines()

    assert [each.status for each in (forged, first, twice, rotated)] == [401, 204, 204, 204]
    assert said == ["firebreak.SeverityRaised INC-7 Raised: Ana Ruiz raised severity from sev2 to sev1 (Crisis): it spreads"]


async def _listens(url: str) -> bool:
    try:
        async with httpx.AsyncClient() as client:
            await client.get(url)
    except httpx.ConnectError:
        return False
    return True


def test_the_example_has_the_declared_shape() -> None:
    message = IncidentMessage.model_validate_json(block("json"))

    assert (message.id, message.data.changed["was"]) == ("INC-7:31", "sev2")


def test_every_event_and_what_it_says_stands_in_the_table() -> None:
    rows = {name: re.findall(r"`(\w+)`", fields) for name, fields in re.findall(r"^\| `([A-Z]\w+)` \| (.*) \|$", PAGE, re.MULTILINE)}

    assert rows == {kind.__name__: [path.rpartition(".")[2] for path in paths] for kind, paths in FIELDS.items()}


def test_the_waits_are_those_of_the_page() -> None:
    words = "5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 6 h 25 min"
    units = {"s": 1, "min": 60, "h": 3600}
    seconds = [
        sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+) (s|min|h)", wait)) for wait in re.split(", | and ", words)
    ]

    assert words in " ".join(PAGE.split())
    assert seconds == [wait.total_seconds() for wait in WAITS]
