"""Every operation of the HTTP interface with a request that is well formed, for tests that go through all of them."""

from dataclasses import dataclass
from typing import Any, Final

import httpx
from fastapi import FastAPI

from tests.api.given import HASH, OPEN

STEP_COMMANDS: Final[dict[str, tuple[str, dict[str, Any] | None]]] = {
    "start": ("facts", None),
    "tick": ("facts", {"item": "Who"}),
    "complete": ("care", {"result": "x"}),
    "skip": ("facts", {"reason": "x"}),
    "assign": ("facts", {"person": "ana"}),
    "answer": ("speak", {"option": "post"}),
    "submit": ("draft", {}),
    "approve": ("agree", {"version": HASH}),
    "reject": ("agree", {"version": HASH, "comment": "x"}),
    "withdraw": ("agree", {"version": HASH, "reason": "x"}),
    "confirm": ("post", {"channel": "site", "link": "https://example.com"}),
    "decline": ("facts", {"reason": "x"}),
    "snooze": ("facts", {"for": "30m"}),
    "evidence": ("keep", {"source": "https://a.example", "sha256": HASH}),
    "record": ("facts", {"views": 1}),
    "comment": ("facts", {"text": "x"}),
}
"""Each with a step that it suits, and its body."""

INCIDENT_COMMANDS: Final[dict[str, dict[str, Any] | None]] = {
    "raise": {"to": "sev1", "reason": "x"},
    "lower": {"to": "sev2", "reason": "x"},
    "contain": None,
    "close": None,
    "cancel": {"reason": "x"},
    "reopen": {"reason": "x"},
    "note": {"text": "x"},
    "add-task": {"title": "x", "role": "press"},
    "fill": {"reach": "small"},
    "add": {"people": ["x"]},
    "metrics": {"views": 1},
    "hold": {"reason": "x"},
    "release": {"reason": "x"},
    "merge": {"into": "INC-1"},
    "restrict": {"reason": "x"},
    "migrate": {"version": "1.0.0"},
    "invite": {"person": "eve"},
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path of the document, and a request for it."""

    method: str
    path: str
    body: Any = None
    """JSON, or the text of a playbook."""
    values: tuple[tuple[str, str], ...] = ()

    def address(self, key: str, *, token: str = "nothing", webhook: str = "nothing", **values: str) -> str:
        """Fill the path in: an incident's key, the ids of a token and a webhook, and what else it names."""
        named = {name: value.format(key=key, token=token, webhook=webhook) for name, value in self.values}
        return self.path.format(**({"key": key} | named | values))

    async def sent(self, client: httpx.AsyncClient, key: str, *, token: str = "nothing", webhook: str = "nothing") -> httpx.Response:
        """Send the request."""
        body = {"content": self.body.encode()} if isinstance(self.body, str) else {} if self.body is None else {"json": self.body}
        return await client.request(self.method, self.address(key, token=token, webhook=webhook), **body)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def _all() -> dict[str, Operation]:
    incident, step = "/v1/incidents/{key}", "/v1/incidents/{key}/steps/{step}"
    role = ("role", "press")
    playbook, token, delivery, webhook = ("id", "trial"), ("id", "{token}"), ("id", "{key}:1:0"), ("id", "{webhook}")
    found = [
        Operation("POST", "/v1/incidents", {"playbook": "trial", "inputs": {"site": "Plant 4"}}),
        *(Operation("GET", path) for path in ("/v1/incidents", "/v1/tasks", "/v1/playbooks", "/v1/tokens", "/v1/keys")),
        *(Operation("GET", f"{incident}{part}") for part in ("", "/timeline", "/events", "/deliveries", "/steps")),
        Operation("GET", step, values=(("step", "facts"),)),
        Operation("POST", f"{incident}/deliveries/{{id}}/retry", values=(delivery,)),
        *(Operation("POST", f"{incident}/{name}", body) for name, body in INCIDENT_COMMANDS.items()),
        *(Operation("POST", f"{step}/{name}", body, (("step", on),)) for name, (on, body) in STEP_COMMANDS.items()),
        Operation("PUT", f"{incident}/roles/{{role}}", {"person": "dee"}, (role,)),
        Operation("POST", f"{incident}/roles/{{role}}/acknowledge", None, (role,)),
        Operation("POST", f"{incident}/roles/{{role}}/hand-over", {"to": "eve"}, (role,)),
        Operation("GET", "/v1/people/{id}/calendar.ics", values=(("id", "ana"),)),
        *(Operation("GET", f"/v1/playbooks/{{id}}{part}", values=(playbook,)) for part in ("", "/form", "/graph.svg", "/versions")),
        Operation("GET", "/v1/playbooks/{id}/versions/{version}", values=(playbook, ("version", "1.0.0"))),
        Operation("POST", "/v1/playbooks/check", OPEN),
        Operation("PUT", "/v1/playbooks/{id}", OPEN, (playbook,)),
        Operation("POST", "/v1/tokens", {"name": "x", "scopes": ["incidents:read"]}),
        Operation("POST", "/v1/tokens/{id}/rotate", {}, (token,)),
        Operation("DELETE", "/v1/tokens/{id}", values=(token,)),
        Operation("POST", "/v1/keys/rotate", {}),
        Operation("GET", "/v1/webhooks"),
        Operation("POST", "/v1/webhooks", {"name": "x", "url": "https://hooks.example.com/x"}),
        *(Operation("GET", f"/v1/webhooks/{{id}}{part}", values=(webhook,)) for part in ("", "/deliveries")),
        Operation("PATCH", "/v1/webhooks/{id}", {"state": "paused"}, (webhook,)),
        Operation("DELETE", "/v1/webhooks/{id}", values=(webhook,)),
        Operation("POST", "/v1/webhooks/{id}/rotate", {}, (webhook,)),
        Operation("POST", "/v1/webhooks/{id}/test", values=(webhook,)),
        Operation("POST", "/v1/webhooks/{id}/redeliver", {"event": "INC-1:1"}, (webhook,)),
        Operation("POST", "/v1/webhooks/{id}/replay", {"after": "INC-1:1"}, (webhook,)),
        Operation("GET", "/healthz"),
        Operation("GET", "/readyz"),
        Operation("GET", "/problems/{code}", values=(("code", "stale"),)),
    ]
    return {str(each): each for each in found}


OPERATIONS: Final = _all()


def described(app: FastAPI) -> set[str]:
    """Name every operation of the document."""
    return {f"{method.upper()} {path}" for path, methods in app.openapi()["paths"].items() for method in methods}
