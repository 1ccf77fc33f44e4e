"""Commands whose requests are plain reach their route without FastAPI's general machinery, which costs more than the command's rules.

Rules:
- Plain is a request with a bearer token whose address and body are good at first sight. Everything else takes FastAPI's own way,
  which also words what is wrong with it.
- What a route takes is read from what it declares to FastAPI: the OpenAPI document and the plain way can't come apart.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.security import HTTPAuthorizationCredentials

from api.auth import ACTING_FOR
from api.body import StrictRequest, StrictRoute, is_json
from api.commanding import Call, call, writer
from api.idempotency import HEADER

_SCHEME: Final = "Bearer "


class CommandRoute(StrictRoute):
    """A route that takes plain commands quickly; one that declares more than path, body and `Calling` takes everything the general way."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        general, dependant = super().get_route_handler(), self.dependant
        place = _place_of_call(dependant)
        if place is None:
            return general

        async def handle(request: Request) -> Response:
            strict = StrictRequest(request.scope, request.receive)
            values = await _values(dependant, strict) if strict.headers.get("authorization", "").startswith(_SCHEME) else None
            if values is None:
                return await general(strict)
            response: Response = await self.endpoint(**values, **{place: await _called(strict)})
            return response

        return handle


def _place_of_call(dependant: Dependant) -> str | None:
    """Find under which name a route takes its `Call`; None where it takes something else besides."""
    other = (dependant.query_params, dependant.header_params, dependant.cookie_params, dependant.body_params[1:])
    if any(other) or dependant.request_param_name or len(dependant.dependencies) != 1:
        return None
    only = dependant.dependencies[0]
    return only.name if only.call is call else None


async def _values(dependant: Dependant, request: StrictRequest) -> dict[str, Any] | None:
    """Read address and body; None where something is wrong with them, or nobody knows yet."""
    found: dict[str, Any] = {}
    for field in dependant.path_params:
        found[field.name], errors = field.validate(request.path_params.get(field.alias), found, loc=("path", field.alias))
        if errors:
            return None
    for field in dependant.body_params:
        if not await request.body() or not is_json(request.headers.get("content-type", "")):
            return None
        found[field.name], errors = field.validate(await request.json(), found, loc=("body",))
        if errors:
            return None
    return found


async def _called(request: StrictRequest) -> Call:
    given, headers = request.headers["authorization"], request.headers
    token = HTTPAuthorizationCredentials(scheme=_SCHEME.strip(), credentials=given.removeprefix(_SCHEME))
    caller = await writer(request, token, headers.get(ACTING_FOR))
    return await call(request, caller, headers.get(HEADER), headers.get("if-match"))
