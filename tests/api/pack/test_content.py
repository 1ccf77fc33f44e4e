"""The pack holds what a crisis team needs, as its reader may see it, and no words that nobody approved."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from api.pack.gathering import gathered
from engine.store.fault import Fault
from tests.api.given import House, running
from tests.api.pack.given import Read, pages, source_of, written
from tests.postgres_server import PostgresServer

WORDS = "We know about Plant 4 & we are <sorry>."


async def with_words(house: House, key: str) -> None:
    """Bring an incident to words that are submitted."""
    await house.does("ana", f"/v1/incidents/{key}/steps/facts/tick", item="Who")
    await house.does("ana", f"/v1/incidents/{key}/steps/facts/tick", item="Where")
    await house.does("ana", f"/v1/incidents/{key}/steps/facts/complete")
    await house.does("cho", f"/v1/incidents/{key}/steps/speak/answer", option="post")
    await house.does("dee", f"/v1/incidents/{key}/steps/draft/submit", text=WORDS)


async def agree(house: House, key: str, *people: str) -> None:
    ana = await house.person("ana")
    for person in people:
        version = (await ana.get(f"/v1/incidents/{key}/steps/agree")).json()["content_hash"]
        await house.does(person, f"/v1/incidents/{key}/steps/agree/approve", version=version)


async def test_the_overview_says_who_has_what_by_when_and_what_was_decided(house: House) -> None:
    key = await house.declared()
    await with_words(house, key)
    house.clock.forward(minutes=45)
    words = Read((await pages(house))["index.html"]).words

    assert f"{key} A trial" in words
    assert "Spreading" in words
    assert "Ben Okafor" in words
    assert "Mon 23 Nov 09:30 PST late" in words
    assert "Do we post? Post it Cho Min, Mon 23 Nov 09:00 PST" in words


async def test_words_that_are_not_approved_stand_nowhere_and_the_draft_is_named(house: House) -> None:
    key = await house.declared()
    await with_words(house, key)
    await agree(house, key, "ben")
    files = await pages(house, reader="ana")

    assert [name for name, text in files.items() if "sorry" in text] == []
    assert "Say what we know (for the public): draft, not approved" in Read(files["incident-1.html"]).words
    assert "Draft, NOT approved, not in this pack: Say what we know" in files["everything.txt"]


async def test_approved_words_stand_word_for_word_with_who_agreed_and_where_they_were_said(house: House) -> None:
    key = await house.declared()
    await with_words(house, key)
    await agree(house, key, "ben", "cho")
    before = Read((await pages(house))["words.html"]).words
    await house.does("dee", f"/v1/incidents/{key}/steps/post/confirm", channel="site", link="https://example.com/said")
    files = await pages(house)
    after = Read(files["words.html"]).words

    assert WORDS in before
    assert "Approved by Ben Okafor (Counsel)" in before
    assert "Approved by Cho Min (Head of communications)" in before
    assert "site (example.com): not said there yet" in before
    assert "site (example.com): said Mon 23 Nov 09:00 PST, https://example.com/said" in after
    assert WORDS in files["everything.txt"]
    assert "<sorry>" not in files["words.html"]


async def test_words_that_were_sent_back_count_as_a_draft_and_a_rejection_is_no_approval(house: House) -> None:
    key = await house.declared()
    await with_words(house, key)
    ana = await house.person("ana")
    version = (await ana.get(f"/v1/incidents/{key}/steps/agree")).json()["content_hash"]
    await house.does("ben", f"/v1/incidents/{key}/steps/agree/reject", version=version, comment="no")
    sent_back = await pages(house)
    await house.does("dee", f"/v1/incidents/{key}/steps/draft/submit", text="Other words.")
    await agree(house, key, "ben", "cho")
    words = Read((await pages(house))["words.html"]).words

    assert [name for name, text in sent_back.items() if "sorry" in text] == []
    assert words.count("Approved by Ben Okafor") == 1
    assert "Other words." in words


async def test_words_that_were_changed_after_they_were_approved_are_a_draft_again(house: House) -> None:
    key = await house.declared()
    await with_words(house, key)
    await agree(house, key, "ben", "cho")
    await house.does("dee", f"/v1/incidents/{key}/steps/draft/submit", text="Later words.")
    files = await pages(house)

    assert [name for name, text in files.items() if "sorry" in text or "Later words" in text] == []


async def test_a_hold_is_said_first(house: House) -> None:
    key = await house.declared()
    await with_words(house, key)
    await agree(house, key, "ben", "cho")
    await house.does("ben", f"/v1/incidents/{key}/hold", reason="the clip may be altered")
    files = await pages(house)

    assert "Nothing may be said outside. Put on hold by Ben Okafor" in Read(files["index.html"]).words
    assert f"Nothing may be said outside : {key} is on hold" in Read(files["words.html"]).words
    assert "NOTHING MAY BE SAID OUTSIDE" in files["everything.txt"]


async def test_without_a_reader_every_incident_is_there_and_nothing_personal_or_private(house: House) -> None:
    await house.declared("quiet", inputs={"site": "Plant 4", "people": ["Fred Hollis"]})
    files = await pages(house)
    everything = "".join(files.values())

    assert "Fred Hollis" not in everything
    assert "Ask nothing" not in everything
    assert "[personal]" in files["incident-1.html"]
    assert "participants only" in files["index.html"]


async def test_a_reader_sees_what_they_take_part_in_in_the_clear_and_of_the_rest_how_many(house: House) -> None:
    await house.declared("quiet", inputs={"site": "Plant 4", "people": ["Fred Hollis"]})
    ben, eve = await pages(house, reader="ben"), await pages(house, reader="eve")

    assert "Fred Hollis" in ben["incident-1.html"]
    assert "Ask nothing" in ben["incident-1.html"]
    assert "incident-1.html" not in eve
    assert "1 more open incident is not in this pack" in Read(eve["index.html"]).words
    assert "Fred Hollis" not in "".join(eve.values())
    assert "what Ben Okafor may see" in ben["README.txt"]


async def test_who_reads_a_private_step_is_decided_as_everywhere(house: House) -> None:
    key = await house.declared()
    await house.does("ben", f"/v1/incidents/{key}/steps/care/complete", result="she wants to go home")
    ana, ben = await pages(house, reader="ana"), await pages(house, reader="ben")

    assert "Ask nothing" not in "".join(ana.values())
    assert "she wants to go home" not in "".join([*ana.values(), *ben.values()])


async def test_a_reader_whom_the_organisation_does_not_know_is_a_fault(house: House) -> None:
    with pytest.raises(Fault, match="'nobody' is not in the organisation file"):
        await pages(house, reader="nobody")


async def test_an_incident_that_can_not_be_read_is_named_and_the_others_stand(house: House) -> None:
    first, second, third = await house.declared(), await house.declared("quiet"), await house.declared()
    newer = "UPDATE incidents SET snapshot = replace(snapshot, '\"schema\":2', '\"schema\":99') WHERE key = 'INC-3'"
    await house.parts.database.write(lambda tx: tx.exec_driver_sql(newer).rowcount)
    held = await gathered(source_of(house), None, house.clock.now())
    broken = {
        digest: replace(version, source="firebreak: 1\nid: quiet\n") for digest, version in held.versions.items() if version.id == "quiet"
    }
    files = written(replace(held, versions={**held.versions, **broken}))

    assert f"could not be read: {third}, {second}" in Read(files["index.html"]).words
    assert first in files["index.html"]


async def test_what_is_closed_or_rehearsed_is_not_in_it(house: House) -> None:
    gone, tried = await house.declared(), await house.declared(mode="rehearsal")
    await house.does("ana", f"/v1/incidents/{gone}/cancel", reason="a mistake")
    files = await pages(house)

    assert gone not in files["index.html"]
    assert tried not in files["index.html"]
    assert "None." in Read(files["index.html"]).words


async def test_the_plans_are_there_with_who_would_hold_their_roles_now(house: House) -> None:
    files = await pages(house)
    people = Read(files["people.html"])

    assert {"plan-1.html", "plan-2.html"} <= set(files)
    assert "Who does what by when" in files["plan-1.html"]
    assert "Press officer Dee Lund" in people.words
    assert "Counsel approves Ben Okafor" in people.words
    assert "[ ] Find out what happened" in files["everything.txt"]


async def test_every_page_stands_alone_and_every_link_leads_somewhere(house: House) -> None:
    await with_words(house, await house.declared())
    files = await pages(house)
    read = {name: Read(text) for name, text in files.items() if name.endswith(".html")}
    targets = {(name, link) for name, page in read.items() for link in page.links if not link.startswith("tel:")}
    lost = [
        (name, link)
        for name, link in targets
        if (link.partition("#")[0] or name) not in read
        or (link.partition("#")[2] and link.partition("#")[2] not in read[link.partition("#")[0] or name].ids)
    ]

    assert [(name, page.loads) for name, page in read.items() if page.loads] == []
    assert lost == []


async def test_what_people_wrote_is_neither_markup_nor_an_order_to_a_terminal(house: House) -> None:
    key = await house.declared(inputs={"site": "<img src=x onerror=alert(1)> \x1b[2J"})
    await house.does("ana", f"/v1/incidents/{key}/hold", reason="<script>alert(1)</script> \x1b[31m")
    files = await pages(house, reader="ana")

    assert [name for name, text in files.items() if name.endswith(".html") and Read(text).loads] == []
    assert "<script>alert(1)</script>" in files["everything.txt"]
    assert "\x1b" not in files["everything.txt"]


async def test_names_of_files_say_nothing(house: House) -> None:
    await house.declared()
    names = set(await pages(house))

    assert {re.sub(r"\d+", "N", name) for name in names} == {
        "README.txt", "everything.txt", "incident-N.html", "index.html", "manifest.json", "people.html", "plan-N.html", "words.html",
    }  # fmt: skip


async def test_a_week_later_it_is_somebody_elses_turn(house: House) -> None:
    organisation = house.parts.settings.organisation
    organisation.write_text(organisation.read_text() + "oncall: {duty: {rotation: [ana, ben], starts: 2026-11-16T09:00, every: 7d}}\n")
    await house.parts.library.refresh()
    now = Read((await pages(house))["index.html"]).words
    house.clock.forward(days=7)
    later = Read((await pages(house))["index.html"]).words

    assert "duty Ben Okafor ben@example.com Mon 30 Nov 09:00 PST Ana Ruiz" in now
    assert "duty Ana Ruiz ana@example.com Mon 7 Dec 09:00 PST Ben Okafor" in later


async def test_it_is_the_same_on_postgresql(postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with postgres.lent() as url:
        monkeypatch.setenv("FIREBREAK_DATABASE_URL", url)
        async with running(tmp_path) as home:
            key = await home.declared("quiet", inputs={"site": "Plant 4", "people": ["Fred Hollis"]})
            files, less = await pages(home, reader="ben"), await pages(home, reader="eve")

    assert f"{key} A trial" in Read(files["index.html"]).words
    assert "Fred Hollis" in files["incident-1.html"]
    assert "1 more open incident is not in this pack" in Read(less["index.html"]).words
