"""A process that opens a database for writing and works until it is killed.

It prints `open`, then `KEY VERSION` for each answer, flushed, so that what was acknowledged is known.
"""

import asyncio
import sys
from functools import partial

from sqlalchemy import Connection

from engine.store.database import open_database
from engine.store.event_log import next_number
from engine.store.outbox import owe
from engine.store.seal import Sealer
from tests.store.given import NOW, SECRET, a_delivery, a_step, an_event, declare, note, personal

CALLERS = 8


async def _work(url: str) -> None:
    database, sealer = open_database(url), Sealer(SECRET)
    numbers = iter(range(await database.read(next_number), 1_000_000))
    _say("open")

    async def caller() -> None:
        for number in numbers:
            await database.write(partial(_declare, sealer=sealer, number=number))
            _say(f"INC-{number} 1")
            await database.write(partial(_note, sealer=sealer, number=number))
            _say(f"INC-{number} 2")

    await asyncio.gather(*(caller() for _ in range(CALLERS)))


def _declare(tx: Connection, sealer: Sealer, number: int) -> None:
    steps = [a_step(f"step_{place}", position=place) for place in range(12)]
    event = an_event(1, who=personal("Jo Roe", "Jo Roe"))
    incident_id = declare(tx, sealer, number, events=[event], steps=steps, participants=["ana"])
    owe(tx, sealer, incident_id, [a_delivery(f"INC-{number}:1:0")], NOW)


def _note(tx: Connection, sealer: Sealer, number: int) -> None:
    note(tx, sealer, f"INC-{number}", an_event(2))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_work(sys.argv[1]))
