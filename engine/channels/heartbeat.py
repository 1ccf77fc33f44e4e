"""Tells a watching service that all is well, or what is not: one request to the address that the operator named.

Rules:
- The address is a secret, since whoever knows it can say that all is well: errors name its host and nothing more.
- It is called as `outlet.py` calls: within `TIMEOUT` seconds, without redirects. The operator chose the host, so its name
  may stand for an address of their own network.
- Any 2xx is an answer. A failure is only told where the operator named an address for it: its body is our own sentences.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from engine.channels.channel import Failed
from engine.channels.destination import allowed
from engine.channels.outlet import Outlet, Request, host_of

TIMEOUT: Final = 10.0
"""Seconds."""


class HeartbeatAddress:
    """Asks `url` while all is well; `fail_url`, where there is one, hears what is wrong. `header` is written `Name: value`.

    Raises ValueError when an address or the header can't be used.
    """

    def __init__(self, url: str, *, fail_url: str | None = None, header: str | None = None) -> None:
        hosts = tuple(_host(each) for each in (url, fail_url) if each)
        self._url = url
        self._fail_url = fail_url
        self._headers = _headers(header)
        self._outlet = Outlet(lambda: hosts, private=True)

    async def alive(self) -> str | None:
        """Say that all is well; returns why that was not heard."""
        return await self._told(Request("GET", self._url, headers=self._headers, timeout=TIMEOUT))

    async def unwell(self, problems: Sequence[str]) -> str | None:
        """Say what is wrong, where somebody listens for it; returns why that was not heard."""
        if self._fail_url is None:
            return None
        headers = {**self._headers, "content-type": "text/plain; charset=utf-8"}
        return await self._told(Request("POST", self._fail_url, "\n".join(problems).encode(), headers, TIMEOUT))

    async def close(self) -> None:
        """Give back what the calls used."""
        await self._outlet.close()

    async def _told(self, request: Request) -> str | None:
        answer = await self._outlet.call(request)
        if isinstance(answer, Failed):
            return answer.error
        return None if 200 <= answer.status < 300 else f"{host_of(request.url)!r} answered {answer.status}"


def _host(url: str) -> str:
    try:
        netloc = urlsplit(url).netloc
    except ValueError as error:
        raise ValueError("the address is not a URL") from error
    refused = allowed(url, [netloc])
    if isinstance(refused, str):
        raise ValueError(refused)
    return netloc


def _headers(header: str | None) -> Mapping[str, str]:
    name, colon, value = (header or "").partition(":")
    if header and not (colon and name.strip() and value.strip()):
        raise ValueError("the header is written 'Name: value'")
    return {name.strip().lower(): value.strip()} if header else {}
