"""What statuses and kinds of step are called wherever people read them: in Slack, on pages, in the broadcast."""

from collections.abc import Mapping
from typing import Final

STATUSES: Final[Mapping[str, str]] = {
    "active": "Active",
    "contained": "Contained",
    "closed": "Closed, in follow-up",
    "complete": "Complete",
    "cancelled": "Cancelled",
}
KINDS: Final[Mapping[str, str]] = {
    "task": "Task",
    "decision": "Decision",
    "statement": "Words to write",
    "approval": "Approval",
    "publish": "Publication",
    "message": "Message",
    "evidence": "Evidence",
    "ticket": "Ticket",
    "http": "Request",
    "wait": "Wait",
    "monitor": "Monitoring",
    "playbook": "Linked incident",
}
WAYS: Final[Mapping[str, str]] = {
    "slack": "on Slack",
    "email": "by e-mail",
    "phone": "by phone",
    "sms": "by text message",
    "pagerduty": "by PagerDuty",
}
"""The ways of reaching somebody, as a sentence says them."""
