"""The spans of one process, for OpenTelemetry: request, command, unit of work, delivery.

Rules:
- An attribute is what a line of the log or a figure may hold: our words, templates, codes, ids of requests, incidents and
  deliveries. No value, no title, no person, no address, no header, no words of an error, no SQL.
- A request continues the trace that its `traceparent` names. What the worker does by itself begins a trace.
- Units of work are traced inside something else only: the worker looks at its clock every second.
- Nothing is set for the whole process: a library that looks for an OpenTelemetry finds none of ours.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from functools import partial
from threading import Thread
from types import TracebackType
from typing import Any, Final, TypeVar

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from sqlalchemy import Connection
from starlette.datastructures import Headers
from structlog.typing import EventDict

from api.metrics import METHODS, ending, way_of
from api.tracing import Answered
from engine.channels.channel import Failed
from engine.channels.channel import Outcome as Sending
from engine.incident.actor import Via
from engine.incident.commands import AnyCommand
from engine.incident.effects import Delivery
from engine.incident.refusal import Refusal
from engine.runtime.measuring import UNHEARD, Meter
from engine.runtime.outcome import Outcome, word_of
from engine.store.database import Database

LAST: Final = 2.0
"""Seconds that the last spans are given to leave; a collector that is away keeps nobody from ending."""
UNTRACED: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds, for ever."""

T = TypeVar("T")

_told: Final = TraceContextTextMapPropagator()


class Tracing:
    """Makes spans and gives them to whoever the provider knows."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("firebreak")

    @contextmanager
    def request(self, scope: Any, named: Mapping[str, str]) -> Iterator[Answered | None]:
        """Trace one request; what is given is to be told how it ended."""
        if scope["path"] in UNTRACED:
            yield None
            return
        given = Headers(scope=scope)
        parent = _told.extract({name: given[name] for name in ("traceparent", "tracestate") if name in given})
        method = scope["method"] if scope["method"] in METHODS else "other"
        ids = {f"firebreak.{name}": value for name, value in named.items() if name != "trace_id"}
        with self._span(method, SpanKind.SERVER, parent, ids) as span:
            yield partial(_answered, span)

    def meter(self, meter: Meter) -> Meter:
        """Let a span stand around what this meter hears of."""
        return _TracedMeter(self, meter)

    def database(self, database: Database) -> Database:
        """Trace the units of work of a database."""
        return _TracedDatabase(self, database)

    @contextmanager
    def span(self, name: str, attributes: Mapping[str, str | int], *, kind: SpanKind = SpanKind.INTERNAL) -> Iterator[Span]:
        """Trace what happens in the block; an error ends it by its kind."""
        with self._span(name, kind, None, attributes) as span:
            yield span

    @contextmanager
    def _span(self, name: str, kind: SpanKind, parent: Any, attributes: Mapping[str, str | int]) -> Iterator[Span]:
        quiet = self._tracer.start_as_current_span(
            name, context=parent, kind=kind, attributes=attributes, record_exception=False, set_status_on_exception=False
        )
        with quiet as span, _Ending(span):
            yield span

    @staticmethod
    def mark(_logger: Any, _method: str, event: EventDict) -> EventDict:
        """Name the trace and the span that a line of the log was written in."""
        now = get_current_span().get_span_context()
        if not now.is_valid:
            return event
        return {**event, "trace_id": format(now.trace_id, "032x"), "span_id": format(now.span_id, "016x")}

    async def close(self) -> None:
        """Let the last spans leave, for a while."""
        leaving = Thread(target=self._provider.shutdown, name="firebreak-spans", daemon=True)
        leaving.start()
        await asyncio.to_thread(leaving.join, LAST)


def exporting() -> Tracing:
    """Make what sends spans to the collector that the standard variables name."""
    resource = Resource.create()
    if str(resource.attributes[SERVICE_NAME]).startswith("unknown_service"):
        resource = resource.merge(Resource({SERVICE_NAME: "firebreak"}))
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Tracing(provider)


class _Ending:
    """Names the kind of the error that ends a span, and nothing that the error holds."""

    def __init__(self, span: Span) -> None:
        self._span = span

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is not None:
            self._span.set_attribute("error.type", kind.__name__)
            self._span.set_status(StatusCode.ERROR)


class _TracedMeter:
    """A meter, with a span around each thing that it hears of."""

    def __init__(self, tracing: Tracing, meter: Meter) -> None:
        self._tracing = tracing
        self._meter = meter

    def commanding(self, command: AnyCommand, via: Via) -> AbstractContextManager[object]:
        name = type(command).__name__
        return self._tracing.span(f"command {name}", {"firebreak.command": name, "firebreak.via": via})

    def commanded(self, command: AnyCommand, via: Via, outcome: Outcome | None) -> None:
        span = get_current_span()
        span.set_attribute("firebreak.outcome", word_of(outcome))
        if isinstance(outcome, Refusal):
            span.set_attribute("firebreak.refusal", outcome.code)
        self._meter.commanded(command, via, outcome)

    def rang(self, lateness: timedelta) -> None:
        self._meter.rang(lateness)

    def delivering(self, delivery: Delivery, attempt: int) -> AbstractContextManager[object]:
        known = {"id": delivery.id, "kind": delivery.kind, "way": way_of(delivery.target)}
        attributes = {f"firebreak.delivery.{name}": value for name, value in known.items()}
        return self._tracing.span(f"delivery {delivery.kind}", {**attributes, "firebreak.delivery.attempt": attempt}, kind=SpanKind.CLIENT)

    def delivered(self, delivery: Delivery, outcome: Sending, age: timedelta) -> None:
        span = get_current_span()
        span.set_attribute("firebreak.outcome", ending(outcome))
        if isinstance(outcome, Failed) and outcome.tried:
            span.set_status(StatusCode.ERROR)
        self._meter.delivered(delivery, outcome, age)

    def reloaded(self, *, taken: bool) -> None:
        self._meter.reloaded(taken=taken)


class _TracedDatabase:
    """A database, with a span around each unit of work that is part of something."""

    def __init__(self, tracing: Tracing, database: Database) -> None:
        self._tracing = tracing
        self._database = database

    @property
    def is_shared(self) -> bool:
        return self._database.is_shared

    @property
    def lost(self) -> int:
        return self._database.lost

    async def look_for_lost(self) -> int:
        return await self._database.look_for_lost()

    async def write(self, unit: Callable[[Connection], T]) -> T:
        with self._around("write", unit):
            return await self._database.write(unit)

    async def read(self, unit: Callable[[Connection], T]) -> T:
        with self._around("read", unit):
            return await self._database.read(unit)

    async def glance(self, unit: Callable[[Connection], T]) -> T:
        with self._around("read", unit):
            return await self._database.glance(unit)

    async def scrub(self) -> None:
        await self._database.scrub()

    async def listen(self, channel: str, heard: Callable[[], None]) -> None:
        await self._database.listen(channel, heard)

    async def close(self) -> None:
        await self._database.close()

    def _around(self, kind: str, unit: object) -> AbstractContextManager[object]:
        if not get_current_span().get_span_context().is_valid:
            return UNHEARD
        system = "postgresql" if self._database.is_shared else "sqlite"
        return self._tracing.span(f"{kind} unit of work", {"db.system.name": system, "code.function.name": _place_of(unit)})


def _place_of(unit: object) -> str:
    """Name the function that a unit is, which stands in our code."""
    while isinstance(unit, partial):
        unit = unit.func
    return str(getattr(unit, "__qualname__", type(unit).__qualname__))


def _answered(span: Span, method: str, route: str, status: int) -> None:
    span.update_name(f"{method} {route}")
    span.set_attributes({"http.request.method": method, "http.route": route, "http.response.status_code": status})
    if status >= 500:
        span.set_status(StatusCode.ERROR)
