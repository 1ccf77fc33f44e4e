"""What a token may be for."""

from typing import Final, Literal

Scope = Literal[
    "incidents:read", "incidents:write", "playbooks:read", "playbooks:write", "webhooks:write", "calendar:read", "metrics:read", "admin"
]
SCOPES: Final[tuple[Scope, ...]] = (
    "incidents:read",
    "incidents:write",
    "playbooks:read",
    "playbooks:write",
    "webhooks:write",
    "calendar:read",
    "metrics:read",
    "admin",
)
