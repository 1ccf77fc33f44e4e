"""An incident followed as it happens, over a real connection: nothing twice, nothing lost, and only for who may."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import uvicorn

from engine.store.tokens import list_tokens, revoke_token
from tests.api.given import House

PATIENCE = 10.0


@dataclass
class Reader:
    """Somebody who reads a stream, event by event."""

    answer: httpx.Response
    lines: AsyncIterator[str]

    async def next(self) -> dict[str, Any]:
        """Give the next event that is no comment: its name, id and data."""
        found: dict[str, Any] = {}
        async with asyncio.timeout(PATIENCE):
            async for line in self.lines:
                name, _, value = line.partition(": ")
                if line and name:
                    found[name] = value
                elif "data" in found:
                    return {**found, "data": json.loads(found["data"])}
                else:
                    found = {}
        raise EOFError

    async def texts(self, count: int) -> list[str]:
        return [(await self.next())["data"]["text"] for _ in range(count)]


@pytest.fixture
async def address(house: House) -> AsyncIterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(house.app, log_config=None, lifespan="off"))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    house.app.state.following.close()
    server.should_exit = True
    await running


@asynccontextmanager
async def reading(address: str, token: str, key: str, *, after: int | None = None, **headers: str) -> AsyncIterator[Reader]:
    query = f"?after={after}" if after is not None else ""
    given = {"Authorization": f"Bearer {token}", **headers}
    async with (
        httpx.AsyncClient(timeout=PATIENCE) as client,
        client.stream("GET", f"{address}/v1/incidents/{key}/events{query}", headers=given) as answer,
    ):
        yield Reader(answer, answer.aiter_lines())


async def test_what_happens_comes_as_it_happens_with_the_numbers_of_the_timeline(house: House, address: str) -> None:
    key, token = await house.declared(), await house.token("of ana", person="ana")
    ana = await house.person("ana")

    async with reading(address, token, key, after=0) as reader:
        so_far = [await reader.next() for _ in range((await ana.get(f"/v1/incidents/{key}")).json()["version"])]
        await house.does("ana", f"/v1/incidents/{key}/note", text="Called the site")
        live = await reader.next()
    told = (await ana.get(f"/v1/incidents/{key}/timeline?limit=200")).json()["items"]

    assert reader.answer.headers["content-type"].startswith("text/event-stream")
    assert [each["data"] for each in (*so_far, live)] == told
    assert [each["id"] for each in (*so_far, live)] == [str(each["seq"]) for each in told]
    assert (live["event"], "Called the site" in live["data"]["text"]) == ("entry", True)


async def test_a_client_that_comes_again_gets_what_it_missed_once(house: House, address: str) -> None:
    key, token = await house.declared(), await house.token("of ana", person="ana")
    async with reading(address, token, key) as reader:
        await house.does("ana", f"/v1/incidents/{key}/note", text="one")
        last = await reader.next()
    for text in ("two", "three"):
        await house.does("ana", f"/v1/incidents/{key}/note", text=text)

    async with reading(address, token, key, **{"Last-Event-ID": last["id"]}) as again:
        missed = await again.texts(2)

    assert ["one" in last["data"]["text"], "two" in missed[0], "three" in missed[1]] == [True, True, True]


async def test_without_a_number_only_what_is_new_comes(house: House, address: str) -> None:
    key, token = await house.declared(), await house.token("of ana", person="ana")

    async with reading(address, token, key) as reader:
        await house.does("ana", f"/v1/incidents/{key}/note", text="new")
        assert "new" in (await reader.texts(1))[0]


async def test_more_than_a_page_comes_whole(house: House, address: str) -> None:
    key, token = await house.declared(), await house.token("of ana", person="ana")
    before = (await (await house.person("ana")).get(f"/v1/incidents/{key}")).json()["version"]
    for number in range(120):
        await house.does("ana", f"/v1/incidents/{key}/note", text=f"note {number}")

    async with reading(address, token, key, after=before) as reader:
        texts = await reader.texts(120)

    assert ["note 0" in texts[0], "note 119" in texts[-1]] == [True, True]


async def test_a_stream_ends_with_its_token(house: House, address: str) -> None:
    key, token = await house.declared(), await house.token("a robot")
    robot = next(each for each in await house.parts.database.read(list_tokens) if each.name == "a robot")

    async with reading(address, token, key) as reader:
        await house.parts.database.write(lambda tx: revoke_token(tx, robot.id, house.clock.now()))
        await house.does("ana", f"/v1/incidents/{key}/note", text="not for it")
        end = await reader.next()
        with pytest.raises(EOFError):
            await reader.next()

    assert (end["event"], end["data"]["code"]) == ("end", "unauthenticated")


async def test_a_stream_ends_when_its_reader_may_no_longer_know_of_the_incident(house: House, address: str) -> None:
    key, token = await house.declared(), await house.token("of eve", person="eve")

    async with reading(address, token, key) as reader:
        await house.does("ana", f"/v1/incidents/{key}/restrict", reason="it names people")
        end = await reader.next()

    assert (end["event"], end["data"]["code"]) == ("end", "not_found")


async def test_a_service_that_stops_ends_its_streams(house: House, address: str) -> None:
    key, token = await house.declared(), await house.token("of ana", person="ana")

    async with reading(address, token, key) as reader:
        house.app.state.following.close()
        with pytest.raises(EOFError):
            await reader.next()


async def test_what_does_not_exist_for_the_reader_is_404_before_anything_is_streamed(house: House) -> None:
    hidden, eve = await house.declared("quiet"), await house.person("eve")

    answers = [await eve.get(f"/v1/incidents/{key}/events") for key in (hidden, "INC-99")]
    bad = await eve.get(f"/v1/incidents/{await house.declared()}/events", headers={"Last-Event-ID": "yesterday"})

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "not_found")] * 2
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "Last-Event-ID")
