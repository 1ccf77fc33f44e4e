"""Whether the process is up, and whether it can do its work."""

from typing import Annotated, Any, Final, get_args

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from api.parts import Parts, parts_of
from api.problems import CODES, declared, not_found
from api.readiness import readiness
from api.watching import Watch, watch_of
from engine.incident.refusal import ABOUT_WHO, RefusalCode

router = APIRouter(tags=["operating"])

With = Annotated[Parts, Depends(parts_of)]
_AT_THE_EDGE: Final[dict[int | str, dict[str, Any]]] = {status: each for status, each in declared().items() if status in (400, 413, 422)}


@router.get("/healthz", summary="Is the process up?", responses=_AT_THE_EDGE)
async def healthz() -> dict[str, str]:
    """Answer at once, whatever the database does."""
    return {"status": "up"}


class Readiness(BaseModel):
    """Whether it can do its work, and what the answer rests on."""

    model_config = ConfigDict(extra="allow")

    ready: bool
    problems: list[str] = Field(description="What is wrong and what to do, in words.")


_STATES: Final[dict[int | str, dict[str, Any]]] = _AT_THE_EDGE | {
    200: {"model": Readiness},
    503: {"model": Readiness, "description": "Not now; the body says what is missing."},
}


@router.get("/readyz", summary="Can it do its work?", responses=_STATES)
async def readyz(parts: With, watch: Annotated[Watch, Depends(watch_of)]) -> JSONResponse:
    """Say whether the database reads and writes with the right schema and a worker lives, and what else is wrong. Needs no token."""
    is_ready, facts = await readiness(parts, watch)
    return JSONResponse(facts, status_code=200 if is_ready else 503)


@router.get("/problems/{code}", summary="Read what an error code means", responses=_AT_THE_EDGE | {404: declared()[404]})
async def problem(code: str) -> dict[str, Any]:
    """Explain a problem's `code`; the `type` of every problem leads here."""
    if code in CODES:
        return {"code": code, "status": CODES[code][0], "title": CODES[code][1]}
    if code in get_args(RefusalCode):
        status, title = CODES["not_yours" if code in ABOUT_WHO else "refused"]
        return {"code": code, "status": status, "title": title}
    raise not_found("this code")
