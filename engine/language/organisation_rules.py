"""Rules of the organisation file, over an `Organisation` whose fields are sound.

Names must exist (people in groups and rotations, ladders, calendars), time zones too; a ladder gets later
with each rung; two people can't share an address by which they are recognised.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from engine.language.checked import Checked
from engine.language.diagnostic import Finding, Path
from engine.language.organisation import Organisation
from engine.language.playbook import Playbook
from engine.language.rules.policies import policies_are_known
from engine.language.suggest import did_you_mean, quoted
from engine.language.timezones import is_timezone, unknown_timezone

Rule = Callable[[Organisation], Iterable[Finding]]
_HOURS: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]")
_SLACK_CHANNEL: Final = re.compile(r"#[^\s#]{1,80}|[CG][A-Z0-9]{8,}")
_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+")
_CHANNEL_NEEDS: Final = {"webhook": ("url_secret", "url"), "email": ("to",), "manual": ("where",), "slack": ("to",)}


def members(organisation: Organisation) -> Iterator[Finding]:
    """Find people named in groups, rotations and the rehearsal who are not in the file."""
    for name, group in organisation.groups.items():
        yield from _people(organisation, group, ("groups", name), f"group {quoted(name)}")
    for name, duty in organisation.oncall.items():
        yield from _people(organisation, duty.rotation, ("oncall", name, "rotation"), f"rotation {quoted(name)}")
    yield from _people(organisation, organisation.rehearsal.people, ("rehearsal", "people"), "rehearsal")


def addresses(organisation: Organisation) -> Iterator[Finding]:
    """Find addresses that are none, and addresses that two people share."""
    owners: dict[tuple[str, str], str] = {}
    for name, person in organisation.people.items():
        if person.email is not None and not _ADDRESS.fullmatch(person.email):
            message = f"person {quoted(name)}: {quoted(person.email)} is not an e-mail address"
            yield Finding("FB010", message, ("people", name, "email"))
        for field in ("email", "slack"):
            address = getattr(person, field)
            if address is None:
                continue
            owner = owners.setdefault((field, address.casefold()), name)
            if owner != name:
                message = f"{quoted(address)} is the {field} address of {quoted(owner)} and of {quoted(name)}"
                yield Finding("FB101", message, ("people", name, field))


def timezones(organisation: Organisation) -> Iterator[Finding]:
    """Find names that are no time zones."""
    named: list[tuple[Path, str, str | None]] = [(("timezone",), "", organisation.timezone)]
    named += [(("people", name, "timezone"), f"person {quoted(name)}: ", entry.timezone) for name, entry in organisation.people.items()]
    named += [(("sites", name, "timezone"), f"site {quoted(name)}: ", entry.timezone) for name, entry in organisation.sites.items()]
    for path, prefix, zone in named:
        if zone is not None and not is_timezone(zone):
            yield Finding("FB010", f"{prefix}{unknown_timezone(zone)}", path)


def calendars(organisation: Organisation) -> Iterator[Finding]:
    """Find hours that are none, and calendars that sites name but nobody wrote."""
    for name, calendar in organisation.calendars.items():
        if not _is_span(calendar.hours) or calendar.hours[:5] >= calendar.hours[6:]:
            message = f"calendar {quoted(name)}: {quoted(calendar.hours)} is not a span of hours within a day"
            yield Finding("FB010", message, ("calendars", name, "hours"), help='write "08:30-17:00"')
        if not calendar.days:
            yield Finding("FB010", f"calendar {quoted(name)} has no working days", ("calendars", name, "days"), at="key")
    for name, site in organisation.sites.items():
        if site.calendar is not None and site.calendar not in organisation.calendars:
            hint = did_you_mean(site.calendar, organisation.calendars)
            message = f"site {quoted(name)}: unknown calendar {quoted(site.calendar)}{hint}"
            yield Finding("FB010", message, ("sites", name, "calendar"))


def ladders(organisation: Organisation) -> Iterator[Finding]:
    """Find ladders that do not get later, and a default that is no ladder."""
    for name, rungs in organisation.ladders.items():
        for index in range(1, len(rungs)):
            if rungs[index].late.seconds <= rungs[index - 1].late.seconds:
                message = f"ladder {quoted(name)} must get later with each rung"
                yield Finding("FB303", message, ("ladders", name, index, "late"))
    default = organisation.defaults.ladder
    if default is not None and default not in organisation.ladders:
        message = f"defaults: unknown ladder {quoted(default)}{did_you_mean(default, organisation.ladders)}"
        yield Finding("FB106", message, ("defaults", "ladder"))


def channels(organisation: Organisation) -> Iterator[Finding]:
    """Find channels that do not say where they lead."""
    for name, channel in organisation.channels.items():
        wanted = _CHANNEL_NEEDS[channel.kind]
        if not any(getattr(channel, field) for field in wanted):
            message = f"channel {quoted(name)}: a {channel.kind} channel needs {quoted(wanted[0])}"
            yield Finding("FB010", message, ("channels", name), at="key")


def broadcast(organisation: Organisation) -> Iterator[Finding]:
    """Find a broadcast channel that is none of Slack's, or the one in which rehearsals take place."""
    channel = organisation.defaults.broadcast
    if channel is not None and not _SLACK_CHANNEL.fullmatch(channel):
        yield Finding("FB010", f"{quoted(channel)} is not a Slack channel", ("defaults", "broadcast"), help='write "#incidents"')
    if channel is not None and channel == organisation.rehearsal.channel:
        yield Finding("FB010", "rehearsals and real incidents can't share a channel", ("defaults", "broadcast"))


def alarm(organisation: Organisation) -> Iterator[Finding]:
    """Find who is to hear that Slack is away, and can't: neither a person of this file nor an e-mail address."""
    for index, name in enumerate(organisation.defaults.alarm):
        path = ("defaults", "alarm", index)
        person = organisation.people.get(name)
        if person is None and not _ADDRESS.fullmatch(name):
            message = (
                f"alarm: {quoted(name)} is neither a person of this file nor an e-mail address{did_you_mean(name, organisation.people)}"
            )
            yield Finding("FB103", message, path)
        elif person is not None and not (person.email or person.phone):
            yield Finding("FB010", f"alarm: {quoted(name)} has neither an e-mail address nor a phone number", path)


def quiet_hours(organisation: Organisation) -> Iterator[Finding]:
    """Find quiet hours that are no span of hours; they may pass midnight."""
    hours = organisation.quiet_hours
    if hours is not None and not _is_span(hours):
        yield Finding("FB010", f"{quoted(hours)} is not a span of hours", ("quiet_hours",), help='write "22:00-07:00"')


def required_policies(organisation: Organisation) -> Iterator[Finding]:
    """Find required policies with an unknown rule, without what it needs, or with an id used twice."""
    fields: dict[str, Any] = {"policies": organisation.required_policies}
    for finding in policies_are_known(Checked(Playbook.model_construct(**fields))):
        yield replace(finding, path=("required_policies", *finding.path[1:]))
    seen: set[str] = set()
    for index, policy in enumerate(organisation.required_policies):
        if policy.id in seen:
            yield Finding("FB101", f"policy {quoted(policy.id)} appears twice", ("required_policies", index, "id"))
        seen.add(policy.id)


def rotations(organisation: Organisation) -> Iterator[Finding]:
    """Find rotations whose period is no stretch of ordinary time."""
    for name, duty in organisation.oncall.items():
        if duty.every.is_business or duty.every.seconds == 0:
            message = f"rotation {quoted(name)}: {quoted(duty.every)} can't be a period; write 7d, 1w or 12h"
            yield Finding("FB301", message, ("oncall", name, "every"))


ORGANISATION_RULES: Final[tuple[Rule, ...]] = (
    members,
    addresses,
    timezones,
    calendars,
    ladders,
    channels,
    broadcast,
    alarm,
    quiet_hours,
    required_policies,
    rotations,
)


def _people(organisation: Organisation, names: Iterable[str], path: Path, owner: str) -> Iterator[Finding]:
    for index, name in enumerate(names):
        if name not in organisation.people:
            message = f"{owner}: unknown person {quoted(name)}{did_you_mean(name, organisation.people)}"
            yield Finding("FB103", message, (*path, index))


def _is_span(hours: str) -> bool:
    """Tell whether a text is `HH:MM-HH:MM` with two different times of day."""
    return _HOURS.fullmatch(hours) is not None and hours[:5] != hours[6:]
