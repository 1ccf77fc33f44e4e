"""Names of time zones, as the IANA database knows them."""

from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from engine.language.suggest import did_you_mean, quoted


@lru_cache(maxsize=256)
def is_timezone(name: str) -> bool:
    """Tell whether a name such as `America/Vancouver` is in the time zone database."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return bool(name)


def unknown_timezone(name: str) -> str:
    """Say that a name is no time zone, with the nearest that is."""
    cities = {zone.rsplit("/", 1)[-1]: zone for zone in sorted(available_timezones())}
    like = did_you_mean(name, sorted(available_timezones())) or did_you_mean(name.rsplit("/", 1)[-1], cities)
    return f"{quoted(name)} is not a time zone, such as America/Vancouver{like}"
