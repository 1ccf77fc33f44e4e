"""Sets the pack on pages: HTML that stands alone and prints on A4, one text for terminals, and a note on how to read it all.

Rules:
- Everything that people wrote is escaped; no page holds a script or loads anything. Links lead from file to file.
- Names of files say nothing: an encrypted archive shows them to anybody.
- Times stand in the organisation's own zone. No text can repaint a terminal.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from api.cli.plan_page import page
from api.pack.gathering import Gathered
from api.pack.incident_facts import pack_facts
from api.pack.people_facts import everybody, roles_now, rotations
from engine.authoring.paper.book import Book
from engine.authoring.paper.plan import plan
from engine.incident.calendar import zone_of
from engine.incident.people import person_name
from engine.incident.plan import World
from engine.runtime.order import ordered
from engine.runtime.outcome import Seen

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"

_TEMPLATES: Final = Path(__file__).with_name("templates")
_DRAWN: Final = Environment(
    autoescape=select_autoescape(disabled_extensions=("txt.j2",), default=True, default_for_string=True),
    loader=FileSystemLoader(_TEMPLATES),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)

Facts = dict[str, Any]


def pack_files(held: Gathered, worlds: Mapping[str, World], *, release: str, address: str) -> dict[str, bytes]:
    """Write every file of the pack, by name; `worlds` are by digest, `address` is where Firebreak is reached when it is well."""
    zone = zone_of(held.organisation.timezone)
    plans = [_plan(held, world, number) for number, world in enumerate(_to_print(held, worlds), start=1)]
    seen = [Seen(world, ordered(world, each)) for each in held.incidents if (world := worlds.get(each.playbook.digest))]
    incidents = [pack_facts(each, held.reader, held.at) | {"page": f"incident-{number}.html"} for number, each in enumerate(seen, start=1)]
    unread = (*held.unread, *(each.key for each in held.incidents if each.playbook.digest not in worlds))
    facts = _facts(held, incidents, plans, zone) | {"release": release, "address": address, "unread": unread}
    files = {f"{name}.html": _drawn(f"{name}.html.j2", facts) for name in ("index", "people", "words")}
    pages = {each["digest"]: each["page"] for each in plans}
    for incident in incidents:
        of_this = {"incident": incident, "plan_page": pages.get(incident["digest"])}
        files[incident["page"]] = _drawn("incident.html.j2", facts | of_this)
    files |= {each["page"]: each["html"] for each in plans}
    files |= {name: _as_text(_drawn(f"{name}.j2", facts)) for name in ("everything.txt", "README.txt")}
    counts = {"incidents": len(incidents), "unread": len(unread), "left_out": held.left_out, "plans": len(plans)}
    return {name: text.encode() for name, text in files.items()} | {MANIFEST: _manifest(held, files, release, counts)}


def _to_print(held: Gathered, worlds: Mapping[str, World]) -> list[World]:
    """List the plans: of every playbook that is not retired, and of what an open incident runs by."""
    running = {each.playbook.digest for each in held.incidents}
    plans = [world for digest, world in worlds.items() if world.plan.playbook.status != "retired" or digest in running]
    return sorted(plans, key=lambda world: (world.plan.playbook.title, world.plan.playbook.version))


def _facts(held: Gathered, incidents: list[Facts], plans: list[Facts], zone: tzinfo) -> Facts:
    organisation = held.organisation
    words = [
        {"key": incident["key"], "page": incident["page"], "held": incident["held"] is not None, "words": each}
        for incident in incidents
        for each in incident["words"]
        if each["standing"] != "draft"
    ]
    return {
        "organisation": organisation.name,
        "timezone": organisation.timezone,
        "written": f"{held.at.astimezone(zone):%a} {held.at.astimezone(zone).day} {held.at.astimezone(zone):%b %Y %H:%M %Z}",
        "written_utc": f"{held.at.astimezone(UTC):%Y-%m-%d %H:%M UTC}",
        "moment": partial(moment, zone=zone),
        "read_as": _read_as(held),
        "left_out": held.left_out,
        "rotations": rotations(organisation, held.at),
        "everybody": everybody(organisation, held.at),
        "incidents": incidents,
        "words": words,
        "plans": plans,
    }


def moment(at: str, zone: tzinfo) -> str:
    """Write an RFC 3339 instant for people."""
    local = datetime.fromisoformat(at).astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %H:%M %Z}"


def _read_as(held: Gathered) -> str:
    if held.reader.person is None:
        return "every open incident is in it, with nothing personal and nothing of what stands in private steps"
    return f"it shows what {person_name(held.organisation, held.reader.person)} may see, personal things included"


def _plan(held: Gathered, world: World, number: int) -> Facts:
    playbook = world.plan.playbook
    paper = plan(Book(playbook, world.texts, held.organisation))
    back = f'<p class="facts"><a href="index.html">Overview</a> · <a href="people.html#roles-{number}">Who would hold its roles now</a></p>'
    return {
        "page": f"plan-{number}.html",
        "html": page(paper).replace("<body>", f"<body>\n{back}", 1),
        "digest": world.plan.digest,
        "id": playbook.id,
        "title": playbook.title,
        "version": playbook.version,
        "status": playbook.status,
        "roles": roles_now(world, held.organisation, held.at),
        "paper": paper,
    }


def _drawn(template: str, facts: Facts) -> str:
    return _DRAWN.get_template(template).render(facts)


def _as_text(text: str) -> str:
    """Keep what a terminal would obey out of a text."""
    return "".join(char if char.isprintable() or char == "\n" else " " for char in text)


def _manifest(held: Gathered, files: Mapping[str, str], release: str, counts: Mapping[str, int]) -> bytes:
    """Say what the pack holds, for whoever checks it."""
    digests = {name: sha256(text.encode()).hexdigest() for name, text in files.items()}
    facts = {
        "firebreak_pack": FORMAT,
        "program": release,
        "organisation": held.organisation.name,
        "written_at": held.at.isoformat(),
        **counts,
        "people": len(held.organisation.people),
        "sha256": digests,
    }
    return json.dumps(facts, ensure_ascii=False, indent=2).encode() + b"\n"
