"""FB010 for `settings`: its time zone and its calendar are known to somebody, its hours are hours."""

import re
from collections.abc import Iterator
from typing import Final

from engine.language.checked import Checked
from engine.language.diagnostic import Finding
from engine.language.suggest import did_you_mean, listed, quoted
from engine.language.timezones import is_timezone, unknown_timezone

_HOURS: Final = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]-(?:[01][0-9]|2[0-3]):[0-5][0-9]")


def settings_make_sense(checked: Checked) -> Iterator[Finding]:
    """Find a time zone or calendar that nobody knows, and quiet hours that are none."""
    settings, organisation = checked.playbook.settings, checked.organisation
    zone, inputs = settings.timezone, checked.playbook.inputs
    if zone is not None and zone not in inputs and not is_timezone(zone):
        advice = f"or name an input that holds a site: {listed(inputs, like=zone)}" if inputs else None
        yield Finding("FB010", f"settings: {unknown_timezone(zone)}", ("settings", "timezone"), help=advice)
    if organisation is not None and settings.calendar is not None and settings.calendar not in organisation.calendars:
        hint = did_you_mean(settings.calendar, organisation.calendars)
        message = f"settings: calendar {quoted(settings.calendar)} is not in the organisation file{hint}"
        yield Finding("FB010", message, ("settings", "calendar"))
    hours = settings.quiet_hours
    if hours is not None and (_HOURS.fullmatch(hours) is None or hours[:5] == hours[6:]):
        yield Finding("FB010", f"settings: {quoted(hours)} is not a span of hours", ("settings", "quiet_hours"), help='write "22:00-07:00"')
