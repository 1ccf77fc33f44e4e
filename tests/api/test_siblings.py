"""Processes behind one port tell each other what each alone knows, and whichever is asked answers for all."""

import asyncio
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from api.figures import figures
from api.siblings import SILENCE, Said, Siblings, keep_saying
from tests.api.given import House
from tests.api.test_readiness import Connected, asked, works


@pytest.fixture
def three(tmp_path: Path) -> list[Siblings]:
    folder = tmp_path / "told"
    folder.mkdir()
    return [Siblings(folder, number, 3) for number in (1, 2, 3)]


def saying(*siblings: Siblings, slack: str | None = None, socket: bool | None = None) -> None:
    for each in siblings:
        each.say(slack=slack, socket=socket)


def test_each_hears_what_any_of_them_said(three: list[Siblings]) -> None:
    saying(three[0], slack="token_revoked", socket=False)
    saying(three[2], socket=True)
    heard = [(said.number, said.pid, said.slack, said.socket) for said in three[1].heard()]

    assert heard == [(1, os.getpid(), "token_revoked", False), (3, os.getpid(), None, True)]


def test_who_fell_silent_or_can_not_be_understood_counts_for_nothing(three: list[Siblings]) -> None:
    saying(*three)
    (said,) = (each for each in three[0].heard() if each.number == 2)
    old = msgspec.json.encode(Said(2, said.pid, said.at - SILENCE))
    (three[0].folder / "2.json").write_bytes(old)
    (three[0].folder / "3.json").write_bytes(b"{")

    assert [each.number for each in three[0].heard()] == [1]


async def test_it_is_said_again_and_again_until_the_end(three: list[Siblings]) -> None:
    stop, told = asyncio.Event(), asyncio.Event()

    def slack() -> str:
        told.set()
        return "no answer"

    saying_on = asyncio.create_task(keep_saying(three[0], stop, slack=slack, socket=lambda: None))
    await told.wait()
    stop.set()
    await saying_on

    assert [said.slack for said in three[1].heard()] == ["no answer"]


async def test_a_folder_that_is_gone_stops_nobody(three: list[Siblings]) -> None:
    three[0].folder.rmdir()
    stop = asyncio.Event()
    stop.set()
    await keep_saying(three[0], stop, slack=lambda: None, socket=lambda: None)

    assert three[0].heard() == ()


async def ready(house: House, siblings: Siblings, **more: Any) -> dict[str, Any]:
    await works(house)
    answer = await asked(house, siblings=siblings, **more)
    assert answer.status_code == 200
    facts: dict[str, Any] = answer.json()
    return facts


async def test_whoever_is_asked_says_how_many_live(house: House, three: list[Siblings]) -> None:
    saying(*three)
    whole = await ready(house, three[1])
    (three[1].folder / "3.json").unlink()
    fewer = await ready(house, three[1])

    assert (whole["processes"], whole["problems"]) == ("3 of 3", [])
    assert fewer["processes"] == "2 of 3"
    assert fewer["problems"] == [
        "only 2 of 3 processes give a sign of life: the others are starting, stuck, or end again and again; see the log"
    ]


async def test_whoever_is_asked_says_what_slack_told_another_one(house: House, three: list[Siblings]) -> None:
    saying(*three)
    saying(three[2], slack="token_revoked")
    facts = await ready(house, three[0], slack_trouble=lambda: None)

    assert facts["problems"] == ["Slack refuses the app's credentials: token_revoked"]


async def test_one_connection_to_slack_is_enough(house: House, three: list[Siblings]) -> None:
    saying(*three, socket=False)
    none = await ready(house, three[0], socket=Connected(False))
    saying(three[2], socket=True)
    one = await ready(house, three[0], socket=Connected(False))

    assert (none["socket_mode"], one["socket_mode"]) == ("not connected", "connected")


async def test_the_figures_are_those_of_all(house: House, three: list[Siblings]) -> None:
    saying(*three, slack="no answer", socket=True)
    parts = replace(house.parts, siblings=three[0], slack_trouble=lambda: None, socket=Connected(False))
    found = {(one.name, *one.labels.values()): one.value for family in figures(parts, "away") for one in family.samples}

    assert (found["firebreak_processes", "wanted"], found["firebreak_processes", "alive"]) == (3, 3)
    assert (found["firebreak_slack_state", "silent"], found["firebreak_socket_mode_connected",]) == (1, 1)
