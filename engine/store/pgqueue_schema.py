"""pgqueuer's tables, as the library makes them, and two things that are ours: only new jobs are announced, and none is logged.

The library's own `pgq upgrade` is not used: a release of it with another schema needs a migration of ours (a test compares).
"""

from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.util import await_only

from engine.store.pgqueue import PREFIX
from engine.store.pgqueue_library import NAMES, ddl, removal

_UNLOGGED: Final = f"{PREFIX}fn_pgqueuer_unlogged"
_OURS: Final = f"""
DROP TRIGGER {NAMES.trigger} ON {NAMES.queue_table};
CREATE TRIGGER {NAMES.trigger} AFTER INSERT ON {NAMES.queue_table} EXECUTE FUNCTION {NAMES.function}();
CREATE FUNCTION {_UNLOGGED}() RETURNS TRIGGER AS $$ BEGIN RETURN NULL; END; $$ LANGUAGE plpgsql;
CREATE TRIGGER {PREFIX}tg_pgqueuer_unlogged BEFORE INSERT ON {NAMES.queue_table_log} FOR EACH ROW EXECUTE FUNCTION {_UNLOGGED}();
ALTER TABLE {NAMES.queue_table} SET (
    autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0, fillfactor = 70
);
"""
"""A worker that hears of each job that ends would look for nothing, and the log would have three rows for each job for ever."""


def install(tx: Connection) -> None:
    """Make everything, in the migration's own transaction."""
    _run(tx, ddl() + _OURS)


def remove(tx: Connection) -> None:
    """Take everything away; what is queued is only a nudge."""
    _run(tx, removal() + f"\nDROP FUNCTION IF EXISTS {_UNLOGGED};")


def _run(tx: Connection, script: str) -> None:
    """Run several statements at once, which only the driver itself can."""
    driver: Any = tx.connection.driver_connection
    assert driver.is_in_transaction(), "a script outside of the migration would stay although it fails"
    await_only(driver.execute(script))
