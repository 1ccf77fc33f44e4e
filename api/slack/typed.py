"""What people type in Slack, as they meant it: mentions as names, links as addresses, `&lt;` as `<`.

With `should_escape` in the app's manifest Slack sends `<@U…|name>`, `<#C…|name>` and `<https://…|label>`.
"""

import re
from typing import Final

from api.slack.people import person_of
from engine.incident.people import identify, person_name
from engine.language.organisation import Organisation

_USER: Final = re.compile(r"<@([A-Z0-9]+)(?:\|([^>]*))?>")
_CHANNEL: Final = re.compile(r"<#[A-Z0-9]+\|([^>]*)>")
_LINK: Final = re.compile(r"<((?:https?|mailto):[^|>]+)(?:\|[^>]*)?>")
_ENTITIES: Final = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
"""In this order, so that nothing is unescaped twice."""


def readable(text: str, organisation: Organisation) -> str:
    """Write a text as a person would read it."""

    def named(found: re.Match[str]) -> str:
        person = person_of(organisation, found[1])
        return person_name(organisation, person) if person else f"@{found[2] or found[1]}"

    plain = _LINK.sub(r"\1", _CHANNEL.sub(r"#\1", _USER.sub(named, text)))
    for entity, character in _ENTITIES:
        plain = plain.replace(entity, character)
    return plain.strip()


def first_word(text: str) -> tuple[str, str]:
    """Split off the first word, whatever stands behind it: a phone's keyboard puts line ends and hard spaces there too."""
    first, *rest = text.split(maxsplit=1) or [""]
    return first, rest[0].strip() if rest else ""


def person_meant(text: str, organisation: Organisation) -> str | None:
    """Find somebody by a mention, or by what certainly names them."""
    mention = _USER.fullmatch(text.strip())
    if mention:
        return person_of(organisation, mention[1])
    match = identify(organisation, text.strip().lstrip("@"))
    return match.person if match and match.certain else None
