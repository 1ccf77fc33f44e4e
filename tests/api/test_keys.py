"""An admin sees over HTTP which secret seals how much, and has everything sealed with the first one."""

from dataclasses import replace

from api.app import create_app
from engine.store.rotation import AT_ONCE, BATCH
from engine.store.seal import Sealer
from tests.api.given import House
from tests.store.test_rotation import many_keys


async def test_only_an_admin_may(house: House) -> None:
    ana = await house.person("ana")

    assert (await ana.get("/v1/keys")).status_code == 403
    assert (await ana.post("/v1/keys/rotate", json={})).status_code == 403


async def test_with_one_secret_nothing_has_to_be_done(house: House) -> None:
    await house.declared(inputs={"site": "Plant 4", "people": ["Fred Hollis"]})
    told = (await (await house.admin()).get("/v1/keys")).json()

    assert [set(secret) for secret in told["secrets"]] == [{"name", "keys"}]
    assert told["secrets"][0]["keys"] > 1
    assert (told["unreadable"], told["destroyed"], told["done"]) == (0, 0, True)


async def test_it_is_done_in_pieces_until_there_is_no_next(house: House) -> None:
    old = (house.parts.settings.data_dir / "secret.key").read_text()
    await house.parts.database.write(lambda tx: many_keys(tx, secret=old, count=AT_ONCE * BATCH))
    sealer = Sealer(f"the-new-secret-of-this-house,{old}")
    house.app = create_app(replace(house.parts, sealer=sealer), with_worker=False)
    admin = await house.client(await house.token("root", "admin"))
    first = (await admin.post("/v1/keys/rotate", json={})).json()
    second = (await admin.post("/v1/keys/rotate", json={"after": first["next"]})).json()

    assert (first["rewrapped"], second["rewrapped"], second["next"]) == (AT_ONCE * BATCH, 1, None)
    assert second["done"]
    assert [secret["keys"] for secret in second["secrets"]] == [AT_ONCE * BATCH + 1, 0]
