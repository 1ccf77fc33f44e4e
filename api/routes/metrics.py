"""The figures of this process and of what it shares, for Prometheus; who may read them is `FIREBREAK_METRICS`."""

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.auth import needs
from api.figures import figures
from api.metrics import MEDIA_TYPE
from api.parts import Parts, parts_of
from api.watching import Watch, watch_of

router = APIRouter(tags=["operating"])

_reader: Final = needs("metrics:read")


async def may_read(
    request: Request,
    parts: Annotated[Parts, Depends(parts_of)],
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))],
) -> None:
    """Let in whom the setting lets in; where the figures are off there is no such address."""
    match parts.settings.metrics:
        case "off":
            raise HTTPException(404)
        case "token":
            await _reader(request=request, given=given, acting_for=None)
        case _:
            return


@router.get("/metrics", include_in_schema=False, dependencies=[Depends(may_read)])
async def metrics(parts: Annotated[Parts, Depends(parts_of)], watch: Annotated[Watch, Depends(watch_of)]) -> Response:
    """Write every figure; those of the database are left out while it is away. A thread writes: it takes some milliseconds."""
    beside = tuple(figures(parts, await watch.counted()))
    return Response(await asyncio.to_thread(parts.metrics.written, beside), media_type=MEDIA_TYPE)
