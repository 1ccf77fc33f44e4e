"""Sends e-mail: to people who are called or reminded, to addresses, and what is published by e-mail.

Rules:
- The subject carries the incident's key and its playbook's title, nothing else; what leaves the organisation
  carries its name alone, because a playbook's title is nobody's business there.
- The text goes unchanged. Mail to a person adds the room's link, and a link to acknowledge where that is asked.
- `Message-ID` comes from the delivery's id: the same at every attempt, so that a double can be told.
- A server's 4xx may be tried again, its 5xx not; what broke off while the text was handed over is ambiguous.
- Errors give the server's code, never its sentence, which repeats addresses.
"""

import hashlib
import ssl
from collections.abc import Awaitable, Callable
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from typing import Final

from aiosmtplib import SMTP
from aiosmtplib.errors import SMTPException, SMTPNotSupported, SMTPRecipientsRefused, SMTPResponseException

from engine.channels.channel import Failed, Outcome, Outgoing, Sent
from engine.channels.reaching import address_of
from engine.channels.smtp_server import SmtpServer
from engine.language.organisation import Organisation

TIMEOUT: Final = 20.0
"""Seconds for each exchange with the mail server."""
_FIRST_PERMANENT: Final = 500


class EmailChannel:
    """Sends to `person:…`, `email:…` and the organisation's channels of kind email.

    `room_link` gives the address of an incident's room, or None; `answers_at` that of the page on which the
    receiver of a delivery acknowledges.
    """

    def __init__(
        self,
        server: SmtpServer,
        organisation: Callable[[], Organisation],
        *,
        now: Callable[[], datetime],
        room_link: Callable[[str], Awaitable[str | None]],
        answers_at: Callable[[str], str],
        tls: ssl.SSLContext | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self._server = server
        self._organisation = organisation
        self._now = now
        self._room_link = room_link
        self._answers_at = answers_at
        self._tls = tls
        self._timeout = timeout

    async def send(self, outgoing: Outgoing) -> Outcome:
        address = self._address(outgoing)
        if isinstance(address, Failed):
            return address
        try:
            message = self._message(outgoing, address, await self._text(outgoing))
        except (ValueError, MessageError, IndexError):  # what the header parser raises for an address that is none
            return Failed("the receiver's address is no e-mail address", retry=False)
        return await self._hand_in(message, address)

    def _address(self, outgoing: Outgoing) -> str | Failed:
        scheme, _, name = outgoing.delivery.target.partition(":")
        if scheme == "email":
            return name
        organisation = self._organisation()
        if scheme == "channel":
            entry = organisation.channels.get(name)
            return (entry.to if entry else None) or Failed(f"channel {name!r} names no e-mail address", retry=False)
        return address_of(organisation, name, "email") or Failed(f"{name!r} has no e-mail in the organisation file", retry=False)

    def _message(self, outgoing: Outgoing, address: str, text: str) -> EmailMessage:
        message = EmailMessage(policy=SMTP_POLICY)
        message["From"] = Address("Firebreak", addr_spec=self._server.sender)
        message["To"] = Address(addr_spec=address)
        message["Subject"] = " ".join(self._subject(outgoing).split())
        message["Date"] = format_datetime(self._now())
        message["Message-ID"] = f"<{message_id(outgoing.delivery.id, self._server.sender)}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        return message

    def _subject(self, outgoing: Outgoing) -> str:
        if outgoing.delivery.outside or outgoing.delivery.kind == "publish":
            return self._organisation().name
        return str((outgoing.delivery.body.get("page") or {}).get("subject") or outgoing.key)

    async def _text(self, outgoing: Outgoing) -> str:
        delivery = outgoing.delivery
        if not delivery.target.startswith("person:"):
            return delivery.text
        lines = [delivery.text]
        room = await self._room_link(outgoing.key)
        if room:
            lines.append(f"The room: {room}")
        if (delivery.body.get("page") or {}).get("acknowledge"):
            lines.append(f"Say that you are there: {self._answers_at(delivery.id)}")
        return "\n\n".join(lines)

    async def _hand_in(self, message: EmailMessage, address: str) -> Outcome:
        server = self._server
        client = SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.tls == "implicit",
            start_tls=server.tls == "starttls",
            tls_context=self._tls,
            timeout=self._timeout,
        )
        is_handed = False
        try:
            await client.connect()
            is_handed = True
            await client.send_message(message, sender=server.sender, recipients=[address])
        except (SMTPException, OSError, ValueError) as error:
            return _failed(error, is_handed=is_handed)
        finally:
            client.close()
        name = str(message["Message-ID"]).strip("<>")
        return Sent({"message_id": name, "link": f"mid:{name}"})


def message_id(delivery_id: str, sender: str) -> str:
    """Name a delivery as mail knows it (RFC 5322), the same at every attempt."""
    digest = hashlib.sha256(delivery_id.encode()).hexdigest()[:32]
    return f"{digest}.firebreak@{sender.partition('@')[2]}"


def _failed(error: Exception, *, is_handed: bool) -> Failed:
    """Say what an error of the mail library means; `is_handed`: the text may have arrived."""
    match error:
        case SMTPRecipientsRefused(recipients=[first, *_]):
            return _refused(first.code)
        case SMTPResponseException(code=code):
            return _refused(code)
        case _ if type(error) in (SMTPException, SMTPNotSupported):
            return Failed("the mail server does not offer what is needed, such as STARTTLS or a login", retry=False)
        case _:
            return Failed(f"the mail server did not answer in full: {type(error).__name__}", retry=True, ambiguous=is_handed)


def _refused(code: int) -> Failed:
    return Failed(f"the mail server answered {code}", retry=code < _FIRST_PERMANENT)
