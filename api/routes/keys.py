"""The keys that seal what is personal, for administrators: which secret wraps how many, and all of them under the first."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import Field

from api.auth import needs
from api.body import StrictRoute
from api.key_facts import standing_facts
from api.parts import Parts, parts_of
from api.problems import declared
from api.routes.step_bodies import Body
from engine.store.rotation import finish, rotate, standing

router = APIRouter(prefix="/v1/keys", tags=["operating"], route_class=StrictRoute, dependencies=[Depends(needs("admin"))])

With = Annotated[Parts, Depends(parts_of)]


class Rotation(Body):
    after: str = Field("", max_length=32, description="`next` of the last answer; without it, from the beginning.")


@router.get("", summary="Count keys by secret", responses=declared())
async def keys(parts: With) -> JSONResponse:
    """Count the keys that each secret of this server's FIREBREAK_SECRET_KEY opens."""
    ring = parts.sealer.ring
    return JSONResponse(standing_facts(await parts.database.read(lambda tx: standing(tx, ring))))


@router.post("/rotate", summary="Wrap keys with the first secret", responses=declared())
async def rotated(body: Rotation, parts: With) -> JSONResponse:
    """Wrap up to 10,000 keys with this server's first secret. Repeat with `next` until it is null; then the counts stand beside it."""
    progress = await rotate(parts.database, parts.sealer.ring, body.after)
    facts: dict[str, Any] = {"rewrapped": progress.rewrapped, "next": progress.next}
    if progress.next is None:
        facts |= standing_facts(await finish(parts.database, parts.sealer.ring))
    return JSONResponse(facts)
