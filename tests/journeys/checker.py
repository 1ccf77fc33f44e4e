"""An independent checker: it reads PostgreSQL without a line of Firebreak's code, and replays a ledger against the log of events.

It trusts nothing that the service says about itself: what each acknowledged request left is looked for in the log, every digest is
computed again, every incident is counted through.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg

from tests.journeys.ledger import Ledger, Request

ORIGIN: Final = "0" * 64
STEPS: Final = 34
"""Steps of the trial's playbook."""
_EVENTS: Final = (
    "SELECT incident_id, seq, at, actor, type, payload, previous_digest, digest, i.key FROM events JOIN incidents i ON i.id = incident_id"
    " ORDER BY incident_id, seq"
)
_HEADS: Final = "SELECT number, incident_id, version, head_digest, previous_digest, digest FROM heads ORDER BY number"
_BUILT: Final = "SELECT i.key, count(s.step) AS steps FROM incidents i LEFT JOIN steps s ON s.incident_id = i.id GROUP BY i.key"
_OWED: Final = "SELECT id, kind, target, state, last_error FROM deliveries"

Mark = tuple[str, ...]
Row = Any


@dataclass(frozen=True)
class Stored:
    """What stands in the database."""

    events: Sequence[Row]
    heads: Sequence[Row]
    built: dict[str, int]
    owed: Sequence[Row]


@dataclass
class Verdict:
    """What the checker found; lists of what is wrong are empty when all is well."""

    acknowledged: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    missing: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    never_asked: list[str] = field(default_factory=list)
    indeterminate: int = 0
    kept: int = 0
    """Of the indeterminate: done although nobody had heard so; the others were done when they were asked again."""
    unaccounted: list[str] = field(default_factory=list)
    half_built: list[str] = field(default_factory=list)
    broken_chains: list[str] = field(default_factory=list)
    incidents: int = 0
    events: int = 0

    @property
    def faults(self) -> list[str]:
        named = {
            "acknowledged, then missing": self.missing,
            "done twice": self.doubled,
            "never asked": self.never_asked,
            "indeterminate and not accounted for": self.unaccounted,
            "half built": self.half_built,
            "chain broken": self.broken_chains,
        }
        return [f"{name}: {each}" for name, found in named.items() for each in found]

    def lines(self) -> list[str]:
        kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(self.kinds.items()))
        return [
            f"acknowledged writes              {self.acknowledged} ({kinds})",
            f"  then missing                   {len(self.missing)}",
            f"  done twice                     {len(self.doubled)}",
            f"  never asked, but there         {len(self.never_asked)}",
            f"indeterminate for a moment       {self.indeterminate}",
            f"  had been done all the same     {self.kept}",
            f"  done when asked again          {self.indeterminate - self.kept - len(self.unaccounted)}",
            f"  not accounted for              {len(self.unaccounted)}",
            f"incidents, half built            {self.incidents}, {len(self.half_built)}",
            f"events in chains, links broken   {self.events}, {len(self.broken_chains)}",
        ]


async def stored_at(url: str) -> Stored:
    """Read a database at rest, on one moment."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            events, heads, owed = [await connection.fetch(query) for query in (_EVENTS, _HEADS, _OWED)]
            built = {row["key"]: row["steps"] for row in await connection.fetch(_BUILT)}
    finally:
        await connection.close()
    return Stored(events, heads, built, owed)


def judged(stored: Stored, ledger: Ledger) -> Verdict:
    """Replay what was acknowledged against what is there."""
    found = Counter(mark for row in stored.events if (mark := _mark_of_event(row)) is not None)
    wanted = {_mark_of(request, ledger.acknowledged.get(key, "")): key for key, request in ledger.asked.items()}
    verdict = Verdict(
        acknowledged=len(ledger.acknowledged),
        kinds=Counter(ledger.asked[key].kind for key in ledger.acknowledged),
        missing=[key for mark, key in wanted.items() if key in ledger.acknowledged and not found[mark]],
        doubled=[str(mark) for mark, times in found.items() if times > 1],
        never_asked=[str(mark) for mark in found if mark not in wanted and mark[0] != "complete"],
        indeterminate=len(ledger.indeterminate),
        kept=len(ledger.kept),
        unaccounted=sorted(ledger.indeterminate - ledger.acknowledged.keys()),
        half_built=[f"{key} has {steps} steps" for key, steps in stored.built.items() if steps != STEPS],
        broken_chains=[*broken_events(stored.events), *broken_heads(stored)],
    )
    verdict.incidents, verdict.events = len(stored.built), len(stored.events)
    return verdict


def _mark_of(request: Request, incident: str) -> Mark:
    """Say what a request leaves in the log."""
    return ("complete", request.incident, request.step) if request.kind == "complete" else (request.kind, request.key)


def _mark_of_event(row: Row) -> Mark | None:
    payload = json.loads(row["payload"])
    match row["type"]:
        case "Declared":
            return ("declare", str(payload.get("title")))
        case "Noted" if str(payload.get("text")).startswith("soak-"):
            return ("note", str(payload["text"]))
        case "StepCompleted":
            return ("complete", row["key"], str(payload["step"]))
        case _:
            return None


def broken_events(events: Iterable[Row]) -> list[str]:
    """Compute every event's digest again, and follow each incident's chain from its beginning."""
    broken, last, expected = [], "", 0
    previous = ORIGIN
    for row in events:
        if row["incident_id"] != last:
            last, expected, previous = row["incident_id"], 0, ORIGIN
        expected += 1
        values = [row[name] for name in ("incident_id", "seq", "at", "actor", "type", "payload", "previous_digest")]
        if row["seq"] != expected or row["previous_digest"] != previous or row["digest"] != _digest(values):
            broken.append(f"{row['key']} event {row['seq']}")
        previous = row["digest"]
    return broken


def broken_heads(stored: Stored) -> list[str]:
    """Follow the log of heads, and hold each against the event that it names."""
    digests = {row["digest"] for row in stored.events}
    broken, previous = [], ORIGIN
    for place, row in enumerate(stored.heads, start=1):
        values = [row[name] for name in ("number", "incident_id", "version", "head_digest", "previous_digest")]
        is_linked = row["number"] == place and row["previous_digest"] == previous and row["digest"] == _digest(values)
        if not is_linked or row["head_digest"] not in digests:
            broken.append(f"head {row['number']}")
        previous = row["digest"]
    return broken


def _digest(values: list[Any]) -> str:
    return hashlib.sha256(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
