"""A sub-playbook becomes exactly one linked incident, and its end comes back to the step that asked for it."""

from pathlib import Path

from engine.incident import commands as c
from engine.incident.personal import Personal
from engine.incident.state import Incident
from engine.runtime.outcome import NotFound
from engine.store.views import IncidentFilter, incidents_found
from tests.runtime.given import CHILD, PARENT, House, house, person, playbook

FAMILY = (playbook(PARENT), playbook(CHILD, id="child"))
VIDEO = "https://video.example/1"


async def _keys(home: House) -> list[str]:
    page = await home.database.read(lambda tx: incidents_found(tx, home.sealer, IncidentFilter(), viewer=None))
    return [row.key for row in page.items]


async def _called(home: House, key: str = "INC-1") -> Incident:
    await home.worker.run_until_idle()
    return await home.incident(key)


async def test_the_step_holds_the_key_of_the_linked_incident(tmp_path: Path) -> None:
    async with house(tmp_path, *FAMILY) as home:
        await home.declare(inputs={"links": [VIDEO]})

        parent = await _called(home)

        child = await home.incident("INC-2")
        assert (parent.steps["call"].state, parent.steps["call"].reference) == ("doing", "INC-2")
        assert (child.parent and child.parent.key, child.inputs["links"]) == ("INC-1", [VIDEO])


async def test_a_child_that_is_asked_for_again_after_a_crash_is_the_same_one(tmp_path: Path) -> None:
    async with house(tmp_path, *FAMILY) as home:
        await home.declare()
        owed = [each for each in (await home.courier.claim(50)).owed if each.delivery.kind == "child"]

        for each in (*owed, *owed):
            await home.courier.deliver(each)
        await home.fall_silent()
        await home.forward(minutes=5)

        assert await _keys(home) == ["INC-2", "INC-1"]
        assert (await home.incident("INC-1")).steps["call"].reference == "INC-2"


async def test_closing_the_child_completes_the_step(tmp_path: Path) -> None:
    async with house(tmp_path, *FAMILY) as home:
        await home.declare()
        await _called(home)

        await home.do("INC-2", c.CompleteStep("wrap_up"))

        assert (await _called(home)).steps["call"].state == "done"


async def test_cancelling_the_child_blocks_the_step(tmp_path: Path) -> None:
    async with house(tmp_path, *FAMILY) as home:
        await home.declare()
        await _called(home)

        await home.do("INC-2", c.Cancel("not us"))

        step = (await _called(home)).steps["call"]
        assert (step.state, step.reason) == ("blocked", "INC-2 was cancelled")


async def test_a_rehearsal_s_child_is_a_rehearsal(tmp_path: Path) -> None:
    async with house(tmp_path, *FAMILY) as home:
        await home.declare(mode="rehearsal", speed=60)
        await _called(home)

        child = await home.incident("INC-2")
        assert (child.mode, child.speed) == ("rehearsal", 60)


async def test_personal_values_stay_marked_on_their_way_to_the_child(tmp_path: Path) -> None:
    with_people = PARENT.replace("links: inputs.links", "people: inputs.people")
    async with house(tmp_path, playbook(with_people), playbook(CHILD, id="child")) as home:
        await home.declare(inputs={"people": ["Fred Berg"]})
        await _called(home)

        assert (await home.incident("INC-2")).inputs["people"] == [Personal("Fred Berg", "Fred Berg")]


async def test_a_child_is_never_more_open_than_its_parent(tmp_path: Path) -> None:
    closed = playbook(PARENT).replace("summary:", "settings: {visibility: participants}\nsummary:")
    async with house(tmp_path, closed, playbook(CHILD, id="child")) as home:
        await home.declare()
        await _called(home)

        assert await home.handler.handle("INC-2", c.Note("x"), person("dee")) == NotFound("INC-2")


async def test_a_child_that_cannot_be_started_is_dead_and_says_why(tmp_path: Path) -> None:
    async with house(tmp_path, *FAMILY) as home:
        await home.library.publish(playbook(CHILD, id="child", version="2.0.0", status="retired"))
        await home.declare(inputs={"links": [VIDEO]})
        await home.worker.run_until_idle()

        (dead,) = [each for each in await home.deliveries("INC-1") if each.kind == "child"]
        assert dead.state == "dead"
        assert "retired" in (dead.last_error or "")


async def test_a_child_is_closed_to_others_with_its_parent(tmp_path: Path) -> None:
    async with house(tmp_path, *FAMILY) as home:
        await home.declare()
        await _called(home)

        await home.do("INC-1", c.Restrict("it names somebody"))
        await _called(home)

        assert (await home.incident("INC-2")).visibility == "participants"
