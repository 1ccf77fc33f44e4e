"""The library: published playbooks, the check that authors get in the terminal, and publishing."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Connection

from api.auth import needs
from api.body import StrictRoute, check_text
from api.form import start_form
from api.parts import Parts, parts_of
from api.problems import Problem, declared, not_found
from api.routes import library_answers as answers
from engine.incident.describe_values import instant_text
from engine.language.diagnostic import Diagnostic
from engine.language.organisation import Organisation
from engine.language.playbook import Playbook
from engine.runtime.library import restored_playbook
from engine.store import library as store
from engine.store.library import PlaybookVersion

Find = Callable[[Connection], PlaybookVersion | None]

router = APIRouter(prefix="/v1/playbooks", tags=["playbooks"], route_class=StrictRoute)

With = Annotated[Parts, Depends(parts_of)]
READ = [Depends(needs("playbooks:read"))]
WRITE = [Depends(needs("playbooks:write"))]
Id = Annotated[str, Path(max_length=64, examples=["filmed_workplace_argument"])]
Version = Annotated[str, Path(max_length=24, examples=["1.0.0"])]
_PICTURE_ONLY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""A picture opened by itself runs nothing, whatever an author wrote."""
YAML: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The playbook as YAML, UTF-8.",
        "content": {"application/yaml": {"schema": {"type": "string"}}},
    }
}


@router.get("", summary="List playbooks", responses=declared(gives=answers.PlaybookPage), dependencies=READ)
async def playbooks(parts: With) -> JSONResponse:
    """List the latest version of each playbook."""
    items = await parts.database.read(lambda tx: [_overview(each, restored_playbook(each)) for each in store.all_latest(tx)])
    return JSONResponse({"items": items, "next": None})


@router.post("/check", summary="Check a playbook", responses=declared(gives=answers.Checked), dependencies=READ, openapi_extra=YAML)
async def check(request: Request, parts: With) -> JSONResponse:
    """Say everything that is wrong with a playbook, as `firebreak check` does. Nothing is published or stored."""
    text = await _text(request)
    checked = await asyncio.to_thread(parts.library.check, text)
    diagnostics = [diagnostic_body(each) for each in checked.loaded.diagnostics]
    return JSONResponse({"valid": checked.loaded.playbook is not None, "diagnostics": diagnostics})


@router.get("/{id}", summary="Look at a playbook", responses=declared(gives=answers.PlaybookFull), dependencies=READ)
async def get(id: Id, parts: With) -> JSONResponse:
    """Give the latest version: what it asks, who it needs, its steps, and its source."""
    return JSONResponse(await _found(parts, lambda tx: store.latest(tx, id), _full, "this playbook"))


@router.get(
    "/{id}/form",
    summary="Get the start form",
    responses=declared() | {200: {"content": {"application/schema+json": {"schema": {"type": "object"}}}}},
    response_class=Response,
    dependencies=READ,
)
async def form(id: Id, parts: With) -> JSONResponse:
    """Give a JSON Schema of `inputs` in a request that declares an incident."""
    schema = await _found(parts, lambda tx: store.latest(tx, id), lambda stored: start_form(restored_playbook(stored)), "this playbook")
    return JSONResponse(schema, media_type="application/schema+json")


@router.get(
    "/{id}/graph.svg",
    summary="Get the picture",
    responses=declared() | {200: {"content": {"image/svg+xml": {"schema": {"type": "string"}}}}},
    response_class=Response,
    dependencies=READ,
)
async def graph(id: Id, parts: With) -> Response:
    """Draw the latest version, as `firebreak graph` does."""
    stored = await parts.database.read(lambda tx: store.latest(tx, id))
    if stored is None:
        raise not_found("this playbook")
    picture = await asyncio.to_thread(_drawn, stored, parts.library.organisation)
    return Response(picture, media_type="image/svg+xml", headers={"Content-Security-Policy": _PICTURE_ONLY})


@router.get("/{id}/versions", summary="List versions", responses=declared(gives=answers.PlaybookVersionPage), dependencies=READ)
async def versions(id: Id, parts: With) -> JSONResponse:
    """List the published versions, newest first."""
    stored = await parts.database.read(lambda tx: store.versions(tx, id))
    if not stored:
        raise not_found("this playbook")
    return JSONResponse({"items": [_version(each) for each in stored], "next": None})


@router.get("/{id}/versions/{version}", summary="Look at a version", responses=declared(gives=answers.PlaybookFull), dependencies=READ)
async def version(id: Id, version: Version, parts: With) -> JSONResponse:
    """Give one published version; it never changes."""
    return JSONResponse(await _found(parts, lambda tx: store.by_version(tx, id, version), _full, "this version"))


@router.put(
    "/{id}",
    summary="Publish a version",
    responses=declared(gives=answers.Published) | {201: {"model": answers.Published}},
    dependencies=WRITE,
    openapi_extra=YAML,
)
async def publish(id: Id, request: Request, parts: With) -> Response:
    """Publish a version. The same bytes again change nothing; other bytes under a published version are refused."""
    text, file = await _text(request), f"{id}.yaml"
    found = (await asyncio.to_thread(parts.library.check, text, file=file)).loaded.playbook
    if found is not None and found.id != id:
        message = f"is {found.id!r} in the file and {id!r} in the address"
        raise Problem("invalid", f"id {message}", errors=[{"field": "id", "message": message}])
    checked = await parts.library.publish(text, file=file)
    diagnostics = [diagnostic_body(each) for each in checked.loaded.diagnostics]
    if checked.version is None or checked.publication is None:
        raise Problem("playbook_invalid", "the playbook has errors; nothing was published", diagnostics=diagnostics)
    if checked.publication.outcome == "clash":
        raise _taken(checked.version, file)
    outcome, name = checked.publication.outcome, checked.version.version
    facts = await _found(parts, lambda tx: store.by_version(tx, id, name), _version, "this version")
    return JSONResponse({**facts, "outcome": outcome, "diagnostics": diagnostics}, status_code=201 if outcome == "published" else 200)


def diagnostic_body(diagnostic: Diagnostic) -> dict[str, Any]:
    """Describe a finding as JSON."""
    return {**asdict(diagnostic), "notes": list(diagnostic.notes)}


def _taken(version: PlaybookVersion, file: str) -> Problem:
    message = f"version {version.version!r} was published with other content; raise the version"
    lines = version.source.splitlines()
    line = next((number for number, text in enumerate(lines) if text.startswith("version:")), 0)
    finding = Diagnostic("FB012", "error", message, file, line + 1, 1, source_line=lines[line] if lines else "")
    return Problem("version_taken", message, diagnostics=[diagnostic_body(finding)])


async def _text(request: Request) -> str:
    body = await request.body()
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Problem("malformed", "the playbook isn't UTF-8") from error
    check_text(text, "body")
    return text


async def _found(parts: Parts, find: Find, shown: Callable[[PlaybookVersion], dict[str, Any]], what: str) -> dict[str, Any]:
    """Find a version and describe it off the event loop, because reading a playbook back takes milliseconds."""

    def read(tx: Connection) -> dict[str, Any] | None:
        stored = find(tx)
        return shown(stored) if stored is not None else None

    facts = await parts.database.read(read)
    if facts is None:
        raise not_found(what)
    return facts


def _drawn(stored: PlaybookVersion, organisation: Organisation) -> str:
    from engine.authoring.drawing.svg import svg
    from engine.authoring.paper.book import Book

    return svg(Book(restored_playbook(stored), dict(stored.files), organisation))


def _version(stored: PlaybookVersion) -> dict[str, Any]:
    return {"id": stored.id, "version": stored.version, "digest": stored.digest, "published_at": instant_text(stored.published_at)}


def _overview(stored: PlaybookVersion, playbook: Playbook) -> dict[str, Any]:
    return {
        **_version(stored),
        "title": playbook.title,
        "status": playbook.status,
        "summary": playbook.summary.strip(),
        "triggers": list(playbook.triggers),
        "tags": list(playbook.tags),
        "owner": playbook.owner,
        "steps": len(playbook.steps),
    }


def _full(stored: PlaybookVersion) -> dict[str, Any]:
    playbook = restored_playbook(stored)
    return {
        **_overview(stored, playbook),
        "visibility": playbook.settings.visibility,
        "inputs": {name: each.model_dump(mode="json", exclude_none=True) for name, each in playbook.inputs.items()},
        "roles": {name: {"title": each.title} for name, each in playbook.roles.items()},
        "severity_levels": list(playbook.severity.levels) if playbook.severity else [],
        "milestones": {
            name: {"title": each.title, "within": str(each.within), "from": each.from_} for name, each in playbook.milestones.items()
        },
        "policies": [{"id": each.id, "rule": each.rule, "why": each.why} for each in playbook.policies],
        "steps": [{"id": each.id, "kind": each.kind, "title": each.title, "role": each.role} for each in playbook.steps],
        "follow_ups": [{"id": each.id, "at": str(each.at), "title": each.task, "role": each.role} for each in playbook.follow_ups],
        "source": stored.source,
        "files": dict(stored.files),
    }
