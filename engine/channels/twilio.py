"""Calls people by phone and writes text messages, through Twilio.

Rules:
- A locked phone and a phone network learn the incident's key and its severity: no names, no titles.
- The call asks for key 1, which comes back to `/reach/voice/…`; the message asks for the reply 1, which
  comes to `/reach/sms`. Both only acknowledge.
- Twilio's number for an error is passed on, its sentence is not: it repeats the phone number.
"""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from twilio.twiml.voice_response import Gather, VoiceResponse

from engine.channels.channel import Failed, Outcome, Outgoing, Sent
from engine.channels.outlet import Answer, Outlet, Request, host_of, refused_by, said
from engine.channels.reaching import address_of
from engine.language.organisation import Organisation

TWILIO_API: Final = "https://api.twilio.com"
_LISTEN: Final = 10
"""Seconds in which a key may be pressed."""


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """`sender` is a number in international form; `api` is where Twilio answers."""

    sid: str
    token: str
    sender: str
    api: str = TWILIO_API

    def __repr__(self) -> str:
        return f"TwilioAccount({self.sid})"


class TwilioChannel:
    """Sends to `person:<id>`, as `body.by` says; `answers_at` gives the address to which a pressed key goes."""

    def __init__(
        self, outlet: Outlet, organisation: Callable[[], Organisation], account: TwilioAccount, *, answers_at: Callable[[str], str]
    ) -> None:
        self._outlet = outlet
        self._organisation = organisation
        self._account = account
        self._answers_at = answers_at

    async def send(self, outgoing: Outgoing) -> Outcome:
        is_text = outgoing.delivery.body.get("by") == "sms"
        name = outgoing.delivery.target.partition(":")[2]
        number = address_of(self._organisation(), name, "sms" if is_text else "phone")
        if number is None:
            return Failed(f"{name!r} has no phone number in international form in the organisation file", retry=False)
        fields = {"To": number, "From": self._account.sender}
        if is_text:
            return await self._post("Messages", {**fields, "Body": text_message(outgoing)})
        return await self._post("Calls", {**fields, "Twiml": spoken(outgoing, self._answers_at(outgoing.delivery.id))})

    async def _post(self, resource: str, fields: dict[str, str]) -> Outcome:
        account = self._account
        credentials = b64encode(f"{account.sid}:{account.token}".encode()).decode()
        url = f"{account.api.rstrip('/')}/2010-04-01/Accounts/{account.sid}/{resource}.json"
        headers = {"authorization": f"Basic {credentials}", "content-type": "application/x-www-form-urlencoded"}
        answer = await self._outlet.call(Request("POST", url, urlencode(fields).encode(), headers))
        if isinstance(answer, Failed):
            return answer
        if not 200 <= answer.status < 300:
            return _refused(answer, host_of(url))
        return Sent({"sid": _field(answer, "sid") or "accepted", "status": _field(answer, "status") or "queued"})


def text_message(outgoing: Outgoing) -> str:
    """Write the text message: what is said, and how to answer."""
    page = _page(outgoing)
    return f"{page['says']}. Reply 1 to acknowledge." if page.get("acknowledge", True) else f"{page['says']}. {_then(page)}"


def spoken(outgoing: Outgoing, answers_at: str) -> str:
    """Write what the call says, twice, listening for key 1 (TwiML)."""
    page = _page(outgoing)
    response = VoiceResponse()
    if page.get("acknowledge", True):
        listening = Gather(num_digits=1, action=answers_at, method="POST", timeout=_LISTEN)
        listening.say(f"{page['says']}, press 1 to acknowledge.", loop=2)
        response.append(listening)
        response.say("No key was pressed. Goodbye.")
    else:
        response.say(f"{page['says']}. {_then(page)} Goodbye.", loop=2)
    return str(response)


def _then(page: dict[str, Any]) -> str:
    """Say where to go on: mostly in Slack."""
    return str(page.get("then") or "Open Slack.")


def _page(outgoing: Outgoing) -> dict[str, Any]:
    found = outgoing.delivery.body.get("page")
    return found if isinstance(found, dict) and found.get("says") else {"says": outgoing.key}


def _refused(answer: Answer, host: str) -> Failed:
    failed = refused_by(answer, host)
    code = _field(answer, "code")
    error = f"{failed.error}, error {code} (twilio.com/docs/api/errors/{code})" if code else failed.error
    return Failed(error, failed.retry, failed.retry_after, failed.ambiguous)


def _field(answer: Answer, name: str) -> str | None:
    try:
        found = said(answer)
    except ValueError:
        return None
    value = found.get(name) if isinstance(found, dict) else None
    return str(value)[:80] if isinstance(value, str | int) else None
