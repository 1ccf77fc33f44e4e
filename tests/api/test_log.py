"""The log names requests and incidents by their ids, and holds nothing that anybody wrote, and no token."""

import asyncio
import io
import json
import logging
import os
import subprocess
import sys
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
import structlog
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.console import Console
from sqlalchemy import text

from api.app import create_app
from api.logs import configure_logging
from api.settings import Settings
from api.wiring import build, dismantle
from engine.channels.channel import Outcome, Outgoing
from engine.runtime.clock import VirtualClock
from tests.api.given import HASH, MONDAY, House, running, write_house

ROOT = Path(__file__).parents[2]
MARK = "Qzxwv"
"""Stands in everything that anybody writes here, and in nothing of ours."""
AUTHORS = ("ana", "ben", "cho", "dee")


def _link(word: str) -> str:
    return f"https://video.example/{word.encode().hex()}/{MARK}"


WHOLE: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("ana", "note", {"text": "words"}),
    ("ana", "steps/facts/tick", {"item": "Who"}),
    ("ana", "steps/facts/tick", {"item": "Where"}),
    ("ana", "steps/facts/complete", {}),
    ("ben", "steps/care/complete", {"result": "words"}),
    ("cho", "steps/speak/answer", {"option": "post"}),
    ("dee", "steps/draft/submit", {"text": "words"}),
    ("ben", "steps/agree/approve", {"role": "legal"}),
    ("cho", "steps/agree/approve", {"role": "comms_lead"}),
    ("dee", "steps/post/confirm", {"channel": "site", "link": _link(MARK)}),
    ("dee", "steps/keep/evidence", {"source": _link(MARK), "sha256": HASH, "note": "words"}),
    ("ana", "steps/finish/complete", {}),
)
"""An incident from its first note to its end; `words` are somebody's own."""

Lines = list[dict[str, Any]]


def listening(log_format: str = "json") -> io.StringIO:
    """Let the log, down to its least words, be written where the test reads it."""
    out = io.StringIO()
    configure_logging(Settings(log_format=log_format, log_level="debug"), out)
    return out


def lines(out: io.StringIO) -> Lines:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def asked(found: Lines) -> Lines:
    return [line for line in found if line["event"] == "answered"]


async def test_every_request_has_a_line_with_its_id_its_incident_and_its_template(house: House) -> None:
    key = await house.declared()
    ana, out = await house.person("ana"), listening()
    await ana.get(f"/v1/incidents/{key}/steps/facts", headers={"X-Request-Id": "abc"})
    (line,) = asked(lines(out))

    assert {name: line[name] for name in ("request_id", "incident", "route", "method", "status")} == {
        "request_id": "abc",
        "incident": key,
        "route": "/v1/incidents/{key}/steps/{step}",
        "method": "GET",
        "status": 200,
    }


async def test_every_command_has_a_line_that_joins_its_request_to_its_incident(house: House) -> None:
    out = listening()
    key = await house.declared()
    ana = await house.person("ana")
    refused = await ana.post(f"/v1/incidents/{key}/steps/facts/complete")
    await ana.post(f"/v1/incidents/{MARK}/note", json={"text": "x"})
    declared, complete, nowhere = (line for line in lines(out) if line["event"] == "commanded")
    (made,) = (line for line in asked(lines(out)) if line["route"] == "/v1/incidents")

    assert (declared["command"], declared["outcome"], declared["incident"]) == ("Declare", "done", key)
    assert declared["request_id"] == made["request_id"]
    assert len(declared["incident_id"]) == 32
    assert (complete["outcome"], complete["code"], complete["incident"]) == ("refused", "checklist_open", key)
    assert complete["request_id"] == refused.headers["x-request-id"]
    assert (nowhere["outcome"], "incident" in nowhere) == ("not_found", False)


async def test_every_line_of_a_whole_incident_leads_to_it(tmp_path: Path) -> None:
    words = f'{MARK}\r\n{{"event": "forged"}}\x1b[2J'
    async with running(tmp_path) as house:
        out, inputs = listening(), {"site": MARK, "people": [f"{MARK} Hollis"], "links": [_link(MARK)]}
        key = await house.declared(title=MARK, inputs=inputs)
        for who, path, body in WHOLE:
            given = {name: words if value == "words" else value for name, value in body.items()}
            if path.endswith("agree/approve"):
                given["version"] = (await (await house.person(who)).get(f"/v1/incidents/{key}/steps/agree")).json()["content_hash"]
            await house.does(who, f"/v1/incidents/{key}/{path}", **given)
            await house.parts.worker.run_until_idle()
        tokens = [str(client.headers["authorization"]).split()[1] for client in house._known.values()]
    told = lines(out)
    lost = [line for line in told if not line.get("incident") and line.get("route") != "/v1/incidents"]

    assert {line["command"] for line in told if line["event"] == "commanded"} >= {"Declare", "SubmitDraft", "Approve", "Confirm"}
    assert [
        line for line in told if line["event"] in ("answered", "commanded") and line.get("via") != "delivery" and not line["request_id"]
    ] == []
    assert lost == []
    assert not any(word in out.getvalue() for word in (MARK, "forged", "\\u001b", *tokens))


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_what_libraries_report_is_one_line_by_who_and_where_without_their_words(log_format: str) -> None:
    out = listening(log_format)
    for name in ("asyncio", "uvicorn.error"):
        logging.getLogger(name).error("Exception in %s\n", MARK, exc_info=ValueError(f"{MARK}\nforged"))
    logging.getLogger("asyncio").error(MARK)
    logging.getLogger("asyncio").info("no news")

    assert not any(word in out.getvalue() for word in (MARK, "forged"))
    assert out.getvalue().count("a library reports") == 3
    assert ("ValueError" in out.getvalue(), "Exception in %s" in out.getvalue()) == (True, True)


async def test_a_request_that_is_part_of_a_trace_says_of_which(house: House) -> None:
    client, out = await house.client(), listening()
    await client.get("/healthz", headers={"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"})
    await client.get("/healthz", headers={"traceparent": f"00-{MARK}"})

    assert [line.get("trace_id") for line in asked(lines(out))] == ["ab" * 16, None]


async def test_a_bug_is_found_under_the_request_id_that_its_answer_names(house: House) -> None:
    async def broken() -> None:
        raise ZeroDivisionError

    house.app.add_api_route("/broken", broken)
    client, out = await house.client(), listening()
    answer = await client.get("/broken")
    found = {line["event"]: line["request_id"] for line in lines(out)}

    assert found == {"bug": answer.headers["x-request-id"], "answered": answer.headers["x-request-id"]}


async def test_what_the_worker_says_about_a_delivery_names_it_and_its_incident(tmp_path: Path) -> None:
    out = await worked(tmp_path, Breaking())
    broken = [line for line in lines(out) if line["event"] == "a piece of work broke off"]

    assert broken
    assert all(len(line["incident"]) == 32 and line["delivery"].startswith("INC-1:") for line in broken)


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_an_error_is_logged_by_its_kind_and_place_and_not_by_its_words(log_format: str) -> None:
    out = listening(log_format)
    try:
        _wrapped()
    except RuntimeError:
        structlog.get_logger().exception("bug")

    assert MARK not in out.getvalue()
    assert [word for word in ("RuntimeError", "KeyError", "ExceptionGroup", "ValueError", "_wrapped") if word not in out.getvalue()] == []


def test_an_error_that_comes_from_itself_is_logged_once() -> None:
    error = RuntimeError()
    error.__cause__ = ValueError()
    error.__cause__.__context__ = error
    out = listening()

    structlog.get_logger().error("bug", exc_info=error)

    assert out.getvalue().count("RuntimeError") == 1


@settings(max_examples=5)
@example("")
@given(st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=12))
def test_nothing_that_anybody_writes_and_no_token_reaches_the_log(more: str) -> None:
    out, tokens = asyncio.run(_night(MARK + more))

    assert len(asked(lines(out))) > 40
    assert MARK.lower() not in out.getvalue().lower()
    assert [token for token in tokens if token in out.getvalue()] == []


async def test_nothing_reaches_the_log_through_a_delivery_that_breaks(tmp_path: Path) -> None:
    out = await worked(tmp_path, Breaking())

    assert "RuntimeError" in out.getvalue()
    assert MARK not in out.getvalue()


async def test_nothing_reaches_the_log_from_what_the_database_says(house: House) -> None:
    async def broken() -> None:
        await house.parts.database.read(lambda tx: tx.execute(text("SELECT :given + * FROM incidents"), {"given": MARK}))

    house.app.add_api_route("/broken", broken)
    client, out = await house.client(), listening()
    answer = await client.get("/broken")

    assert (answer.status_code, MARK in out.getvalue(), MARK in answer.text) == (500, False, False)
    assert "OperationalError" in out.getvalue()


def test_an_opentelemetry_in_the_process_hears_of_no_request(tmp_path: Path) -> None:
    child = [sys.executable, "-m", "tests.api.telemetry_child", str(tmp_path)]
    env = {**os.environ, "FASTAPI_OTEL_AUTO_CONFIGURE": "true"}
    ended = subprocess.run(child, cwd=ROOT, env=env, capture_output=True, text=True, timeout=100)

    assert ended.stdout == "of the test itself", ended.stderr


class Breaking:
    """A way out with a bug that tells what it was to send."""

    async def send(self, outgoing: Outgoing) -> Outcome:
        raise RuntimeError(outgoing.delivery.text, outgoing.delivery.body)


async def worked(folder: Path, channel: Any) -> io.StringIO:
    """Declare an incident full of the mark, let the worker send it once by this channel, and give the log."""
    parts = await build(write_house(folder), clock=VirtualClock(MONDAY), channel=channel, console=Console(file=io.StringIO()))
    house = House(parts, create_app(parts, with_worker=False), VirtualClock(MONDAY), io.StringIO(), AsyncExitStack())
    async with house.clients:
        await house.declared(title=MARK, inputs={"site": MARK, "people": [MARK]})
        out = listening()
        await parts.worker.run_until_idle()
    await dismantle(parts)
    return out


async def _night(word: str) -> tuple[io.StringIO, list[str]]:
    """Write this everywhere that anything can be written, well and badly, and give the log and the tokens that were used."""
    with TemporaryDirectory() as folder:
        async with running(Path(folder)) as house:
            out, secret = listening(), await house.token("prying", "incidents:read")
            key = await house.declared(title=word, external_ref=word, inputs={"site": word, "people": [word], "links": [_link(word)]})
            for who in AUTHORS:
                for path, body in commands_with(word):
                    await (await house.person(who)).post(f"/v1/incidents/{key}/{path}", json=body)
            for client in (await house.person("ana"), await house.client(secret), await house.client("fb_" + word.encode().hex())):
                await pry(client, word)
            await house.parts.worker.run_until_idle()
            tokens = [secret, *(str(client.headers["authorization"]).split()[1] for client in house._known.values())]
    return out, tokens


def commands_with(word: str) -> list[tuple[str, dict[str, Any]]]:
    return [
        ("note", {"text": word}),
        ("hold", {"reason": word}),
        ("raise", {"to": word, "reason": word}),
        ("fill", {"reach": word}),
        ("add", {"people": [word]}),
        ("add-task", {"title": word, "role": "press"}),
        ("invite", {"person": word}),
        ("steps/facts/comment", {"text": word}),
        ("steps/facts/tick", {"item": word}),
        ("steps/facts/skip", {"reason": word}),
        ("steps/care/complete", {"result": word}),
        ("steps/keep/evidence", {"source": _link(word), "sha256": HASH, "note": word}),
        ("steps/draft/submit", {"text": word}),
        ("steps/agree/reject", {"version": HASH, "comment": word}),
        (f"steps/{httpx.URL('/', params={'x': word}).query.decode()}/start", {}),
        ("roles/press/hand-over", {"to": word, "note": word}),
    ]


async def pry(client: httpx.AsyncClient, word: str) -> None:
    """Send what is malformed, misplaced, unknown or forbidden."""
    ascii_word = word.encode("ascii", "ignore").decode() if word.isprintable() else MARK
    odd: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "/v1/incidents", {"params": {"q": word, "person": word, "cursor": word, "external_ref": word}}),
        ("GET", f"/v1/incidents/{MARK}", {}),
        ("GET", f"/problems/{MARK}", {}),
        ("GET", f"/{MARK}/fb_{MARK}", {}),
        ("GET", f"/reach/page/{MARK}.{MARK}", {}),
        ("POST", f"/reach/page/{MARK}.{MARK}", {"data": {"Digits": word}}),
        ("POST", "/rooms/sign-in", {"data": {"token": word, "to": word}}),
        ("GET", "/rooms/INC-1", {"cookies": None, "headers": {"Cookie": f"firebreak={MARK}"}}),
        ("POST", "/v1/incidents", {"content": f'{{"playbook": "{MARK}'.encode(), "headers": {"Content-Type": "application/json"}}),
        ("POST", "/v1/incidents", {"json": {"playbook": word, word: word, "inputs": {word: [word]}}}),
        ("POST", "/v1/incidents", {"json": {"playbook": "trial"}, "headers": {"Idempotency-Key": ascii_word}}),
        ("POST", "/v1/tokens", {"json": {"name": word, "scopes": [word], "person": word}}),
        ("PUT", "/v1/playbooks/trial", {"content": f"{MARK}: [".encode(), "headers": {"Content-Type": "application/yaml"}}),
        ("POST", "/v1/playbooks/check", {"content": f"id: {MARK}".encode(), "headers": {"Content-Type": "application/yaml"}}),
        ("GET", "/v1/tasks", {"headers": {"Firebreak-Actor": ascii_word, "X-Request-Id": f"{MARK} {MARK}"}}),
        (MARK, "/v1/incidents", {}),
        ("POST", "/slack/commands", {"data": {"text": word, "token": word}}),
    ]
    for method, path, more in odd:
        with suppress(httpx.InvalidURL, UnicodeError):
            await client.request(method, path, **{name: value for name, value in more.items() if value is not None})


def _wrapped() -> None:
    """Raise an error that holds words, because of others that hold words."""
    try:
        {}[MARK]
    except KeyError as error:
        raise RuntimeError(MARK) from ExceptionGroup(MARK, [ValueError(MARK), error])
