"""Whatever people do, nothing that everybody in a shared place reads holds a personal value or what stands in a private step."""

from random import Random
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from engine.incident import commands as c
from engine.incident.actor import Actor
from engine.incident.effects import Delivery
from engine.incident.events import Entry
from engine.incident.plan import World
from engine.incident.react import react
from engine.incident.refusal import Refusal
from tests.incident.given import Run, trial_world
from tests.incident.inventing import EVERYTHING, EVERYTHING_HEAD, EVERYTHING_ORGANISATION
from tests.incident.test_properties import times
from tests.incident.walking import wander

NAME = "Zoe Quill"
INSIDE = "pearl diving"
ITEM = "Are they well"
"""A checklist item of the private step."""
WORDS = ("reason", "text", "note", "comment", "result", "link", "title")
TOLD = EVERYTHING.replace("text: It began", 'text: "It began at {{ inputs.site }} with {{ inputs.people | join }}"')
PLACES = ("war_room", "slack")


class Overheard(Run):
    """A run in which people name somebody wherever they write, and say what is private only in private steps."""

    owed: list[Delivery]

    def attempt(self, command: c.AnyCommand, *, by: str | Actor = "ana") -> tuple[Entry, ...] | Refusal:
        before = self.incident
        decided = super().attempt(self.worded(command), by=by)
        if not isinstance(decided, Refusal):
            self.owed = [*getattr(self, "owed", []), *react(self.world, before, self.incident, decided)]
        return decided

    def worded(self, command: c.AnyCommand) -> c.AnyCommand:
        step = self.world.step(self.incident, getattr(command, "step", None) or "")
        if isinstance(command, c.SubmitDraft | c.RecordDelivery):
            return command
        said = f"{NAME}, {INSIDE}" if step is not None and step.private else f"{NAME} said so"
        given = {name: said for name in WORDS if isinstance(getattr(command, name, None), str)}
        return msgspec.structs.replace(command, **given)


def world() -> World:
    return trial_world(TOLD, head=EVERYTHING_HEAD, organisation=EVERYTHING_ORGANISATION)


def overheard(seed: int, mode: Any, *, steps: int = 80) -> Overheard:
    dice = Random(seed)
    begun = Run.begin(world(), inputs={"people": [NAME]}, unknown=("site",), title=f"{NAME} fell", mode=mode)
    run = Overheard(begun.world, begun.incident, begun.now, begun.entries)
    run.owed = list(react(run.world, None, run.incident, run.entries))
    wander(run, dice, steps=steps)
    return run


def shared(run: Overheard) -> list[str]:
    """Everything that leaves for a place where others read along, body and target included."""
    return [str(msgspec.to_builtins(each)) for each in run.owed if each.target.partition(":")[0] in PLACES]


@times(60)
@given(st.integers(0, 10**6), st.sampled_from(["live", "rehearsal"]))
def test_no_shared_place_hears_of_a_person_or_of_what_is_private(seed: int, mode: Any) -> None:
    run = overheard(seed, mode)
    said = shared(run)

    assert said
    assert [text for text in said if NAME in text or INSIDE in text or ITEM in text] == []


def test_what_is_looked_for_is_said_in_private() -> None:
    runs = [overheard(seed, "live") for seed in range(12)]
    told = [str(msgspec.to_builtins(each)) for run in runs for each in run.owed if each.target.startswith("person:")]

    assert any(ITEM in text for text in told)
    assert any(INSIDE in str(entry) for run in runs for entry in run.entries)


def test_topics_broadcasts_and_bookmarks_carry_key_and_playbook_only() -> None:
    run = overheard(3, "live")
    owed = [each for each in run.owed if each.kind in ("room", "broadcast", "bookmarks", "close", "invite")]

    assert {each.kind for each in owed} >= {"room", "broadcast", "bookmarks"}
    assert all(run.incident.title not in str(msgspec.to_builtins(each)) for each in owed)
    assert {each.body["topic"] for each in owed if each.kind == "room"} == {"INC-1 A trial"}
