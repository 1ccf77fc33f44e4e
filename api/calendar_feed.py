"""Somebody's due steps and follow-ups as a calendar (RFC 5545), for programs that fetch it again and again.

A calendar travels: through the servers of whoever shows it, onto lock screens. So an entry has the incident's key, the step's
title and its instant, and nothing else that could tell; a private step or a personal title is only called "a step".
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from icalendar import Calendar, Event, vDuration

from engine.store.tasks import Task

EVERY: Final = timedelta(minutes=15)
"""How often programs are asked to look again."""
_LONG: Final = timedelta(minutes=15)
"""How long an entry lasts: long enough to be seen, and it ends when the step is due."""


def calendar_of(name: str, tasks: Iterable[Task], *, address: str, now: datetime) -> bytes:
    """Write the tasks that have a deadline; `address` is that of this server."""
    calendar = Calendar()
    calendar.add("prodid", "-//Firebreak//due steps//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", f"Firebreak: {name}")
    calendar.add("x-wr-calname", f"Firebreak: {name}")
    calendar.add("refresh-interval", EVERY, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(EVERY))
    for task in tasks:
        if task.due_at is not None:
            calendar.add_component(_entry(task, task.due_at, address, now))
    return bytes(calendar.to_ical())


def _entry(task: Task, due_at: datetime, address: str, now: datetime) -> Event:
    entry = Event()
    entry.add("uid", f"{task.step}.{task.incident_id}@firebreak")
    entry.add("dtstamp", now)
    entry.add("dtstart", due_at - _LONG)
    entry.add("dtend", due_at)
    entry.add("summary", _summary(task))
    entry.add("url", f"{address}/rooms/{task.incident_key}")
    entry.add("categories", ["Firebreak", *(["rehearsal"] if task.mode == "rehearsal" else [])])
    entry.add("transp", "TRANSPARENT")
    entry.add("class", "PRIVATE" if task.private else "PUBLIC")
    return entry


def _summary(task: Task) -> str:
    rehearsal = "Rehearsal: " if task.mode == "rehearsal" else ""
    title = "a step" if task.private or not isinstance(task.title, str) else task.title
    return f"{rehearsal}{task.incident_key}: {title}"
