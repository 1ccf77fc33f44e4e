"""What happens in an incident, as it happens: server-sent events that a client resumes where it lost them.

Rules:
- An event is an entry of the timeline, its id the entry's number; `Last-Event-ID`, or `after`, says what was seen already.
- Who may follow is asked again with every change, and once a minute: a stream ends with its token or with what its reader may see.
- A stream that ends says why in a last event, `end`, unless the line just breaks. A process that stops ends its streams.
"""

import asyncio
from collections.abc import AsyncIterable
from contextlib import suppress
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from sqlalchemy import Connection

from api.body import StrictRoute
from api.problems import Problem, declared
from api.reading import Look, Looking
from api.routes.incidents import Key
from engine.runtime.following import Following
from engine.runtime.outcome import Seen
from engine.runtime.telling import Teller, Told, told_facts
from engine.store.fault import Fault
from engine.store.tokens import find_again

ASK_AGAIN_SECONDS: Final = 60.0
PAGE: Final = 100
RETRY_MS: Final = 2_000
"""How long a client waits before it comes again."""

router = APIRouter(prefix="/v1/incidents", tags=["incidents"], route_class=StrictRoute)


class Stream:
    """One reader of one incident."""

    def __init__(self, look: Look, seen: Seen, after: int) -> None:
        self._look = look
        self._seen = seen
        self._teller = Teller()
        self._after = after

    async def page(self) -> list[Told]:
        """Tell what is new; raises Problem when the reader may not follow any more."""
        parts = self._look.parts
        if not await parts.database.read(self._is_still_good):
            raise Problem("unauthenticated", "the token has expired or was revoked")
        self._seen = await self._look.incident(self._seen.incident.id)
        return await parts.database.read(lambda tx: self._teller.told_on(tx, parts.sealer, self._seen, limit=PAGE, after=self._after))

    def facts(self, each: Told) -> dict[str, Any]:
        """Describe one entry."""
        return told_facts(self._seen.world, each)

    @property
    def incident_id(self) -> str:
        return self._seen.incident.id

    def _is_still_good(self, tx: Connection) -> bool:
        return find_again(tx, self._look.caller.token, self._look.parts.clock.now()) is not None


async def stream_of(
    key: Key,
    look: Looking,
    after: Annotated[
        int | None, Query(ge=0, le=10**9, description="Number of the last entry seen: the `version` of an incident; by default the newest.")
    ] = None,
    last_event_id: Annotated[str | None, Header(max_length=20, description="The same, as clients send it that come again.")] = None,
) -> Stream:
    """Find the incident before anything is answered, so that what doesn't exist is 404."""
    seen = await look.incident(key)
    wanted = _number(last_event_id) if last_event_id else after
    newest = seen.incident.version
    return Stream(look, seen, newest if wanted is None else min(wanted, newest))


@router.get("/{key}/events", summary="Follow what happens", responses=declared(), response_class=EventSourceResponse)
async def events(request: Request, stream: Annotated[Stream, Depends(stream_of)]) -> AsyncIterable[ServerSentEvent]:
    """Give the entries of the timeline as they come, as server-sent events; a comment every 15 seconds keeps the line open."""
    following: Following = request.app.state.following
    yield ServerSentEvent(comment="following", retry=RETRY_MS)
    async with following.of(stream.incident_id) as changed:
        while not following.closed.is_set():
            changed.clear()
            try:
                page = await stream.page()
            except (Problem, Fault) as end:
                yield ServerSentEvent(event="end", data=_why(end))
                return
            for each in page:
                yield ServerSentEvent(event="entry", id=str(each.seq), data=stream.facts(each))
            if len(page) < PAGE:
                with suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), ASK_AGAIN_SECONDS)


def _why(end: Problem | Fault) -> dict[str, str]:
    if isinstance(end, Problem):
        return {"code": end.code, "detail": end.detail}
    return {"code": "unavailable", "detail": "storage is away; come again in a few seconds"}


def _number(last_event_id: str) -> int:
    if not (last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) < 10):
        message = "is not the id of an event of ours"
        raise Problem("invalid", f"Last-Event-ID {message}", errors=[{"field": "Last-Event-ID", "message": message}])
    return int(last_event_id)
