"""An http step calls what its author wrote, gives secrets only where they were asked for, and keeps what it was told to."""

from typing import Any

import pytest

from engine.channels.channel import Failed, Outcome, Sent
from engine.channels.http_step import HttpStepChannel, pick
from engine.channels.outlet import Outlet
from tests.channels.given import outgoing
from tests.channels.local_server import LocalServer, Reply

ANSWER = b'{"a": {"b": [{"views": 1200}, "x"]}, "names": ["p", "q"], "on": true, "none": null, "deep": {"c": {}}}'


async def _perform(server: LocalServer, **body: Any) -> Outcome:
    outlet = Outlet(lambda: ["127.0.0.1"])
    channel = HttpStepChannel(outlet, environment={"TOKEN": "t0k3n", "FIREBREAK_SECRET_KEY": "ours"})
    try:
        return await channel.send(outgoing("http", kind="http", step="count_views", body={"url": f"{server.url}/views", **body}))
    finally:
        await outlet.close()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_the_method_is_the_step_s(server: LocalServer, method: str) -> None:
    await _perform(server, method=method)

    assert server.received[0].method == method


async def test_a_secret_fills_its_place_in_a_header(server: LocalServer) -> None:
    await _perform(server, headers={"Authorization": "Bearer ${TOKEN}", "X-Price": "$5"}, secret=["TOKEN"])

    headers = server.received[0].headers
    assert (headers["authorization"], headers["x-price"]) == ("Bearer t0k3n", "$5")


async def test_a_secret_that_the_step_does_not_list_stays_unknown(server: LocalServer) -> None:
    await _perform(server, headers={"X-A": "${TOKEN}", "X-B": "${FIREBREAK_SECRET_KEY}"})

    assert server.received[0].headers["x-a"] == "${TOKEN}"
    assert server.received[0].headers["x-b"] == "${FIREBREAK_SECRET_KEY}"


@pytest.mark.parametrize(("name", "said"), [("FIREBREAK_SECRET_KEY", "belongs to Firebreak"), ("MISSING", "is not set in the environment")])
async def test_a_secret_that_cannot_be_given_stops_the_call(server: LocalServer, name: str, said: str) -> None:
    outcome = await _perform(server, headers={"X-A": "${" + name + "}"}, secret=[name])

    assert isinstance(outcome, Failed)
    assert said in outcome.error
    assert (outcome.retry, server.received) == (False, [])


async def test_values_are_saved_by_their_paths(server: LocalServer) -> None:
    server.answer(Reply(body=ANSWER))

    outcome = await _perform(server, save={"views": "$.a.b[0].views", "names": "$.names", "on": "$.on", "none": "$.none"})

    assert outcome == Sent({"status": 200, "saved": {"views": 1200, "names": ["p", "q"], "on": True, "none": None}})


@pytest.mark.parametrize("path", ["$.a.c", "$.a.b[7]", "$.names.p", "$.on[0]", "$.deep.c", "a.b", "$..a", "$.a[-1]", "$[*]", ""])
async def test_a_path_that_leads_nowhere_is_a_failure(server: LocalServer, path: str) -> None:
    server.answer(Reply(body=ANSWER))

    outcome = await _perform(server, save={"x": path})

    assert isinstance(outcome, Failed)
    assert not outcome.retry


@pytest.mark.parametrize(
    ("status", "expect", "fine"), [(204, [200, 299], True), (404, [404], True), (200, [201], False), (418, [400, 499], True)]
)
async def test_what_is_expected_is_arrival(server: LocalServer, status: int, expect: list[int], fine: bool) -> None:
    server.answer(Reply(status=status, body=b""))

    outcome = await _perform(server, expect=expect)

    assert isinstance(outcome, Sent) is fine


async def test_a_body_is_sent_as_what_it_is(server: LocalServer) -> None:
    await _perform(server, method="POST", body={"a": 1})
    await _perform(server, method="POST", body="plain words")

    kinds = [(each.headers["content-type"], each.body) for each in server.received]
    assert kinds == [("application/json", b'{"a": 1}'), ("text/plain; charset=utf-8", b"plain words")]


async def test_a_body_that_cannot_be_read_is_a_failure_not_a_crash(server: LocalServer) -> None:
    outcome = await _perform(server, headers=["no"])

    assert isinstance(outcome, Failed)


async def test_saving_from_what_is_not_json_is_a_failure(server: LocalServer) -> None:
    server.answer(Reply(body=b"<html>"))

    outcome = await _perform(server, save={"x": "$.a"})

    assert outcome == Failed("'127.0.0.1' did not answer with JSON", retry=False)


def test_a_path_may_name_the_whole_answer() -> None:
    assert pick("whole", "$") == "whole"
