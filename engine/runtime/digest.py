"""Owes each person their morning's list, once a day, whatever restarts in between.

Which day somebody has had is written in the very transaction that owes the list. A delivery belongs to an
incident: the list goes out under that of its first task, and its words are for its receiver alone (`api.routes.deliveries`).
"""

import asyncio
import json
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from engine.incident.digest import OpenTask, digest_day, digest_text
from engine.incident.effects import Delivery
from engine.language.organisation import Organisation
from engine.runtime.clock import Clock
from engine.runtime.library import Library
from engine.store.database import Database
from engine.store.outbox import owe
from engine.store.queued import enqueue_owed
from engine.store.seal import Sealer
from engine.store.settings import put_setting, setting
from engine.store.tasks import Task, TaskFilter, tasks_of

_SETTING: Final = "digest_days"
_REMEMBERED: Final = timedelta(days=7)
_MOST: Final = 100
"""Tasks that are counted for one person."""


class Digests:
    """A chore of the worker; `woken` tells it that there is something to send."""

    def __init__(self, database: Database, sealer: Sealer, library: Library, clock: Clock, woken: asyncio.Event) -> None:
        self._database = database
        self._sealer = sealer
        self._library = library
        self._clock = clock
        self._woken = woken

    async def owe_due(self) -> None:
        """Owe every list whose moment has come. Raises Fault."""
        now, organisation = self._clock.now(), self._library.organisation
        due = {person: day for person in organisation.people if (day := digest_day(organisation, person, now)) is not None}
        if not due:
            return
        had = await self._database.read(_days)
        if all(had.get(person) == day.isoformat() for person, day in due.items()):
            return
        if await self._database.write(lambda tx: self._owe(tx, organisation, due, now)):
            self._woken.set()

    def _owe(self, tx: Connection, organisation: Organisation, due: dict[str, date], now: datetime) -> int:
        had = _days(tx)
        missing = {person: day for person, day in due.items() if had.get(person) != day.isoformat()}
        owed = [person for person, day in missing.items() if self._owe_one(tx, organisation, person, day=day, now=now)]
        oldest = (now - _REMEMBERED).date().isoformat()
        days = {**had, **{person: day.isoformat() for person, day in missing.items()}}
        put_setting(tx, _SETTING, json.dumps({person: day for person, day in sorted(days.items()) if day >= oldest}))
        return len(owed)

    def _owe_one(self, tx: Connection, organisation: Organisation, person: str, *, day: date, now: datetime) -> bool:
        page = tasks_of(tx, self._sealer, TaskFilter(person=person), viewer=person, limit=_MOST)
        tasks = [task for task in page.items if task.mode == "live"]
        if not tasks:
            return False
        text = digest_text(organisation, person, [_open(task) for task in tasks], now)
        body = {"reason": "digest", "by": "slack", "preview": "Your open tasks.", "page": {"subject": "Your open tasks"}}
        delivery = Delivery(f"digest:{person}:{day.isoformat()}", "tell", f"person:{person}", text, body=body)
        owe(tx, self._sealer, tasks[0].incident_id, [delivery], now)
        enqueue_owed(tx, tasks[0].incident_id, now)
        return True


def _days(tx: Connection) -> dict[str, str]:
    """Read for which day each person had their last list."""
    found = json.loads(setting(tx, _SETTING) or "{}")
    return {str(person): str(day) for person, day in found.items()}


def _open(task: Task) -> OpenTask:
    return OpenTask(task.incident_key, task.title if isinstance(task.title, str) else None, task.due_at)
