"""Performs one `http` step: a call that the playbook's author wrote down, to a host that the organisation allows.

Rules:
- Secrets stand in headers only, as `${NAME}`, for names that the step lists under `secret`; they come from
  the environment, and Firebreak's own settings are never given out.
- `Idempotency-Key` is the delivery's id, the same at every attempt.
- Arrival is a status within `expect`; `save` picks values out of a JSON answer (`$.a.b[0]`), and a path
  that leads nowhere is a failure that trying again does not mend.
- The wait between attempts is the step's own `retry`, kept by the worker.
"""

import json
import re
from collections.abc import Mapping
from string import Template
from typing import Any, Final

import msgspec

from engine.channels.channel import Failed, Outcome, Outgoing, Sent
from engine.channels.outlet import MAX_BODY, TIMEOUT, Answer, Outlet, Request, host_of, refused_by, said

_PATH: Final = re.compile(r"\$(?:\.[A-Za-z_][\w-]*|\[\d{1,6}\])*")
_PART: Final = re.compile(r"\.([A-Za-z_][\w-]*)|\[(\d{1,6})\]")
_MISSING: Final = object()
_OURS: Final = "FIREBREAK_"
LONGEST_CALL: Final = 100.0
"""Seconds; a longer `timeout` of a step counts as this."""
_LONGEST: Final = 10_000
"""Characters of one saved text."""


class HttpCall(msgspec.Struct, frozen=True):
    """The body of an `http` delivery, as `react` writes it; `timeout` in seconds."""

    url: str
    method: str = "GET"
    headers: dict[str, str] = {}
    body: str | dict[str, Any] | None = None
    secret: list[str] = []
    expect: tuple[int, ...] = (200, 299)
    save: dict[str, str] = {}
    timeout: float = TIMEOUT


class HttpStepChannel:
    """Sends deliveries of kind `http`."""

    def __init__(self, outlet: Outlet, *, environment: Mapping[str, str]) -> None:
        self._outlet = outlet
        self._environment = environment

    async def send(self, outgoing: Outgoing) -> Outcome:
        try:
            call = msgspec.convert(outgoing.delivery.body, HttpCall)
        except msgspec.ValidationError as error:
            return Failed(f"the call of step {outgoing.delivery.step!r} can't be read: {error}", retry=False)
        headers = self._headers(call)
        if isinstance(headers, Failed):
            return headers
        content, kind = _content(call.body)
        sent_headers = {**kind, "idempotency-key": outgoing.delivery.id, **headers}
        answer = await self._outlet.call(Request(call.method, call.url, content, sent_headers, min(call.timeout, LONGEST_CALL)))
        return answer if isinstance(answer, Failed) else _judge(call, answer)

    def _headers(self, call: HttpCall) -> dict[str, str] | Failed:
        if not call.secret:
            return {name.lower(): value for name, value in call.headers.items()}
        ours = [name for name in call.secret if name.upper().startswith(_OURS)]
        if ours:
            return Failed(f"secret {ours[0]!r} belongs to Firebreak itself; playbooks can't send it", retry=False)
        missing = [name for name in call.secret if not self._environment.get(name)]
        if missing:
            return Failed(f"secret {missing[0]!r} is not set in the environment", retry=False)
        known = {name: self._environment[name] for name in call.secret}
        return {name.lower(): Template(value).safe_substitute(known) for name, value in call.headers.items()}


def pick(answer: object, path: str) -> object:
    """Follow `$.a.b[0]` through a JSON value; gives `None` for JSON's null and raises LookupError where it leads nowhere."""
    if not _PATH.fullmatch(path):
        raise LookupError(f"{path!r} is not a path; write it like '$.a.b[0]'")
    found = answer
    for name, index in _PART.findall(path):
        found = _child(found, name, index)
        if found is _MISSING:
            raise LookupError(f"the answer holds nothing at {path!r}")
    return found


def _child(value: object, name: str, index: str) -> object:
    if name:
        return value.get(name, _MISSING) if isinstance(value, dict) else _MISSING
    return value[int(index)] if isinstance(value, list) and int(index) < len(value) else _MISSING


def _content(body: str | dict[str, Any] | None) -> tuple[bytes, dict[str, str]]:
    if body is None:
        return b"", {}
    if isinstance(body, str):
        return body.encode(), {"content-type": "text/plain; charset=utf-8"}
    return json.dumps(body, ensure_ascii=False).encode(), {"content-type": "application/json"}


def _judge(call: HttpCall, answer: Answer) -> Outcome:
    if not call.expect[0] <= answer.status <= call.expect[-1]:
        return refused_by(answer, host_of(call.url))
    if not call.save:
        return Sent({"status": answer.status, "saved": {}})
    if len(answer.body) >= MAX_BODY:
        return Failed(f"{host_of(call.url)!r} answered with more than {MAX_BODY:,} bytes", retry=False)
    try:
        found = said(answer)
        return Sent({"status": answer.status, "saved": {name: _kept(pick(found, path), path) for name, path in call.save.items()}})
    except LookupError as error:
        return Failed(str(error.args[0]), retry=False)
    except ValueError:
        return Failed(f"{host_of(call.url)!r} did not answer with JSON", retry=False)


def _kept(value: object, path: str) -> object:
    """Keep what a step can hold: a text, number, yes or no, nothing, or a list of texts."""
    if isinstance(value, str):
        return value[:_LONGEST]
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return [item[:_LONGEST] for item in value[:1000]]
    raise LookupError(f"{path!r} holds something other than a text, number, yes or no, or list of texts")
