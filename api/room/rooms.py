"""The pages to read: what is open, an incident, a step. Reading changes nothing, because programs follow links too."""

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from api.parts import Parts
from api.room.incident_facts import open_incidents, page_facts, slack_trouble
from api.room.page_route import PageRoute, Visiting, With, no_such_page
from api.room.pages import drawn
from api.room.sessions import Visitor
from api.room.step_facts import page_facts as step_page_facts
from engine.runtime.outcome import Seen

router = APIRouter(prefix="/rooms", include_in_schema=False, route_class=PageRoute)

Key = Annotated[str, Path(max_length=64)]
Step = Annotated[str, Path(max_length=64)]


@router.get("")
async def rooms(parts: With, visitor: Visiting) -> Response:
    """List the open incidents that the reader may know of."""
    return drawn(parts, "rooms", visitor=visitor, trouble=slack_trouble(parts), **await open_incidents(parts, visitor))


@router.get("/{key}")
async def room(key: Key, parts: With, visitor: Visiting) -> Response:
    """Show an incident."""
    seen = await seen_by(parts, visitor, key)
    return drawn(parts, "incident", visitor=visitor, trouble=slack_trouble(parts), **await page_facts(parts, seen, visitor))


@router.get("/{key}/steps/{step}")
async def step(key: Key, step: Step, parts: With, visitor: Visiting) -> Response:
    """Show a step, with the exact words of an approval and its keys."""
    return step_page(parts, await seen_by(parts, visitor, key), step, visitor)


async def seen_by(parts: Parts, visitor: Visitor, key: str) -> Seen:
    """Find an incident for a reader; raises Problem when it doesn't exist for them."""
    seen = await parts.handler.look(key, visitor.actor)
    if seen is None:
        raise no_such_page()
    return seen


def step_page(
    parts: Parts,
    seen: Seen,
    step: str,
    visitor: Visitor,
    *,
    said: str | None = None,
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    """Draw a step's page; `said` is why a form was not taken, `typed` the texts that stood in it. Raises Problem."""
    try:
        facts = step_page_facts(seen, step, visitor, now=parts.clock.now())
    except KeyError as error:
        raise no_such_page() from error
    kept = {name: text for name, text in (typed or {}).items() if name in facts["fields"]}
    lost = {name: text for name, text in (typed or {}).items() if name not in kept}
    more = {"said": said, "typed": kept, "lost_words": lost, "step": step, "trouble": slack_trouble(parts)}
    return drawn(parts, "step", visitor=visitor, status=status, **more, **facts)
