"""One command, one transaction: all of it is on disk before anybody is answered, or none."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from engine.incident import commands as c
from engine.incident.actor import Actor
from engine.incident.refusal import Refusal
from engine.runtime.history import rebuild_with
from engine.runtime.outcome import Decided, Handled, NotFound, Recalled, Stale
from engine.store.audit import verify
from engine.store.event_log import read_events
from engine.store.settings import put_setting, setting
from engine.store.tasks import TaskFilter, tasks_of
from tests.runtime.given import WORK, House, house, person, playbook


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path, playbook(WORK)) as opened:
        yield opened


async def _count_events(home: House, key: str) -> int:
    incident = await home.incident(key)
    return len(await home.database.read(lambda tx: read_events(tx, home.sealer, incident.id)))


async def _to_do(home: House, who: str) -> list[str]:
    page = await home.database.read(lambda tx: tasks_of(tx, home.sealer, TaskFilter(person=who), viewer=None))
    return [task.step for task in page.items]


async def test_a_declared_incident_has_every_step_and_its_first_work(home: House) -> None:
    incident = await home.declare()

    assert (incident.key, incident.status) == ("INC-1", "active")
    assert {name: step.state for name, step in incident.steps.items()} == {"facts": "ready", "tell": "waiting", "finish": "waiting"}


async def test_what_was_answered_is_what_is_stored(home: House) -> None:
    await home.declare()

    answered = await home.do("INC-1", c.StartStep("facts"))

    assert await home.incident("INC-1") == answered
    assert await home.incident(answered.id) == answered


async def test_every_entry_is_one_event(home: House) -> None:
    incident = await home.declare()

    assert await _count_events(home, "INC-1") == incident.version > 1


async def test_a_refusal_changes_nothing(home: House) -> None:
    before = await home.declare()

    outcome = await home.handler.handle("INC-1", c.CompleteStep("tell"), person("dee"))

    assert isinstance(outcome, Refusal)
    assert await home.incident("INC-1") == before
    assert await _count_events(home, "INC-1") == before.version


async def test_an_accepted_command_that_brings_about_nothing_writes_nothing(home: House) -> None:
    before = await home.declare()

    outcome = await home.handler.handle("INC-1", c.Tick(), Actor(via="timer"))

    assert isinstance(outcome, Handled)
    assert (outcome.entries, outcome.incident) == ((), before)


async def test_a_stale_version_is_told_the_newer_one(home: House) -> None:
    incident = await home.declare()

    outcome = await home.handler.handle("INC-1", c.StartStep("facts"), person("ana"), if_match=incident.version - 1)

    assert outcome == Stale(incident.version)
    assert isinstance(await home.handler.handle("INC-1", c.StartStep("facts"), person("ana"), if_match=incident.version), Handled)


async def test_an_incident_that_does_not_exist_is_not_found(home: House) -> None:
    assert await home.handler.handle("INC-9", c.Note("x"), person("ana")) == NotFound("INC-9")
    assert await home.handler.look("INC-9", person("ana")) is None


async def test_an_incident_for_participants_does_not_exist_for_others(tmp_path: Path) -> None:
    text = playbook(WORK).replace("summary:", "settings: {visibility: participants}\nsummary:")
    async with house(tmp_path, text) as home:
        await home.declare(by="ana")

        assert await home.handler.handle("INC-1", c.Note("x"), person("ben")) == NotFound("INC-1")
        assert await home.handler.look("INC-1", person("ben")) is None
        assert await home.handler.look("INC-1", person("ana")) is not None


@pytest.mark.parametrize(
    ("asked", "version", "said"),
    [
        ("trail", None, "there is no playbook 'trail'; did you mean trial"),
        ("zzz", None, "there is no playbook 'zzz'; there are trial"),
        ("trial", "2.0.0", "'trial' has no version '2.0.0'; there are 1.0.0"),
    ],
)
async def test_an_unknown_playbook_is_answered_with_the_known_ones(home: House, asked: str, version: str | None, said: str) -> None:
    outcome = await home.handler.declare(asked, c.Declare(id="", key=""), person("ana"), version=version)

    assert isinstance(outcome, Refusal)
    assert (outcome.code, outcome.reason) == ("unknown_playbook", said)


@pytest.mark.parametrize(
    ("status", "mode", "startable"),
    [("active", "live", True), ("draft", "live", False), ("draft", "rehearsal", True), ("retired", "rehearsal", False)],
)
async def test_a_playbook_s_status_says_whether_it_may_be_started(tmp_path: Path, status: str, mode: Any, startable: bool) -> None:
    async with house(tmp_path, playbook(WORK, status=status)) as home:
        outcome = await home.handler.declare("trial", c.Declare(id="", key="", mode=mode), person("ana"))

    assert isinstance(outcome, Handled) is startable
    assert startable or (isinstance(outcome, Refusal) and outcome.code == "not_startable")


async def test_numbers_have_no_gaps_where_a_declaration_was_refused(home: House) -> None:
    await home.declare()
    await home.handler.declare("trial", c.Declare(id="", key="", severity="sev9"), person("ana"))

    assert (await home.declare()).key == "INC-2"


async def test_declaring_again_under_the_same_id_gives_the_same_incident(home: House) -> None:
    first = await home.handler.declare("trial", c.Declare(id="a" * 32, key=""), person("ana"))
    second = await home.handler.declare("trial", c.Declare(id="a" * 32, key=""), person("ana"))

    assert isinstance(first, Handled)
    assert isinstance(second, Handled)
    assert (second.incident, second.entries) == (first.incident, ())


async def test_similar_names_the_open_incidents_that_hold_one_of_the_links(home: House) -> None:
    await home.declare(inputs={"links": ["https://www.video.example/w?v=1&utm_source=x"]})
    await home.declare(inputs={"links": ["https://video.example/w?v=2"]})

    outcome = await home.handler.declare(
        "trial", c.Declare(id="", key="", inputs={"links": ["http://video.example/w/?v=1#t", "https://other.example/"]}), person("ana")
    )

    assert isinstance(outcome, Handled)
    assert outcome.similar == ("INC-1",)


async def test_the_worker_is_woken_after_the_commit_and_only_then(home: House) -> None:
    await home.handler.handle("INC-1", c.Note("x"), person("ana"))
    assert not home.handler.woken.is_set()

    await home.declare()

    assert home.handler.woken.is_set()


@dataclass
class Notebook:
    """Remembers requests by name, in the database itself."""

    name: str
    recalled: list[str] = field(default_factory=list)
    breaks: bool = False

    def recall(self, tx: Connection) -> str | None:
        return setting(tx, self.name)

    def keep(self, tx: Connection, decided: Decided, /) -> None:
        put_setting(tx, self.name, type(decided).__name__)
        if self.breaks:
            raise RuntimeError("the answer can't be kept")


async def test_the_same_request_is_answered_once_and_recalled_after(home: House) -> None:
    incident = await home.declare()

    first = await home.handler.handle("INC-1", c.Note("once"), person("ana"), memory=Notebook("k1"))
    second = await home.handler.handle("INC-1", c.Note("once"), person("ana"), memory=Notebook("k1"))

    assert isinstance(first, Handled)
    assert second == Recalled("Handled")
    assert await _count_events(home, "INC-1") == incident.version + len(first.entries)


async def test_a_refusal_is_remembered_too(home: House) -> None:
    await home.declare()

    await home.handler.handle("INC-1", c.CompleteStep("tell"), person("dee"), memory=Notebook("k2"))

    assert await home.handler.handle("INC-1", c.CompleteStep("tell"), person("dee"), memory=Notebook("k2")) == Recalled("Refusal")


async def test_an_answer_that_cannot_be_kept_undoes_the_work(home: House) -> None:
    before = await home.declare()

    with pytest.raises(RuntimeError, match="can't be kept"):
        await home.handler.handle("INC-1", c.Note("x"), person("ana"), memory=Notebook("k3", breaks=True))

    assert await home.incident("INC-1") == before
    assert await home.database.read(lambda tx: setting(tx, "k3")) is None


@pytest.mark.parametrize("step", range(1, 8))
async def test_what_breaks_at_any_step_leaves_nothing_behind(tmp_path: Path, step: int) -> None:
    def broken(reached: int) -> None:
        if reached == step and armed:
            raise OSError("the disk is gone")

    armed: list[bool] = []
    async with house(tmp_path, playbook(WORK), at=broken) as home:
        before = await home.declare()
        owed = await home.deliveries("INC-1")
        armed.append(True)

        with pytest.raises(OSError, match="the disk is gone"):
            await home.handler.handle("INC-1", c.Note("x"), person("ana"))

        armed.clear()
        assert await home.incident("INC-1") == before
        assert await home.deliveries("INC-1") == owed


async def test_the_to_do_list_follows_in_the_same_transaction(home: House) -> None:
    await home.declare()
    await home.do("INC-1", c.TickItem("facts", "1"))
    await home.do("INC-1", c.TickItem("facts", "2"))
    await home.do("INC-1", c.CompleteStep("facts"))

    assert {name: await _to_do(home, name) for name in ("ana", "dee")} == {"ana": [], "dee": ["tell"]}


async def test_the_audit_finds_that_everything_follows_from_the_events(home: House) -> None:
    await home.declare(inputs={"people": ["Fred Berg"]})
    await home.do("INC-1", c.StartStep("facts"))
    await home.forward(hours=2)

    report = await home.database.read(lambda tx: verify(tx, home.sealer, rebuild=rebuild_with(home.library)))

    assert report.findings == ()
    assert report.verdict == "consistent, not anchored"


async def test_two_who_see_the_same_version_cannot_both_win(home: House) -> None:
    incident = await home.declare()
    calls = [home.handler.handle("INC-1", c.Note(f"n{number}"), person("ana"), if_match=incident.version) for number in range(8)]

    outcomes = await asyncio.gather(*calls)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Handled"] + ["Stale"] * 7
