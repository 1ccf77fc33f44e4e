"""The figures of one process, as Prometheus reads them at `/metrics`.

Rules:
- Every name begins with `firebreak_`, but for the process's own figures. `docs/operating.md` explains them; the dashboard
  and the alert rules may use no other, which a test holds.
- Labels are words from short lists of ours: a route's template, a command, a code, a way. No id, no title, no person.
- Each product has its own registry, made by the wiring; nothing is kept at module level. Where several processes answer
  behind one port they count into one folder, and each writes the figures of all: whichever is asked, sums never go back.
- What happened is counted here, in this process. What stands in the database is read when somebody asks (`api.watching`).
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Final, assert_never

from prometheus_client import CollectorRegistry, Counter, GCCollector, Histogram, ProcessCollector, generate_latest, values
from prometheus_client.core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from api.siblings import Siblings
from engine.channels.channel import Failed, Sent
from engine.channels.channel import Outcome as Sending
from engine.incident.actor import Via
from engine.incident.commands import AnyCommand
from engine.incident.effects import Delivery
from engine.incident.refusal import Refusal
from engine.runtime.measuring import UNHEARD
from engine.runtime.outcome import Outcome, word_of

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

    def __init__(self, siblings: Siblings | None = None) -> None:
        self.registry = CollectorRegistry()
        self._counted = _counted_alone(self.registry) if siblings is None else _counted_together(siblings)
        self._requests = self._counter("http_requests", "Requests answered", ("method", "route", "status"))
        self._request_seconds = self._histogram("http_request_seconds", "Seconds to an answer's end", _REQUEST, ("method", "route"))
        self._commands = self._counter("commands", "Commands, by how they ended", ("command", "via", "outcome"))
        self._refusals = self._counter("refusals", "Commands that the rules refused, by code", ("command", "code"))
        self._deliveries = self._counter("deliveries", "Sendings, by how they ended", ("way", "outcome"))
        self._delivery_seconds = self._histogram("delivery_seconds", "Seconds from owed to sent", _DELIVERY, ("way",))
        self._lateness = self._histogram("timer_lateness_seconds", "Seconds from an alarm to what it did", _LATENESS)
        self._heartbeats = self._counter("heartbeats", "Heartbeats, by how they ended", ("outcome",))
        self._packs = self._counter("packs", "Offline packs, by how they ended", ("outcome",))
        self._reloads = self._counter("organisation_files", "Other organisation files found, by whether they came in force", ("outcome",))
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

    def commanding(self, command: AnyCommand, via: Via) -> AbstractContextManager[object]:
        """Wait for how it ends."""
        return UNHEARD

    def commanded(self, command: AnyCommand, via: Via, outcome: Outcome | None) -> None:
        """Count a command, and the code of its refusal."""
        name = type(command).__name__
        self._commands.labels(name, via, word_of(outcome)).inc()
        if isinstance(outcome, Refusal):
            self._refusals.labels(name, outcome.code).inc()

    def rang(self, lateness: timedelta) -> None:
        """Count an alarm."""
        self._lateness.observe(lateness.total_seconds())

    def delivering(self, delivery: Delivery, attempt: int) -> AbstractContextManager[object]:
        """Wait for how it ends."""
        return UNHEARD

    def delivered(self, delivery: Delivery, outcome: Sending, age: timedelta) -> None:
        """Count a sending; what arrived also by how long it took."""
        way = way_of(delivery.target)
        self._deliveries.labels(way, ending(outcome)).inc()
        if isinstance(outcome, Sent):
            self._delivery_seconds.labels(way).observe(max(age.total_seconds(), 0.0))

    def beaten(self, outcome: str) -> None:
        """Count a heartbeat: `answered`, `unheard` or `withheld`."""
        self._heartbeats.labels(outcome).inc()

    def packed(self, outcome: str) -> None:
        """Count an offline pack: `written` or `failed`."""
        self._packs.labels(outcome).inc()

    def reloaded(self, *, taken: bool) -> None:
        """Count another organisation file."""
        self._reloads.labels("in_force" if taken else "refused").inc()

    def written(self, beside: Iterable[Metric] = ()) -> bytes:
        """Write everything as Prometheus reads it, with what was read elsewhere."""
        return generate_latest(_All(self._counted, beside))

    def _counter(self, name: str, says: str, labels: tuple[str, ...]) -> Counter:
        return Counter(name, f"{says}.", labels, namespace="firebreak", registry=self.registry)

    def _histogram(self, name: str, says: str, buckets: tuple[float, ...], labels: tuple[str, ...] = ()) -> Histogram:
        return Histogram(name, f"{says}.", labels, namespace="firebreak", buckets=buckets, registry=self.registry)


class _All(Collector):
    """What is counted and what was read, without the series that only say since when they exist: they double the rest."""

    def __init__(self, counted: Collector, beside: Iterable[Metric]) -> None:
        self._counted = counted
        self._beside = beside

    def collect(self) -> Iterator[Metric]:
        for family in self._counted.collect():
            family.samples = [sample for sample in family.samples if not sample.name.endswith("_created")]
            yield family
        yield from self._beside


class _OfEach(Collector):
    """The processes' own figures, told apart by their numbers."""

    def __init__(self, siblings: Siblings) -> None:
        self._siblings = siblings

    def collect(self) -> Iterator[Metric]:
        found: dict[str, Metric] = {}
        for said in self._siblings.heard():
            for family in ProcessCollector(pid=lambda pid=said.pid: pid, registry=None).collect():  # type: ignore[misc]
                whole = found.setdefault(family.name, Metric(family.name, family.documentation, family.type))
                for sample in family.samples:
                    whole.add_sample(sample.name, {"process": str(said.number)}, sample.value)
        yield from found.values()


class _Together(Collector):
    """Several collectors as one."""

    def __init__(self, *parts: Collector) -> None:
        self._parts = parts

    def collect(self) -> Iterator[Metric]:
        for part in self._parts:
            yield from part.collect()


def _counted_alone(registry: CollectorRegistry) -> Collector:
    ProcessCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


def _counted_together(siblings: Siblings) -> Collector:
    """Count into a file of the shared folder by this process's number: one that is started again goes on where it ended."""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(siblings.folder)
    values.ValueClass = values.MultiProcessValue(lambda: siblings.number)  # type: ignore[no-untyped-call]
    return _Together(MultiProcessCollector(None, str(siblings.folder)), _OfEach(siblings))  # type: ignore[no-untyped-call]


def way_of(target: str) -> str:
    """Name the way of a delivery, and nobody that it goes to."""
    scheme = target.partition(":")[0]
    return scheme if scheme in SCHEMES else "other"


def ending(outcome: Sending) -> str:
    """Name how a sending ended."""
    match outcome:
        case Sent():
            return "sent"
        case Failed(tried=False):
            return "postponed"
        case Failed():
            return "failed"
        case _:
            assert_never(outcome)
