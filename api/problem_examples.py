"""What each error looks like, for the OpenAPI document: one example a code, with the members that it has beyond the usual."""

from collections.abc import Mapping
from typing import Any, Final

_ADDRESS: Final = "http://127.0.0.1:8000"
_STEP: Final = "/v1/incidents/INC-7/steps/facts/complete"
_FINDING: Final = {
    "code": "FB202",
    "level": "error",
    "message": 'step "run_protect" can never run',
    "file": "trial.yaml",
    "line": 41,
    "column": 11,
    "length": 11,
    "source_line": '      yes: {label: "Yes", then: [run_protect]}',
    "notes": [],
    "help": None,
}

_PARTICULARS: Final[Mapping[str, Mapping[str, Any]]] = {
    "malformed": {"detail": "the body isn't JSON: Expecting value at line 1 column 1"},
    "unauthenticated": {"detail": "send a token: 'Authorization: Bearer fb_…'"},
    "forbidden": {"detail": "the token lacks the scope 'incidents:write'", "scope": "incidents:write"},
    "not_yours": {"detail": "only the lead may do this", "code": "not_you"},
    "not_found": {"detail": "this incident doesn't exist, or you may not see it"},
    "method_not_allowed": {"detail": "use one of the methods in the Allow header"},
    "too_slow": {"detail": "the body did not arrive within 20 s"},
    "refused": {"detail": "still to tick: Customers present", "code": "checklist_open", "allowed": ["tick"]},
    "in_progress": {"detail": "the same request is still being worked on; try again in a moment"},
    "stale": {"detail": "the incident is at version 12 now; read it again"},
    "too_large": {"detail": "a request body is at most 1 MiB"},
    "unsupported_media_type": {"detail": "send the body as application/json"},
    "invalid": {"detail": "'to': field required", "errors": [{"field": "to", "message": "field required"}]},
    "key_reused": {"detail": "Idempotency-Key was used for another request; use a new key"},
    "playbook_invalid": {"detail": "the playbook has errors; nothing was published", "diagnostics": [_FINDING]},
    "version_taken": {"detail": "version '1.0.0' was published with other content; raise the version", "diagnostics": [_FINDING]},
    "rate_limited": {"detail": "this token may make 6000 requests in a minute; try again in 3 s"},
    "internal": {"detail": "this is our fault; the log has the particulars under your request id"},
    "unavailable": {"detail": "nothing was changed; try again in a few seconds"},
}


def examples_of(codes: Mapping[str, tuple[int, str]]) -> dict[int, dict[str, Any]]:
    """Give the examples of each status, by code."""
    found: dict[int, dict[str, Any]] = {}
    for code, (status, title) in codes.items():
        found.setdefault(status, {})[code] = {"summary": title, "value": _example(code, status, title)}
    return found


def _example(code: str, status: int, title: str) -> dict[str, Any]:
    particulars = _PARTICULARS[code]
    shown = str(particulars.get("code", code))
    return {"type": f"{_ADDRESS}/problems/{shown}", "title": title, "status": status, "code": shown, "instance": _STEP, **particulars}
