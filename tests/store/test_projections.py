"""Read tables: written step by step they are what they would be if written at once."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from engine.store.database import Database
from engine.store.projections import Projection, StepRow, project
from engine.store.seal import Sealer
from engine.store.tables import incident_links, participants, step_people, steps
from tests.store.given import a_row, a_step, declare, minutes

PEOPLE = st.lists(st.sampled_from(["ana", "bo", "cy"]), max_size=3, unique=True)
ROWS = st.builds(
    StepRow,
    step=st.sampled_from(["a", "b", "c"]),
    position=st.integers(0, 3),
    kind=st.just("task"),
    title=st.sampled_from(["x", "y"]),
    state=st.sampled_from(["waiting", "ready", "doing", "done"]),
    people=PEOPLE.map(tuple),
    due_at=st.sampled_from([None, minutes(1), minutes(2)]),
)
PROJECTIONS = st.builds(
    Projection,
    incident=st.just(a_row(1)),
    steps=st.lists(ROWS, max_size=3, unique_by=lambda row: row.step).map(tuple),
    participants=PEOPLE.map(frozenset),
    links=st.lists(st.sampled_from(["l", "m"]), unique=True).map(frozenset),
)


def _stored(tx: Connection) -> list[list[tuple[object, ...]]]:
    return [sorted(map(repr, tx.execute(select(table)))) for table in (steps, step_people, participants, incident_links)]  # type: ignore[misc]


class Undone(Exception):
    """Ends a unit without a trace."""


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(history=st.lists(PROJECTIONS, min_size=1, max_size=4))
async def test_written_change_by_change_or_at_once_the_tables_say_the_same(
    database: Database, sealer: Sealer, history: list[Projection]
) -> None:
    found: list[object] = []

    def unit(tx: Connection, told: list[Projection]) -> None:
        declare(tx, sealer, 1)
        for before, after in zip([None, *told], told, strict=False):
            project(tx, sealer, after, before)
        found.append(_stored(tx))
        raise Undone

    for told in (history, history[-1:]):
        with pytest.raises(Undone):
            await database.write(lambda tx, told=told: unit(tx, told))

    assert found[0] == found[1]


async def test_only_steps_that_changed_are_written(file: Path, database: Database, sealer: Sealer) -> None:
    rows = tuple(a_step(f"s{place}", position=place) for place in range(10))

    def unit(tx: Connection) -> tuple[int, int]:
        declare(tx, sealer, 1, steps=rows)
        before = Projection(a_row(1), rows)
        counts = []
        for changed in (rows, (replace(rows[0], state="doing"), *rows[1:])):
            start = tx.exec_driver_sql("SELECT total_changes()").scalar_one()
            project(tx, sealer, Projection(a_row(1), changed), before)
            counts.append(tx.exec_driver_sql("SELECT total_changes()").scalar_one() - start)
        return counts[0], counts[1]

    assert await database.write(unit) == (0, 2)
