"""Opens a ticket by a generic webhook: the delivery as JSON to the ticket system's address.

The system of the organisation file gives the address and, by name, a secret that goes out as a bearer
token. `Idempotency-Key` is the delivery's id, so that a second attempt need not open a second ticket. The
receipt's `reference` is what the answer calls the ticket: its link, `key`, `reference`, `id` or `number`.
"""

import json
from collections.abc import Callable, Mapping
from typing import Final

from engine.channels.channel import Failed, Outcome, Outgoing, Sent
from engine.channels.outlet import Answer, Outlet, Request, host_of, refused_by
from engine.channels.webhook import link_in, object_in, payload
from engine.language.organisation import Organisation

_NAMES: Final = ("key", "reference", "id", "number")


class TicketChannel:
    """Sends to `ticket:<system>`."""

    def __init__(self, outlet: Outlet, organisation: Callable[[], Organisation], *, environment: Mapping[str, str]) -> None:
        self._outlet = outlet
        self._organisation = organisation
        self._environment = environment

    async def send(self, outgoing: Outgoing) -> Outcome:
        name = outgoing.delivery.target.partition(":")[2]
        system = self._organisation().tickets.get(name)
        if system is None or not system.url:
            return Failed(f"ticket system {name!r} has no address in the organisation file", retry=False)
        headers = {"content-type": "application/json", "idempotency-key": outgoing.delivery.id}
        if system.secret:
            secret = self._environment.get(system.secret)
            if not secret:
                return Failed(f"set {system.secret} in the environment for ticket system {name!r}", retry=False)
            headers["authorization"] = f"Bearer {secret}"
        content = json.dumps(payload(outgoing), ensure_ascii=False).encode()
        answer = await self._outlet.call(Request("POST", system.url, content, headers))
        return _opened(answer, host_of(system.url), outgoing)


def _opened(answer: Answer | Failed, host: str, outgoing: Outgoing) -> Outcome:
    if isinstance(answer, Failed):
        return answer
    if not 200 <= answer.status < 300:
        return refused_by(answer, host)
    return Sent({"status": answer.status, "reference": link_in(answer) or _name_in(answer) or outgoing.delivery.id})


def _name_in(answer: Answer) -> str | None:
    found = object_in(answer)
    return next((str(found[name])[:200] for name in _NAMES if isinstance(found.get(name), str | int)), None)
