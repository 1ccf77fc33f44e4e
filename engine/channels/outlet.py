"""One guarded HTTP call to somebody else's machine: bounded in time and size, to allowed hosts only.

Rules:
- `destination.py` decides before any socket; names are resolved here, each address is checked, and the
  connection goes to a checked address, so that an answer that changes between check and connect changes nothing.
- No redirects, no cookies, no proxies from the environment, one connection per call (a kept connection would
  be shared by hosts behind one address without checking the second one's certificate).
- The whole call ends within `timeout`, however slowly the other side drips; a body ends at 1 MB.
- What the other side does comes back as a value; errors name hosts, never paths, queries or headers.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import httpx
import msgspec

from engine.channels.channel import Failed
from engine.channels.destination import Destination, allowed

MAX_BODY: Final = 1_000_000
TIMEOUT: Final = 10.0
"""Seconds for a whole call, unless the playbook says otherwise."""
MAX_WAIT: Final = 3600.0
"""Seconds: a longer `Retry-After` counts as this."""

_NOT_EXECUTED: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_BUSY: Final = frozenset({408, 425, 429, 503})

Resolve = Callable[[str, int], Awaitable[list[str]]]


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask; `timeout` in seconds."""

    method: str
    url: str
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout: float = TIMEOUT


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def resolve_host(host: str, port: int) -> list[str]:
    """Ask the system for a host's addresses; raises OSError when it has none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Outlet:
    """Makes guarded calls; `hosts` gives the allow-list as it is at the moment of the call.

    `private`: the operator wrote the list, so a name in it may stand for an address of their own network.
    """

    def __init__(
        self,
        hosts: Callable[[], Iterable[str]],
        *,
        resolve: Resolve = resolve_host,
        transport: httpx.AsyncBaseTransport | None = None,
        private: bool = False,
    ) -> None:
        self._hosts = hosts
        self._private = private
        self._resolve = resolve
        self._transport = transport
        self._made: httpx.AsyncClient | None = None

    async def close(self) -> None:
        """Give back what the calls used."""
        if self._made is not None:
            await self._made.aclose()

    @property
    def _client(self) -> httpx.AsyncClient:
        """Make the client at the first call: it reads every certificate that the system trusts, which a start need not wait for."""
        if self._made is None:
            self._made = httpx.AsyncClient(
                transport=self._transport,
                trust_env=False,
                follow_redirects=False,
                limits=httpx.Limits(max_keepalive_connections=0),
            )
        return self._made

    async def call(self, request: Request) -> Answer | Failed:
        """Make one call; any HTTP status is an Answer, everything else a Failed."""
        destination = allowed(request.url, self._hosts())
        if isinstance(destination, str):
            return Failed(destination, retry=False)
        try:
            async with asyncio.timeout(request.timeout):
                return await self._connect(destination, request)
        except httpx.LocalProtocolError:
            return Failed("a header holds characters that can't be sent", retry=False)
        except _NOT_EXECUTED:
            return Failed(f"could not connect to {destination.host!r}", retry=True)
        except (httpx.HTTPError, TimeoutError) as error:
            return Failed(f"{destination.host!r} did not answer in full: {type(error).__name__}", retry=True, ambiguous=True)
        except (httpx.InvalidURL, UnicodeError):
            return Failed("the address or a header holds characters that can't be sent", retry=False)

    async def _connect(self, destination: Destination, request: Request) -> Answer | Failed:
        try:
            addresses = await self._resolve(destination.host, destination.port)
        except OSError:
            return Failed(f"the name {destination.host!r} has no address", retry=True)
        refused = [] if self._private else [address for address in addresses if not destination.permits(address)]
        if refused or not addresses:
            return Failed(f"{destination.host!r} is a private address; write it into outgoing_hosts if it is meant", retry=False)
        return await self._exchange(destination, addresses[0], request)

    async def _exchange(self, destination: Destination, address: str, request: Request) -> Answer:
        headers = {**request.headers, "host": _authority(destination), "accept-encoding": "identity"}
        built = self._client.build_request(
            request.method,
            _at_address(destination, address),
            content=request.content or None,
            headers=headers,
            extensions={"sni_hostname": destination.host},
            timeout=request.timeout,
        )
        response = await self._client.send(built, stream=True)
        try:
            return Answer(response.status_code, dict(response.headers), await _body(response))
        finally:
            await response.aclose()


def refused_by(answer: Answer, host: str) -> Failed:
    """Turn an answer that is not a success into a failure: what may be tried again, and after how many seconds."""
    busy = answer.status in _BUSY
    return Failed(
        f"{host!r} answered {answer.status}",
        retry=busy or answer.status >= 500,
        retry_after=_seconds(answer.headers) if busy else None,
        ambiguous=answer.status >= 500,
    )


def said(answer: Answer) -> object:
    """Read an answer's body as JSON; raises ValueError when it is none."""
    try:
        return msgspec.json.decode(answer.body)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise ValueError("not JSON") from error


def host_of(url: str) -> str:
    """Name the host of a URL for an error; a secret path or query stays out of it."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


async def _body(response: httpx.Response) -> bytes:
    """Read up to the limit, never unpacking: a small answer could unpack to a huge one."""
    received = bytearray()
    async for chunk in response.aiter_raw():
        received += chunk
        if len(received) > MAX_BODY:
            return bytes(received[:MAX_BODY])
    return bytes(received)


def _at_address(destination: Destination, address: str) -> str:
    parts = urlsplit(destination.url)
    host = f"[{address}]" if ":" in address else address
    return urlunsplit((parts.scheme, f"{host}:{destination.port}", parts.path or "/", parts.query, ""))


def _authority(destination: Destination) -> str:
    host = f"[{destination.host}]" if ":" in destination.host else destination.host
    default = {"https": 443, "http": 80}[destination.scheme]
    return host if destination.port == default else f"{host}:{destination.port}"


def _seconds(headers: Mapping[str, str]) -> float | None:
    """Read `Retry-After`; its date form counts from the answer's own `Date` (RFC 9110, 10.2.3)."""
    text = headers.get("retry-after", "").strip()
    if text.isdigit():
        return min(float(text), MAX_WAIT)
    try:
        wait = (parsedate_to_datetime(text) - parsedate_to_datetime(headers.get("date", ""))).total_seconds()
    except (ValueError, TypeError):
        return None
    return min(max(wait, 0.0), MAX_WAIT)
