"""A query whose meaning is remembered gets the same answer as a new one, for whoever asks, and for nobody else."""

import httpx
import pytest

from api.asked import LONGEST, MOST, AskedRoute
from engine.store.tokens import list_tokens, revoke_token
from tests.api.given import House

QUERIES = ("", "limit=1", "limit=2&state=ready&state=doing", "person=me", "status=active", "mode=rehearsal", "q=facts")


async def _asked(client: httpx.AsyncClient, path: str, query: str) -> tuple[int, object]:
    answer = await client.get(f"{path}?{query}")
    return answer.status_code, answer.json()


@pytest.mark.parametrize("path", ["/v1/tasks", "/v1/incidents"])
async def test_the_second_answer_is_the_first_one_again(house: House, path: str) -> None:
    await house.declared()
    await house.declared()
    ana, ben = await house.person("ana"), await house.person("ben")
    for query in QUERIES:
        first, of_ben = await _asked(ana, path, query), await _asked(ben, f"{path}", f"{query}&limit=25")

        assert first[0] == 200
        assert await _asked(ana, path, query) == first
        assert await _asked(ben, path, f"{query}&limit=25") == of_ben


async def test_who_asks_is_looked_at_each_time(house: House) -> None:
    await house.declared()
    ana, ben = await house.person("ana"), await house.person("ben")
    for_ana = (await ana.get("/v1/tasks?person=me")).json()["items"]
    for_ben = (await ben.get("/v1/tasks?person=me")).json()["items"]

    assert [item["step"] for item in for_ana] != [item["step"] for item in for_ben]
    assert (await (await house.client(None)).get("/v1/tasks?person=me")).status_code == 401
    assert (await (await house.client("fb_wrong")).get("/v1/tasks?person=me")).status_code == 401
    other = await house.client(await house.token("metrics", "metrics:read"))
    assert (await other.get("/v1/tasks?person=me")).status_code == 403
    robot = await house.client(await house.token("robot", "incidents:read", act_as=True), **{"Firebreak-Actor": "ben"})
    assert (await robot.get("/v1/tasks?person=me")).json()["items"] == for_ben


async def test_a_revoked_token_is_refused_at_once(house: House) -> None:
    token = await house.token("robot", "incidents:read")
    robot = await house.client(token)
    assert (await robot.get("/v1/tasks")).status_code == 200

    name = (await house.parts.database.read(lambda tx: [each.id for each in list_tokens(tx) if each.name == "robot"]))[0]
    await house.parts.database.write(lambda tx: revoke_token(tx, name, house.clock.now()))

    assert (await robot.get("/v1/tasks")).status_code == 401


async def test_a_wrong_query_is_wrong_every_time(house: House) -> None:
    ana = await house.person("ana")
    for query in ("limit=0", "limit=0", "limit=many", "state=asleep", "state=asleep", "cursor=none", "cursor=none"):
        assert (await ana.get(f"/v1/tasks?{query}")).status_code == 422


async def test_what_is_remembered_is_bounded(house: House) -> None:
    ana = await house.person("ana")
    for number in range(MOST + 5):
        assert (await ana.get(f"/v1/tasks?limit=1&number={number}")).status_code == 200
    assert (await ana.get(f"/v1/tasks?limit=1&{'x' * LONGEST}=1")).status_code == 200
    known = next(route.known for route in house.app.routes if isinstance(route, AskedRoute) and route.path == "/v1/tasks")

    assert len(known) <= MOST
    assert max(len(query) for query in known) <= LONGEST
