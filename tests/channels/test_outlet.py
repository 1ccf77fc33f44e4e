"""A call to somebody else's machine ends in time and in bounds, whatever that machine does."""

import pytest

from engine.channels.channel import Failed
from engine.channels.outlet import MAX_BODY, Answer, Outlet, Request, refused_by, said
from tests.channels.local_server import LocalServer, Reply


async def _call(server: LocalServer, *, within: float = 5.0, **parts: object) -> Answer | Failed:
    outlet = Outlet(lambda: ["127.0.0.1"])
    try:
        return await outlet.call(Request("POST", f"{server.url}/x", timeout=within, **parts))  # type: ignore[arg-type]
    finally:
        await outlet.close()


async def test_a_redirect_is_an_answer_and_is_never_followed(server: LocalServer) -> None:
    server.answer(Reply(status=302, headers={"Location": f"{server.url}/elsewhere"}))

    answer = await _call(server)

    assert isinstance(answer, Answer)
    assert (answer.status, [each.path for each in server.received]) == (302, ["/x"])


async def test_a_body_ends_at_the_limit(server: LocalServer) -> None:
    server.answer(Reply(body=b"x" * (MAX_BODY + 5_000)))

    answer = await _call(server)

    assert isinstance(answer, Answer)
    assert len(answer.body) == MAX_BODY


async def test_an_answer_that_drips_for_ever_ends_at_the_timeout(server: LocalServer) -> None:
    server.answer(Reply(drip=True))

    outcome = await _call(server, within=0.3)

    assert isinstance(outcome, Failed)
    assert (outcome.retry, outcome.ambiguous) == (True, True)


async def test_a_packed_answer_is_never_unpacked(server: LocalServer) -> None:
    server.answer(Reply(headers={"content-encoding": "gzip"}, body=b"\x1f\x8b not really"))

    answer = await _call(server)

    assert isinstance(answer, Answer)
    assert answer.body == b"\x1f\x8b not really"


async def test_a_closed_port_was_certainly_not_reached() -> None:
    outlet = Outlet(lambda: ["127.0.0.1"])

    outcome = await outlet.call(Request("GET", "http://127.0.0.1:1/"))

    assert outcome == Failed("could not connect to '127.0.0.1'", retry=True)


@pytest.mark.parametrize("value", ["two\r\nlines", "snow ☃"])
async def test_a_header_that_cannot_be_sent_is_a_failure_and_sends_nothing(server: LocalServer, value: str) -> None:
    outcome = await _call(server, headers={"x-note": value})

    assert isinstance(outcome, Failed)
    assert (outcome.retry, server.received) == (False, [])


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "30"}, 30),
        ({"retry-after": "999999"}, 3600),
        ({"retry-after": "Mon, 02 Mar 2026 09:01:30 GMT", "date": "Mon, 02 Mar 2026 09:00:00 GMT"}, 90),
        ({"retry-after": "Mon, 02 Mar 2026 08:00:00 GMT", "date": "Mon, 02 Mar 2026 09:00:00 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_in_both_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert refused_by(Answer(429, headers, b""), "h").retry_after == seconds


@pytest.mark.parametrize("body", [b"", b"<html>", b"[" * 100_000, b"\xff\xfe", b'{"a": NaN}'])
def test_what_is_not_json_says_so(body: bytes) -> None:
    with pytest.raises(ValueError, match="not JSON"):
        said(Answer(200, {}, body))
