"""Twilio and PagerDuty as far as we use them: they refuse what the real ones refuse, and answer as the real ones do."""

import json
import re
from base64 import b64decode
from typing import Any
from urllib.parse import parse_qs
from xml.etree import ElementTree as ET

from tests.channels.local_server import LocalServer, Received, Reply

SID = "AC" + "0" * 32
ROUTING_KEY = "R" * 32
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_LONGEST_TEXT = 1_600
_FIELDS = {"Calls": {"To", "From", "Twiml"}, "Messages": {"To", "From", "Body"}}
_VERBS = {"Response", "Gather", "Say"}
_SEVERITIES = {"critical", "error", "warning", "info"}
_LONGEST_SUMMARY = 1_024
_LONGEST_KEY = 255


def be_twilio(server: LocalServer, token: str, *, sid: str = SID) -> None:
    """Answer as Twilio's REST API does (version 2010-04-01)."""
    server.answer(Reply(201, body=json.dumps({"sid": "CA" + "1" * 32, "status": "queued"}).encode()))
    server.objects = lambda received: _twilio_objects(received, sid, token)


def be_pagerduty(server: LocalServer, *, routing_key: str = ROUTING_KEY) -> None:
    """Answer as PagerDuty's Events API does (version 2)."""
    server.answer(Reply(202, body=b'{"status": "success", "message": "Event processed"}'))
    server.objects = lambda received: _pagerduty_objects(received, routing_key)


def said_by_phone(received: Received) -> str:
    """What somebody hears of a call, or reads of a text message."""
    fields = form(received)
    if "Body" in fields:
        return fields["Body"]
    return " ".join(say.text or "" for say in ET.fromstring(fields["Twiml"]).iter("Say"))


def form(received: Received) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(received.body.decode(), strict_parsing=True).items()}


def _twilio_objects(received: Received, sid: str, token: str) -> Reply | None:
    scheme, _, given = received.headers.get("authorization", "").partition(" ")
    if scheme != "Basic" or b64decode(given).decode() != f"{sid}:{token}":
        return _twilio_error(401, 20003)
    match = re.fullmatch(r"/2010-04-01/Accounts/(\w+)/(Calls|Messages)\.json", received.path)
    if match is None or match[1] != sid or received.method != "POST":
        return _twilio_error(404, 20404)
    fields = form(received)
    if set(fields) != _FIELDS[match[2]] or not _NUMBER.fullmatch(fields["From"]):
        return _twilio_error(400, 21201)
    if not _NUMBER.fullmatch(fields["To"]):
        return _twilio_error(400, 21211)
    is_sound = 0 < len(fields["Body"]) <= _LONGEST_TEXT if "Body" in fields else _is_twiml(fields["Twiml"])
    return None if is_sound else _twilio_error(400, 12100)


def _is_twiml(text: str) -> bool:
    try:
        root = ET.fromstring(text)
    except ET.ParseError:
        return False
    gathers = all(each.get("action", "").startswith("http") and each.get("numDigits") == "1" for each in root.iter("Gather"))
    return root.tag == "Response" and {each.tag for each in root.iter()} <= _VERBS and gathers


def _twilio_error(status: int, code: int) -> Reply:
    body = {"code": code, "message": "The number +16045550110 is not valid", "status": status}
    return Reply(status, body=json.dumps(body).encode())


def _pagerduty_objects(received: Received, routing_key: str) -> Reply | None:
    try:
        errors = list(_event_errors(received, json.loads(received.body), routing_key))
    except (ValueError, KeyError, TypeError) as error:
        errors = [repr(error)]
    body = {"status": "invalid event", "message": "Event object is invalid", "errors": errors}
    return Reply(400, body=json.dumps(body).encode()) if errors else None


def _event_errors(received: Received, event: dict[str, Any], routing_key: str) -> list[str]:
    allowed = {"routing_key", "event_action", "dedup_key", "payload", "client", "client_url", "links", "images"}
    payload = event.get("payload", {"summary": "-", "source": "-", "severity": "info"})
    checks = {
        "path": (received.method, received.path) == ("POST", "/v2/enqueue"),
        "content type": received.headers.get("content-type") == "application/json",
        "routing key": event["routing_key"] == routing_key,
        "fields": set(event) <= allowed and set(payload) <= {"summary", "source", "severity", "timestamp", "component", "group", "class"},
        "action": event["event_action"] in ("trigger", "acknowledge", "resolve"),
        "payload": ("payload" in event) == (event["event_action"] == "trigger"),
        "dedup key": 0 < len(event["dedup_key"]) <= _LONGEST_KEY,
        "summary": 0 < len(payload["summary"]) <= _LONGEST_SUMMARY and bool(payload["source"]),
        "severity": payload["severity"] in _SEVERITIES,
    }
    return [name for name, holds in checks.items() if not holds]
