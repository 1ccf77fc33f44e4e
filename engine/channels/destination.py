"""Whether we may call an address at all: decided from the URL and the organisation's `outgoing_hosts`, before any socket.

Rules:
- The host must stand in the list as the URL writes it (`hooks.example.com`, `10.0.0.5`, `localhost`).
- A name opens ports 80 and 443; an entry `host:port` opens exactly that port; an address or `localhost`
  written in the list opens every port, because whoever wrote it meant that machine.
- Plain http only to a private address; user names in URLs and other schemes never.
- A name that resolves to a private, loopback, link-local or otherwise non-public address is refused
  unless that very address stands in the list; `localhost` may be what it always is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

_PORTS: Final = {"https": 443, "http": 80}
_NAT64: Final = IPv6Network("64:ff9b::/96")
"""RFC 6052: an IPv4 address in disguise."""

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Destination:
    """An allowed host and port; its address is checked again by `permits` once it is known."""

    url: str
    scheme: str
    host: str
    port: int
    hosts: tuple[str, ...]

    def permits(self, address: str) -> bool:
        """Say whether the host may be reached at this resolved address."""
        found = ip_address(address)
        if is_public(found):
            return self.scheme == "https"
        return str(found) in self.hosts or (found.is_loopback and self.host == "localhost")


def allowed(url: str, entries: Iterable[str]) -> Destination | str:
    """Read the URL against the allow-list: a destination, or one sentence that says why not (never the whole URL)."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except (ValueError, UnicodeError):
        return "the address is not a URL"
    if parts.scheme not in _PORTS:
        return f"{parts.scheme!r} addresses are not called; use https"
    if parts.username is not None or parts.password is not None:
        return "the address holds a user name; put credentials into a header"
    return _listed(url, parts.scheme, host, port or _PORTS[parts.scheme], tuple(map(_entry, entries)))


def is_public(address: Address) -> bool:
    """Say whether an address is on the public internet, looking through every IPv6 disguise of IPv4."""
    if isinstance(address, IPv6Address):
        inner = _embedded(address)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


def _listed(url: str, scheme: str, host: str, port: int, entries: tuple[tuple[str, int | None], ...]) -> Destination | str:
    ports = [listed for name, listed in entries if name == host]
    if not ports:
        return f"host {host!r} is not in the organisation file's outgoing_hosts"
    if port not in ports and not (None in ports and (port in _PORTS.values() or _is_literal(host))):
        return f"port {port} of {host!r} is not open; write '{host}:{port}' into outgoing_hosts"
    if scheme == "http" and not _is_private(host):
        return f"{host!r} would be called without encryption; use https"
    return Destination(url, scheme, host, port, tuple(name for name, _ in entries))


def _entry(text: str) -> tuple[str, int | None]:
    """Read one entry of the list; one that can't be read opens nothing."""
    try:
        if text.count(":") > 1 and not text.startswith("["):
            return str(ip_address(text)), None
        parts = urlsplit("//" + text)
        return (parts.hostname or "").encode("idna").decode(), parts.port
    except (ValueError, UnicodeError):
        return "", None


def _is_literal(host: str) -> bool:
    return host == "localhost" or _address(host) is not None


def _is_private(host: str) -> bool:
    address = _address(host)
    return host == "localhost" or (address is not None and not is_public(address))


def _address(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _embedded(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
