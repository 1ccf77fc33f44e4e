"""Asks a house for a few things while an OpenTelemetry listens to everything, and prints how much it heard."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from opentelemetry import trace

from tests.api.given import running


class Listening(trace.TracerProvider):
    """Hears of every span."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def get_tracer(self, *_: Any, **__: Any) -> trace.Tracer:
        return Hearing(self.heard)


class Hearing(trace.Tracer):
    def __init__(self, heard: list[str]) -> None:
        self._heard = heard

    def start_span(self, name: str, *_: Any, **__: Any) -> trace.Span:
        self._heard.append(name)
        return trace.INVALID_SPAN

    @contextmanager
    def start_as_current_span(self, name: str, *_: Any, **__: Any) -> Iterator[trace.Span]:
        self._heard.append(name)
        yield trace.INVALID_SPAN


async def main(arguments: Sequence[str]) -> None:
    provider = Listening()
    trace.set_tracer_provider(provider)
    async with running(Path(arguments[0])) as house:
        await house.declared()
        await (await house.client()).get("/v1/nothing/Fred?q=Fred")
    with provider.get_tracer("test").start_as_current_span("of the test itself"):
        sys.stdout.write("\n".join(provider.heard))


asyncio.run(main(sys.argv[1:]))
