"""What people read: the right rows, in the right order, and nothing of what they may not know of."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection

from engine.store.database import Database
from engine.store.paging import BadCursor
from engine.store.projections import IncidentRow
from engine.store.seal import Sealer
from engine.store.search_index import add_texts
from engine.store.tasks import TaskFilter, tasks_of
from engine.store.views import IncidentFilter, incident_by_key, incidents_found, open_incidents_with_link
from tests.store.given import a_row, a_step, declare, minutes, personal

LINK = "https://video.example/1"
EVERYBODY = (None, "ana", "")


class Reading:
    """Questions to one database, as a viewer asks them."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self.database, self.sealer = database, sealer

    async def incidents(self, viewer: str | None = None, **wanted: object) -> list[str]:
        question = replace(IncidentFilter(), **wanted)  # type: ignore[arg-type]
        page = await self.database.read(lambda tx: incidents_found(tx, self.sealer, question, viewer=viewer))
        return [row.key for row in page.items]

    async def tasks(self, viewer: str | None = None, **wanted: object) -> list[str]:
        question = replace(TaskFilter(), **wanted)  # type: ignore[arg-type]
        page = await self.database.read(lambda tx: tasks_of(tx, self.sealer, question, viewer=viewer))
        return [f"{task.incident_key} {task.step}" for task in page.items]


@pytest.fixture
def reading(database: Database, sealer: Sealer) -> Reading:
    return Reading(database, sealer)


@pytest.fixture
async def three(database: Database, sealer: Sealer) -> None:
    """An open incident, a closed rehearsal, and one that only its participants know of."""

    def unit(tx: Connection) -> None:
        declare(tx, sealer, 1, title="Straße gesperrt", participants=["ana"], links=[LINK], steps=[a_step("facts", people=("ana", "bo"))])
        closed = {"status": "closed", "mode": "rehearsal", "severity": "sev3", "declared_at": minutes(5)}
        declare(tx, sealer, 2, playbook_id="other", external_ref="T-9", links=[LINK], steps=[a_step("done", state="done")], **closed)
        declare(tx, sealer, 3, visibility="participants", participants=["cy"], links=[LINK], steps=[a_step("quiet", people=("cy", "ana"))])
        for number, title in ((1, "Straße gesperrt"), (2, "A filmed argument"), (3, "A quiet one")):
            add_texts(tx, number, [(1, [f"INC-{number}", title])])

    await database.write(unit)


@pytest.mark.parametrize(("text", "found"), [("100%", "INC-4"), ("a_b", "INC-5"), ("x/y", "INC-6"), ("-noon", "INC-4")])
async def test_what_is_searched_for_is_meant_as_it_stands(
    reading: Reading, database: Database, sealer: Sealer, text: str, found: str
) -> None:
    def unit(tx: Connection) -> None:
        for number, title in ((4, "at 100% by noon"), (5, "file a_b"), (6, "x/y and aXb")):
            declare(tx, sealer, number, title=title)
            add_texts(tx, number, [(1, [title])])

    await database.write(unit)

    assert await reading.incidents(text=text) == [found]


@pytest.mark.usefixtures("three")
async def test_an_incident_for_participants_does_not_exist_for_others_anywhere(reading: Reading, sealer: Sealer) -> None:
    for viewer, sees_it in ((None, True), ("cy", True), ("ana", False), ("", False)):
        seen = await reading.database.read(lambda tx, who=viewer: incident_by_key(tx, sealer, "INC-3", who))
        linked = await reading.database.read(lambda tx, who=viewer: open_incidents_with_link(tx, sealer, [LINK], viewer=who))
        listed, tasks = await reading.incidents(viewer), await reading.tasks(viewer)
        of_ana = await reading.tasks(viewer, person="ana")

        assert [seen is not None, "INC-3" in linked, "INC-3" in listed, "INC-3 quiet" in tasks, "INC-3 quiet" in of_ana] == [sees_it] * 5


@pytest.mark.usefixtures("three")
async def test_what_the_organisation_may_see_everybody_sees(reading: Reading) -> None:
    assert [
        await reading.incidents(viewer, status=("active",), playbook="filmed_workplace_argument", text="Stra") for viewer in EVERYBODY
    ] == [["INC-1"]] * 3


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["INC-3", "INC-2", "INC-1"]),
        ({"status": ("active",)}, ["INC-3", "INC-1"]),
        ({"status": ("active", "closed")}, ["INC-3", "INC-2", "INC-1"]),
        ({"severity": ("sev3",)}, ["INC-2"]),
        ({"playbook": "other"}, ["INC-2"]),
        ({"mode": "rehearsal"}, ["INC-2"]),
        ({"external_ref": "T-9"}, ["INC-2"]),
        ({"person": "cy"}, ["INC-3"]),
        ({"text": "STRASSE"}, ["INC-1"]),
        ({"text": "inc-2"}, ["INC-2"]),
        ({"text": "gesperrt 2"}, []),
        ({"declared_after": minutes(1)}, ["INC-2"]),
        ({"status": ("active",), "severity": ("sev3",)}, []),
    ],
)
@pytest.mark.usefixtures("three")
async def test_incidents_are_found_by_each_filter_newest_first(reading: Reading, wanted: dict[str, object], found: list[str]) -> None:
    assert await reading.incidents(**wanted) == found


async def test_a_list_gives_every_column_and_the_summary_as_they_were_stored(database: Database, sealer: Sealer) -> None:
    times = {name: minutes(place) for place, name in enumerate(("detected_at", "contained_at", "closed_at", "completed_at"))}
    summary = {"lead": "ana", "who": personal("Jo Roe", "Jo Roe")}
    row = a_row(1, external_ref="T-1", parent_id="p", merged_into="m", summary=summary, **times)
    said = {name: getattr(row, name) for name in IncidentRow.__dataclass_fields__ if name not in ("id", "key", "number", "version")}
    await database.write(lambda tx: declare(tx, sealer, 1, **said))
    page = await database.read(lambda tx: incidents_found(tx, sealer, IncidentFilter(), viewer=None))

    assert page.items == (row,)


@pytest.mark.usefixtures("three")
async def test_only_running_incidents_are_offered_as_duplicates(database: Database, sealer: Sealer) -> None:
    def unit(tx: Connection) -> list[list[str]]:
        return [
            open_incidents_with_link(tx, sealer, links, viewer=None) for links in ([LINK, "https://x.example"], ["https://x.example"], [])
        ]

    assert await database.read(unit) == [["INC-1", "INC-3"], [], []]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["INC-1 early", "INC-1 late", "INC-2 late", "INC-1 whenever"]),
        ({"person": "ana"}, ["INC-1 early", "INC-1 late", "INC-2 late"]),
        ({"person": "bo"}, ["INC-1 whenever"]),
        ({"person": "nobody"}, []),
        ({"states": ("doing",)}, ["INC-1 late"]),
        ({"states": ("done",)}, ["INC-2 settled"]),
        ({"states": ("ready", "done")}, ["INC-1 early", "INC-2 late", "INC-2 settled", "INC-1 whenever"]),
        ({"states": ()}, ["INC-1 early", "INC-1 late", "INC-2 late", "INC-2 settled", "INC-1 whenever"]),
        ({"late_at": minutes(20)}, ["INC-1 early"]),
        ({"late_at": minutes(20), "person": "ana"}, ["INC-1 early"]),
        ({"late_at": minutes(20), "person": "bo"}, []),
        ({"late_at": minutes(99), "states": ()}, ["INC-1 early", "INC-1 late", "INC-2 late"]),
        ({"incident_id": f"{2:032x}"}, ["INC-2 late"]),
        ({"incident_id": f"{1:032x}", "person": "ana"}, ["INC-1 early", "INC-1 late"]),
    ],
)
async def test_tasks_are_found_by_each_filter_what_is_due_first(
    reading: Reading, sealer: Sealer, wanted: dict[str, object], found: list[str]
) -> None:
    def unit(tx: Connection) -> None:
        first = [
            a_step("whenever", position=0, due_at=None, people=("bo",)),
            a_step("late", position=1, due_at=minutes(30), state="doing"),
            a_step("early", position=2, due_at=minutes(10)),
        ]
        declare(tx, sealer, 1, steps=first)
        settled = a_step("settled", position=1, due_at=minutes(30), state="done", settled_at=minutes(5))
        declare(tx, sealer, 2, steps=[a_step("late", position=0, due_at=minutes(30)), settled])

    await reading.database.write(unit)

    assert await reading.tasks(**wanted) == found


async def test_a_task_tells_all_that_its_line_shows(database: Database, sealer: Sealer) -> None:
    title = personal("Call Jo Roe", "Jo Roe")
    step = a_step("call", title=title, assignee="ana", people=("ana", "bo"), private=True)
    await database.write(lambda tx: declare(tx, sealer, 1, steps=[step]))
    page = await database.read(lambda tx: tasks_of(tx, sealer, TaskFilter(), viewer=None))
    (task,) = page.items

    assert (task.incident_key, task.incident_title, task.severity, task.mode) == ("INC-1", "A filmed argument 1", "sev2", "live")
    assert (task.step, task.kind, task.title, task.state, task.role) == ("call", "task", title, "ready", "lead")
    assert (task.assignee, task.people, task.due_at, task.ready_at, task.private) == (
        "ana",
        ("ana", "bo"),
        step.due_at,
        step.ready_at,
        True,
    )


@pytest.mark.parametrize("person", [None, "ana"])
async def test_pages_of_tasks_skip_and_repeat_nothing_while_rows_are_inserted(
    database: Database, sealer: Sealer, person: str | None
) -> None:
    same_due = [a_step(f"s{place:02}", position=place, due_at=minutes(place // 4)) for place in range(20)]
    await database.write(lambda tx: [declare(tx, sealer, number, steps=same_due) for number in (10, 20)])
    seen: list[tuple[str, str]] = []
    cursor, number = None, 30
    while number == 30 or cursor:
        page = await database.read(lambda tx, at=cursor: tasks_of(tx, sealer, TaskFilter(person), viewer=None, cursor=at, limit=7))
        seen += [(task.incident_key, task.step) for task in page.items]
        cursor, number = page.next, number + 1
        await database.write(lambda tx, new=number: declare(tx, sealer, new, steps=[a_step(due_at=minutes(-9))]))

    known = [each for each in seen if each[0] in ("INC-10", "INC-20")]
    assert (len(known), len(set(known))) == (40, 40)


async def test_pages_of_incidents_skip_and_repeat_nothing_while_rows_are_inserted(database: Database, sealer: Sealer) -> None:
    await database.write(lambda tx: [declare(tx, sealer, number) for number in range(1, 11)])
    seen: list[int] = []
    cursor, number = None, 11
    while number == 11 or cursor:
        page = await database.read(lambda tx, at=cursor: incidents_found(tx, sealer, IncidentFilter(), viewer=None, cursor=at, limit=3))
        seen += [row.number for row in page.items]
        cursor, number = page.next, number + 1
        await database.write(lambda tx, new=number: declare(tx, sealer, new))

    assert seen == list(range(10, 0, -1))


@pytest.mark.parametrize("cursor", ["", "nonsense", "é", "bnVsbA", "WyJ4Il0", "WzEsMl0", "WzFd"])
async def test_a_cursor_that_the_list_did_not_make_is_refused(database: Database, sealer: Sealer, cursor: str) -> None:
    with pytest.raises(BadCursor, match="was not made by this list"):
        await database.read(lambda tx: tasks_of(tx, sealer, TaskFilter(), viewer=None, cursor=cursor))


@pytest.mark.parametrize("person", [None, "ana"])
@pytest.mark.parametrize("late", [False, True])
async def test_a_page_of_open_tasks_is_read_from_an_index_in_its_order(
    file: Path, database: Database, sealer: Sealer, person: str | None, late: bool
) -> None:
    """So that it costs the same with 1,000 and with 100,000 incidents."""
    plans: list[str] = []

    def unit(tx: Connection) -> None:
        raw = tx.connection.dbapi_connection
        raw.set_trace_callback(plans.append)  # type: ignore[union-attr]
        tasks_of(tx, sealer, TaskFilter(person, late_at=minutes(1) if late else None), viewer="bo")
        raw.set_trace_callback(None)  # type: ignore[union-attr]

    await database.read(unit)
    (question,) = [each for each in plans if "FROM step" in each]
    plan = await database.read(lambda tx: [row[3] for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {question}")])

    assert not any("TEMP B-TREE" in line or line.startswith("SCAN step") for line in plan), plan
