"""The figures of one process, as Prometheus reads them at `/metrics`.

Rules:
- Every name begins with `firebreak_`, but for the process's own figures. `docs/operating.md` explains them; the dashboard
  and the alert rules may use no other, which a test holds.
- Labels are words from short lists of ours: a route's template, a command, a code, a way. No id, no title, no person.
- Each product has its own registry, made by the wiring; nothing is kept at module level.
- What happened is counted here, in this process. What stands in the database is read when somebody asks (`api.watching`).
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Final, assert_never

from prometheus_client import CollectorRegistry, Counter, GCCollector, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from engine.channels.channel import Failed, Sent
from engine.channels.channel import Outcome as Sending
from engine.incident.actor import Via
from engine.incident.commands import AnyCommand
from engine.incident.effects import Delivery
from engine.incident.refusal import Refusal
from engine.runtime.outcome import Handled, NotFound, Outcome, Recalled, Stale

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
SCHEMES: Final = frozenset({"war_room", "slack", "person", "call", "email", "webhook", "channel", "ticket", "http", "engine"})
"""What a delivery's target begins with; its way."""

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_REQUEST: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_COMMIT: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
_DELIVERY: Final = (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 14_400)
_LATENESS: Final = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600)
_GROUP: Final = (1, 2, 4, 8, 16, 32, 64, 128)


class Metrics:
    """Counts what a process does: requests, commits, and what the runtime tells a `Meter`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._requests = self._counter("http_requests", "Requests answered", ("method", "route", "status"))
        self._request_seconds = self._histogram("http_request_seconds", "Seconds to an answer's end", _REQUEST, ("method", "route"))
        self._commands = self._counter("commands", "Commands, by how they ended", ("command", "via", "outcome"))
        self._refusals = self._counter("refusals", "Commands that the rules refused, by code", ("command", "code"))
        self._deliveries = self._counter("deliveries", "Sendings, by how they ended", ("way", "outcome"))
        self._delivery_seconds = self._histogram("delivery_seconds", "Seconds from owed to sent", _DELIVERY, ("way",))
        self._lateness = self._histogram("timer_lateness_seconds", "Seconds from an alarm to what it did", _LATENESS)
        self._heartbeats = self._counter("heartbeats", "Heartbeats, by how they ended", ("outcome",))
        self._packs = self._counter("packs", "Offline packs, by how they ended", ("outcome",))
        self._commit_units = self._histogram("commit_units", "Units of work that shared a commit", _GROUP)
        self._commit_seconds = self._histogram("commit_seconds", "Seconds of a transaction, its commit included", _COMMIT)

    def answered(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request; `method` is one of a few words, `route` the template of its address."""
        self._requests.labels(method, route, status).inc()
        self._request_seconds.labels(method, route).observe(seconds)

    def committed(self, units: int, seconds: float) -> None:
        """Count a commit; may be called on any thread."""
        self._commit_units.observe(units)
        self._commit_seconds.observe(seconds)

    def commanded(self, command: AnyCommand, via: Via, outcome: Outcome | None) -> None:
        """Count a command, and the code of its refusal."""
        name = type(command).__name__
        self._commands.labels(name, via, _word(outcome)).inc()
        if isinstance(outcome, Refusal):
            self._refusals.labels(name, outcome.code).inc()

    def rang(self, lateness: timedelta) -> None:
        """Count an alarm."""
        self._lateness.observe(lateness.total_seconds())

    def delivered(self, delivery: Delivery, outcome: Sending, age: timedelta) -> None:
        """Count a sending; what arrived also by how long it took."""
        way = way_of(delivery.target)
        self._deliveries.labels(way, _ending(outcome)).inc()
        if isinstance(outcome, Sent):
            self._delivery_seconds.labels(way).observe(max(age.total_seconds(), 0.0))

    def beaten(self, outcome: str) -> None:
        """Count a heartbeat: `answered`, `unheard` or `withheld`."""
        self._heartbeats.labels(outcome).inc()

    def packed(self, outcome: str) -> None:
        """Count an offline pack: `written` or `failed`."""
        self._packs.labels(outcome).inc()

    def written(self, beside: Iterable[Metric] = ()) -> bytes:
        """Write everything as Prometheus reads it, with what was read elsewhere."""
        return generate_latest(_All(self.registry, beside))

    def _counter(self, name: str, says: str, labels: tuple[str, ...]) -> Counter:
        return Counter(name, f"{says}.", labels, namespace="firebreak", registry=self.registry)

    def _histogram(self, name: str, says: str, buckets: tuple[float, ...], labels: tuple[str, ...] = ()) -> Histogram:
        return Histogram(name, f"{says}.", labels, namespace="firebreak", buckets=buckets, registry=self.registry)


class _All(Collector):
    """What is counted and what was read, without the series that only say since when they exist: they double the rest."""

    def __init__(self, counted: CollectorRegistry, beside: Iterable[Metric]) -> None:
        self._counted = counted
        self._beside = beside

    def collect(self) -> Iterator[Metric]:
        for family in self._counted.collect():
            family.samples = [sample for sample in family.samples if not sample.name.endswith("_created")]
            yield family
        yield from self._beside


def way_of(target: str) -> str:
    """Name the way of a delivery, and nobody that it goes to."""
    scheme = target.partition(":")[0]
    return scheme if scheme in SCHEMES else "other"


def _ending(outcome: Sending) -> str:
    match outcome:
        case Sent():
            return "sent"
        case Failed(tried=False):
            return "postponed"
        case Failed():
            return "failed"
        case _:
            assert_never(outcome)


def _word(outcome: Outcome | None) -> str:
    match outcome:
        case None:
            return "fault"
        case Handled(entries=()):
            return "unchanged"
        case Handled():
            return "done"
        case Refusal():
            return "refused"
        case NotFound():
            return "not_found"
        case Stale():
            return "stale"
        case Recalled():
            return "repeated"
        case _:
            assert_never(outcome)
