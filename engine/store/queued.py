"""What is in the queue where several processes work (PostgreSQL): nudges about rows, which stay the truth.

Rules:
- Whatever can go now has a job: `enqueue_owed` is called in each transaction after which something may go. What only time
  makes due, and whatever lost its job, is found by `sweep`, which one process does at a time.
- Whoever claims a job looks at its row. A mark that no longer fits, a lane whose turn is another's, an alarm that was moved:
  the job is finished and nothing is done.
- A delivery in flight belongs to the job that holds it, for as long as that one is claimed; `leased_until` only tells older
  releases to leave it alone. Attempts fence whoever lost it.
- Nobody compares two machines' clocks: a delivery that has a job is due.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Connection, Text, all_, and_, any_, bindparam, exists, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from engine.store.alarms import due_alarms
from engine.store.job import DELIVER, TICK, Job
from engine.store.lanes import CLAIMED, LOCKING_ORDER, OF_INCIDENT, is_turn
from engine.store.locking import is_shared, try_hold
from engine.store.outbox import LEASED, Arrival, Owed, owed_from, record_all_sent
from engine.store.pgqueue import IS_AHEAD, Unreadable, dequeue, enqueue, finish, finished, park, queue
from engine.store.prepared import Prepared
from engine.store.seal import Sealer
from engine.store.tables import alarms, deliveries, incidents, instant_text

ROUNDS: Final = 50
"""How often one transaction claims jobs that turn out to be seen to already."""
MOST: Final = 500
"""Alarms, and deliveries, that one sweep looks at: the longest due first, so that the others' turn comes."""


def enqueue_owed(tx: Connection, incident_id: str, now: datetime) -> None:
    """Let what can go now of an incident be sent, as part of the unit; on a file the rows themselves are the jobs."""
    if is_shared(tx):
        enqueue(tx, [_to_deliver(row) for row in _SENDABLE.every(tx, {"incident": incident_id, "now": now})])


def record_arrivals(tx: Connection, sealer: Sealer, worker: UUID, arrivals: Sequence[Arrival], now: datetime) -> None:
    """Settle what was sent, end its jobs, and queue what waited for it."""
    record_all_sent(tx, sealer, arrivals, now)
    end_and_enqueue(tx, worker, [each.owed for each in arrivals], now)


def end_and_enqueue(tx: Connection, worker: UUID, settled: Sequence[Owed], now: datetime) -> None:
    """Finish jobs and queue what can go now of their incidents: one statement fewer, and every delivery needs it."""
    numbers, incidents = [owed.job.number for owed in settled if owed.job], list({owed.incident_id for owed in settled})
    values = {"numbers": numbers, "worker": worker, "incidents": incidents, "now": now}
    enqueue(tx, [_to_deliver(row) for row in _ENDED_AND_SENDABLE.every(tx, values)])


def sweep(tx: Connection, now: datetime) -> None:
    """Queue what is due by now and has no job: alarms, later tries, edits at rest, what a lost queue forgot."""
    if try_hold(tx, "sweep"):
        ticks = [Job(TICK, incident_id, instant_text(due_at)) for incident_id, due_at in due_alarms(tx, now, MOST)]
        enqueue(tx, [*ticks, *(_to_deliver(row) for row in _DUE.every(tx, {"now": now, "most": MOST}))])


def claim_alarms(tx: Connection, worker: UUID, now: datetime, limit: int) -> list[tuple[Job, datetime]]:
    """Claim jobs of alarms that are due, with their instants, longest due first."""
    jobs = _readable(tx, dequeue(tx, worker, TICK, limit))
    rows = _ALARMS.every(tx, {"wanted": [job.about for job in jobs], "now": now}) if jobs else []
    due = {incident_id: datetime.fromisoformat(due_at) for incident_id, due_at in rows}
    chosen = {job.about: job for job in jobs if job.about in due}
    _finish_others(tx, worker, jobs, chosen)
    return [(job, due[about]) for about, job in chosen.items()]


def claim_deliveries(
    tx: Connection, sealer: Sealer, worker: UUID, now: datetime, *, limit: int, lease_until: datetime, under_way: Collection[int]
) -> list[Owed]:
    """Claim jobs until there is something to send, or none is left; what this process has `under_way` stays as it is."""
    for _ in range(ROUNDS):
        claimed = dequeue(tx, worker, DELIVER, limit)
        if not claimed:
            break
        jobs = _readable(tx, [each for each in claimed if each.number not in under_way])
        rows = {row[0]: row for row in _HELD.every(tx, {"wanted": [job.about for job in jobs]})} if jobs else {}
        chosen = {job.about: job for job in jobs if job.about in rows and _is_free(rows[job.about], job, now)}
        _finish_others(tx, worker, jobs, chosen)
        if chosen:
            held = [{"wanted": about, "until": lease_until, "now": now, "holder": str(job.number)} for about, job in chosen.items()]
            _HOLD.change_each(tx, held)
            return _opened(tx, sealer, [(rows[about], job) for about, job in chosen.items()])
    return []


def _opened(tx: Connection, sealer: Sealer, claimed: Sequence[tuple[tuple[Any, ...], Job]]) -> list[Owed]:
    contents = sealer.unseal_texts(tx, [row[1] for row, _ in claimed])
    receipts = sealer.unseal_texts(tx, [row[2] or "null" for row, _ in claimed])
    found = zip(claimed, contents, receipts, strict=True)
    return [owed_from(row[: len(CLAIMED)], content, receipt, job) for (row, job), content, receipt in found]


def _is_free(row: tuple[Any, ...], job: Job, now: datetime) -> bool:
    """Say whether a job may send: its own sending broke off, or it is still right and nobody else is sending."""
    revision, attempts, leased_until, holder, is_held = row[4], row[5], *row[len(CLAIMED) :]
    if leased_until is not None and holder == str(job.number):
        return True
    elsewhere = leased_until is not None and (is_held if holder else datetime.fromisoformat(leased_until) > now)
    return job.mark == _mark(revision, attempts) and not elsewhere


def _readable(tx: Connection, claimed: Iterable[Job | Unreadable]) -> list[Job]:
    """Sort out the jobs that say nothing, for an operator to see."""
    found = list(claimed)
    park(tx, [each.number for each in found if isinstance(each, Unreadable)])
    return [each for each in found if isinstance(each, Job)]


def _finish_others(tx: Connection, worker: UUID, jobs: Iterable[Job], chosen: Mapping[str, Job]) -> None:
    """Finish what was seen to already, or is somebody else's turn."""
    finish(tx, worker, [job.number for job in jobs if chosen.get(job.about) is not job])


def _to_deliver(row: tuple[Any, ...]) -> Job:
    delivery_id, revision, attempts = row
    return Job(DELIVER, delivery_id, _mark(revision, attempts))


def _mark(revision: int, attempts: int) -> str:
    return f"{revision}:{attempts}"


_is_held: Final = exists().where(queue.c.id == deliveries.c.holder.cast(BigInteger), queue.c.status.cast(Text) == "picked")
_WANTED: Final = bindparam("wanted", type_=ARRAY(Text))
_key: Final = literal(f"{DELIVER}:") + func.concat_ws(":", deliveries.c.id, deliveries.c.revision, deliveries.c.attempts)
_has_job: Final = exists().where(queue.c.dedupe_key == _key, IS_AHEAD)
"""Whoever queued what is queued already would wait for its claim to be committed, which may be waiting for this very row."""
_sendable: Final = (
    select(deliveries.c.id, deliveries.c.revision, deliveries.c.attempts)
    .where(*is_turn(), deliveries.c.due_at <= bindparam("now"), deliveries.c.leased_until.is_(None))
    .order_by(deliveries.c.position)
)
_SENDABLE: Final = Prepared.of(_sendable.where(deliveries.c.incident_id == bindparam("incident"), ~_has_job))
_ENDED_AND_SENDABLE: Final = Prepared.of(
    _sendable.where(
        deliveries.c.incident_id == any_(bindparam("incidents", type_=ARRAY(Text))),
        ~_has_job.where(queue.c.id != all_(bindparam("numbers", type_=ARRAY(BigInteger)))),
    ).add_cte(finished.cte("finished"))
)
_DUE: Final = Prepared.of(
    select(deliveries.c.id, deliveries.c.revision, deliveries.c.attempts)
    .where(
        *is_turn(),
        ~_has_job,
        deliveries.c.due_at <= bindparam("now"),
        or_(
            deliveries.c.leased_until.is_(None),
            and_(deliveries.c.holder.is_(None), deliveries.c.leased_until <= bindparam("now")),
            and_(deliveries.c.holder.is_not(None), ~_is_held),
        ),
    )
    .order_by(deliveries.c.due_at, deliveries.c.position)
    .limit(bindparam("most"))
)
_ALARMS: Final = Prepared.of(
    select(alarms.c.incident_id, alarms.c.due_at).where(alarms.c.incident_id == any_(_WANTED), alarms.c.due_at <= bindparam("now"))
)
_HELD: Final = Prepared.of(
    select(*CLAIMED, deliveries.c.leased_until, deliveries.c.holder, _is_held)
    .join_from(deliveries, incidents, OF_INCIDENT)
    .where(*is_turn(), deliveries.c.id == any_(_WANTED))
    .order_by(*LOCKING_ORDER)
    .with_for_update(of=deliveries)
)
_HOLD: Final = Prepared.of(
    update(deliveries).where(deliveries.c.id == bindparam("wanted")).values(LEASED | {"holder": bindparam("holder")})
)
