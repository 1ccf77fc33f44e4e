"""What operations are called in the OpenAPI document, and so in clients that are generated from it: a verb, then what it is done to.

A name is part of the contract: programs call it. A command on a step is `COMMAND_step`, everything else stands in the table.
"""

from collections.abc import Mapping
from typing import Final

_STEP_COMMAND: Final = "POST /v1/incidents/{key}/steps/{step}/"

NAMES: Final[Mapping[str, str]] = {
    "GET /v1/incidents": "list_incidents",
    "POST /v1/incidents": "declare_incident",
    "GET /v1/incidents/{key}": "get_incident",
    "GET /v1/incidents/{key}/timeline": "list_timeline",
    "GET /v1/incidents/{key}/events": "follow_incident",
    "GET /v1/incidents/{key}/deliveries": "list_deliveries",
    "POST /v1/incidents/{key}/deliveries/{id}/retry": "retry_delivery",
    "GET /v1/incidents/{key}/steps": "list_steps",
    "GET /v1/incidents/{key}/steps/{step}": "get_step",
    "POST /v1/incidents/{key}/raise": "raise_severity",
    "POST /v1/incidents/{key}/lower": "lower_severity",
    "POST /v1/incidents/{key}/contain": "contain_incident",
    "POST /v1/incidents/{key}/close": "close_incident",
    "POST /v1/incidents/{key}/cancel": "cancel_incident",
    "POST /v1/incidents/{key}/reopen": "reopen_incident",
    "POST /v1/incidents/{key}/restrict": "restrict_incident",
    "POST /v1/incidents/{key}/merge": "merge_incident",
    "POST /v1/incidents/{key}/migrate": "migrate_incident",
    "POST /v1/incidents/{key}/note": "add_note",
    "POST /v1/incidents/{key}/add-task": "add_task",
    "POST /v1/incidents/{key}/fill": "fill_inputs",
    "POST /v1/incidents/{key}/add": "add_to_inputs",
    "POST /v1/incidents/{key}/metrics": "record_metrics",
    "POST /v1/incidents/{key}/hold": "place_hold",
    "POST /v1/incidents/{key}/release": "release_hold",
    "POST /v1/incidents/{key}/invite": "invite_person",
    "PUT /v1/incidents/{key}/roles/{role}": "name_role",
    "POST /v1/incidents/{key}/roles/{role}/acknowledge": "acknowledge_role",
    "POST /v1/incidents/{key}/roles/{role}/hand-over": "hand_over_role",
    "GET /v1/tasks": "list_tasks",
    "GET /v1/people/{id}/calendar.ics": "get_calendar",
    "GET /v1/playbooks": "list_playbooks",
    "POST /v1/playbooks/check": "check_playbook",
    "GET /v1/playbooks/{id}": "get_playbook",
    "PUT /v1/playbooks/{id}": "publish_playbook",
    "GET /v1/playbooks/{id}/form": "get_start_form",
    "GET /v1/playbooks/{id}/graph.svg": "get_playbook_graph",
    "GET /v1/playbooks/{id}/versions": "list_playbook_versions",
    "GET /v1/playbooks/{id}/versions/{version}": "get_playbook_version",
    "GET /v1/tokens": "list_tokens",
    "POST /v1/tokens": "create_token",
    "POST /v1/tokens/{id}/rotate": "rotate_token",
    "DELETE /v1/tokens/{id}": "revoke_token",
    "GET /v1/keys": "count_keys",
    "POST /v1/keys/rotate": "rotate_keys",
    "GET /v1/webhooks": "list_webhooks",
    "POST /v1/webhooks": "create_webhook",
    "GET /v1/webhooks/{id}": "get_webhook",
    "PATCH /v1/webhooks/{id}": "change_webhook",
    "DELETE /v1/webhooks/{id}": "delete_webhook",
    "POST /v1/webhooks/{id}/rotate": "rotate_webhook_secret",
    "POST /v1/webhooks/{id}/test": "test_webhook",
    "GET /v1/webhooks/{id}/deliveries": "list_webhook_deliveries",
    "POST /v1/webhooks/{id}/redeliver": "redeliver_webhook_event",
    "POST /v1/webhooks/{id}/replay": "replay_webhook_events",
    "GET /healthz": "get_health",
    "GET /readyz": "get_readiness",
    "GET /problems/{code}": "get_problem",
}


def operation_id(method: str, path: str) -> str | None:
    """Name an operation; None for one that has no name yet, which a test finds."""
    address = f"{method.upper()} {path}"
    if address.startswith(_STEP_COMMAND):
        return address.removeprefix(_STEP_COMMAND).replace("-", "_") + "_step"
    return NAMES.get(address)
