"""The pages say how an incident stands, to who may know of it, and everything that people wrote stays words."""

from base64 import b64encode
from hashlib import sha256

import pytest
from sqlalchemy import update

from engine.store.tables import deliveries
from tests.api.given import OPEN, House
from tests.api.room.given import Nesting, browser, signed_in, to_approve, version_of

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}"


async def test_an_incident_says_how_it_stands(house: House) -> None:
    path = await to_approve(house)
    page = await (await signed_in(house, "ben")).opens(path.partition("/steps")[0])

    said = ("INC-1: <bdi>", "Spreading (SEV2)", "Active", "Ana Ruiz", "Words are out", "Save every copy", "Agree the words", "Declared")
    assert [each for each in said if each not in page] == []


async def test_an_approval_waits_for_everybody_whose_key_is_missing(house: House) -> None:
    path = await to_approve(house)
    ben = await signed_in(house, "ben")
    page = await ben.opens("/rooms/INC-1")
    await ben.opens(path)
    await ben.presses("/approve", read="yes")

    assert "Ben Okafor, Cho Min, " in page[page.index('id="now"') :]
    assert "Ben Okafor, Cho Min, " not in await ben.opens("/rooms/INC-1")


async def test_what_waits_for_the_reader_stands_first(house: House) -> None:
    path = await to_approve(house)
    page = await (await signed_in(house, "ben")).opens(path.partition("/steps")[0])

    assert page.index('id="mine"') < page.index(f'href="{path}"') < page.index('id="now"')


async def test_times_stand_in_the_readers_zone_and_for_programs(house: House) -> None:
    await house.declared()
    page = await (await signed_in(house, "ben")).opens("/rooms/INC-1")

    assert '<time datetime="2026-11-23T17:00:00Z">Mon 23 Nov 09:00 PST</time>' in page


async def test_what_is_late_says_by_how_much(house: House) -> None:
    await house.declared()
    house.clock.forward(minutes=45)
    page = await (await signed_in(house, "ben")).opens("/rooms/INC-1/steps/care")

    assert '<span class="late">15 min late</span>' in page


async def test_a_rehearsal_says_so_first(house: House) -> None:
    await house.declared(mode="rehearsal")
    page = await (await signed_in(house, "ben")).opens("/rooms/INC-1")

    assert page.index("This is a rehearsal.") < page.index("<h1>")


async def test_a_hold_is_shown_with_its_reason(house: House) -> None:
    await house.declared()
    await house.does("ana", "/v1/incidents/INC-1/hold", reason="wait for counsel")
    page = await (await signed_in(house, "ben")).opens("/rooms/INC-1")

    assert "On hold" in page
    assert "wait for counsel" in page


async def test_what_did_not_arrive_is_shown_without_its_words(house: House) -> None:
    await house.declared()
    lost = update(deliveries).where(deliveries.c.step == "facts", deliveries.c.kind == "task")
    await house.parts.database.write(lambda tx: tx.execute(lost.values(state="dead", last_error="slack: <b>channel_not_found</b>")))
    page = await (await signed_in(house, "ben")).opens("/rooms/INC-1")

    assert "These did not arrive." in page
    assert "The message of a step" in page
    assert "slack: &lt;b&gt;channel_not_found&lt;/b&gt;" in page


async def test_the_timeline_begins_with_the_newest(house: House) -> None:
    await house.declared()
    await house.does("ana", "/v1/incidents/INC-1/steps/facts/tick", item="Who")
    page = await (await signed_in(house, "ben")).opens("/rooms/INC-1")
    timeline = page[page.index('id="timeline"') :]

    assert timeline.index("Who") < timeline.index("Declared")


@pytest.mark.parametrize("path", ["/rooms/INC-2", "/rooms/INC-99", "/rooms/INC-2/steps/facts", "/rooms/INC-99/steps/facts"])
async def test_a_hidden_incident_looks_like_none(house: House, path: str) -> None:
    await house.declared()
    await house.declared("quiet", title="Quiet matter")
    eve = await signed_in(house, "eve")
    hidden, nothing = await eve.opens(path), await eve.opens("/rooms/INC-98")

    assert eve.shown.status_code == 404
    assert _without_numbers(hidden) == _without_numbers(nothing)
    assert "Quiet" not in await eve.opens("/rooms")


async def test_who_takes_part_sees_a_hidden_incident(house: House) -> None:
    await house.declared("quiet", title="Quiet matter")
    ana = await signed_in(house, "ana")

    assert "Quiet matter" in await ana.opens("/rooms")
    assert "Quiet matter" in await ana.opens("/rooms/INC-1")


async def test_the_list_holds_what_is_open(house: House) -> None:
    await house.declared(title="First of all")
    await house.declared(title="Second to none")
    await house.does("ana", "/v1/incidents/INC-2/cancel", reason="a mistake")
    page = await (await signed_in(house, "eve")).opens("/rooms")

    assert ("First of all" in page, "Second to none" in page) == (True, False)


async def test_a_private_step_is_for_its_people(house: House) -> None:
    key = await house.declared()
    path = f"/rooms/{key}/steps/care"
    ben, ana = await signed_in(house, "ben"), await signed_in(house, "ana")

    assert "Ask nothing" in await ben.opens(path)
    assert "This step is private" in await ana.opens(path)
    assert "Ask nothing" not in ana.shown.text


async def test_a_step_that_does_not_exist_is_not_found(house: House) -> None:
    await house.declared()
    ben = await signed_in(house, "ben")
    await ben.opens("/rooms/INC-1/steps/nothing")

    assert ben.shown.status_code == 404


async def test_hostile_words_stay_words(house: House) -> None:
    path = await to_approve(house, HOSTILE)
    await house.does("ana", "/v1/incidents/INC-1/note", text=HOSTILE)
    ben = await signed_in(house, "ben")

    for each in (path, "/rooms/INC-1", "/rooms/INC-1/steps/draft", "/rooms"):
        page = await ben.opens(each)
        assert ben.shown.status_code == 200
        assert "<script" not in page
        assert "<img" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in await ben.opens(path)
    assert "{{ 7*7 }}" in ben.shown.text


async def test_reading_changes_nothing(house: House) -> None:
    path = await to_approve(house)
    ben = await signed_in(house, "ben")
    before = await version_of(house)
    for each in ("/rooms", "/rooms/INC-1", path, f"{path}/approve", "/rooms/sign-out"):
        await ben.opens(each)

    assert await version_of(house) == before
    assert "Agree the words" in await ben.opens(path)


async def test_the_style_is_the_one_that_the_policy_lets_in(house: House) -> None:
    page = await (ben := await browser(house)).opens("/rooms")
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()

    assert f"style-src 'sha256-{digest}'" in ben.shown.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/rooms", "/rooms/INC-1", "/rooms/INC-1/steps/agree", "/rooms/INC-9"])
async def test_a_page_has_landmarks_one_heading_a_language_and_a_way_past_the_bar(house: House, path: str) -> None:
    await to_approve(house)
    page = await (await signed_in(house, "ben")).opens(path)

    assert all(page.count(mark) == 1 for mark in ('<html lang="en">', "<main ", "<h1>", "<nav ", 'href="#content"'))
    assert "<script" not in page


async def test_every_page_is_whole(house: House) -> None:
    path = await to_approve(house)
    await house.does("ana", "/v1/incidents/INC-1/hold", reason="wait")
    await house.does("dee", "/v1/incidents/INC-1/steps/draft/submit", text="We know about it, too.")
    ben, dee, nobody = await signed_in(house, "ben"), await signed_in(house, "dee"), await browser(house)
    steps = (await (await house.person("ana")).get("/v1/incidents/INC-1/steps")).json()["items"]
    paths = ["/rooms", "/rooms/INC-1", "/rooms/INC-9", *(f"/rooms/INC-1/steps/{step['id']}" for step in steps)]
    shown = [(who, each, Nesting(await who.opens(each)).faults, who.shown.status_code) for who in (ben, dee, nobody) for each in paths]
    await ben.opens(path)
    refused = [await ben.presses("/approve"), await ben.presses("/reject", comment=""), await nobody.signs_in("fb_")]

    assert [each for *each, faults, _ in shown if faults] == []
    assert {status for *_, status in shown} == {200, 404}
    assert [Nesting(answer.text).faults for answer in refused] == [[], [], []]


async def test_every_field_has_a_label(house: House) -> None:
    path = await to_approve(house)
    page = await (await signed_in(house, "ben")).opens(path)

    assert '<label for="comment">' in page
    assert '<textarea id="comment"' in page
    assert '<label class="check"><input type="checkbox"' in page


def _without_numbers(page: str) -> str:
    """Without what is different in every page: the number of its form."""
    return "".join(line for line in page.splitlines() if 'name="form"' not in line)


async def test_words_that_name_somebody_are_for_who_takes_part(house: House) -> None:
    key = await house.declared(inputs={"site": "Plant 4", "people": ["Jo Roe"]})
    steps = f"/v1/incidents/{key}/steps"
    await house.does("ana", f"{steps}/facts/skip", reason="known already")
    await house.does("cho", f"{steps}/speak/answer", option="post")
    await house.does("dee", f"{steps}/draft/submit", text="We have spoken to Jo Roe.")
    ben, eve = await signed_in(house, "ben"), await signed_in(house, "eve")

    assert "We have spoken to Jo Roe." in await ben.opens(f"/rooms/{key}/steps/agree")
    for path in (f"/rooms/{key}", f"/rooms/{key}/steps/agree", f"/rooms/{key}/steps/draft"):
        assert "Jo Roe" not in await eve.opens(path)
    assert "The words are not for everybody." in await eve.opens(f"/rooms/{key}/steps/agree")


async def test_the_words_of_a_private_step_are_for_its_people_and_who_approves_them(house: House) -> None:
    text = OPEN.replace("statement: Say what we know, role: press,", "statement: Say what we know, role: press, private: true,")
    text = text.replace("id: trial", "id: inner").replace("audience: public", "audience: employees")
    text = text[: text.index("  - {id: post")] + "  - {id: finish, task: Look back, role: incident_lead, needs: [agree], sets: closed}\n"
    text = text.replace("milestones:\n  said: {title: Words are out, reached_by: [post], within: 60m}\n", "")
    text = text.replace('  time_to_words: {title: Minutes to words, type: elapsed, from: declared, to: said, target: "<= 60m"}\n', "")
    published = await (await house.person("ana")).put("/v1/playbooks/inner", content=text, headers={"Content-Type": "application/yaml"})
    assert published.status_code == 201, published.text
    path = await to_approve(house, "Between us.", playbook="inner")
    ben, ana = await signed_in(house, "ben"), await signed_in(house, "ana")

    assert "Between us." in await ben.opens(path)
    assert "Between us." not in await ana.opens(path)
    assert "The words are not for everybody." in ana.shown.text
