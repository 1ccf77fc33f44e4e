"""Somebody leaves the organisation file: what they began stays readable everywhere, and goes on with whoever is there."""

import asyncio

from tests.api.given import ORGANISATION, House
from tests.api.room.given import browser

GONE = ORGANISATION.replace("  ana: {name: Ana Ruiz, email: ana@example.com}\n", "").replace("[ana]", "[cho]")


async def leave(house: House) -> None:
    await asyncio.to_thread(house.parts.settings.organisation.write_text, GONE)
    await house.parts.library.refresh()
    assert house.parts.library.refused is None


async def test_their_incident_is_read_on_every_way(house: House) -> None:
    key = await house.declared(inputs={"site": "Plant 4", "people": ["Fred Hollis"]})
    await house.does("ana", f"/v1/incidents/{key}/steps/facts/tick", item="1")
    await house.parts.worker.run_until_idle()
    await leave(house)
    cho, admin = await house.person("cho"), await house.admin()
    paths = ("", "/steps", "/steps/facts", "/timeline", "/deliveries", "/steps/draft")
    read = {path: (await client.get(f"/v1/incidents/{key}{path}")).status_code for path in paths for client in (cho, admin)}
    room = await browser(house)
    await room.signs_in(await house.token("phone", person="cho"))

    assert set(read.values()) == {200}
    assert "Find out what happened" in await room.opens(f"/rooms/{key}/steps/facts")
    assert key in await room.opens("/rooms")
    assert key in await room.opens(f"/rooms/{key}")
    assert (await cho.get("/v1/tasks")).status_code == 200


async def test_what_they_held_goes_on_with_somebody_else(house: House) -> None:
    key = await house.declared()
    await leave(house)
    named = await (await house.admin()).put(f"/v1/incidents/{key}/roles/incident_lead", json={"person": "cho"})
    await house.does("cho", f"/v1/incidents/{key}/steps/facts/tick", item="1")
    house.clock.forward(hours=6)
    await house.parts.worker.run_until_idle()
    again = await house.declared(by="cho")
    leads = [(await (await house.admin()).get(f"/v1/incidents/{each}")).json()["roles"]["incident_lead"]["person"] for each in (key, again)]

    assert named.status_code == 200
    assert leads == ["cho", "cho"]
