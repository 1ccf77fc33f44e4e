"""`/readyz` says what is wrong in words, and ends readiness only for what another process might do better."""

import asyncio
import hashlib
import json
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import Event
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, text

from api.app import create_app
from api.readiness import readiness
from api.watching import TRIED_FOR, UNANSWERED, Watch
from engine.store.alarms import next_alarm_at
from engine.store.database import Database
from engine.store.fault import Fault
from engine.store.settings import put_setting, setting
from tests.api.given import House
from tests.api.test_requests import Away


@dataclass
class ReadOnly:
    """A database that gives answers and takes nothing."""

    real: Database
    tries: int = 0
    lost: int = 0

    async def write(self, unit: Any) -> Any:
        self.tries += 1
        raise Fault("the disk is full (database or disk is full at /var/secret)", done="kept nothing of it", advice="free some space")

    async def read(self, unit: Any) -> Any:
        return await self.real.read(unit)

    async def glance(self, unit: Any) -> Any:
        return await self.real.glance(unit)

    async def scrub(self) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing."""


@dataclass
class Connected:
    """A connection to Slack that stands, or does not."""

    is_connected: bool

    async def run(self, stop: asyncio.Event, take: Any) -> None:
        """Bring nothing."""


async def works(house: House) -> None:
    """Let a worker give a sign of life now."""
    now = house.clock.now()
    await house.parts.database.write(lambda tx: put_setting(tx, "worker_heartbeat", now.isoformat()))


async def asked(house: House, **changed: Any) -> httpx.Response:
    """Ask a product of which some parts are others."""
    transport = httpx.ASGITransport(create_app(replace(house.parts, **changed), with_worker=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://firebreak.test") as client:
        return await client.get("/readyz")


async def test_when_nothing_is_wrong_nothing_is_said(house: House) -> None:
    await works(house)
    answer = await asked(house)
    facts = {name: answer.json()[name] for name in ("database", "writes", "migrations", "worker", "alarms", "slack", "socket_mode")}

    assert (answer.status_code, answer.json()["ready"], answer.json()["problems"]) == (200, True, [])
    assert set(facts.values()) == {"ok", "not set up"}


async def test_a_worker_that_never_lived_is_said(house: House) -> None:
    answer = await asked(house)

    assert answer.status_code == 503
    assert answer.json()["problems"] == [
        "no worker has given a sign of life so far: nothing is sent and no deadline acts; start one ('firebreak worker')"
    ]


async def test_a_worker_that_fell_silent_is_said_with_its_last_sign_of_life(house: House) -> None:
    await works(house)
    house.clock.forward(minutes=2)
    answer = await asked(house)

    assert answer.status_code == 503
    assert "since 2026-11-23T17:00:00.000Z" in answer.json()["problems"][0]


async def test_a_database_that_takes_no_writes_is_said_and_ends_readiness(house: House) -> None:
    await works(house)
    answer = await asked(house, database=ReadOnly(house.parts.database))

    assert (answer.status_code, answer.json()["database"]) == (503, "ok")
    assert answer.json()["problems"] == ["nothing can be written: the disk is full: free some space"]
    assert "secret" not in answer.text


async def test_a_database_that_is_away_is_said_once(house: House) -> None:
    answer = await asked(house, database=Away())

    assert (answer.status_code, answer.json()["worker"]) == (503, "unknown")
    assert answer.json()["problems"] == ["the database can't be read: the disk is full: make room"]


async def test_a_write_is_really_tried_and_not_for_every_question(house: House) -> None:
    database = ReadOnly(house.parts.database)
    watch = Watch(replace(house.parts, database=database))
    for _ in range(3):
        await watch.write_trouble()
    soon = database.tries
    house.clock.forward(seconds=TRIED_FOR.total_seconds())
    await watch.write_trouble()

    assert (soon, database.tries) == (1, 2)


async def test_what_was_tried_is_on_disk(house: House) -> None:
    await asked(house)

    assert await house.parts.database.read(lambda tx: setting(tx, "write_tried_at")) == house.clock.now().isoformat()


async def test_a_database_that_is_stuck_is_said_as_soon_as_patience_ends(house: House) -> None:
    entered, gate = Event(), Event()

    def block(_tx: Connection) -> None:
        entered.set()
        gate.wait(60)

    stuck = asyncio.ensure_future(house.parts.database.write(block))
    await asyncio.to_thread(entered.wait, 60)
    trouble = await Watch(house.parts, patience=0.01).write_trouble()
    gate.set()
    await stuck

    assert trouble == UNANSWERED


async def test_another_schema_is_said_and_ends_readiness(house: House) -> None:
    await works(house)
    await house.parts.database.write(lambda tx: tx.execute(text("UPDATE alembic_version SET version_num = '0000'")))
    answer = await asked(house)

    assert (answer.status_code, answer.json()["migrations"]) == (503, "run 'firebreak db upgrade'")
    assert "firebreak db upgrade" in answer.json()["problems"][0]


@pytest.mark.parametrize(("minutes", "words"), [(12, "12 min"), (600, "10 h")])
async def test_the_oldest_overdue_alarm_is_said_and_does_not_end_readiness(house: House, minutes: int, words: str) -> None:
    await house.declared()
    at = await house.parts.database.read(next_alarm_at)
    assert at is not None
    house.clock.move_to(at + timedelta(minutes=minutes))
    await works(house)
    answer = await asked(house)

    assert (answer.status_code, answer.json()["alarms"]) == (200, "overdue")
    assert f"the oldest alarm is overdue by {words}" in answer.json()["problems"][0]


async def test_an_alarm_that_lies_ahead_is_no_trouble(house: House) -> None:
    await house.declared()
    await works(house)
    answer = await asked(house)

    assert (answer.json()["alarms"], answer.json()["problems"]) == ("ok", [])
    assert answer.json()["oldest_alarm_at"] > "2026-11-23T17:00:00"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("no answer", "Slack does not answer; deliveries wait"),
        ("token_revoked", "Slack refuses the app's credentials: token_revoked"),
        ("missing_scope (pins.add)", "Slack refuses the app's credentials: missing_scope (pins.add)"),
    ],
)
async def test_a_slack_that_takes_nothing_is_said_and_does_not_end_readiness(house: House, code: str, words: str) -> None:
    await works(house)
    answer = await asked(house, slack_trouble=lambda: code)

    assert (answer.status_code, answer.json()["problems"]) == (200, [words])


async def test_a_lost_connection_to_slack_is_said_and_does_not_end_readiness(house: House) -> None:
    await works(house)
    lost, standing = await asked(house, socket=Connected(False)), await asked(house, socket=Connected(True))

    assert (lost.status_code, lost.json()["socket_mode"], len(lost.json()["problems"])) == (200, "not connected", 1)
    assert (standing.json()["socket_mode"], standing.json()["problems"]) == ("connected", [])


async def test_everything_that_is_wrong_is_said_at_once(house: House) -> None:
    parts = replace(house.parts, database=ReadOnly(house.parts.database), slack_trouble=lambda: "no answer", socket=Connected(False))
    is_ready, facts = await readiness(parts, Watch(parts))

    assert not is_ready
    assert len(facts["problems"]) == 4


def watched(house: House, **settings: Any) -> Any:
    """Give the settings of a product that is watched."""
    return house.parts.settings.model_copy(update=settings)


async def keeps(house: House, name: str, **facts: Any) -> None:
    """Keep what became of a heartbeat or a pack, as the worker does."""
    await house.parts.database.write(lambda tx: put_setting(tx, name, json.dumps(facts)))


async def test_a_delivery_that_is_stuck_is_said_and_does_not_end_readiness(house: House) -> None:
    await house.declared()
    house.clock.forward(minutes=16)
    await works(house)
    answer = await asked(house)

    assert (answer.status_code, answer.json()["sending"]) == (200, "stuck")
    assert any(problem.startswith("the oldest delivery has been owed for 16 min") for problem in answer.json()["problems"])


@pytest.mark.parametrize(
    ("kept", "state", "problems"),
    [
        ({}, "none yet", 0),
        ({"tried_at": "2026-11-23T16:59:00Z"}, "none yet", 0),
        ({"tried_at": "2026-11-23T16:54:00Z"}, "not heard", 1),
        ({"tried_at": "2026-11-23T16:59:00Z", "answered_at": "2026-11-23T16:59:00Z"}, "ok", 0),
        ({"tried_at": "2026-11-23T16:59:00Z", "answered_at": "2026-11-23T16:50:00Z"}, "not heard", 1),
        (
            {"tried_at": "2026-11-23T16:59:00Z", "answered_at": "2026-11-23T16:58:00Z", "trouble": "'hc.example.com' answered 5"},
            "not heard",
            1,
        ),
        ({"tried_at": "2026-11-23T16:59:00Z", "withheld": True}, "withheld", 0),
    ],
)
async def test_how_the_heartbeat_stands_is_said(house: House, kept: dict[str, Any], state: str, problems: int) -> None:
    await works(house)
    if kept:
        await keeps(house, "heartbeat", **kept)
    answer = await asked(house, settings=watched(house, heartbeat_url=SecretStr("https://hc.example.com/s3cret")))
    unset = await asked(house)

    assert (answer.status_code, answer.json()["heartbeat"], len(answer.json()["problems"])) == (200, state, problems)
    assert "hc.example.com" not in answer.text
    assert (unset.json()["heartbeat"], unset.json()["problems"]) == ("not set up", [])


@pytest.mark.parametrize(
    ("kept", "state", "problem"),
    [
        ({}, "none yet", None),
        ({"tried_at": "2026-11-23T16:59:00Z"}, "none yet", None),
        ({"tried_at": "2026-11-23T16:30:00Z", "written_at": "2026-11-23T16:30:00Z"}, "ok", None),
        (
            {"tried_at": "2026-11-23T15:29:00Z", "written_at": "2026-11-23T15:29:00Z"},
            "old",
            "no offline pack is written, the last one is of 2026-11-23T15:29:00.000Z: see the log",
        ),
        (
            {"tried_at": "2026-11-23T16:30:00Z", "trouble": "the disk is full: make room"},
            "the disk is full: make room",
            "the disk is full: make room (there has never been one)",
        ),
    ],
)
async def test_how_the_offline_pack_stands_is_said(house: House, kept: dict[str, Any], state: str, problem: str | None) -> None:
    await works(house)
    if kept:
        await keeps(house, "offline_pack", **kept)
    answer = await asked(house, settings=watched(house, pack_folder="packs"))

    assert (answer.status_code, answer.json()["pack"]) == (200, state)
    assert answer.json()["problems"] == ([problem] if problem else [])


async def test_the_organisation_in_force_is_known_by_its_files_digest(house: House) -> None:
    await works(house)
    facts = (await asked(house)).json()
    file = house.parts.settings.organisation

    assert (facts["organisation"], facts["organisation_since"]) == ("ok", "2026-11-23T17:00:00.000Z")
    assert facts["organisation_digest"] == hashlib.sha256(file.read_bytes()).hexdigest()


async def test_an_organisation_file_that_is_refused_is_said_without_its_words_and_does_not_end_readiness(house: House) -> None:
    file = house.parts.settings.organisation
    good = file.read_text()
    file.write_text(good.replace("leads: [ana]", "leads: [ana.private]"))
    await house.parts.library.refresh()
    await works(house)
    bad = await asked(house)
    file.write_text(good)
    await house.parts.library.refresh()
    mended = await asked(house)

    assert (bad.status_code, bad.json()["organisation"], len(bad.json()["problems"])) == (200, "refused", 1)
    assert bad.json()["problems"][0].startswith("the organisation file is not in force (organisation.yaml:12 FB010), the one of 2026-11-23")
    assert "private" not in bad.text
    assert (mended.json()["organisation"], mended.json()["problems"]) == ("ok", [])
