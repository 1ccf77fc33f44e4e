"""Whether the service can do its work, with what is wrong in words.

Rules:
- `ready` is false when the database can't be read or written, its schema is not this program's, or no worker lives: another
  process may do better. Slack, a lost connection and an overdue alarm are said, and don't end it: no other process
  would do better, and HTTP and the terminal still work.
- Every problem is one sentence that says what to do.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from api.parts import Parts
from api.siblings import Said
from api.watching import OVERDUE, SILENCE, Stored, Watch
from engine.incident.describe_values import instant_text

SILENT: Final = "no answer"
"""The gate's word for a Slack that can't be reached."""

_NEEDED: Final = ("database", "writes", "migrations", "worker")


async def readiness(parts: Parts, watch: Watch) -> tuple[bool, dict[str, Any]]:
    """Say whether the service is ready, and everything that the answer rests on."""
    now = parts.clock.now()
    stored, write_trouble = await watch.stored(), await watch.write_trouble()
    facts: dict[str, Any] = _stored_facts(stored, now)
    facts["writes"] = write_trouble or "ok"
    facts["slack"] = _slack(parts)
    facts["socket_mode"] = _socket_mode(parts)
    facts |= _processes(parts)
    is_ready = all(facts[name] == "ok" for name in _NEEDED)
    return is_ready, {"ready": is_ready, "problems": _problems(facts, stored, now), **facts}


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
        return {"database": stored, **dict.fromkeys(("migrations", "worker", "alarms"), "unknown")}
    return {
        "database": "ok",
        "migrations": "ok" if stored.is_current else "run 'firebreak db upgrade'",
        "worker": "ok" if stored.beat_at is not None and now - stored.beat_at <= SILENCE else "silent",
        "worker_seen_at": instant_text(stored.beat_at),
        "alarms": "overdue" if _is_overdue(stored, now) else "ok",
        "oldest_alarm_at": instant_text(stored.alarm_at),
        "deliveries": stored.deliveries,
    }


def _problems(facts: dict[str, Any], stored: Stored | str, now: datetime) -> list[str]:
    """List what is wrong, what keeps the most from working first."""
    if isinstance(stored, str):
        found = [f"the database can't be read: {stored}"]
    else:
        found = list(_stored_problems(facts, stored, now))
    if facts["writes"] != "ok" and facts["writes"] != facts["database"]:
        found.insert(0, f"nothing can be written: {facts['writes']}")
    if facts["slack"] not in ("ok", "not set up"):
        found.append(f"Slack {facts['slack']}")
    if facts["socket_mode"] == "not connected":
        found.append("Socket Mode is not connected: what people do in Slack waits; see whether this server may connect to Slack")
    live, _, wanted = facts.get("processes", "").partition(" of ")
    if live != wanted:
        found.append(
            f"only {live} of {wanted} processes give a sign of life: the others are starting, stuck, or end again and again; see the log"
        )
    return found


def _stored_problems(facts: dict[str, Any], stored: Stored, now: datetime) -> list[str]:
    found = []
    if not stored.is_current:
        found.append("the database's schema is not this program's: run 'firebreak db upgrade', or install the release that wrote it")
    if facts["worker"] == "silent":
        since = f"since {instant_text(stored.beat_at)}" if stored.beat_at else "so far"
        found.append(f"no worker has given a sign of life {since}: nothing is sent and no deadline acts; start one ('firebreak worker')")
    if stored.alarm_at is not None and _is_overdue(stored, now):
        late = _span(now - stored.alarm_at)
        found.append(f"the oldest alarm is overdue by {late}: the worker is down, behind, or its work breaks off; see its log")
    return found


def _is_overdue(stored: Stored, now: datetime) -> bool:
    return stored.alarm_at is not None and now - stored.alarm_at > OVERDUE


def _span(late: timedelta) -> str:
    minutes = int(late.total_seconds() // 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"


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
    return own or next((said.slack for said in _heard(parts) if said.slack), None)


def is_connected(parts: Parts) -> bool | None:
    """Say whether Slack's connection stands, here or in another process behind the same port; None where it is not set up."""
    if parts.socket is None:
        return None
    return parts.socket.is_connected or any(said.socket for said in _heard(parts))


def _socket_mode(parts: Parts) -> str:
    stands = is_connected(parts)
    if stands is None:
        return "not set up"
    return "connected" if stands else "not connected"


def _heard(parts: Parts) -> tuple[Said, ...]:
    return parts.siblings.heard() if parts.siblings else ()


def _processes(parts: Parts) -> dict[str, str]:
    """Say how many processes answer behind this port, where there is more than one."""
    return {} if parts.siblings is None else {"processes": f"{len(_heard(parts))} of {parts.siblings.count}"}
