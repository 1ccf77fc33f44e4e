"""A real mail server on this machine: strict about what it takes, told what to answer, and never sending anything on."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.channels.local_server import Reply

_BUSY = 429
_OURS = 500


class FakeMail:
    """`taken` holds every mail whose text was handed over, whatever was answered; `replies` are used up in order."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.receivers: list[str] = []
        self.was_encrypted: list[bool] = []
        self.port = 0
        self._replies: list[Reply] = []

    def answer(self, *replies: Reply) -> None:
        """Answer the next mails like an HTTP server: 429 and 5xx are "not now", other errors are "never"."""
        self._replies = list(replies)

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, _: list[str]) -> str:  # noqa: N802 - aiosmtpd names its hooks so
        if address.count("@") != 1 or any(char in address for char in "<>, \r\n"):
            return "553 5.1.3 not an address"
        self.receivers.append(address)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd names its hooks so
        assert isinstance(envelope.content, bytes)
        found = message_from_bytes(envelope.content, policy=default)
        assert isinstance(found, EmailMessage)
        self.taken.append(found)
        self.was_encrypted.append(session.ssl is not None)
        reply = self._replies.pop(0) if self._replies else Reply()
        if reply.cut:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            return "250 nobody hears this"
        if reply.status >= _OURS or reply.status == _BUSY:
            return "451 4.7.1 try again later, s3cr3t-path-and-token"
        if found["From"] is None or found["Date"] is None or len(found.get_all("Message-ID", [])) != 1 or len(found.get_all("To", [])) != 1:
            return "550 5.6.0 a header is missing or doubled"
        return "250 OK" if reply.status < 300 else "550 5.7.1 refused, s3cr3t-path-and-token"


class _Login:
    """Knows one user."""

    def __call__(self, _: SMTP, __: Session, ___: Envelope, ____: str, given: Any) -> AuthResult:
        known = isinstance(given, LoginPassword) and (given.login, given.password) == (b"firebreak", b"p@ss word")
        return AuthResult(success=known, handled=False)


@asynccontextmanager
async def fake_mail(*, tls: ssl.SSLContext | None = None, login: bool = False) -> AsyncIterator[FakeMail]:
    """Serve on a free port of 127.0.0.1; with `tls` nothing is taken before STARTTLS."""
    mail = FakeMail()

    def speaks() -> SMTP:
        more = {"tls_context": tls, "require_starttls": True} if tls is not None else {"auth_require_tls": False}
        asks = {"authenticator": _Login(), "auth_required": True} if login else {}
        return SMTP(mail, hostname="mail.test", enable_SMTPUTF8=True, **more, **asks)  # type: ignore[arg-type]

    server = await asyncio.get_running_loop().create_server(speaks, "127.0.0.1", 0)
    mail.port = server.sockets[0].getsockname()[1]
    try:
        yield mail
    finally:
        server.close()
        await server.wait_closed()
