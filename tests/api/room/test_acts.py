"""A key is turned on exactly the words that were shown, once, by its holder, from a page of ours."""

import asyncio

import pytest

from tests.api.given import House
from tests.api.room.given import HERE, LONG, Browser, Forms, keys_of, signed_in, to_approve, version_of

MANY = "so " * 3_000
NEWER = "We know about it, and we are sorry."


async def rewritten(house: House, text: str = NEWER) -> None:
    """The press officer submits other words."""
    await house.does("dee", "/v1/incidents/INC-1/steps/draft/submit", text=text)


def fields_of(page: Browser, action: str) -> tuple[str, dict[str, str]]:
    return next((path, fields) for path, fields in Forms(page.shown.text).found.items() if path.endswith(action))


async def test_an_approval_shows_the_exact_words_their_version_and_the_keys(house: House) -> None:
    page = await (await signed_in(house, "ben")).opens(await to_approve(house, LONG))

    assert LONG.strip() in page
    assert "The exact words: version 1" in page
    assert "Keys: 0 of 2 given" in page
    assert "Missing:</strong> Counsel, Ben Okafor" in page


async def test_what_changed_since_the_version_before_is_said_in_words(house: House) -> None:
    path = await to_approve(house)
    await rewritten(house)
    page = await (await signed_in(house, "ben")).opens(path)

    assert "What changed since version 1" in page
    assert "<del>[gone: it.]</del> <ins>[new: it, and we are sorry.]</ins>" in page


async def test_words_too_long_to_compare_stand_beside_those_before(house: House) -> None:
    path = await to_approve(house, MANY)
    await rewritten(house)
    page = await (await signed_in(house, "ben")).opens(path)

    assert "Too long to compare word by word" in page
    assert MANY.strip() in page


async def test_characters_that_nobody_sees_are_named(house: House) -> None:
    page = await (await signed_in(house, "ben")).opens(await to_approve(house, "We know \u202e.emos"))

    assert "can't be seen: U+202E" in page


async def test_approving_turns_the_key_on_what_was_shown(house: House) -> None:
    path = await to_approve(house)
    ben = await signed_in(house, "ben")
    await ben.opens(path)
    answer = await ben.presses("/approve", read="yes")

    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert await keys_of(house) == [("ben", "approve")]
    assert "You approved version 1" in await ben.opens(path)


async def test_the_history_says_that_it_came_from_the_room_with_the_persons_own_credential(house: House) -> None:
    ben = await signed_in(house, "ben")
    await ben.opens(await to_approve(house))
    await ben.presses("/approve", read="yes")
    entries = (await (await house.person("ana")).get("/v1/incidents/INC-1/timeline", params={"limit": 200})).json()["items"]

    assert [(each["by"]["person"], each["by"]["via"]) for each in entries if each["type"] == "KeyTurned"] == [("ben", "room")]


async def test_nobody_approves_without_saying_that_they_read_it(house: House) -> None:
    ben = await signed_in(house, "ben")
    await ben.opens(await to_approve(house))
    answer = await ben.presses("/approve")

    assert (answer.status_code, await keys_of(house)) == (422, [])
    assert "Say that you have read the words." in answer.text


async def test_words_that_changed_meanwhile_are_not_approved(house: House) -> None:
    ben = await signed_in(house, "ben")
    await ben.opens(await to_approve(house))
    await rewritten(house)
    answer = await ben.presses("/approve", read="yes")

    assert (answer.status_code, await keys_of(house)) == (409, [])
    assert "Nothing was changed." in answer.text
    assert NEWER in answer.text
    assert "The exact words: version 2" in answer.text


async def test_the_refused_page_approves_the_new_words_when_they_were_read(house: House) -> None:
    ben = await signed_in(house, "ben")
    await ben.opens(await to_approve(house))
    await rewritten(house)
    await ben.presses("/approve", read="yes")
    again = await ben.presses("/approve", read="yes")

    assert (again.status_code, await keys_of(house)) == (303, [("ben", "approve")])


async def test_a_rejection_needs_a_comment(house: House) -> None:
    ben = await signed_in(house, "ben")
    await ben.opens(await to_approve(house))
    answer = await ben.presses("/reject", comment="  \r\n ")

    assert (answer.status_code, await keys_of(house)) == (422, [])
    assert "Say what has to change." in answer.text


async def test_a_rejection_sends_the_words_back_with_its_comment(house: House) -> None:
    path = await to_approve(house)
    ben = await signed_in(house, "ben")
    await ben.opens(path)
    answer = await ben.presses("/reject", comment="say what we do\r\nfor the people")

    assert answer.status_code == 303
    assert "You rejected version 1" in await ben.opens(path)
    assert "say what we do\nfor the people" in ben.shown.text
    assert "Sent back</strong> by Ben Okafor" in await ben.opens("/rooms/INC-1/steps/draft")


async def test_a_comment_outlives_a_refusal(house: House) -> None:
    ben = await signed_in(house, "ben")
    await ben.opens(await to_approve(house))
    await rewritten(house)
    answer = await ben.presses("/reject", comment="too <soft>\nreally")

    assert (answer.status_code, await keys_of(house)) == (409, [])
    assert Forms(answer.text).texts["comment"].strip() == "too <soft>\nreally"


async def test_a_comment_outlives_an_approval_that_is_over(house: House) -> None:
    ben, cho = await signed_in(house, "ben"), await signed_in(house, "cho")
    path = await to_approve(house)
    await cho.opens(path)
    for each in (ben, cho):
        await each.opens(path)
    old = fields_of(cho, "/reject")
    for each in (ben, cho):
        await each.presses("/approve", read="yes")
    answer = await cho.posts(old[0], old[1] | {"comment": "I thought again"})

    assert answer.status_code in (403, 409)
    assert "I thought again" in answer.text


async def test_an_approval_is_withdrawn_with_a_reason(house: House) -> None:
    path = await to_approve(house)
    ben = await signed_in(house, "ben")
    await ben.opens(path)
    await ben.presses("/approve", read="yes")
    await ben.opens(path)
    empty = await ben.presses("/withdraw", reason="")
    answer = await ben.presses("/withdraw", reason="new facts")

    assert (empty.status_code, answer.status_code, await keys_of(house)) == (422, 303, [])


@pytest.mark.parametrize(("act", "typed"), [("/approve", {"read": "yes"}), ("/reject", {"comment": "too soon"})])
async def test_a_form_that_is_sent_twice_counts_once(house: House, act: str, typed: dict[str, str]) -> None:
    ben = await signed_in(house, "ben")
    await ben.opens(await to_approve(house))
    path, fields = fields_of(ben, act)
    first = await ben.posts(path, fields | typed)
    before = await version_of(house)
    second = await ben.posts(path, fields | typed)

    assert (first.status_code, second.status_code, await version_of(house)) == (303, 303, before)


async def test_a_withdrawal_that_is_sent_twice_at_once_counts_once(house: House) -> None:
    path = await to_approve(house)
    ben = await signed_in(house, "ben")
    await ben.opens(path)
    await ben.presses("/approve", read="yes")
    await ben.opens(path)
    answers = await asyncio.gather(*(ben.presses("/withdraw", reason="new facts") for _ in range(2)))

    assert [answer.status_code for answer in answers] == [303, 303]


async def test_a_form_that_was_taken_is_not_taken_again_with_other_words(house: House) -> None:
    ben = await signed_in(house, "ben")
    await ben.opens(await to_approve(house))
    path, fields = fields_of(ben, "/reject")
    await ben.posts(path, fields | {"comment": "too soon"})
    answer = await ben.posts(path, fields | {"comment": "too late"})

    assert answer.status_code == 409
    assert "taken already" in answer.text
    assert "too late" in answer.text


async def test_who_holds_no_key_is_offered_none_and_refused(house: House) -> None:
    path = await to_approve(house)
    ben, eve = await signed_in(house, "ben"), await signed_in(house, "eve")
    await ben.opens(path)
    await eve.opens(path)
    _, theirs = fields_of(ben, "/approve")
    _, own = fields_of(eve, "/sign-out")
    answer = await eve.posts(f"{path}/approve", theirs | {"form": own["form"], "read": "yes"})

    assert "/approve" not in (await eve.opens(path))
    assert (answer.status_code, await keys_of(house)) == (403, [])
    assert "you hold none of its keys" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "", "Sec-Fetch-Site": "none"},
        {"Origin": "", "Sec-Fetch-Site": ""},
    ],
)
async def test_another_site_turns_no_key(house: House, headers: dict[str, str]) -> None:
    ben = await signed_in(house, "ben")
    await ben.opens(await to_approve(house))
    path, fields = fields_of(ben, "/reject")
    answer = await ben.posts(path, fields | {"comment": "ring this number"}, **headers)

    assert (answer.status_code, await keys_of(house)) == (403, [])
    assert "ring this" not in answer.text


@pytest.mark.parametrize("form", ["", "x", "x.y", f"{'0' * 32}.{'0' * 64}"])
async def test_a_form_that_this_session_was_not_given_is_refused_and_what_was_typed_is_shown(house: House, form: str) -> None:
    ben = await signed_in(house, "ben")
    await ben.opens(await to_approve(house))
    path, fields = fields_of(ben, "/reject")
    answer = await ben.posts(path, fields | {"form": form, "comment": "too soon"})

    assert (answer.status_code, await keys_of(house)) == (403, [])
    assert "too soon" in answer.text


async def test_the_form_of_another_session_is_refused(house: House) -> None:
    path = await to_approve(house)
    ben, elsewhere = await signed_in(house, "ben"), await signed_in(house, "ben")
    await elsewhere.opens(path)
    action, fields = fields_of(elsewhere, "/approve")
    answer = await ben.posts(action, fields | {"read": "yes"})

    assert (answer.status_code, await keys_of(house)) == (403, [])


async def test_what_was_typed_outlives_the_session(house: House) -> None:
    path = await to_approve(house)
    ben = await signed_in(house, "ben")
    await ben.opens(path)
    house.clock.forward(hours=13)
    answer = await ben.presses("/reject", comment="too <soon>")

    assert (answer.status_code, await keys_of(house)) == (403, [])
    assert "too &lt;soon&gt;" in answer.text
    assert f'name="to" value="{path}"' in answer.text


async def test_a_token_that_only_reads_turns_no_key(house: House) -> None:
    path = await to_approve(house)
    ben = await signed_in(house, "ben", "incidents:read")
    page = await ben.opens(path)
    _, own = fields_of(ben, "/sign-out")
    answer = await ben.posts(f"{path}/approve", own | {"read": "yes", "version": "0" * 64})

    assert "Your token may only read" in page
    assert (answer.status_code, await keys_of(house)) == (403, [])


async def test_a_hidden_incident_takes_no_form(house: House) -> None:
    path = await to_approve(house, playbook="quiet")
    eve = await signed_in(house, "eve")
    await eve.opens("/rooms")
    _, own = fields_of(eve, "/sign-out")
    answer = await eve.posts(f"{path}/approve", own | {"read": "yes", "version": "0" * 64})

    assert answer.status_code == 404
    assert "or it is not for you" in answer.text


async def test_the_author_does_not_approve_their_own_words(house: House) -> None:
    key = await house.declared()
    steps = f"/v1/incidents/{key}/steps"
    await house.does("ana", f"{steps}/facts/skip", reason="known already")
    await house.does("cho", f"{steps}/speak/answer", option="post")
    await house.does("ana", f"{steps}/draft/assign", person="cho")
    await house.does("cho", f"{steps}/draft/submit", text="Mine.")
    cho = await signed_in(house, "cho")
    await cho.opens(f"/rooms/{key}/steps/agree")
    answer = await cho.presses("/approve", read="yes")

    assert (answer.status_code, await keys_of(house)) == (403, [])
    assert "No: " in answer.text


@pytest.mark.parametrize("body", [b"\xff\xfe=1", b"a=1&" * 500, b"form=%00", b"form=%ED%A0%80"])
async def test_a_body_that_is_no_form_is_a_page_and_no_error(house: House, body: bytes) -> None:
    path = await to_approve(house)
    ben = await signed_in(house, "ben")
    headers = {"Origin": HERE, "Content-Type": "application/x-www-form-urlencoded"}
    answer = await ben.client.post(f"{path}/approve", content=body, headers=headers)

    assert answer.status_code in (400, 403, 422)
    assert answer.headers["content-type"].startswith("text/html")


class TestWriting:
    """Words that are too long for a form of Slack are written here."""

    async def test_the_words_that_stand_there_are_where_it_begins(self, house: House) -> None:
        await to_approve(house, LONG)
        dee = await signed_in(house, "dee")
        await dee.opens("/rooms/INC-1/steps/draft")

        assert Forms(dee.shown.text).texts["text:default"].strip() == LONG.strip()

    async def test_what_is_submitted_is_a_new_version(self, house: House) -> None:
        path = await to_approve(house)
        dee = await signed_in(house, "dee")
        await dee.opens("/rooms/INC-1/steps/draft")
        answer = await dee.presses("/submit", **{"text:default": NEWER})

        assert answer.status_code == 303
        assert "The exact words: version 2" in await dee.opens(path)

    async def test_words_of_somebody_else_are_not_written_over_unseen(self, house: House) -> None:
        await to_approve(house)
        dee = await signed_in(house, "dee")
        await dee.opens("/rooms/INC-1/steps/draft")
        await rewritten(house)
        answer = await dee.presses("/submit", **{"text:default": "My <own> words"})

        assert answer.status_code == 409
        assert NEWER in answer.text
        assert Forms(answer.text).texts["text:default"].strip() == "My <own> words"

    async def test_nothing_is_no_words(self, house: House) -> None:
        await to_approve(house)
        dee = await signed_in(house, "dee")
        await dee.opens("/rooms/INC-1/steps/draft")

        assert (await dee.presses("/submit", **{"text:default": " "})).status_code == 422
