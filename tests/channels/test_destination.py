"""What may be called at all: decided before any socket is opened."""

from collections.abc import Sequence
from ipaddress import ip_address

import httpx
import pytest

from engine.channels.channel import Failed
from engine.channels.destination import Destination, allowed, is_public
from engine.channels.outlet import Answer, Outlet, Request

LISTED = ["hooks.example.com", "relay.example.com:8443", "intranet.example.com", "10.0.0.5", "localhost", "[::1]:8080"]


class RecordingWire(httpx.AsyncBaseTransport):
    """Stands where the socket would be: notes each request and answers 200."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(200, stream=httpx.ByteStream(b"{}"))


async def _call(url: str, *, answers: Sequence[list[str]] = (["93.184.215.14"],)) -> tuple[Answer | Failed, RecordingWire, list[str]]:
    wire, asked = RecordingWire(), []
    queue = list(answers)

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return queue.pop(0) if len(queue) > 1 else queue[0]

    outlet = Outlet(lambda: LISTED, resolve=resolve, transport=wire)
    outcome = await outlet.call(Request("POST", url))
    await outlet.close()
    return outcome, wire, asked


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "https://[::1]/",
        "https://0.0.0.0/",
        "http://169.254.169.254/latest/meta-data/",
        "https://10.0.0.6/",
        "https://[fd00::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://localhost./",
        "https://other.example.com/",
        "https://hooks.example.com.evil.example/",
        "https://hooks.example.com@evil.example/",
        "https://user@hooks.example.com/",
        "https://user:pass@hooks.example.com/",
        "https://hooks.example.com:22/",
        "https://hooks.example.com:5432/",
        "https://relay.example.com/",
        "https://hooks.example.com:99999/",
        "http://hooks.example.com/",
        "file:///etc/passwd",
        "gopher://hooks.example.com/",
        "//hooks.example.com/",
        "hooks.example.com",
        "",
        "https://",
        "https://[half",
        "https://a..b/",
    ],
)
async def test_what_is_not_listed_is_refused_before_any_name_is_resolved(url: str) -> None:
    outcome, wire, asked = await _call(url)

    assert isinstance(outcome, Failed)
    assert not outcome.retry
    assert (wire.requests, asked) == ([], [])


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.9", "169.254.169.254", "192.168.1.1", "0.0.0.7", "::", "fe80::1", "fd00::8", "::ffff:10.0.0.9", "64:ff9b::a00:9"],
)
async def test_a_listed_name_that_resolves_to_a_private_address_is_refused_before_any_socket(address: str) -> None:
    outcome, wire, _ = await _call("https://hooks.example.com/x", answers=[[address]])

    assert outcome == Failed("'hooks.example.com' is a private address; write it into outgoing_hosts if it is meant", retry=False)
    assert wire.requests == []


async def test_one_private_address_among_several_refuses_them_all() -> None:
    outcome, wire, _ = await _call("https://hooks.example.com/x", answers=[["93.184.215.14", "127.0.0.1"]])

    assert isinstance(outcome, Failed)
    assert wire.requests == []


async def test_the_connection_goes_to_the_checked_address_whatever_the_name_says_next() -> None:
    outcome, wire, asked = await _call("https://hooks.example.com/in?x=1", answers=[["93.184.215.14"], ["127.0.0.1"]])

    assert isinstance(outcome, Answer)
    assert (str(wire.requests[0].url), asked) == ("https://93.184.215.14/in?x=1", ["hooks.example.com"])
    assert wire.requests[0].headers["host"] == "hooks.example.com"
    assert wire.requests[0].extensions["sni_hostname"] == "hooks.example.com"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://hooks.example.com/", "93.184.215.14"),
        ("https://HOOKS.example.com:443/", "93.184.215.14"),
        ("https://relay.example.com:8443/", "93.184.215.14"),
        ("https://intranet.example.com/", "10.0.0.5"),
        ("http://10.0.0.5:9000/", "10.0.0.5"),
        ("http://localhost:8080/", "127.0.0.1"),
        ("http://localhost:8080/", "::1"),
        ("http://[::1]:8080/", "::1"),
    ],
)
async def test_what_the_organisation_wrote_down_is_called(url: str, address: str) -> None:
    outcome, wire, _ = await _call(url, answers=[[address]])

    assert isinstance(outcome, Answer)
    assert len(wire.requests) == 1


def test_a_refusal_names_the_host_but_never_the_secret_path() -> None:
    refusal = allowed("https://evil.example/s3cr3t?token=1", LISTED)

    assert refusal == "host 'evil.example' is not in the organisation file's outgoing_hosts"


def test_an_entry_that_cannot_be_read_opens_nothing() -> None:
    found = allowed("https://hooks.example.com/", ["[half", "x:y", "hooks.example.com"])

    assert isinstance(found, Destination)


@pytest.mark.parametrize("address", ["224.0.0.1", "255.255.255.255", "100.64.0.1", "2002:7f00:1::", "ff02::1"])
def test_no_disguise_makes_an_address_public(address: str) -> None:
    assert not is_public(ip_address(address))
