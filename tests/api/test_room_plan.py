"""The plan behind the bookmark *Playbook*: for those who may know of the incident, and without what is private."""

import httpx
import pytest

from tests.api.given import House


async def _signed_in(house: House, who: str) -> httpx.AsyncClient:
    client = await house.client(None, origin="http://firebreak.test")
    answer = await client.post("/rooms/sign-in", data={"token": await house.token(f"of {who}", person=who), "to": "/rooms"})
    assert answer.status_code == 303, answer.text
    return client


async def test_the_bookmark_leads_to_the_plan_of_the_incidents_playbook(house: House) -> None:
    key = await house.declared()
    page = await (await _signed_in(house, "eve")).get(f"/rooms/{key}/plan")

    assert page.status_code == 200
    assert "Find out what happened" in page.text
    assert "Ask nothing" not in page.text
    assert f'<a href="/rooms/{key}">{key}</a>' in page.text


@pytest.mark.parametrize("who", ["eve", None])
async def test_who_may_not_know_of_it_sees_no_plan(house: House, who: str | None) -> None:
    key = await house.declared("quiet")
    client = await _signed_in(house, who) if who else await house.client()
    page = await client.get(f"/rooms/{key}/plan")

    assert "Find out what happened" not in page.text
