"""What the OpenAPI document says beyond the routes: the shape of problems, and how to get in."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from api.operation_ids import operation_id
from api.problems import ProblemBody
from api.routes.webhook_events import outgoing

DESCRIPTION: Final = """
Playbooks for viral incidents: who does what, by when, and who must approve before anything is said.

Send `Authorization: Bearer fb_…` (see `firebreak token create`). Times are RFC 3339 in UTC. Every error is
`application/problem+json` (RFC 9457) with a stable `code`. Every POST takes an `Idempotency-Key`; an
incident's `ETag` is its version, and `If-Match` guards any change.
"""


def describe_with(app: FastAPI) -> None:
    """Make the application describe itself with the shapes of problems added."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend the document


def _document(app: FastAPI) -> dict[str, Any]:
    document: dict[str, Any] = get_openapi(
        title=app.title,
        version=app.version,
        description=DESCRIPTION.strip(),
        routes=app.routes,
        webhooks=outgoing.routes,
        tags=app.openapi_tags,
    )
    _, shapes = models_json_schema([(ProblemBody, "serialization")], ref_template="#/components/schemas/{model}")
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(shapes["$defs"])
    for method, path, operation in ((method, path, one) for path, each in document["paths"].items() for method, one in each.items()):
        operation["operationId"] = operation_id(method, path) or operation["operationId"]
        for parameter in operation.get("parameters", ()):
            parameter["schema"] = _never_null(parameter["schema"])
        for content in operation.get("requestBody", {}).get("content", {}).values():
            content["schema"] = _never_null(content["schema"])
    return document


def _never_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Take `null` out of the shape of a parameter or a body: they can be left out, and can't be null."""
    kinds = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    only: dict[str, Any] = kinds[0]
    return only | {name: value for name, value in schema.items() if name != "anyOf"}
