"""The word "no" to a responder: a value with a stable code, a reason, and what would work now."""

from typing import Literal

import msgspec

RefusalCode = Literal[
    "unknown_step",
    "unknown_role",
    "unknown_person",
    "unknown_input",
    "unknown_option",
    "unknown_channel",
    "unknown_level",
    "unknown_metric",
    "unknown_item",
    "unknown_playbook",
    "bad_value",
    "wrong_kind",
    "not_ready",
    "already_settled",
    "already_answered",
    "already_confirmed",
    "checklist_open",
    "note_required",
    "cannot_skip",
    "stale_version",
    "not_approved",
    "in_use",
    "on_hold",
    "not_on_hold",
    "not_you",
    "own_credential",
    "own_work",
    "second_key",
    "same_person",
    "recused",
    "not_eligible",
    "policy",
    "not_raised",
    "not_lowered",
    "not_closable",
    "closed",
    "over",
    "wording",
    "missing_input",
    "not_startable",
    "near_match",
    "loop",
]

ABOUT_WHO: frozenset[str] = frozenset({"not_you", "own_credential", "own_work", "second_key", "same_person", "recused", "not_eligible"})
"""Refusals about who asks (HTTP 403); all others are about when or what (409)."""


class Refusal(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a command changes nothing: `reason` is one sentence for a person, lower case, no full stop.

    `policy` names the policy that would be broken; `allowed` lists commands on the same step or
    incident that would work now; `field` names the offending field of the command.
    """

    code: RefusalCode
    reason: str
    policy: str | None = None
    allowed: tuple[str, ...] = ()
    field: str | None = None

    @property
    def is_about_who(self) -> bool:
        return self.code in ABOUT_WHO
