"""Whatever people do in an incident, Slack takes every message about it, nothing personal is said aloud, and buttons mean something."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from engine.channels.blocks import MAX_CHARACTERS, card_blocks
from engine.channels.blocks_task import task_blocks
from engine.channels.blocks_told import told_blocks
from engine.incident import commands as c
from engine.incident.actor import TIMER
from engine.incident.decide import decide
from engine.incident.effects import Delivery
from engine.incident.holding import holders
from engine.incident.plan import roles_of
from engine.incident.react import react
from engine.incident.refusal import Refusal
from engine.incident.timers import next_alarm
from tests.channels.drawn import Blocks, pressable, refused, text_of
from tests.incident.given import Run, person, shipped_world
from tests.incident.walking import diligent_action, mischief

ADDRESS = "https://firebreak.example.com"
SOMEBODY = "Frederick Hollisworth"
INPUTS: dict[str, dict[str, Any]] = {
    "filmed_workplace_argument": {"video_urls": ["https://video.example/1"], "site": "Plant 4", "people": [SOMEBODY]},
    "employee_doxxing": {"people": [SOMEBODY]},
}
MEANINGLESS = frozenset({"unknown_step", "unknown_option", "wrong_kind", "cannot_skip", "stale_version", "not_ready", "already_settled"})
"""Refusals that say that a button should not have been there."""


def walk(name: str, seed: int, *, steps: int = 60) -> Iterator[tuple[Run, tuple[Delivery, ...]]]:
    """Let people work and err, and give what is owed after each thing that changed something."""
    dice = Random(seed)
    run = Run.begin(shipped_world(name), inputs=INPUTS[name], title="Argument at Plant 4", by="ana")
    yield run, react(run.world, None, run.incident, run.entries)
    for _ in range(steps):
        before, first = run.incident, len(run.entries)
        if dice.random() < 0.2:
            mischief(run, dice)
        elif not diligent_action(run, dice) or dice.random() < 0.1:
            run.now = next_alarm(run.world, run.incident, run.now) or run.now
            run.attempt(c.Tick(), by=TIMER)
        yield run, react(run.world, before, run.incident, run.entries[first:])


def drawn(delivery: Delivery) -> Blocks:
    body = json.loads(json.dumps(delivery.body))
    match delivery.kind:
        case "card":
            return card_blocks(body, address=ADDRESS)
        case "task":
            return task_blocks(body, address=ADDRESS)
        case "tell":
            return told_blocks(delivery.text, body, address=ADDRESS)
        case _:
            return []


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", INPUTS)
def test_slack_takes_every_message_of_an_incident(name: str, seed: int) -> None:
    every = [(delivery, drawn(delivery)) for _, owed in walk(name, seed) for delivery in owed]

    assert {delivery.id: refused(blocks) for delivery, blocks in every if blocks and refused(blocks)} == {}
    assert max(len(text_of(blocks)) for delivery, blocks in every if delivery.kind == "card") <= MAX_CHARACTERS


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", INPUTS)
def test_nothing_personal_is_said_in_the_room(name: str, seed: int) -> None:
    rooms = [delivery for _, owed in walk(name, seed) for delivery in owed if delivery.kind in ("card", "task", "say")]

    assert not [delivery.id for delivery in rooms if SOMEBODY in delivery.text + text_of(drawn(delivery))]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", INPUTS)
def test_what_a_button_asks_for_could_be_done_as_things_stood(name: str, seed: int) -> None:
    found = [refusal for run, owed in walk(name, seed) for delivery in owed for refusal in _meaningless(run, delivery)]

    assert found == []


def _meaningless(run: Run, delivery: Delivery) -> Iterator[tuple[str, Refusal]]:
    """Press every button of a step's message as each of its people; give what only a wrong button is answered."""
    step = run.world.step(run.incident, delivery.step or "") if delivery.kind == "task" else None
    if step is None:
        return
    state = run.step(step.id)
    people = {*holders(run.incident, [*roles_of(step), *filter(None, [state.escalated_to])]), state.assignee} - {None}
    for name, element in pressable(drawn(delivery)).items():
        command = _command(name.removeprefix("more:"), str(element.get("value")))
        for each in people if command else ():
            decided = decide(run.world, run.incident, command, actor=person(str(each)), now=run.now)
            if isinstance(decided, Refusal) and decided.code in MEANINGLESS:
                yield name, decided


def _command(name: str, value: str) -> c.AnyCommand | None:
    _, step, *more = value.split("|") if "|" in value else ("", "", "")
    detail = more[0] if more else ""
    commands: dict[str, c.AnyCommand] = {
        "start": c.StartStep(step),
        "done": c.CompleteStep(step),
        "skip": c.SkipStep(step, "no need"),
        "decline": c.Decline(step, "I am away"),
        "answer": c.Answer(step, detail, note="so it is"),
        "write": c.SubmitDraft(step),
        "approve": c.Approve(step, detail),
        "reject": c.Reject(step, detail, "not yet"),
        "withdraw": c.Withdraw(step, detail, "I was wrong"),
        "evidence": c.AddEvidence(step, "https://video.example/1", "ab" * 32),
        "comment": c.Comment(step, "hm"),
        "snooze": c.Snooze(step, "15m"),
    }
    return commands.get(name.partition(":")[0])
