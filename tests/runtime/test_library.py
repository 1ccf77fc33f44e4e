"""Playbooks and the organisation: what is good is in force, what is bad is reported and changes nothing."""

import os
from pathlib import Path

import pytest

from engine.incident import commands as c
from engine.incident.refusal import Refusal
from engine.runtime.library import Library, digest_of
from engine.store.fault import Fault
from engine.store.library import by_digest, latest, versions
from tests.runtime.given import ORGANISATION, WORK, House, house, person, playbook

TEMPLATED = playbook(WORK, id="templated").replace("steps:\n", "templates: {note: {file: note.md.j2}}\nsteps:\n", 1)


def _write(home: House, name: str, text: str) -> None:
    """Write a file so that its time of change is certainly another one."""
    path = home.folder / name
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(text)
    os.utime(path, ns=(before + 10**9, before + 10**9))


async def test_what_checks_clean_is_published_once(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        again = await home.library.load()

        found = await home.database.read(lambda tx: versions(tx, "trial"))
        assert [each.version for each in found] == ["1.0.0"]
        assert again.published == []


async def test_a_new_version_is_published_and_running_incidents_keep_theirs(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        await home.declare()
        _write(home, "playbooks/playbook_0.yaml", playbook(WORK.replace("Tell the staff", "Tell everyone"), version="1.1.0"))

        report = await home.library.refresh()
        await home.declare()

        assert report is not None
        assert [(await home.incident(key)).playbook.version for key in ("INC-1", "INC-2")] == ["1.0.0", "1.1.0"]
        seen = await home.handler.look("INC-1", person("ana"))
        assert seen is not None
        assert seen.world.plan.steps["tell"].title == "Tell the staff"


async def test_other_words_under_an_old_version_are_reported_and_left_out(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        _write(home, "playbooks/playbook_0.yaml", playbook(WORK.replace("Tell the staff", "Tell everyone")))

        report = await home.library.load()

        stored = await home.database.read(lambda tx: latest(tx, "trial"))
        assert [each.id for each in report.clashes] == ["trial"]
        assert stored is not None
        assert "Tell everyone" not in stored.source


async def test_a_playbook_with_errors_is_left_out_and_the_others_are_not(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        _write(home, "playbooks/bad.yaml", playbook(WORK.replace("needs: [facts]", "needs: [fax]"), id="bad"))
        _write(home, "playbooks/good.yaml", playbook(WORK, id="good"))

        report = await home.library.load()

        assert [each.id for each in report.published] == ["good"]
        assert [each.code for each in report.diagnostics["bad.yaml"] if each.level == "error"] == ["FB104"]


async def test_refresh_does_nothing_while_nothing_has_changed(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        assert await home.library.refresh() is None


async def test_a_bad_organisation_file_keeps_the_last_good_one(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        _write(home, "organisation.yaml", ORGANISATION.replace("leads: [ana]", "leads: [nobody]"))

        report = await home.library.refresh()

        assert report is not None
        assert "organisation.yaml" in report.diagnostics
        assert home.library.organisation.groups["leads"] == ["ana"]


async def test_a_good_organisation_file_is_in_force_at_once(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        await home.declare()
        _write(home, "organisation.yaml", ORGANISATION.replace("leads: [ana]", "leads: [cho]"))

        await home.library.refresh()
        await home.declare()

        assert [(await home.incident(key)).roles["incident_lead"].people for key in ("INC-1", "INC-2")] == [("ana",), ("cho",)]
        seen = await home.handler.look("INC-1", person("ana"))
        assert seen is not None
        assert seen.world.organisation is home.library.organisation


async def test_without_any_good_organisation_nothing_starts(tmp_path: Path) -> None:
    (tmp_path / "organisation.yaml").write_text("firebreak_organisation: 1\n")

    with pytest.raises(Fault, match=r"organisation\.yaml can't be used"):
        async with house(tmp_path):
            pass


async def test_without_an_organisation_file_there_is_an_empty_one(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        library = Library(home.database, home.clock, playbooks=tmp_path / "playbooks")

        await library.load()

        assert library.organisation.people == {}


async def test_templates_are_published_with_their_playbook(tmp_path: Path) -> None:
    folder = tmp_path / "playbooks"
    folder.mkdir()
    (folder / "note.md.j2").write_text("Dear all, {{ incident.key }}.")
    async with house(tmp_path, TEMPLATED) as home:
        await home.declare("templated")
        (folder / "note.md.j2").write_text("Something else.")

        seen = await home.handler.look("INC-1", person("ana"))

        assert seen is not None
        assert dict(seen.world.texts) == {"note.md.j2": "Dear all, {{ incident.key }}."}


async def test_a_changed_template_is_a_changed_playbook(tmp_path: Path) -> None:
    folder = tmp_path / "playbooks"
    folder.mkdir()
    (folder / "note.md.j2").write_text("Dear all.")
    async with house(tmp_path, TEMPLATED) as home:
        _write(home, "playbooks/note.md.j2", "Dear nobody.")

        report = await home.library.refresh()

        assert report is not None
        assert [each.id for each in report.clashes] == ["templated"]


@pytest.mark.parametrize("name", ["../secret.txt", "/etc/passwd", "../playbooks/../secret.txt"])
async def test_a_playbook_cannot_name_a_file_outside_its_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.txt").write_text("the machine's own")
    async with house(tmp_path) as home:
        text = TEMPLATED.replace("note.md.j2", name)

        checked = await home.library.publish(text)

        assert checked.publication is None
        assert "the machine's own" not in repr(checked)


async def test_a_link_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("the machine's own")
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks" / "note.md.j2").symlink_to(tmp_path / "secret.txt")
    async with house(tmp_path) as home:
        checked = await home.library.publish(TEMPLATED)

        assert "the machine's own" not in repr(checked)


async def test_publishing_a_text_checks_it_first(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        bad = await home.library.publish("firebreak: 1\n")
        good = await home.library.publish(playbook(WORK))

        assert bad.publication is None
        assert bad.loaded.diagnostics
        assert good.publication is not None
        assert good.publication.outcome == "published"
        assert (await home.declare()).key == "INC-1"


async def test_a_digest_covers_the_source_and_every_file() -> None:
    digests = {digest_of("a", {}), digest_of("b", {}), digest_of("a", {"f": "1"}), digest_of("a", {"f": "2"}), digest_of("a", {"g": "1"})}

    assert len(digests) == 5
    assert digest_of("a", {"f": "1", "g": "2"}) == digest_of("a", {"g": "2", "f": "1"})


async def test_an_incident_is_found_by_its_version_even_if_the_folder_is_empty(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        incident = await home.declare()
        clock = home.clock
    (tmp_path / "playbooks" / "playbook_0.yaml").unlink()
    async with house(tmp_path, clock=clock) as home:
        after = await home.do(incident.key, c.TickItem("facts", "1"))

        stored = await home.database.read(lambda tx: by_digest(tx, after.playbook.digest))
        assert stored is not None
        assert after.version > incident.version


async def test_a_run_moves_to_a_newer_version_only_by_its_right_digest(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        await home.declare()
        newer = WORK + "  - {id: extra, task: One more thing, role: press}\n"
        checked = await home.library.publish(playbook(newer, version="1.1.0"))
        assert checked.version is not None

        wrong = await home.handler.handle("INC-1", c.Migrate("1.1.0", "f" * 64), person("ana"))
        missing = await home.handler.handle("INC-1", c.Migrate("9.9.9", "f" * 64), person("ana"))
        moved = await home.do("INC-1", c.Migrate("1.1.0", checked.version.digest))

        assert isinstance(wrong, Refusal)
        assert isinstance(missing, Refusal)
        assert (moved.playbook.version, "extra" in moved.steps) == ("1.1.0", True)
        assert (await home.incident("INC-1")) == moved
