"""Forget a person: destroy the key, and the copies of their name inside whole texts.

Rules:
- What was marked as theirs can't be read by anybody any more, in events, snapshots and read tables alike.
- Deliveries and stored answers are sealed as a whole, under their incident's key, and may name the person
  in the middle of a sentence. In every incident that speaks of them, finished deliveries and stored
  answers lose their words; an unsent one only when the name stands in it, because the others are needed.
- Then the write-ahead log is emptied, so that the key is in no file. Backups are the operator's to expire.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, select, update

from engine.store.canonical import canonical
from engine.store.database import Database
from engine.store.lanes import let_all_pass
from engine.store.marks import folded
from engine.store.seal import Sealer, erased_mark
from engine.store.tables import deliveries, idempotency_keys, key_uses


async def erase_subject(database: Database, sealer: Sealer, subject: str, *, reason: str, at: datetime) -> bool:
    """Forget a subject for good; False when nothing is stored about them. Raises Fault when the log can't be emptied yet."""
    is_known = await database.write(lambda tx: forget_subject(tx, sealer, subject, reason=reason, at=at))
    await database.scrub()
    return is_known


async def erase_incident(database: Database, sealer: Sealer, incident_id: str, *, reason: str, at: datetime) -> bool:
    """Forget what an incident holds of nobody in particular, and all words of its deliveries; False when there is nothing."""
    is_known = await database.write(lambda tx: forget_incident(tx, sealer, incident_id, reason=reason, at=at))
    await database.scrub()
    return is_known


def forget_subject(tx: Connection, sealer: Sealer, subject: str, *, reason: str, at: datetime) -> bool:
    """Do the part of `erase_subject` that is one unit of work; `Database.scrub` must follow its commit."""
    key_id = sealer.destroy_subject(tx, subject, reason=reason, at=at)
    if key_id is None:
        return False
    mentioning = list(tx.execute(select(key_uses.c.incident_id).where(key_uses.c.key_id == key_id)).scalars())
    note = canonical(erased_mark(reason, at))
    _forget_answers(tx, mentioning)
    _forget_finished(tx, mentioning, note)
    _forget_deliveries(tx, _naming(tx, sealer, mentioning, folded(subject)), note)
    return True


def forget_incident(tx: Connection, sealer: Sealer, incident_id: str, *, reason: str, at: datetime) -> bool:
    """Do the part of `erase_incident` that is one unit of work; `Database.scrub` must follow its commit."""
    if sealer.destroy_incident(tx, incident_id, reason=reason, at=at) is None:
        return False
    note = canonical(erased_mark(reason, at))
    _forget_answers(tx, [incident_id])
    _forget_finished(tx, [incident_id], note)
    unsent = select(deliveries.c.id).where(deliveries.c.incident_id == incident_id, deliveries.c.state.in_(("pending", "waiting")))
    _forget_deliveries(tx, list(tx.execute(unsent).scalars()), note)
    tx.execute(update(deliveries).where(deliveries.c.incident_id == incident_id).values(receipt=None))
    return True


def _forget_answers(tx: Connection, incident_ids: Iterable[str]) -> None:
    tx.execute(update(idempotency_keys).where(idempotency_keys.c.incident_id.in_(incident_ids)).values(answer=None))


def _forget_finished(tx: Connection, incident_ids: Iterable[str], note: str) -> None:
    """Keep that something was sent, and its receipt, so that a card is still edited and not posted again."""
    of_incidents = deliveries.c.incident_id.in_(incident_ids)
    tx.execute(update(deliveries).where(of_incidents, deliveries.c.state == "sent").values(content=note))
    tx.execute(update(deliveries).where(of_incidents, deliveries.c.state == "dead").values(content=note, state="erased"))


def _naming(tx: Connection, sealer: Sealer, incident_ids: Iterable[str], name: str) -> list[str]:
    unsent = select(deliveries.c.id, deliveries.c.content).where(
        deliveries.c.incident_id.in_(incident_ids), deliveries.c.state.in_(("pending", "waiting"))
    )
    rows = tx.execute(unsent).all()
    contents = sealer.unseal_texts(tx, [row.content for row in rows])
    return [row.id for row, content in zip(rows, contents, strict=True) if name in folded(canonical(content))]


def _forget_deliveries(tx: Connection, ids: Iterable[str], note: str) -> None:
    tx.execute(update(deliveries).where(deliveries.c.id.in_(ids)).values(content=note, state="erased", leased_until=None))
    let_all_pass(tx)
