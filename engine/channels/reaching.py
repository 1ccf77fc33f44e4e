"""Reaches a person by the way that a delivery asks for, or by the next one where that way can't reach them.

    by phone    -> phone, sms, pagerduty, slack, email          by email  -> email, slack, sms, phone
    by sms      -> sms, phone, pagerduty, slack, email          by slack  -> slack, email
    by pagerduty -> pagerduty, phone, sms, slack, email

Rules:
- A way is passed over when nothing is set up for it, when the organisation file gives no address for it, when
  the other side refuses for good, and when a call has failed `PATIENT` times. What is meant for Slack waits for Slack.
- A way that is shut (Slack refuses the app's credentials) is passed over too, and waited for where there is no other.
- Never silently: the receipt says which way it went, instead of which and why, and so does the log.
- A page that is settled is told to PagerDuty alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, Literal, get_args

import structlog
from msgspec.structs import replace as altered

from engine.channels.channel import Channel, Failed, Outcome, Outgoing, Sent
from engine.incident.effects import person_of, to_person
from engine.incident.phone import number_of
from engine.language.organisation import Organisation

Way = Literal["slack", "email", "phone", "sms", "pagerduty"]
WAYS: Final[tuple[Way, ...]] = get_args(Way)

PATIENT: Final = 3
"""Attempts on one way before the next one is taken: a page must not wait for a provider to come back."""
MOMENT: Final = 5.0
"""Seconds that a call waits for a way that takes nothing just now."""

_NEXT: Final[Mapping[str, tuple[Way, ...]]] = {
    "slack": ("slack", "email"),
    "email": ("email", "slack", "sms", "phone"),
    "phone": ("phone", "sms", "pagerduty", "slack", "email"),
    "sms": ("sms", "phone", "pagerduty", "slack", "email"),
    "pagerduty": ("pagerduty", "phone", "sms", "slack", "email"),
}
_CALLED: Final[Mapping[Way, str]] = {
    "slack": "Slack id or e-mail",
    "email": "e-mail",
    "phone": "phone number in international form",
    "sms": "phone number in international form",
    "pagerduty": "PagerDuty key",
}
_log = structlog.get_logger("firebreak.reaching")


class Reaching:
    """Sends to `person:<id>` and `call:<way>:<id>`; `ways` holds what is set up, `organisation` gives the file as it is now."""

    def __init__(self, ways: Mapping[Way, Channel], organisation: Callable[[], Organisation]) -> None:
        self._ways = ways
        self._organisation = organisation

    async def send(self, outgoing: Outgoing) -> Outcome:
        body = outgoing.delivery.body
        wanted, person = str(body.get("by", "slack")), person_of(outgoing.delivery.target) or ""
        if body.get("page", {}).get("resolve"):
            return await self._settle(outgoing, person)
        passed: list[Failed] = []
        for way in _NEXT.get(wanted, _NEXT["slack"]):
            reason = self._why_not(person, way)
            turned = _by(outgoing, person, way, is_detour=bool(passed))
            outcome = Failed(reason, retry=False, gone=self._has_left(outgoing, person)) if reason else await self._ways[way].send(turned)
            if isinstance(outcome, Sent):
                return _arrived(outgoing, outcome, way=way, wanted=wanted, passed=passed)
            if _is_worth_waiting_for(outgoing, outcome, wanted):
                return outcome
            passed.append(outcome if reason else replace(outcome, error=_labelled(way, outcome.error)))
        return _nowhere(passed)

    async def _settle(self, outgoing: Outgoing, person: str) -> Outcome:
        reason = self._why_not(person, "pagerduty")
        if reason:
            return Sent({"left_out": reason})
        return await self._ways["pagerduty"].send(_by(outgoing, person, "pagerduty", is_detour=False))

    def _has_left(self, outgoing: Outgoing, person: str) -> bool:
        """Say whether nobody of that name is in the file any more; of several deliveries to them the words alone tell somebody else."""
        is_known = "@" in person or person in self._organisation().people
        return not is_known and outgoing.delivery.target.startswith("person:")

    def _why_not(self, name: str, way: Way) -> str | None:
        if way not in self._ways:
            return f"nothing is set up to send by {way}"
        if address_of(self._organisation(), name, way) is None:
            return f"{name!r} has no {_CALLED[way]} in the organisation file"
        return None


def address_of(organisation: Organisation, name: str, way: Way) -> str | None:
    """Find where somebody is reached by a way: for PagerDuty the name of the secret, for a phone its E.164 number; else None."""
    person = organisation.people.get(name)
    if person is None:
        return name if "@" in name and way in ("slack", "email") else None
    match way:
        case "slack":
            return person.slack or person.email
        case "email":
            return person.email
        case "phone" | "sms":
            return number_of(person.phone)
        case "pagerduty":
            return person.pagerduty


def _by(outgoing: Outgoing, person: str, way: Way, *, is_detour: bool) -> Outgoing:
    """Say which way it goes; what is in doubt on another way is not in doubt on a detour that is taken for the first time."""
    delivery = outgoing.delivery
    turned = replace(outgoing, delivery=altered(delivery, target=to_person(person), body={**delivery.body, "by": way}))
    is_fresh = is_detour and outgoing.attempt <= PATIENT
    return replace(turned, attempt=1, doubted_since=None, doubts=0) if is_fresh else turned


def _is_worth_waiting_for(outgoing: Outgoing, failed: Failed, wanted: str) -> bool:
    """Say whether to try the same way again later: what is meant for Slack waits for it, a call goes on."""
    may_come = (failed.retry or failed.ambiguous) and not failed.shut
    is_soon = failed.tried or (failed.retry_after or 0) <= MOMENT  # what was not even tried uses up no attempt
    return may_come and (wanted == "slack" or (outgoing.attempt < PATIENT and is_soon))


def _labelled(way: Way, error: str) -> str:
    return error if error.startswith(f"{way}: ") else f"{way}: {error}"


def _nowhere(passed: list[Failed]) -> Failed:
    """Say why no way led to them; it is tried again when one of them may come back."""
    reasons = "; ".join(dict.fromkeys(each.error for each in passed))
    waits = [each.retry_after for each in passed if each.retry and each.retry_after]
    return Failed(
        reasons,
        retry=any(each.retry for each in passed),
        retry_after=min(waits, default=None),
        ambiguous=any(each.ambiguous for each in passed),
        tried=all(each.tried for each in passed if each.retry),
        gone=any(each.gone for each in passed),
        shut=any(each.shut for each in passed),
    )


def _arrived(outgoing: Outgoing, sent: Sent, *, way: Way, wanted: str, passed: list[Failed]) -> Sent:
    more: dict[str, Any] = {"by": way}
    if passed:
        because = "; ".join(dict.fromkeys(each.error for each in passed))
        more |= {"instead_of": wanted, "because": because}
        _log.warning("somebody was reached by another way", delivery=outgoing.delivery.id, by=way, wanted=wanted, because=because)
    return Sent({**sent.receipt, **more})
