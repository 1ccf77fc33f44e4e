"""Draws the pages: HTML that needs no script, loads nothing, and is kept nowhere; everything that people wrote is escaped.

Rules:
- Times stand in the reader's own zone, with the instant beside them for programs.
- The style is the only thing that a page may apply, known by its hash.
- The address of a page is told to no other site. It is told to our own, because a browser hides where a form comes
  from (`Origin: null`) on a page that tells nobody.
"""

from base64 import b64encode
from datetime import UTC, datetime, timedelta, tzinfo
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from api.parts import Parts
from api.room.sessions import Sessions, Visitor
from engine.incident.calendar import zone_of
from engine.incident.labels import KINDS, STATUSES
from engine.incident.people import person_name

_TEMPLATES: Final = Path(__file__).with_name("templates")
_STYLE: Final = (_TEMPLATES / "style.css").read_text("utf-8")
_DRAWN: Final = Environment(
    autoescape=True, loader=FileSystemLoader(_TEMPLATES), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_DRAWN.globals |= {"STATUSES": STATUSES, "KIND_WORDS": KINDS}
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_MINUTE: Final = timedelta(minutes=1)


def drawn(parts: Parts, template: str, *, visitor: Visitor | None = None, status: int = 200, **facts: Any) -> HTMLResponse:
    """Draw a page for somebody; `facts` are what its template shows."""
    organisation, now = parts.library.organisation, parts.clock.now()
    person = visitor.token.person if visitor else None
    known = organisation.people.get(person) if person else None
    zone = zone_of((known.timezone if known else None) or organisation.timezone)
    page = _DRAWN.get_template(f"{template}.html.j2").render(
        style=Markup(_STYLE),  # noqa: S704 - a file of ours
        root=root_of(parts),
        visitor=person_name(organisation, person) if person else None,
        form=Sessions(parts.sealer).numbered(visitor) if visitor else None,
        moment=lambda at: moment(at, zone),
        left=lambda at: left(at, now),
        called=lambda who: person_name(organisation, who) if who else "nobody yet",
        path=lambda key, step=None: page_path(parts, key, step),
        now=now.isoformat(),
        web_link=web_link,
        spoken=spoken,
        **facts,
    )
    return HTMLResponse(page, status_code=status, headers=_HEADERS)


def root_of(parts: Parts) -> str:
    """Give the path under which the server is reached; empty where it has a host of its own."""
    return urlsplit(parts.settings.address).path.rstrip("/")


def page_path(parts: Parts, key: str, step: str | None = None) -> str:
    """Give the path of an incident's page, or of a step's."""
    path = f"{root_of(parts)}/rooms/{quote(key, safe='')}"
    return f"{path}/steps/{quote(step, safe='')}" if step else path


def moment(at: str | None, zone: tzinfo) -> Markup:
    """Write an RFC 3339 instant for people and for programs."""
    if at is None:
        return Markup("no due time")
    instant = datetime.fromisoformat(at)
    local = instant.astimezone(zone)
    machine = instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return Markup('<time datetime="{}">{}</time>').format(machine, f"{local:%a} {local.day} {local:%b %H:%M %Z}")


def left(at: str | None, now: datetime) -> str:
    """Say how long there is until an instant, or since."""
    if at is None:
        return ""
    span = datetime.fromisoformat(at) - now
    if abs(span) < _MINUTE:
        return "now"
    return f"in {_span(span)}" if span > timedelta() else f"{_span(-span)} late"


def _span(span: timedelta) -> str:
    minutes = int(span / _MINUTE)
    days, hours = minutes // 1_440, minutes // 60
    if days >= 2:
        return f"{days} days"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


def spoken(value: Any) -> str:
    """Write a value that somebody entered as people say it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def web_link(address: Any) -> str | None:
    """Give an address that may be followed; None for what a browser would take as something else than a page."""
    return address if isinstance(address, str) and address.startswith(("http://", "https://")) else None
