"""pgqueuer's queue, used inside our own transactions: claiming, leases and the takeover of a dead worker's jobs are its.

Rules:
- A unit of work calls it like any other statement. It speaks through the unit's own connection, whose adapter begins the
  transaction before the first statement: nothing that is put into the queue can escape what it belongs to.
- A job that is queued, or being done, is not queued a second time (its key, `on_conflict="skip"`).
- A job is finished in the transaction that records what it did, and only by whoever still has it.
- Whether a worker lives is asked of the database's clock, never of a machine's.
"""

from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Connection, Interval, Text, Uuid, any_, bindparam, column, delete, func, select, table, text
from sqlalchemy.dialects.postgresql import ARRAY

from engine.store.job import DELIVER, TICK, Job, Kind
from engine.store.prepared import Prepared

if TYPE_CHECKING:
    from engine.store.pgqueue_library import Library

T = TypeVar("T")

SILENT: Final = timedelta(seconds=6)
"""A worker that gave no sign of life for so long is dead: its jobs are somebody else's."""
STRAY: Final = timedelta(minutes=1)
"""A job of a kind that nobody here knows may be a newer release's: for so long it is left to it."""
PREFIX: Final = "firebreak_"
CHANNEL: Final = f"{PREFIX}ch_pgqueuer"
"""Where each new job is announced, to whoever listens."""

TABLE: Final = f"{PREFIX}pgqueuer"
queue: Final = table(
    TABLE,
    column("id", BigInteger),
    column("status"),
    column("entrypoint", Text),
    column("dedupe_key", Text),
    column("created"),
    column("queue_manager_id", Uuid),
)
"""The library's table of jobs, for what its own queries don't ask."""

IS_AHEAD: Final = text(f"{TABLE}.status IN ('queued', 'picked')")
"""A job that is not parked; written so that the index of keys is used."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A job that says nothing we could do."""

    number: int
    kind: str


class _Content(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    about: str
    mark: str


def enqueue(tx: Connection, jobs: Sequence[Job]) -> None:
    """Put jobs into the queue, as part of the unit; one that is there already is left alone."""
    if not jobs:
        return
    _done(
        _library(tx).queries.enqueue(
            [job.kind for job in jobs],
            [msgspec.json.encode(_Content(job.about, job.mark)) for job in jobs],
            [0 for _ in jobs],
            dedupe_key=[f"{job.kind}:{job.about}:{job.mark}" for job in jobs],
            on_conflict="skip",
        )
    )
    assert tx.connection.driver_connection.is_in_transaction(), "a job would outlive what it is about"  # type: ignore[union-attr]


def dequeue(tx: Connection, worker: UUID, kind: Kind, limit: int) -> list[Job | Unreadable]:
    """Claim jobs for one worker, oldest first; those of a worker that has been silent for `SILENT` too."""
    claimed = _done(_library(tx).dequeue(worker, kind, limit, SILENT))
    return [_read(kind, job.id, job.payload) for job in claimed]


def beat(tx: Connection, numbers: Iterable[int]) -> None:
    """Show that whoever has these jobs lives."""
    _done(_library(tx).beat(numbers))


def finish(tx: Connection, worker: UUID, numbers: Sequence[int]) -> None:
    """Take jobs that are done out of the queue; those that another worker has taken over are its own to finish."""
    if numbers:  # the library's own statement asks for nobody's leave
        _FINISHED.change(tx, {"numbers": list(numbers), "worker": worker})


def park(tx: Connection, numbers: Sequence[int]) -> None:
    """Keep jobs that nobody can do where an operator sees them (`failed`); nobody claims them again."""
    if numbers:
        _done(_library(tx).park(numbers))


def strays(tx: Connection, limit: int) -> list[Unreadable]:
    """Find jobs of a kind that nobody here knows, and that nobody else has done either."""
    return [Unreadable(*row) for row in _STRAYS.every(tx, {"known": [TICK, DELIVER], "after": STRAY, "most": limit})]


def parked(tx: Connection, limit: int) -> list[Unreadable]:
    """Find the newest jobs that are parked."""
    return [Unreadable(*row) for row in _PARKED.every(tx, {"most": limit})]


def _library(tx: Connection) -> "Library":
    """Load pgqueuer when something is first asked of it: whoever keeps everything in a file never waits for it."""
    from engine.store.pgqueue_library import Library

    return Library(tx)


def _done(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine of the library to its end, here and now: its driver never waits."""
    try:
        work.send(None)
    except StopIteration as end:
        answer: T = end.value
        return answer
    raise AssertionError("the driver waits for nothing")


def _read(kind: Kind, number: int, payload: bytes | None) -> Job | Unreadable:
    try:
        content = msgspec.json.decode(payload or b"", type=_Content)
    except msgspec.DecodeError:
        return Unreadable(number, kind)
    return Job(kind, content.about, content.mark, number)


finished: Final = (
    delete(queue)
    .where(queue.c.id == any_(bindparam("numbers", type_=ARRAY(BigInteger))), queue.c.queue_manager_id == bindparam("worker", type_=Uuid))
    .returning(queue.c.id)
)
"""Takes the `numbers` that are still the `worker`'s out of the queue."""
_FINISHED: Final = Prepared.of(finished)
_STRAYS: Final = Prepared.of(
    select(queue.c.id, queue.c.entrypoint)
    .where(
        queue.c.status.cast(Text) == "queued",
        queue.c.entrypoint != func.all(bindparam("known", type_=ARRAY(Text))),
        queue.c.created < func.now() - bindparam("after", type_=Interval),
    )
    .limit(bindparam("most"))
)
_PARKED: Final = Prepared.of(
    select(queue.c.id, queue.c.entrypoint).where(queue.c.status.cast(Text) == "failed").order_by(queue.c.id.desc()).limit(bindparam("most"))
)
