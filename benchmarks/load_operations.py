"""What people do most, as requests: declare, complete a step, write a note from Slack, look at lists."""

import json
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any, Final

from slack_sdk.signature import SignatureVerifier

from benchmarks.load_client import Ask, Makes, written
from benchmarks.slack_ack import SECRET, STEPS, slash

ARGUMENT: Final = {
    "playbook": "filmed_workplace_argument",
    "inputs": {"video_urls": ["https://video.example/1", "https://video.example/2"], "site": "Plant 4", "people": ["fred", "john"]},
}
_ECHOED: Final = b'{"text": "the press has called", "to": ["ana"]}'


class Operations:
    """Requests by Ana, on incidents of the trial that nobody else works on."""

    def __init__(self, token: str, keys: list[str]) -> None:
        self._headers = {"authorization": f"Bearer {token}"}
        self._keys = cycle(keys)
        self._fresh = iter(keys)

    def named(self) -> dict[str, Makes]:
        """Give all operations by name."""
        listed = {name: self._get(f"/v1/{name}?limit=25") for name in ("incidents", "tasks")}
        return {
            "declare": self.declare,
            "complete": self.complete,
            "slash": self.slash,
            **{f"list_{name}": (lambda _, ask=ask: lambda: ask) for name, ask in listed.items()},
        }

    def declare(self, _client: int) -> Callable[[], Ask | None]:
        """Declare the filmed argument."""
        ask = self._post("/v1/incidents", ARGUMENT, status=201)
        return lambda: ask

    def complete(self, _client: int) -> Callable[[], Ask | None]:
        """Complete one task after another of an incident, then of the next; each opens the one that waits for it."""
        asks = self._completions()
        return lambda: next(asks, None)

    def slash(self, _client: int) -> Callable[[], Ask | None]:
        """Write a note by a signed slash command."""

        def ask() -> Ask:
            body, at = slash(f"note {next(self._keys)} the press has called"), str(int(time.time()))  # noqa: TID251 - the server signs by it
            signature = SignatureVerifier(SECRET).generate_signature(timestamp=at, body=body)
            signed = {"x_slack_request_timestamp": at, "x_slack_signature": str(signature)}
            wire = written("POST", "/slack/commands", body=body, kind="application/x-www-form-urlencoded", **signed)
            return Ask(wire, holds=b"Ana Ruiz")

        return ask

    def trial(self) -> Ask:
        """Declare the trial, to work on."""
        return self._post("/v1/incidents", {"playbook": "trial"}, status=201)

    def _completions(self) -> Iterator[Ask]:
        for key in self._fresh:
            for step in range(STEPS):
                yield self._post(f"/v1/incidents/{key}/steps/step_{step}/complete", {})

    def _post(self, path: str, body: dict[str, Any], *, status: int = 200) -> Ask:
        return Ask(written("POST", path, body=json.dumps(body).encode(), **self._headers), status)

    def _get(self, path: str) -> Ask:
        return Ask(written("GET", path, **self._headers))


def floors() -> dict[str, Makes]:
    """Give what the floor is asked."""
    echo, commit = (Ask(written("POST", path, body=_ECHOED)) for path in ("/echo", "/commit"))
    return {"echo": lambda _: lambda: echo, "commit": lambda _: lambda: commit}
