"""The authorisation matrix: who gets through with which operation. What stands in no cell is denied.

    ana   leads the incident                        bot   is a service that takes no part
    ben   holds a role and a key                    desk  is a service that acts for ana
    dee   holds a role                              adm   is an admin token
    fay   declared it
    eve   has nothing to do with it

A row names the operation, the scope that it needs (`-`: no token at all), who gets through on an incident that the whole organisation
may see, and who on one for participants; operations on no incident have one cell. All of them have every scope but `admin`.
`name~` gets through to the rules, which refuse it for now. `+` is everybody, `=` everybody who may know of the incident.
Where the name of the operation ends in `*`, words have been submitted at sev1, and a hold is on.
"""

from dataclasses import dataclass
from typing import Final

EVERYBODY: Final = ("ana", "ben", "dee", "fay", "eve", "bot", "desk", "adm")
STRANGERS: Final = ("eve", "bot")
SCOPES: Final = (
    "incidents:read",
    "incidents:write",
    "playbooks:read",
    "playbooks:write",
    "webhooks:write",
    "calendar:read",
    "metrics:read",
)

TABLE: Final = """
| POST /v1/incidents | incidents:write | + |
| GET /v1/incidents | incidents:read | + |
| GET /v1/tasks | incidents:read | + |
| GET /v1/playbooks | playbooks:read | + |
| GET /v1/playbooks/{id} | playbooks:read | + |
| GET /v1/playbooks/{id}/form | playbooks:read | + |
| GET /v1/playbooks/{id}/graph.svg | playbooks:read | + |
| GET /v1/playbooks/{id}/versions | playbooks:read | + |
| GET /v1/playbooks/{id}/versions/{version} | playbooks:read | + |
| POST /v1/playbooks/check | playbooks:read | + |
| PUT /v1/playbooks/{id} | playbooks:write | + |
| GET /v1/people/{id}/calendar.ics | calendar:read | + |
| GET /v1/tokens | admin | adm |
| POST /v1/tokens | admin | adm |
| POST /v1/tokens/{id}/rotate | admin | adm |
| DELETE /v1/tokens/{id} | admin | adm |
| GET /v1/keys | admin | adm |
| POST /v1/keys/rotate | admin | adm |
| GET /v1/webhooks | webhooks:write | + |
| POST /v1/webhooks | webhooks:write | +~ |
| GET /v1/webhooks/{id} | webhooks:write | ana adm |
| GET /v1/webhooks/{id}/deliveries | webhooks:write | ana adm |
| PATCH /v1/webhooks/{id} | webhooks:write | ana adm |
| DELETE /v1/webhooks/{id} | webhooks:write | ana adm |
| POST /v1/webhooks/{id}/rotate | webhooks:write | ana |
| POST /v1/webhooks/{id}/test | webhooks:write | ana |
| POST /v1/webhooks/{id}/redeliver | webhooks:write | ana adm |
| POST /v1/webhooks/{id}/replay | webhooks:write | ana adm |
| GET /healthz | - | + |
| GET /readyz | - | + |
| GET /problems/{code} | - | + |
| GET /v1/incidents/{key} | incidents:read | + | = |
| GET /v1/incidents/{key}/timeline | incidents:read | + | = |
| GET /v1/incidents/{key}/events | incidents:read | + | = |
| GET /v1/incidents/{key}/deliveries | incidents:read | + | = |
| GET /v1/incidents/{key}/steps | incidents:read | + | = |
| GET /v1/incidents/{key}/steps/{step} | incidents:read | + | = |
| POST /v1/incidents/{key}/deliveries/{id}/retry | incidents:write | + | = |
| POST /v1/incidents/{key}/note | incidents:write | + | = |
| POST /v1/incidents/{key}/raise | incidents:write | + | = |
| POST /v1/incidents/{key}/add-task | incidents:write | + | = |
| POST /v1/incidents/{key}/fill | incidents:write | + | = |
| POST /v1/incidents/{key}/add | incidents:write | + | = |
| POST /v1/incidents/{key}/invite | incidents:write | + | = |
| POST /v1/incidents/{key}/metrics | incidents:write | ana ben dee fay bot desk adm | = |
| POST /v1/incidents/{key}/contain | incidents:write | ana bot desk adm | ana desk adm |
| POST /v1/incidents/{key}/cancel | incidents:write | ana bot desk adm | ana desk adm |
| POST /v1/incidents/{key}/merge | incidents:write | ana bot desk adm | ana desk adm |
| POST /v1/incidents/{key}/restrict | incidents:write | ana bot desk adm | ana desk adm |
| POST /v1/incidents/{key}/migrate | incidents:write | ana bot desk adm | ana desk adm |
| POST /v1/incidents/{key}/close | incidents:write | +~ | =~ |
| POST /v1/incidents/{key}/reopen | incidents:write | +~ | =~ |
| POST /v1/incidents/{key}/hold | incidents:write | ana ben desk | ana ben desk |
| POST /v1/incidents/{key}/lower* | incidents:write | ana | ana |
| POST /v1/incidents/{key}/release* | incidents:write | ben | ben |
| POST /v1/incidents/{key}/steps/{step}/start | incidents:write | ana ben dee fay bot desk adm | = |
| POST /v1/incidents/{key}/steps/{step}/tick | incidents:write | ana ben dee fay bot desk adm | = |
| POST /v1/incidents/{key}/steps/{step}/complete | incidents:write | ben | ben |
| POST /v1/incidents/{key}/steps/{step}/skip | incidents:write | ana ben dee fay bot desk adm | = |
| POST /v1/incidents/{key}/steps/{step}/assign | incidents:write | ana ben dee fay bot desk adm | = |
| POST /v1/incidents/{key}/steps/{step}/answer | incidents:write | ana~ bot~ desk~ adm~ | ana~ desk~ adm~ |
| POST /v1/incidents/{key}/steps/{step}/submit* | incidents:write | ana dee bot desk adm | ana dee desk adm |
| POST /v1/incidents/{key}/steps/{step}/approve* | incidents:write | ben~ | ben~ |
| POST /v1/incidents/{key}/steps/{step}/reject* | incidents:write | ben~ | ben~ |
| POST /v1/incidents/{key}/steps/{step}/withdraw* | incidents:write |  |  |
| POST /v1/incidents/{key}/steps/{step}/confirm | incidents:write | +~ | =~ |
| POST /v1/incidents/{key}/steps/{step}/decline | incidents:write | ana desk | ana desk |
| POST /v1/incidents/{key}/steps/{step}/snooze | incidents:write | ana ben dee fay bot desk adm | = |
| POST /v1/incidents/{key}/steps/{step}/evidence | incidents:write | ana ben dee fay bot desk adm | = |
| POST /v1/incidents/{key}/steps/{step}/record | incidents:write | ana ben dee fay bot desk adm | = |
| POST /v1/incidents/{key}/steps/{step}/comment | incidents:write | + | = |
| PUT /v1/incidents/{key}/roles/{role} | incidents:write | ana bot desk adm | ana desk adm |
| POST /v1/incidents/{key}/roles/{role}/acknowledge | incidents:write | dee | dee |
| POST /v1/incidents/{key}/roles/{role}/hand-over | incidents:write | ana dee bot desk adm | ana dee desk adm |
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One operation: its scope, and for each kind of incident who gets through, and who gets as far as the rules."""

    operation: str
    scope: str
    cells: tuple[frozenset[str], ...]
    is_late: bool

    def admits(self, who: str, kind: int) -> bool:
        """Say whether somebody's request is carried out, on an incident of this kind."""
        return who in self.cells[kind]

    def hears(self, who: str, kind: int) -> bool:
        """Say whether somebody's request is refused for now only."""
        return f"{who}~" in self.cells[kind]


def rows() -> list[Row]:
    """Read the table."""
    return [_row([cell.strip() for cell in line.split("|")[1:-1]]) for line in TABLE.strip().splitlines()]


def _row(cells: list[str]) -> Row:
    return Row(cells[0].removesuffix("*"), cells[1], tuple(map(_cell, cells[2:])), cells[0].endswith("*"))


def _cell(text: str) -> frozenset[str]:
    mark = "~" if text.endswith("~") and text[:1] in "+=" else ""
    if text[:1] in ("+", "="):
        return frozenset(f"{who}{mark}" for who in EVERYBODY if text[0] == "+" or who not in STRANGERS)
    return frozenset(text.split())
