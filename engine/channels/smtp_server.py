"""The mail server that an operator names: read from one address, `smtp://user:password@host:587?from=firebreak@example.com`.

Rules:
- `smtp` begins in the clear and must turn to TLS (STARTTLS); `smtps` is TLS from the first byte.
- `tls=none` is for a relay on this machine or in a private network; a password is never sent that way.
- Names and passwords are percent-encoded, as in any URL.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, Literal
from urllib.parse import parse_qs, unquote, urlsplit

_PORTS: Final = {"smtp": 587, "smtps": 465}
_FORM: Final = "write smtp://user:password@host:587?from=firebreak@example.com"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed in, how, and from whom it is."""

    host: str
    port: int
    sender: str
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    user: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return f"SmtpServer({self.host}:{self.port})"


def read_smtp_url(url: str) -> SmtpServer:
    """Read the address; raises ValueError with a sentence that repeats none of it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"it is no address; {_FORM}") from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError(f"it is no address of a mail server; {_FORM}")
    options = parse_qs(parts.query)
    user, password = (unquote(each) if each else None for each in (parts.username, parts.password))
    sender = options.get("from", [user or ""])[0]
    if sender.count("@") != 1 or any(char.isspace() for char in sender):
        raise ValueError(f"it does not say from whom mail is sent; {_FORM}")
    is_plain = options.get("tls", [""])[0] == "none"
    if is_plain and (password or not _is_near(parts.hostname)):
        raise ValueError("tls=none is only for a relay without a password on this machine or in a private network")
    tls: Literal["starttls", "implicit", "none"] = "none" if is_plain else "implicit" if parts.scheme == "smtps" else "starttls"
    return SmtpServer(parts.hostname, port or _PORTS[parts.scheme], sender, tls, user, password)


def _is_near(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost" or "." not in host
    return not address.is_global
