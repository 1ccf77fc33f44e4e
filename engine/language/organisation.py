"""The organisation file: who the people behind the roles are, and what no playbook may lack."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from engine.language.duration import Duration, DurationText, ReminderText
from engine.language.playbook import Audience, Model, Name, Policy, Reach, ReachStep, Rung, Title

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def _as_date(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise PydanticCustomError("date", "is not a day; write 2026-12-25") from error


def _as_moment(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return datetime.fromisoformat(value)
    except ValueError as error:
        raise PydanticCustomError("moment", "is not a moment; write 2026-01-05T09:00") from error


DigestTime = Annotated[str, StringConstraints(pattern=r"^(never|([01][0-9]|2[0-3]):[0-5][0-9])$")]
"""A time of day in the reader's own zone, or `never`."""

IsoDate = Annotated[date, BeforeValidator(_as_date)]
IsoMoment = Annotated[datetime, BeforeValidator(_as_moment)]
"""Dates as authors write them: plain YAML text, since the loader makes no dates of its own."""


class Calendar(Model):
    """Working days and hours; `hours` is `HH:MM-HH:MM` in the time zone of whoever counts."""

    days: list[Day] = ["mon", "tue", "wed", "thu", "fri"]
    hours: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}$")] = "09:00-17:00"
    holidays: list[IsoDate] = []


class Person(Model):
    name: Title
    email: str | None = None
    slack: str | None = None
    slack_team: str | None = None
    guest: bool | None = None
    phone: str | None = None
    skills: list[Name] = []
    timezone: str | None = None
    pagerduty: str | None = None
    digest: DigestTime | None = None
    absent: list[Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(\.\.[0-9]{4}-[0-9]{2}-[0-9]{2})?$")]] = []


class Oncall(Model):
    """A rotation: `rotation[n]` is on call in the n-th period of `every` since `starts` (local time)."""

    rotation: Annotated[list[Key], Field(min_length=1)]
    starts: IsoMoment
    every: DurationText


class ChannelEntry(Model):
    kind: Literal["webhook", "email", "manual", "slack"]
    audience: list[Audience] = []
    url_secret: str | None = None
    url: str | None = None
    to: str | None = None
    where: str | None = None


class TicketSystem(Model):
    kind: str
    url: str = ""
    secret: str | None = None


class Site(Model):
    timezone: str
    calendar: str | None = None


class Defaults(Model):
    ladder: Name | None = None
    remind: list[ReminderText] = []
    war_room: str = "slack:#inc-{{ incident.key }}"
    keep: str = "7y"
    grace: DurationText = Duration(15, "m")
    reach: list[ReachStep] | None = None
    digest: DigestTime = "08:30"
    broadcast: str | None = None
    archive_room: DurationText | None = None
    alarm: list[Title] = []


class RehearsalGroup(Model):
    channel: str = "#firebreak-rehearsal"
    people: list[Key] = []


class Organisation(Model):
    firebreak_organisation: Literal[1]
    name: Title
    timezone: str = "UTC"
    calendars: dict[Name, Calendar] = {}
    people: dict[Key, Person] = {}
    groups: dict[Key, list[Key]] = {}
    oncall: dict[Key, Oncall] = {}
    channels: dict[Key, ChannelEntry] = {}
    tickets: dict[Key, TicketSystem] = {}
    required_policies: list[Policy] = []
    anyone_may_start: list[Name] = []
    outgoing_hosts: list[str] = []
    quiet_hours: str | None = None
    sites: dict[str, Site] = {}
    defaults: Defaults = Defaults()
    ladders: dict[Name, list[Rung]] = {}
    rehearsal: RehearsalGroup = RehearsalGroup()


__all__ = [
    "Calendar",
    "ChannelEntry",
    "Defaults",
    "Oncall",
    "Organisation",
    "Person",
    "Reach",
    "RehearsalGroup",
    "Site",
    "TicketSystem",
]
