"""Somebody's deadlines as a calendar: what is due when, nothing that tells too much, and a token in the address that reaches no further."""

from datetime import timedelta

import httpx
from icalendar import Calendar, Event

from tests.api.given import MONDAY, House


async def feed(house: House, person: str = "ana", *, of: str = "me") -> httpx.Response:
    token = await house.token(f"calendar of {person}", "calendar:read", person=person)
    return await (await house.client()).get(f"/v1/people/{of}/calendar.ics?token={token}")


def entries(answer: httpx.Response) -> dict[str, Event]:
    assert answer.status_code == 200, answer.text
    calendar = Calendar.from_ical(answer.content)
    return {str(each["summary"]): each for each in calendar.walk("VEVENT")}


async def test_what_is_due_stands_there_with_its_instant_and_the_way_to_it(house: House) -> None:
    key = await house.declared()

    answer = await feed(house)
    entry = entries(answer)[f"{key}: Find out what happened"]

    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert (entry["dtstart"].dt, entry["dtend"].dt) == (MONDAY + timedelta(minutes=5), MONDAY + timedelta(minutes=20))
    assert str(entry["url"]) == f"http://firebreak.test/rooms/{key}"
    assert entry["transp"] == "TRANSPARENT"


async def test_an_entry_keeps_its_name_so_that_programs_change_it_instead_of_adding_another(house: House) -> None:
    key = await house.declared()
    before = {str(each["uid"]) for each in entries(await feed(house)).values()}
    await house.does("ana", f"/v1/incidents/{key}/steps/facts/start")

    after = {str(each["uid"]) for each in entries(await feed(house)).values()}

    assert before == after != set()


async def test_what_is_done_is_gone(house: House) -> None:
    key = await house.declared()
    for item in ("Who", "Where"):
        await house.does("ana", f"/v1/incidents/{key}/steps/facts/tick", item=item)
    await house.does("ana", f"/v1/incidents/{key}/steps/facts/complete")

    assert f"{key}: Find out what happened" not in entries(await feed(house))


async def test_a_private_step_is_only_a_step(house: House) -> None:
    key = await house.declared()

    found = entries(await feed(house, "ben"))

    assert f"{key}: a step" in found
    assert not any("Speak to the people" in name for name in found)


async def test_incidents_that_the_reader_may_not_know_of_are_not_in_somebody_elses_calendar(house: House) -> None:
    hidden, seen = await house.declared("quiet"), await house.declared()

    of_ana = entries(await feed(house, "eve", of="ana"))

    assert f"{seen}: Find out what happened" in of_ana
    assert not any(name.startswith(hidden) for name in of_ana)


async def test_it_is_text_as_the_standard_wants_it(house: House) -> None:
    await house.declared(inputs={"site": "Plant 4"}, title="x" * 200)

    lines = (await feed(house)).content.split(b"\r\n")

    assert {b"REFRESH-INTERVAL;VALUE=DURATION:PT15M", b"X-PUBLISHED-TTL:PT15M"} <= set(lines)
    assert (lines[0], lines[-2], lines[-1]) == (b"BEGIN:VCALENDAR", b"END:VCALENDAR", b"")
    assert all(len(line) <= 75 and b"\n" not in line for line in lines)


async def test_a_token_that_reaches_further_is_not_taken_from_an_address(house: House) -> None:
    wide = await house.token("wide", "calendar:read", "incidents:write", person="ana")
    anybody = await house.client()

    in_address = await anybody.get(f"/v1/people/me/calendar.ics?token={wide}")
    in_header = await (await house.client(wide)).get("/v1/people/me/calendar.ics")
    without = await anybody.get("/v1/people/me/calendar.ics")

    assert (in_address.status_code, in_address.json()["code"]) == (403, "forbidden")
    assert (in_header.status_code, without.status_code) == (200, 401)


async def test_somebody_who_does_not_exist_is_404(house: House) -> None:
    answers = [await feed(house, of=name) for name in ("nobody", "ana@elsewhere.example")]

    assert [answer.status_code for answer in answers] == [404, 404]
