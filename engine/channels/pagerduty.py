"""Pages people through PagerDuty (Events API v2): one alert for each person and incident, resolved when they answer.

Rules:
- The routing key of a person's service comes from the environment, by the name in `people.<id>.pagerduty`.
- The alert says the incident's key and severity: no names, no titles. Its `dedup_key` is the same for all
  calls of one person in one incident, so that a second event never makes a second alert.
- Any 2xx is arrival; asking twice is harmless, because PagerDuty knows doubles by that key.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from engine.channels.channel import Failed, Outcome, Outgoing, Sent
from engine.channels.outlet import Outlet, Request, host_of, refused_by
from engine.channels.reaching import address_of
from engine.language.organisation import Organisation

PAGERDUTY_EVENTS: Final = "https://events.pagerduty.com"


class PagerDutyChannel:
    """Sends to `person:<id>`; `page_key` names the alert of a person in an incident without naming the person."""

    def __init__(
        self,
        outlet: Outlet,
        organisation: Callable[[], Organisation],
        *,
        environment: Mapping[str, str],
        page_key: Callable[[str, str], str],
        url: str = PAGERDUTY_EVENTS,
    ) -> None:
        self._outlet = outlet
        self._organisation = organisation
        self._environment = environment
        self._page_key = page_key
        self._url = url

    async def send(self, outgoing: Outgoing) -> Outcome:
        name = outgoing.delivery.target.partition(":")[2]
        secret = address_of(self._organisation(), name, "pagerduty")
        routing_key = self._environment.get(secret) if secret else None
        if not routing_key:
            return Failed(f"{name!r} has no PagerDuty key; set {secret or 'pagerduty in the organisation file'}", retry=False)
        key = self._page_key(outgoing.key, name)
        content = json.dumps(event(outgoing, routing_key=routing_key, dedup_key=key), ensure_ascii=False)
        url = f"{self._url.rstrip('/')}/v2/enqueue"
        answer = await self._outlet.call(Request("POST", url, content.encode(), {"content-type": "application/json"}))
        if isinstance(answer, Failed):
            return answer
        if not 200 <= answer.status < 300:
            return refused_by(answer, host_of(url))
        return Sent({"dedup_key": key, "status": answer.status})


def event(outgoing: Outgoing, *, routing_key: str, dedup_key: str) -> dict[str, Any]:
    """Write one event: `resolve` when the page is settled, else `trigger`."""
    page = outgoing.delivery.body.get("page") or {}
    head = {"routing_key": routing_key, "dedup_key": dedup_key}
    if page.get("resolve"):
        return {**head, "event_action": "resolve"}
    wish = "acknowledge" if page.get("acknowledge", True) else "open Slack"
    payload = {"summary": f"{page.get('says') or outgoing.key}: {wish}", "source": "firebreak", "severity": "critical"}
    return {**head, "event_action": "trigger", "payload": payload}
