"""Publishes to a webhook channel of the organisation file, signed as Standard Webhooks (standardwebhooks.com).

Rules:
- The address comes from the environment by the channel's `url_secret`, or from its `url`.
- The signing secret (`whsec_...`) comes from the environment as `<CHANNEL>_SIGNING_SECRET`; without one the
  message goes out unsigned, because such an address is itself the secret.
- `webhook-id` is the delivery's id, the same at every attempt, so that the receiver can drop doubles; a
  delivery that is edited in place adds a digest of its content.
- Any 2xx is arrival. The receipt holds the status and, where the answer gives one, the link of what was published.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from engine.channels.channel import Failed, Outcome, Outgoing, Sent
from engine.channels.outlet import Answer, Outlet, Request, host_of, refused_by, said
from engine.language.organisation import ChannelEntry, Organisation


class WebhookChannel:
    """Sends to `channel:<name>` and `webhook:<name>`."""

    def __init__(
        self,
        outlet: Outlet,
        organisation: Callable[[], Organisation],
        *,
        environment: Mapping[str, str],
        now: Callable[[], datetime],
    ) -> None:
        self._outlet = outlet
        self._organisation = organisation
        self._environment = environment
        self._now = now

    async def send(self, outgoing: Outgoing) -> Outcome:
        name = outgoing.delivery.target.partition(":")[2]
        entry = self._organisation().channels.get(name)
        if entry is None:
            return Failed(f"channel {name!r} is not in the organisation file", retry=False)
        url = self._url(entry)
        if not url:
            return Failed(f"channel {name!r} has no address; set {entry.url_secret or 'its url_secret'} in the environment", retry=False)
        content = json.dumps(payload(outgoing), ensure_ascii=False, separators=(",", ":"))
        headers = self._signed(name, webhook_id(outgoing, content), content)
        if isinstance(headers, Failed):
            return headers
        return arrival(await self._outlet.call(Request("POST", url, content.encode(), headers)), host_of(url))

    def _url(self, entry: ChannelEntry) -> str:
        return self._environment.get(entry.url_secret, "") if entry.url_secret else entry.url or ""

    def _signed(self, name: str, message_id: str, content: str) -> dict[str, str] | Failed:
        now = self._now()
        headers = {"content-type": "application/json", "webhook-id": message_id, "webhook-timestamp": str(int(now.timestamp()))}
        variable = name.upper().replace("-", "_") + "_SIGNING_SECRET"
        secret = self._environment.get(variable)
        if not secret:
            return headers
        try:
            signature = Webhook(secret).sign(message_id, now, content)
        except (ValueError, EmptyWebhookSecretError):
            return Failed(f"{variable} is not a signing secret; it starts with 'whsec_' followed by base64", retry=False)
        return {**headers, "webhook-signature": signature}


def payload(outgoing: Outgoing) -> dict[str, Any]:
    """Put a delivery into words for a machine: a type, and everything that `react` decided."""
    delivery = outgoing.delivery
    about = {"id": delivery.id, "incident": outgoing.key, "step": delivery.step, "text": delivery.text}
    return {"type": f"firebreak.{delivery.kind}", "data": {**delivery.body, **about}}


def webhook_id(outgoing: Outgoing, content: str) -> str:
    """Give the id by which a receiver knows doubles."""
    if not outgoing.delivery.replaces:
        return outgoing.delivery.id
    return f"{outgoing.delivery.id}:{hashlib.sha256(content.encode()).hexdigest()[:12]}"


def arrival(answer: Answer | Failed, host: str) -> Outcome:
    """Judge an answer: any 2xx is arrival, with the link that it gives."""
    if isinstance(answer, Failed):
        return answer
    if not 200 <= answer.status < 300:
        return refused_by(answer, host)
    link = link_in(answer)
    return Sent({"status": answer.status, **({"link": link} if link else {})})


def link_in(answer: Answer) -> str | None:
    """Find the web address of what was made: `Location`, else `link` or `url` of a JSON answer."""
    found = object_in(answer)
    candidates = (answer.headers.get("location"), found.get("link"), found.get("url"))
    return next((link[:2000] for link in candidates if isinstance(link, str) and link.startswith(("https://", "http://"))), None)


def object_in(answer: Answer) -> dict[str, Any]:
    """Read a JSON object, or an empty one where the answer is something else."""
    try:
        found = said(answer)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
