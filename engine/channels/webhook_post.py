"""Posts a signed message to a webhook's address, as Standard Webhooks has it, through the same guard as every other call.

Rules:
- The host stands in the organisation's `outgoing_hosts` at the moment of the call; names are resolved and checked once, and the
  connection goes to the checked address (`outlet.py`, `destination.py`). Redirects are not followed: they are failures.
- One signature for each secret that is good now, all of them in `webhook-signature`. The timestamp is that of the try.
- Any 2xx is arrival. Of an answer nothing is kept but its status and how long it took.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from time import perf_counter
from typing import Final

from standardwebhooks.webhooks import Webhook

from engine.channels.channel import Failed
from engine.channels.destination import allowed
from engine.channels.outlet import Answer, Outlet, Request, host_of, refused_by
from engine.channels.poster import Posted, Posting

TYPE: Final = "application/cloudevents+json; charset=utf-8"


class WebhookPost:
    """Posts through `outlet`, whose allow-list is `hosts`."""

    def __init__(self, outlet: Outlet, hosts: Callable[[], Iterable[str]], *, now: Callable[[], datetime]) -> None:
        self._outlet = outlet
        self._hosts = hosts
        self._now = now

    def refused(self, url: str) -> str | None:
        found = allowed(url, self._hosts())
        return found if isinstance(found, str) else None

    async def post(self, posting: Posting) -> Posted:
        begun = perf_counter()
        request = Request("POST", posting.url, posting.body, self._headers(posting), timeout=posting.timeout)
        answer = await self._outlet.call(request)
        return _posted(answer, host_of(posting.url), round((perf_counter() - begun) * 1000))

    def _headers(self, posting: Posting) -> dict[str, str]:
        now, text = self._now(), posting.body.decode()
        signatures = [Webhook(secret).sign(posting.id, now, text) for secret in posting.secrets]
        return {
            "content-type": TYPE,
            "user-agent": "Firebreak",
            "webhook-id": posting.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        }


def _posted(answer: Answer | Failed, host: str, milliseconds: int) -> Posted:
    if isinstance(answer, Failed):
        return Posted(None, milliseconds, answer.error)
    if 200 <= answer.status < 300:
        return Posted(answer.status, milliseconds)
    refusal = refused_by(answer, host)
    return Posted(answer.status, milliseconds, refusal.error, refusal.retry_after)
