"""Another organisation file: good ones are in force at once, bad ones change nothing and say where they are wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from engine.incident import commands as c
from engine.runtime.library import Library
from tests.runtime.given import HTTP, ORGANISATION, WORK, House, house, person, playbook

NO_HOSTS = ORGANISATION.replace("outgoing_hosts: [api.example.com, ", "outgoing_hosts: [")
NO_LEADS = ORGANISATION.replace("groups: {leads: [ana], ", "groups: {chiefs: [ana], ")


def rewrite(home: House, text: str) -> Path:
    file = home.folder / "organisation.yaml"
    file.write_text(text)
    return file


async def test_a_good_one_says_which_it_is_and_since_when(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        first = home.library.in_force
        home.clock.forward(minutes=5)
        rewrite(home, ORGANISATION.replace("name: Example", "name: Example Ltd"))
        await home.library.refresh()
        second = home.library.in_force

    assert (first.organisation.name, second.organisation.name) == ("Example", "Example Ltd")
    assert (second.since - first.since).total_seconds() == 300
    assert first.digest != second.digest


async def test_another_text_with_the_same_meaning_changes_only_the_digest(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        await home.declare()
        first = home.library.in_force
        rewrite(home, f"{ORGANISATION}\n# reviewed\n")
        with capture_logs() as log:
            await home.library.refresh()
        second = home.library.in_force

    assert (second.since, second.worlds is first.worlds) == (first.since, True)
    assert first.digest != second.digest
    assert log == []


def truncate(file: Path) -> None:
    text = file.read_text()
    file.write_text(text[: text.index("groups:") + 20])


def misspell(file: Path) -> None:
    file.write_text(ORGANISATION.replace("leads: [ana]", "leads: [anna.private@example.com]"))


def lock(file: Path) -> None:
    """Put something there that can't be read."""
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (misspell, "organisation.yaml:10 FB010"),
        (truncate, "organisation.yaml:"),
        (Path.unlink, "organisation.yaml: No such file or directory"),
        (lock, "organisation.yaml: Is a directory"),
        (lambda file: file.write_bytes(b""), "organisation.yaml:1 "),
        (lambda file: file.write_bytes(b"\xff\xfe\x00"), "organisation.yaml:1 "),
    ],
)
async def test_a_bad_one_keeps_the_last_good_one_and_is_said_once(tmp_path: Path, spoil: Callable[[Path], object], said: str) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        before, file = home.library.in_force, home.folder / "organisation.yaml"
        spoil(file)
        with capture_logs() as log:
            await home.library.refresh()
            await home.library.load()
            await home.library.refresh()
        refused, kept = home.library.refused, home.library.in_force
        file.rmdir() if file.is_dir() else file.unlink(missing_ok=True)
        rewrite(home, ORGANISATION)
        await home.library.refresh()
        incident = await home.declare()

        assert kept is before
        assert refused is not None
        assert refused.places[0].startswith(said)
        assert [(each["log_level"], "private" in str(each)) for each in log] == [("error", False)]
        assert (home.library.refused, incident.roles["incident_lead"].people) == (None, ("ana",))


async def test_one_that_a_playbook_does_not_check_with_is_refused_and_says_which(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(HTTP)) as home:
        rewrite(home, NO_HOSTS)
        report = await home.library.refresh()
        refused = home.library.refused

    assert refused is not None
    assert refused.problem == "1 playbook does not check with it"
    assert [place.partition(":")[0] for place in refused.places] == ["playbook_0.yaml"]
    assert refused.places[0].endswith(" FB414")
    assert "api.example.com" in home.library.organisation.outgoing_hosts
    assert report is not None
    assert "playbook_0.yaml" in report.diagnostics


async def test_together_with_the_playbook_that_needs_it_it_is_taken(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(HTTP)) as home:
        rewrite(home, ORGANISATION.replace("api.example.com", "new.example.com"))
        newer = playbook(HTTP, version="1.1.0").replace("api.example.com", "new.example.com")
        (home.folder / "playbooks" / "playbook_0.yaml").write_text(newer)
        report = await home.library.refresh()

    assert report is not None
    assert ([each.version for each in report.published], home.library.refused) == (["1.1.0"], None)


@pytest.mark.parametrize(("status", "is_refused"), [("active", True), ("retired", False)])
async def test_what_may_still_be_started_counts_although_its_file_is_gone(tmp_path: Path, status: str, is_refused: bool) -> None:
    async with house(tmp_path, playbook(HTTP, status=status)) as home:
        (home.folder / "playbooks" / "playbook_0.yaml").unlink()
        rewrite(home, NO_HOSTS)
        await home.library.refresh()

    assert (home.library.refused is not None) is is_refused


async def test_one_that_leaves_a_role_without_people_is_taken_and_said(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        rewrite(home, NO_LEADS)
        with capture_logs() as log:
            await home.library.refresh()
            await home.library.load()

    assert home.library.refused is None
    assert [(each["file"], each["places"]) for each in log if each["log_level"] == "warning"] == [
        ("playbook_0.yaml", ("playbook_0.yaml:10 FB114",))
    ]


async def test_what_did_not_check_before_keeps_nothing_back(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        (home.folder / "playbooks" / "other.yaml").write_text(playbook(HTTP, id="other").replace("api.", "elsewhere."))
        await home.library.refresh()
        rewrite(home, ORGANISATION.replace("name: Example", "name: Other"))
        await home.library.refresh()

    assert (home.library.organisation.name, home.library.refused) == ("Other", None)


async def test_a_running_incident_of_an_older_version_keeps_nothing_back_but_is_said(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        await home.declare()
        await home.library.publish(playbook(WORK, version="1.1.0").replace("group:leads", "group:lawyers"), file="newer.yaml")
        (home.folder / "playbooks" / "playbook_0.yaml").unlink()
        rewrite(home, NO_LEADS)
        with capture_logs() as log:
            await home.library.refresh()
        after = await home.do("INC-1", c.TickItem("facts", "1"))

    said = [each for each in log if each["log_level"] == "warning"]
    assert home.library.refused is None
    assert [each["file"] for each in said] == ["trial 1.0.0"]
    assert after.roles["incident_lead"].people == ("ana",)


async def test_at_the_start_there_is_nothing_to_keep(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(HTTP)) as home:
        rewrite(home, NO_HOSTS)
        library = Library(home.database, home.clock, playbooks=tmp_path / "playbooks", organisation_file=tmp_path / "organisation.yaml")
        report = await library.load()

    assert (library.refused, "api.example.com" in library.organisation.outgoing_hosts) == (None, False)
    assert "playbook_0.yaml" in report.diagnostics


async def test_who_works_with_a_world_keeps_it_to_the_end(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        await home.declare()
        seen = await home.handler.look("INC-1", person("ana"))
        assert seen is not None
        rewrite(home, ORGANISATION.replace("name: Example", "name: Other"))
        await home.library.refresh()
        again = await home.handler.look("INC-1", person("ana"))
        assert again is not None

    assert (seen.world.organisation.name, again.world.organisation.name) == ("Example", "Other")


async def test_a_config_map_that_is_swapped_by_its_link_is_seen(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        for number, text in enumerate((ORGANISATION, ORGANISATION.replace("name: Example", "name: Xample"))):
            (tmp_path / f"..{number}").mkdir()
            (tmp_path / f"..{number}" / "organisation.yaml").write_text(text)
        (tmp_path / "..data").symlink_to("..0")
        (tmp_path / "organisation.yaml").unlink()
        (tmp_path / "organisation.yaml").symlink_to("..data/organisation.yaml")
        await home.library.refresh()
        before = home.library.organisation.name
        (tmp_path / "..new").symlink_to("..1")
        (tmp_path / "..new").rename(tmp_path / "..data")
        await home.library.refresh()

    assert (before, home.library.organisation.name) == ("Example", "Xample")
