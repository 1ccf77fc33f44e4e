"""Whether the process is up, and whether it can do its work."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final, get_args

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from sqlalchemy import Connection

from api.parts import Parts, parts_of
from api.problems import CODES, declared, not_found
from engine.incident.describe_values import instant_text
from engine.incident.refusal import ABOUT_WHO, RefusalCode
from engine.runtime.worker import HEARTBEAT, last_heartbeat
from engine.store.fault import Fault
from engine.store.migrate import is_current
from engine.store.outbox import delivery_counts

router = APIRouter(tags=["operating"])

With = Annotated[Parts, Depends(parts_of)]
_SILENCE: Final = timedelta(seconds=3 * HEARTBEAT)


@router.get("/healthz", summary="Is the process up?")
async def healthz() -> dict[str, str]:
    """Answer at once, whatever the database does."""
    return {"status": "up"}


@router.get("/readyz", summary="Can it do its work?", responses={503: {"description": "Not now; the body says what is missing."}})
async def readyz(parts: With) -> JSONResponse:
    """Say whether the database answers with the right schema, and whether the worker is alive. Needs no token and tells no secrets."""
    now = parts.clock.now()
    try:
        facts = await parts.database.read(lambda tx: _facts(tx, now))
    except Fault as fault:
        facts = {"database": fault.done, "migrations": "unknown", "worker": "unknown"}
    facts["slack"] = _slack(parts)
    is_ready = facts["database"] == "ok" and facts["migrations"] == "ok" and facts["worker"] == "ok"
    return JSONResponse({"ready": is_ready, **facts}, status_code=200 if is_ready else 503)


@router.get("/problems/{code}", summary="Read what an error code means", responses={404: declared()[404]})
async def problem(code: str) -> dict[str, Any]:
    """Explain a problem's `code`; the `type` of every problem leads here."""
    if code in CODES:
        return {"code": code, "status": CODES[code][0], "title": CODES[code][1]}
    if code in get_args(RefusalCode):
        status, title = CODES["not_yours" if code in ABOUT_WHO else "refused"]
        return {"code": code, "status": status, "title": title}
    raise not_found("this code")


def _slack(parts: Parts) -> str:
    """Say how Slack takes us. Its refusal leaves HTTP and the terminal in working order, so it does not end readiness."""
    if parts.slack_trouble is None:
        return "not set up"
    code = parts.slack_trouble()
    if code == "no answer":
        return "does not answer; deliveries wait"
    return f"refuses the app's credentials: {code}" if code else "ok"


def _facts(tx: Connection, now: datetime) -> dict[str, Any]:
    beat = last_heartbeat(tx)
    is_alive = beat is not None and now - beat <= _SILENCE
    return {
        "database": "ok",
        "migrations": "ok" if is_current(tx) else "run 'firebreak db upgrade'",
        "worker": "ok" if is_alive else "silent",
        "worker_seen_at": instant_text(beat),
        "deliveries": delivery_counts(tx),
    }
