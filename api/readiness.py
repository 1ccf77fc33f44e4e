"""Whether the service can do its work, with what is wrong in words.

Rules:
- `ready` is false when the database can't be read or written, its schema is not this program's, or no worker lives: another
  process may do better. Slack, a lost connection, an overdue alarm, a stuck delivery, a paused webhook, a heartbeat that nobody
  hears and an offline pack that can't be written are said, and don't end it: no other process would do better, and HTTP and the terminal
  still work.
- An organisation file that is not in force, because it has errors, is said the same way: the last good one works.
- Every problem is one sentence that says what to do.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from api.parts import Parts
from api.siblings import Said
from api.watching import SILENCE, Stored, Watch
from engine.incident.describe_values import instant_text
from engine.runtime.heartbeat import Beat
from engine.runtime.packs import Packed
from engine.runtime.wellness import is_overdue, is_stuck, wrongs

SILENT: Final = "no answer"
"""The gate's word for a Slack that can't be reached."""

UNHEARD: Final = timedelta(minutes=5)
"""How long after a heartbeat was answered it is still counted as heard."""
OLD: Final = timedelta(minutes=90)
"""How old the newest offline pack may be."""

_NEEDED: Final = ("database", "writes", "migrations", "worker")


async def readiness(parts: Parts, watch: Watch) -> tuple[bool, dict[str, Any]]:
    """Say whether the service is ready, and everything that the answer rests on."""
    now = parts.clock.now()
    stored, write_trouble = await watch.stored(), await watch.write_trouble()
    facts: dict[str, Any] = _stored_facts(stored, now)
    facts["writes"] = write_trouble or "ok"
    facts |= _organisation(parts)
    facts["history"] = _history(parts)
    facts["slack"] = _slack(parts)
    facts["socket_mode"] = _socket_mode(parts)
    facts |= _processes(parts)
    facts |= _kept_facts(parts, stored, now)
    is_ready = all(facts[name] == "ok" for name in _NEEDED)
    problems = [*_problems(facts, stored, now), *_refused_file(parts)]
    return is_ready, {"ready": is_ready, "problems": problems, **facts}


def slack_state(parts: Parts) -> str | None:
    """Name how Slack takes us: `ok`, `silent`, `missing_scope` or `refused`; None where it is not set up."""
    if parts.slack_trouble is None:
        return None
    code = _slack_code(parts)
    if code is None:
        return "ok"
    if code == SILENT:
        return "silent"
    return "missing_scope" if code.startswith("missing_scope") else "refused"


def _stored_facts(stored: Stored | str, now: datetime) -> dict[str, Any]:
    if isinstance(stored, str):
        return {"database": stored, **dict.fromkeys(("migrations", "worker", "alarms", "webhooks"), "unknown")}
    signs = stored.signs
    return {
        "database": "ok",
        "migrations": "ok" if signs.is_current else "run 'firebreak db upgrade'",
        "worker": "ok" if stored.beat_at is not None and now - stored.beat_at <= SILENCE else "silent",
        "worker_seen_at": instant_text(stored.beat_at),
        "alarms": "overdue" if is_overdue(signs.alarm_at, now) else "ok",
        "oldest_alarm_at": instant_text(signs.alarm_at),
        "sending": "stuck" if is_stuck(signs.pending_since, now) else "ok",
        "oldest_delivery_at": instant_text(signs.pending_since),
        "deliveries": stored.deliveries,
        "webhooks": "paused" if stored.webhooks_paused else "ok",
    }


def _kept_facts(parts: Parts, stored: Stored | str, now: datetime) -> dict[str, Any]:
    """Say how it stands with what is done for the day on which all this is away."""
    beat, packed = (None, None) if isinstance(stored, str) else (stored.heartbeat, stored.pack)
    found = {
        "heartbeat": "unknown" if isinstance(stored, str) else _heard(beat, now),
        "heartbeat_answered_at": instant_text(beat.answered_at if beat else None),
        "pack": "unknown" if isinstance(stored, str) else _packed(packed, now),
        "pack_written_at": instant_text(packed.written_at if packed else None),
    }
    is_set = {"heartbeat": parts.settings.heartbeat_url is not None, "pack": parts.settings.pack_folder is not None}
    return found | {name: "not set up" for name in is_set if not is_set[name]}


def _heard(beat: Beat | None, now: datetime) -> str:
    if beat is None:
        return "none yet"
    if beat.withheld:
        return "withheld"
    if beat.trouble is not None or now - (beat.answered_at or beat.tried_at) > UNHEARD:
        return "not heard"
    return "ok" if beat.answered_at else "none yet"


def _problems(facts: dict[str, Any], stored: Stored | str, now: datetime) -> list[str]:
    """List what is wrong, what keeps the most from working first."""
    if isinstance(stored, str):
        found = [f"the database can't be read: {stored}"]
    else:
        found = list(_stored_problems(facts, stored, now))
    if facts["writes"] != "ok" and facts["writes"] != facts["database"]:
        found.insert(0, f"nothing can be written: {facts['writes']}")
    if facts["history"] != "ok":
        found.append(f"{facts['history']}: a standby took over without them; see 'Failover' in docs/operating.md")
    if facts["slack"] not in ("ok", "not set up"):
        found.append(f"Slack {facts['slack']}")
    if facts["heartbeat"] == "not heard":
        found.append("the heartbeat is not heard where it is sent: see the log, and whether this server may connect there")
    pack_problem = _pack_problem(facts["pack"], facts["pack_written_at"])
    found += [pack_problem] if pack_problem else []
    if facts["socket_mode"] == "not connected":
        found.append("Socket Mode is not connected: what people do in Slack waits; see whether this server may connect to Slack")
    live, _, wanted = facts.get("processes", "").partition(" of ")
    if live != wanted:
        found.append(
            f"only {live} of {wanted} processes give a sign of life: the others are starting, stuck, or end again and again; see the log"
        )
    return found


def _packed(packed: Packed | None, now: datetime) -> str:
    if packed is None:
        return "none yet"
    if packed.trouble is not None or now - (packed.written_at or packed.tried_at) > OLD:
        return packed.trouble or "old"
    return "ok" if packed.written_at else "none yet"


def _pack_problem(state: str, written_at: str | None) -> str | None:
    """Say what is wrong with the offline pack, in the words that are kept of it."""
    if state in ("ok", "none yet", "not set up", "unknown"):
        return None
    last = f"the last one is of {written_at}" if written_at else "there has never been one"
    return f"no offline pack is written, {last}: see the log" if state == "old" else f"{state} ({last})"


def _stored_problems(facts: dict[str, Any], stored: Stored, now: datetime) -> Iterator[str]:
    if facts["worker"] == "silent":
        since = f"since {instant_text(stored.beat_at)}" if stored.beat_at else "so far"
        yield f"no worker has given a sign of life {since}: nothing is sent and no deadline acts; start one ('firebreak worker')"
    yield from wrongs(stored.signs, now)
    if stored.webhooks_paused:
        yield f"webhooks that are paused and send nothing: {stored.webhooks_paused}; GET /v1/webhooks as an admin says which, and why"


def _organisation(parts: Parts) -> dict[str, Any]:
    """Say which organisation file this process works with: its SHA-256, and since when."""
    force = parts.library.in_force
    state = "refused" if parts.library.refused else "ok"
    return {"organisation": state, "organisation_digest": force.digest, "organisation_since": instant_text(force.since)}


def _refused_file(parts: Parts) -> list[str]:
    refused = parts.library.refused
    if refused is None:
        return []
    since = instant_text(parts.library.in_force.since)
    return [f"the organisation file is not in force ({refused.problem}), the one of {since} is: run 'firebreak check', and mend it"]


def _history(parts: Parts) -> str:
    lost = parts.database.lost
    return f"{lost} acknowledged changes are missing in the database" if lost else "ok"


def _slack(parts: Parts) -> str:
    """Say how Slack takes us. Its refusal leaves HTTP and the terminal in working order, so it does not end readiness."""
    match slack_state(parts):
        case None:
            return "not set up"
        case "ok":
            return "ok"
        case "silent":
            return "does not answer; deliveries wait"
        case _:
            return f"refuses the app's credentials: {_slack_code(parts)}"


def _slack_code(parts: Parts) -> str | None:
    """Give Slack's code as this process heard it last, else as another one behind the same port did."""
    own = parts.slack_trouble() if parts.slack_trouble else None
    return own or next((said.slack for said in _said(parts) if said.slack), None)


def is_connected(parts: Parts) -> bool | None:
    """Say whether Slack's connection stands, here or in another process behind the same port; None where it is not set up."""
    if parts.socket is None:
        return None
    return parts.socket.is_connected or any(said.socket for said in _said(parts))


def _socket_mode(parts: Parts) -> str:
    stands = is_connected(parts)
    if stands is None:
        return "not set up"
    return "connected" if stands else "not connected"


def _said(parts: Parts) -> tuple[Said, ...]:
    return parts.siblings.heard() if parts.siblings else ()


def _processes(parts: Parts) -> dict[str, str]:
    """Say how many processes answer behind this port, where there is more than one."""
    return {} if parts.siblings is None else {"processes": f"{len(_said(parts))} of {parts.siblings.count}"}
