"""What is posted to a webhook's address is signed so that the library of Standard Webhooks takes it, and goes nowhere else."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from engine.channels.outlet import Outlet
from engine.channels.poster import Posted, Posting
from engine.channels.webhook_post import WebhookPost
from engine.store.webhooks import new_secret
from tests.channels.local_server import LocalServer, Reply
from tests.channels.test_destination import RecordingWire

LISTED = ["hooks.example.com", "relay.example.com:8443"]
BODY = '{"type":"firebreak.Noted","data":{"text":"Füße, “quoted”"}}'.encode()


async def _post(server: LocalServer, *secrets: str, now: datetime | None = None, within: float = 5.0) -> Posted:
    at = now or datetime.now(UTC)  # noqa: TID251 - the library that verifies looks at the machine's clock itself
    outlet = Outlet(lambda: ["127.0.0.1"])
    post = WebhookPost(outlet, lambda: ["127.0.0.1"], now=lambda: at)
    try:
        return await post.post(Posting(f"{server.url}/in", "INC-7:31", BODY, secrets, within))
    finally:
        await outlet.close()


async def test_the_library_takes_what_is_posted(server: LocalServer) -> None:
    secret = new_secret()
    posted = await _post(server, secret)
    (received,) = server.received

    assert posted.error is None
    assert received.headers["webhook-id"] == "INC-7:31"
    assert received.headers["content-type"].startswith("application/cloudevents+json")
    assert Webhook(secret).verify(received.body, received.headers)["type"] == "firebreak.Noted"


async def test_during_an_overlap_both_secrets_verify_and_afterwards_only_the_new_one(server: LocalServer) -> None:
    old, new = new_secret(), new_secret()
    await _post(server, new, old)
    await _post(server, new)
    both, one = server.received

    assert [Webhook(each).verify(both.body, both.headers)["type"] for each in (old, new)] == ["firebreak.Noted"] * 2
    assert Webhook(new).verify(one.body, one.headers)["type"] == "firebreak.Noted"
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(one.body, one.headers)


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_a_message_of_another_time_is_refused_by_the_library(server: LocalServer, minutes: int) -> None:
    secret = new_secret()
    await _post(server, secret, now=datetime.now(UTC) + timedelta(minutes=minutes))  # noqa: TID251 - as above
    (received,) = server.received

    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(received.body, received.headers)


@pytest.mark.parametrize(
    ("reply", "status", "retry_after"),
    [
        (Reply(status=204, body=b""), 204, None),
        (Reply(status=302, headers={"Location": "http://127.0.0.1:1/elsewhere"}), 302, None),
        (Reply(status=410), 410, None),
        (Reply(status=429, headers={"retry-after": "30"}), 429, 30),
        (Reply(status=503, headers={"retry-after": "99999"}), 503, 3600),
    ],
)
async def test_only_2xx_is_arrival_and_a_redirect_is_never_followed(
    server: LocalServer, reply: Reply, status: int, retry_after: float | None
) -> None:
    server.answer(reply)
    posted = await _post(server, new_secret())

    assert (posted.status, posted.retry_after, posted.error is None) == (status, retry_after, status == 204)
    assert len(server.received) == 1


async def test_a_receiver_that_drips_is_left_in_time_and_nothing_of_its_words_is_kept(server: LocalServer) -> None:
    server.answer(Reply(body=b"s3cr3t words", drip=True))
    posted = await _post(server, new_secret(), within=0.3)

    assert (posted.status, "s3cr3t" in (posted.error or "")) == (None, False)
    assert posted.error is not None


async def _guarded(url: str, answers: Sequence[str] = ("93.184.215.14",)) -> tuple[str | None, Posted, list[str], int]:
    asked: list[str] = []
    wire = RecordingWire()

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return list(answers)

    outlet = Outlet(lambda: LISTED, resolve=resolve, transport=wire)
    post = WebhookPost(outlet, lambda: LISTED, now=lambda: datetime(2026, 11, 23, tzinfo=UTC))
    posted = await post.post(Posting(url, "INC-7:1", BODY, (new_secret(),)))
    await outlet.close()
    return post.refused(url), posted, asked, len(wire.requests)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://[::1]/",
        "https://0.0.0.0/",
        "https://0/",
        "http://169.254.169.254/latest/meta-data/",
        "https://[fd00:ec2::254]/",
        "https://10.0.0.6/",
        "https://172.16.0.1/",
        "https://192.168.0.1/",
        "https://100.64.0.1/",
        "https://[fd00::1]/",
        "https://[fe80::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://017700000001/",
        "https://localhost./",
        "https://LOCALHOST:8443/",
        "https://metadata.google.internal/",
        "https://hooks.example.com.evil.example/",
        "https://hooks.example.com@127.0.0.1/",
        "https://user@hooks.example.com/",
        "https://hooks.example.com:22/",
        "https://hooks.example.com:5432/",
        "http://hooks.example.com/",
        "file:///etc/passwd",
        "gopher://hooks.example.com/",
        "ftp://hooks.example.com/",
        "//hooks.example.com/",
        "https://１２７.0.0.1/",
        "https://",
    ],
)
async def test_an_address_that_is_not_listed_is_refused_when_it_is_given_and_when_it_is_called(url: str) -> None:
    refused, posted, asked, sockets = await _guarded(url)

    assert refused is not None
    assert posted.error == refused
    assert (asked, sockets) == ([], 0)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.9",
        "169.254.169.254",
        "192.168.1.1",
        "0.0.0.7",
        "::1",
        "fe80::1",
        "fd00::8",
        "::ffff:10.0.0.9",
        "64:ff9b::a9fe:a9fe",
    ],
)
async def test_a_listed_name_that_answers_with_a_private_address_opens_no_socket(address: str) -> None:
    refused, posted, asked, sockets = await _guarded("https://hooks.example.com/in", [address])

    assert (refused, asked, sockets) == (None, ["hooks.example.com"], 0)
    assert posted.error == "'hooks.example.com' is a private address; write it into outgoing_hosts if it is meant"


async def test_a_listed_name_is_called_at_the_address_that_was_checked() -> None:
    refused, posted, asked, sockets = await _guarded("https://hooks.example.com/in")

    assert (refused, posted.status, asked, sockets) == (None, 200, ["hooks.example.com"], 1)
