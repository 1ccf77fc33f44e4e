"""What was sent for an incident, what failed and why, and sending it again."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse
from sqlalchemy import Connection

from api.body import StrictRoute
from api.commanding import Calling
from api.idempotency import Answer
from api.paging import Cursor, Limit, listing
from api.problems import declared, not_found
from api.reading import Looking
from api.routes.incident_answers import DeliveryPage, RevivedDelivery
from api.routes.incidents import Key
from api.routes.shapes import delivery_row
from engine.incident.visibility import may_read, takes_part
from engine.runtime.outcome import Seen
from engine.store.outbox import revive
from engine.store.queued import enqueue_owed
from engine.store.views import SeenDelivery, deliveries_of, delivery_by_id

router = APIRouter(prefix="/v1/incidents/{key}/deliveries", tags=["deliveries"], route_class=StrictRoute)


@router.get("", summary="See what was sent", responses=declared(gives=DeliveryPage))
async def deliveries(request: Request, key: Key, look: Looking, cursor: Cursor = None, limit: Limit = 50) -> JSONResponse:
    """List an incident's deliveries, oldest first: `pending`, `waiting` (held back), `sent` or `dead`, with the last error."""
    seen = await look.incident(key)
    sealer = look.parts.sealer
    page = await look.ask(lambda tx: deliveries_of(tx, sealer, seen.incident.id, cursor=cursor, limit=limit))

    def shown(delivery: SeenDelivery) -> dict[str, object]:
        return delivery_row(delivery, reads=_reads(seen, delivery, look))

    return listing(request, page.items, page.next, shown)


@router.post("/{id}/retry", summary="Send a delivery again", responses=declared(409, gives=RevivedDelivery))
async def retry(key: Key, id: Annotated[str, Path(max_length=200, examples=["INC-7:31:0"])], call: Calling) -> JSONResponse:
    """Send a dead or pending delivery again now."""
    seen = await call.parts.handler.look(key, call.caller.actor)
    if seen is None:
        raise not_found("this incident")
    now, incident = call.parts.clock.now(), seen.incident

    def again(tx: Connection) -> Answer | None:
        known = delivery_by_id(tx, call.parts.sealer, incident.id, id)
        is_revived = known is not None and revive(tx, id, now)
        enqueue_owed(tx, incident.id, now)
        return Answer(200, {"id": id, "state": "pending"}) if is_revived else None

    answer = await call.once(again, incident.id)
    if answer is None:
        raise not_found("this delivery, as one that can be sent again,")
    call.parts.handler.woken.set()
    return answer


def _reads(seen: Seen, delivery: SeenDelivery, look: Looking) -> bool:
    actor = look.caller.actor
    if delivery.id.startswith("digest:"):  # it lists tasks of other incidents too
        return actor.person is not None and delivery.target == f"person:{actor.person}"
    if delivery.step is not None and seen.world.step(seen.incident, delivery.step) is not None:
        return takes_part(seen.world, seen.incident, actor) and may_read(seen.world, seen.incident, delivery.step, actor)
    return takes_part(seen.world, seen.incident, actor)
