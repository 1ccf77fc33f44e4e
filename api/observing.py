"""Who looks on while the product works: its log, its figures, its spans, and the other processes behind the same port."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from api.logs import configure_logging
from api.metrics import Metrics
from api.parts import Closer
from api.settings import Settings
from api.siblings import Siblings
from api.tracing import tracing_of
from engine.runtime.measuring import Meter
from engine.store.database import Database

if TYPE_CHECKING:
    from api.spans import Tracing


class Observed(NamedTuple):
    """What the parts of a product are given to be looked at; its fields are theirs."""

    metrics: Metrics
    siblings: Siblings | None
    tracing: "Tracing | None"

    @property
    def meter(self) -> Meter:
        """What the runtime tells."""
        return self.tracing.meter(self.metrics) if self.tracing else self.metrics

    @property
    def closers(self) -> tuple[Closer, ...]:
        """What is to be done at the end."""
        return (self.tracing.close,) if self.tracing else ()

    def of(self, database: Database) -> Database:
        """Give a database whose units of work are traced, if anything is."""
        return self.tracing.database(database) if self.tracing else database


def observed(settings: Settings, environment: Mapping[str, str], siblings: Siblings | None) -> Observed:
    """Send the log where it goes, and find out what else is wanted."""
    configure_logging(settings)
    tracing = tracing_of(environment)
    if tracing is not None:
        configure_logging(settings, marks=(tracing.mark,))
    return Observed(Metrics(siblings), siblings, tracing)
