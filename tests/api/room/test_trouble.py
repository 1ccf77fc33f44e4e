"""When Slack or the disk is in trouble the pages say so, and nothing that was typed is lost."""

from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection

from api.app import create_app
from tests.api.given import House
from tests.api.room.given import Browser, keys_of, signed_in, to_approve


def full(tx: Connection) -> None:
    """Let the file grow no further, as a full disk would; until the writer has opened it anew, which it does after a fault."""
    tx.exec_driver_sql("PRAGMA max_page_count = 1")


async def with_parts(house: House, address: str = "http://firebreak.test", **parts: Any) -> Browser:
    """Ben's browser on the same house with some parts replaced, or at another address."""
    settings = house.parts.settings.model_copy(update={"base_url": address})
    app = create_app(replace(house.parts, settings=settings, **parts), with_worker=False)
    client = await house.clients.enter_async_context(
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://firebreak.test")
    )
    ben = Browser(house, client)
    token = await house.token("phone", person="ben")
    answer = await ben.posts("/rooms/sign-in", {"token": token, "to": "/rooms"})
    ben.shown = answer
    return ben


@pytest.mark.parametrize(
    ("code", "said"), [("invalid_auth", "Slack refuses Firebreak (invalid_auth)"), ("no answer", "Slack does not answer"), (None, None)]
)
async def test_a_banner_says_when_slack_is_out_of_reach(house: House, code: str | None, said: str | None) -> None:
    path = await to_approve(house)
    ben = await with_parts(house, slack_trouble=lambda: code)

    for each in ("/rooms", "/rooms/INC-1", path):
        page = await ben.opens(each)
        assert ("<strong>Slack:</strong>" in page) == (said is not None)
        assert said is None or said in page


async def test_a_comment_outlives_a_full_disk(house: House) -> None:
    path = await to_approve(house)
    ben = await signed_in(house, "ben")
    await ben.opens(path)
    await house.parts.database.write(full)
    answer = await ben.presses("/reject", comment="too <soon> " * 200)

    assert (answer.status_code, answer.headers["retry-after"], await keys_of(house)) == (503, "5", [])
    assert "Storage is away for the moment" in answer.text
    assert "too &lt;soon&gt;" in answer.text


async def test_a_form_that_was_lost_with_the_disk_may_be_sent_again(house: House) -> None:
    path = await to_approve(house)
    ben = await signed_in(house, "ben")
    form = await ben.opens(path)
    page = ben.shown
    await house.parts.database.write(full)
    first = await ben.presses("/reject", comment="too soon " * 200)
    ben.shown = page
    second = await ben.presses("/reject", comment="too soon " * 200)

    assert form
    assert (first.status_code, second.status_code, await keys_of(house)) == (503, 303, [("ben", "reject")])


async def test_under_a_path_every_address_begins_with_it(house: House) -> None:
    path = await to_approve(house)
    ben = await with_parts(house, "http://firebreak.test/fire")
    cookie, led_to = ben.shown.headers["set-cookie"], ben.shown.headers["location"]
    value = cookie.partition("=")[2].partition(";")[0]
    page = (await ben.client.get(path, headers={"Cookie": f"firebreak_room={value}"})).text

    assert ("Path=/fire/rooms" in cookie, led_to) == (True, "/fire/rooms")
    assert f'action="/fire{path}/approve"' in page
    assert 'href="/rooms' not in page


@pytest.mark.parametrize(
    ("loaded", "led_to"),
    [("/rooms/sign-in", "/rooms"), ("/rooms/sign-out", "/rooms"), ("/rooms/INC-1/steps/agree/reject", "/rooms/INC-1/steps/agree")],
)
async def test_loading_the_address_of_a_form_again_leads_back(house: House, loaded: str, led_to: str) -> None:
    ben = await signed_in(house, "ben")
    await ben.opens(loaded)

    assert (ben.shown.status_code, ben.shown.headers["location"]) == (303, led_to)
