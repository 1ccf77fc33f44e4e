"""A browser signs in with a personal token, stays signed in as long as that token is good, and nothing else gets in."""

from dataclasses import replace
from functools import partial

import httpx
import pytest
from structlog.testing import capture_logs

from api.app import create_app
from api.room.sessions import COOKIE
from engine.store.tokens import list_tokens, revoke_token
from tests.api.given import House
from tests.api.room.given import HERE, Browser, browser, signed_in, to_approve

SIGN_IN = 'action="/rooms/sign-in"'


async def revoke(house: House) -> None:
    """Revoke every token there is."""
    for token in await house.parts.database.read(list_tokens):
        await house.parts.database.write(partial(revoke_token, token_id=token.id, now=house.clock.now()))


async def test_without_a_session_there_is_a_form_and_nothing_else(house: House) -> None:
    key = await house.declared(title="A secret title")
    page = await (await browser(house)).opens(f"/rooms/{key}")

    assert SIGN_IN in page
    assert "secret" not in page


async def test_signing_in_leads_to_the_page_that_was_asked_for(house: House) -> None:
    path = await to_approve(house)
    ben = await browser(house)
    await ben.opens(path)
    answer = await ben.presses("/sign-in", token=await house.token("phone", person="ben"))

    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert "Agree the words" in await ben.opens(path)


async def test_the_cookie_is_for_these_pages_only_and_out_of_reach(house: House) -> None:
    ben = await browser(house)
    answer = await ben.signs_in(await house.token("phone", person="ben"))
    parts = {part.strip().partition("=")[0].lower(): part.strip().partition("=")[2] for part in answer.headers["set-cookie"].split(";")}

    assert (parts["path"], parts["samesite"], parts["max-age"]) == ("/rooms", "lax", "43200")
    assert "httponly" in parts
    assert "secure" not in parts  # this house has no https


async def test_the_cookie_does_not_show_the_token(house: House) -> None:
    ben, token = await browser(house), await house.token("phone", person="ben")
    answer = await ben.signs_in(token)

    assert token not in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    ("scopes", "options", "said"),
    [
        ((), {}, "belongs to no person"),
        ((), {"act_as": True}, "belongs to no person"),
        (("admin",), {"person": "ben"}, "An admin token"),
        (("playbooks:read",), {"person": "ben"}, "may not read incidents"),
    ],
    ids=["service", "acts for others", "admin", "no scope"],
)
async def test_other_tokens_are_told_why_not(house: House, scopes: tuple[str, ...], options: dict[str, object], said: str) -> None:
    ben = await browser(house)
    answer = await ben.signs_in(await house.token("other", *scopes, **options))

    assert (answer.status_code, COOKIE in answer.headers.get("set-cookie", "")) == (403, False)
    assert said in answer.text


@pytest.mark.parametrize("token", ["", "   ", "fb_wrong", "x" * 5_000, "<script>", "\ud7ff€"])
async def test_what_is_no_token_is_said_and_not_shown(house: House, token: str) -> None:
    ben = await browser(house)
    answer = await ben.signs_in(token)

    assert (answer.status_code, SIGN_IN in answer.text) == (403, True)
    assert not token.strip() or token not in answer.text


async def test_revoking_the_token_ends_the_session(house: House) -> None:
    key = await house.declared()
    ben = await signed_in(house, "ben")
    before = await ben.opens(f"/rooms/{key}")
    await revoke(house)

    assert (SIGN_IN in before, SIGN_IN in await ben.opens(f"/rooms/{key}")) == (False, True)


async def test_a_session_ends_after_twelve_hours(house: House) -> None:
    ben = await signed_in(house, "ben")
    house.clock.forward(hours=12)
    kept = await ben.opens("/rooms")
    house.clock.forward(seconds=2)

    assert (SIGN_IN in kept, SIGN_IN in await ben.opens("/rooms")) == (False, True)


async def test_signing_out_forgets_the_session(house: House) -> None:
    ben = await signed_in(house, "ben")
    await ben.opens("/rooms")
    answer = await ben.presses("/sign-out")

    assert answer.status_code == 303
    assert SIGN_IN in await ben.opens("/rooms")


@pytest.mark.parametrize("cookie", ["x", "gAAAAA", "é", "a" * 3_000])
async def test_a_cookie_that_was_not_made_here_is_nobody(house: House, cookie: str) -> None:
    ben = await browser(house)
    answer = await ben.client.get("/rooms", headers={b"cookie": f"{COOKIE}={cookie}".encode()})

    assert (answer.status_code, SIGN_IN in answer.text) == (200, True)


@pytest.mark.parametrize(
    "to", ["https://evil.example", "//evil.example", "/rooms/../v1", "/rooms\\@evil", "javascript:alert(1)", "/roomsx"]
)
async def test_signing_in_leads_nowhere_else(house: House, to: str) -> None:
    ben = await browser(house)
    answer = await ben.signs_in(await house.token("phone", person="ben"), to)

    assert answer.headers["location"] == "/rooms"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": ""},
        {"Origin": "null", "Sec-Fetch-Site": ""},
        {"Origin": HERE, "Sec-Fetch-Site": "same-site"},
        {"Origin": "", "Sec-Fetch-Site": ""},
    ],
)
async def test_another_site_can_not_sign_anybody_in(house: House, headers: dict[str, str]) -> None:
    ben = await browser(house)
    answer = await ben.posts("/rooms/sign-in", {"token": await house.token("phone", person="ben"), "to": "/rooms"}, **headers)

    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)
    assert "not sent from a page of ours" in answer.text


async def test_the_log_keeps_neither_token_nor_cookie(house: House) -> None:
    token = await house.token("phone", person="ben")
    with capture_logs() as lines:
        await (await browser(house)).signs_in(token)

    assert token not in str(lines)


async def test_a_page_can_not_be_framed_kept_or_run_anything(house: House) -> None:
    ben = await signed_in(house, "ben")
    await ben.opens("/rooms")
    policy = ben.shown.headers["content-security-policy"]

    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "frame-ancestors 'none'" in policy
    assert (ben.shown.headers["cache-control"], ben.shown.headers["referrer-policy"]) == ("no-store", "same-origin")


async def test_over_https_the_cookie_is_sent_over_https_only(house: House) -> None:
    settings = house.parts.settings.model_copy(update={"base_url": "https://firebreak.test"})
    transport = httpx.ASGITransport(create_app(replace(house.parts, settings=settings), with_worker=False))
    async with httpx.AsyncClient(transport=transport, base_url="https://firebreak.test") as client:
        fields = {"token": await house.token("phone", person="ben"), "to": "/rooms"}
        answer = await Browser(house, client).posts("/rooms/sign-in", fields, Origin="https://firebreak.test")
        plain = await Browser(house, client).posts("/rooms/sign-in", fields, Origin="http://firebreak.test")

    assert "; Secure" in answer.headers["set-cookie"]
    assert plain.status_code == 403
