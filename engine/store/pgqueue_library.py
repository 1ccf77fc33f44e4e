"""What the library calls its things here, and its own statements on a unit's connection; loaded when something is first asked of it."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Final, cast
from uuid import UUID

from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.models import Job
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import Channel, JobId, QueueEntrypoint, QueueManagerId
from pgqueuer.ports.driver import Driver
from pgqueuer.ports.repository import EntrypointExecutionParameter
from sqlalchemy import Connection

from engine.store.pgqueue import CHANNEL, PREFIX, TABLE

NAMES: Final = DBSettings(
    prefix=PREFIX,
    db_schema=None,
    channel=Channel(CHANNEL),
    function=f"{PREFIX}fn_pgqueuer_changed",
    statistics_table=f"{PREFIX}pgqueuer_statistics",
    queue_status_type=f"{PREFIX}pgqueuer_status",
    queue_table=TABLE,
    queue_table_log=f"{PREFIX}pgqueuer_log",
    trigger=f"{PREFIX}tg_pgqueuer_changed",
    schedules_table=f"{PREFIX}pgqueuer_schedules",
    durability=Durability.durable,
)
"""Each is given, so that no variable of the environment moves one; tables that a crash of PostgreSQL empties would save nothing here."""

_BUILDER: Final = QueryQueueBuilder(settings=NAMES)
_ENVIRONMENT: Final = QueryBuilderEnvironment(settings=NAMES)
_NO_LIMIT: Final = EntrypointExecutionParameter(concurrency_limit=0)


class _UnitsDriver:
    """Runs the library's statements on a unit's connection; nothing here waits, the adapter below does."""

    def __init__(self, tx: Connection) -> None:
        self._tx = tx

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        cursor: Any = self._tx.connection.cursor()
        cursor.execute(query, args)
        names = [each[0] for each in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()] if names else []
        cursor.close()
        return rows

    async def execute(self, query: str, *args: object) -> str:
        await self.fetch(query, *args)
        return ""


class Library:
    """The library's own questions, asked through one unit of work."""

    def __init__(self, tx: Connection) -> None:
        self._driver = _UnitsDriver(tx)
        self.queries = Queries(
            cast("Driver", self._driver), qbe=_ENVIRONMENT, qbq=_BUILDER
        )  # the rest of a driver is for listening, and for pools

    async def dequeue(self, worker: UUID, kind: str, limit: int, silent: timedelta) -> list[Job]:
        """Claim jobs of a kind, those too whose worker gave no sign of life for so long."""
        return await self.queries.dequeue(
            batch_size=limit,
            entrypoints={QueueEntrypoint(kind): _NO_LIMIT},
            queue_manager_id=QueueManagerId(worker),
            global_concurrency_limit=None,
            heartbeat_timeout=silent,
        )

    async def beat(self, numbers: Iterable[int]) -> None:
        """Show that whoever has these jobs lives."""
        await self.queries.update_heartbeat([JobId(number) for number in numbers])

    async def park(self, numbers: Sequence[int]) -> None:
        """Keep jobs as failed."""
        statuses, tracebacks = ["failed" for _ in numbers], [None for _ in numbers]
        await self._driver.execute(_BUILDER.build_log_job_query(), list(numbers), statuses, tracebacks)


def ddl() -> str:
    """Give what makes the library's tables, types, function and trigger, as it installs them by itself."""
    return _ENVIRONMENT.build_install_query(create_schema=False)


def removal() -> str:
    """Give what takes all of that away again."""
    return _ENVIRONMENT.build_uninstall_query()
