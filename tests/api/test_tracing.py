"""OpenTelemetry, where it is asked for: spans of requests, commands, units of work and deliveries, without a word of anybody."""

import io
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from rich.console import Console

from api.app import create_app
from api.logs import configure_logging
from api.settings import Settings
from api.tracing import is_wanted, tracing_of
from api.wiring import build, dismantle
from engine.runtime.clock import VirtualClock
from tests.api.given import MONDAY, House, write_house
from tests.api.test_log import AUTHORS, MARK, Breaking, commands_with, lines, pry
from tests.free_port import free_port

pytest.importorskip("opentelemetry.sdk", reason="the extra 'otel' is not installed")

from tests.api.collector import collecting, facts_of

ROOT = Path(__file__).parents[2]
TRACE, SPAN = "ab" * 16, "cd" * 8
COMING = {"traceparent": f"00-{TRACE}-{SPAN}-01"}


@asynccontextmanager
async def traced(folder: Path, monkeypatch: pytest.MonkeyPatch, url: str, channel: object = None) -> AsyncIterator[House]:
    """Run a product whose spans go to this address; they have left it when the block has ended."""
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": url}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    clock = VirtualClock(MONDAY)
    printed = Console(file=io.StringIO())
    parts = await build(write_house(folder), clock=clock, console=printed, environment=environment, channel=channel)  # type: ignore[arg-type]
    async with AsyncExitStack() as clients:
        yield House(parts, create_app(parts, with_worker=False), clock, io.StringIO(), clients)
    await dismantle(parts)


async def test_a_request_a_command_and_its_units_of_work_are_one_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting() as collector:
        async with traced(tmp_path, monkeypatch, collector.url) as house:
            key = await house.declared()
            ana = await house.person("ana")
            answer = await ana.post(f"/v1/incidents/{key}/note", json={"text": "x"}, headers=COMING)
    (request,) = collector.named("POST /v1/incidents/{key}/note")
    (command,) = collector.named("command Note")
    units = [span for span in collector.named("write unit of work") if span.parent_span_id == command.span_id]

    assert (request.trace_id.hex(), request.parent_span_id.hex()) == (TRACE, SPAN)
    assert (command.trace_id, command.parent_span_id) == (request.trace_id, request.span_id)
    assert len(units) == 1
    assert facts_of(request) == {
        "firebreak.request_id": answer.headers["x-request-id"],
        "firebreak.incident": key,
        "http.request.method": "POST",
        "http.route": "/v1/incidents/{key}/note",
        "http.response.status_code": 200,
    }
    assert facts_of(command) == {"firebreak.command": "Note", "firebreak.via": "rest", "firebreak.outcome": "done"}
    assert facts_of(units[0]) == {"db.system.name": "sqlite", "code.function.name": "Handler.handle.<locals>.<lambda>"}
    assert {each.value.string_value for each in collector.resources[0].attributes if each.key == "service.name"} == {"firebreak"}


async def test_a_refusal_is_named_by_its_code_and_an_error_by_its_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken() -> None:
        raise ZeroDivisionError(MARK)

    with collecting() as collector:
        async with traced(tmp_path, monkeypatch, collector.url) as house:
            house.app.add_api_route("/broken", broken)
            key = await house.declared()
            await (await house.person("ana")).post(f"/v1/incidents/{key}/steps/facts/complete")
            await (await house.client()).get("/broken")
            await (await house.client()).get("/healthz")
    (refused,), (bug,) = collector.named("command CompleteStep"), collector.named("GET /broken")

    assert facts_of(refused)["firebreak.refusal"] == "checklist_open"
    assert (facts_of(bug)["error.type"], bug.status.code, bug.status.message, list(bug.events)) == ("ZeroDivisionError", 2, "", [])
    assert collector.named("GET /healthz") == []


async def test_a_delivery_is_traced_by_its_kind_its_way_and_its_attempt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting() as collector:
        async with traced(tmp_path, monkeypatch, collector.url) as house:
            await house.declared()
            await house.parts.worker.run_until_idle()
    sent = [facts_of(span) for span in collector.spans if span.name.startswith("delivery ")]
    roots = [span for span in collector.spans if not span.parent_span_id]

    assert {facts["firebreak.delivery.way"] for facts in sent} >= {"war_room"}
    assert {(facts["firebreak.delivery.attempt"], facts["firebreak.outcome"]) for facts in sent} == {(1, "sent")}
    assert all(facts["firebreak.delivery.id"].startswith("INC-1:") for facts in sent)
    assert {span.name.partition(" ")[0] for span in roots} == {"POST", "delivery"}


async def test_no_span_holds_what_anybody_wrote_nor_a_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting() as collector:
        async with traced(tmp_path, monkeypatch, collector.url, channel=Breaking()) as house:
            secret = await house.token("prying", "incidents:read")
            key = await house.declared(title=MARK, external_ref=MARK, inputs={"site": MARK, "people": [MARK]})
            for who in AUTHORS:
                for path, body in commands_with(MARK):
                    await (await house.person(who)).post(f"/v1/incidents/{key}/{path}", json=body)
            for client in (await house.person("ana"), await house.client(secret), await house.client("fb_" + MARK)):
                await pry(client, MARK)
            await house.parts.worker.run_until_idle()

    assert len(collector.spans) > 200
    assert MARK.lower().encode() not in collector.raw.lower()
    assert secret.encode() not in collector.raw


async def test_every_line_of_the_log_names_the_trace_that_it_was_written_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting() as collector:
        async with traced(tmp_path, monkeypatch, collector.url, channel=Breaking()) as house:
            out = io.StringIO()
            assert house.parts.tracing is not None
            configure_logging(Settings(log_format="json"), out, marks=(house.parts.tracing.mark,))
            await (await house.person("ana")).get("/v1/incidents", headers=COMING)
            await house.declared()
            await house.parts.worker.run_until_idle()
    told = lines(out)
    of_traces = {span.trace_id.hex() for span in collector.spans}

    assert told[0]["trace_id"] == TRACE
    assert {line["event"] for line in told} >= {"answered", "a piece of work broke off"}
    assert {line["trace_id"] for line in told if line["event"] == "answered"} <= of_traces


async def test_a_collector_that_is_away_keeps_nobody_from_working_nor_from_ending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with traced(tmp_path, monkeypatch, f"http://127.0.0.1:{free_port()}") as house:
        key = await house.declared()
        began = time.monotonic()

    assert key == "INC-1"
    assert time.monotonic() - began < 6


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_SDK_DISABLED": "true"}, False),
    ],
)
def test_the_standard_variables_switch_it_on_and_off(environment: dict[str, str], wanted: bool) -> None:
    assert is_wanted(environment) is wanted


def test_a_protocol_that_is_not_spoken_is_said_and_nothing_is_traced() -> None:
    out = io.StringIO()
    configure_logging(Settings(log_format="json"), out)
    asked = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}

    assert tracing_of(asked) is None
    assert json.loads(out.getvalue())["advice"] == "set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"


LOADED = """
import asyncio, sys
from pathlib import Path
from tests.api.given import running
MISSING
async def main():
    async with running(Path(sys.argv[1])) as house:
        await house.declared()
asyncio.run(main())
print(sorted(name for name in sys.modules if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter", "api.spans"))))
"""


def test_where_nobody_asks_for_it_nothing_of_it_is_loaded(tmp_path: Path) -> None:
    child = [sys.executable, "-c", LOADED.replace("MISSING", ""), str(tmp_path)]
    ended = subprocess.run(child, cwd=ROOT, capture_output=True, text=True, timeout=100)

    assert ended.stdout.splitlines()[-1:] == ["[]"], ended.stderr


async def test_where_it_is_not_installed_that_is_said_and_everything_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    configure_logging(Settings(log_format="json"), out)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    monkeypatch.delitem(sys.modules, "api.spans", raising=False)

    assert tracing_of({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}) is None
    assert json.loads(out.getvalue())["advice"] == "pip install 'firebreak[otel]'"
