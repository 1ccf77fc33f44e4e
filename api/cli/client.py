"""Speaks to a Firebreak server over HTTP for the commands of `firebreak incident` and `firebreak token`.

Rules:
- The token comes from FIREBREAK_TOKEN and from nowhere else: an option would show in the list of processes.
- Every POST carries an Idempotency-Key, so a request whose answer was lost is sent once more without harm.
- What the server refuses becomes one sentence, with what would work now.
"""

import os
from collections.abc import Mapping
from typing import Annotated, Any, Final
from urllib.parse import quote

import httpx
import typer

from api.cli.trouble import COULD_NOT_RUN, SAID_NO, Trouble
from engine.runtime.clock import new_id

LOCAL: Final = "http://127.0.0.1:8000"
TIMEOUT_SECONDS: Final = 15.0

Server = Annotated[str, typer.Option("--server", envvar="FIREBREAK_SERVER", help="Address of the server.")]


class Client:
    """One server and one token."""

    def __init__(self, server: str, token: str | None = None, transport: httpx.BaseTransport | None = None) -> None:
        self._server = server.rstrip("/")
        secret = token if token is not None else os.environ.get("FIREBREAK_TOKEN", "")
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        try:
            self._http = httpx.Client(base_url=self._server, headers=headers, timeout=TIMEOUT_SECONDS, transport=transport)
        except httpx.InvalidURL as error:
            raise Trouble(f"'{server}' is not an address; write http://host:port") from error

    def get(self, path: str, **query: object) -> Any:
        """Read; parameters that are None are left out."""
        known = {name: str(value) for name, value in query.items() if value is not None}
        return self._answer(self._sent("GET", path, params=known))

    def post(self, path: str, body: Mapping[str, object] | None = None) -> Any:
        """Ask for a change; fields that are None are left out."""
        known = {name: value for name, value in (body or {}).items() if value is not None}
        return self._answer(self._sent("POST", path, json=known, headers={"Idempotency-Key": new_id()}))

    def put(self, path: str, body: Mapping[str, object]) -> Any:
        return self._answer(self._sent("PUT", path, json=dict(body)))

    def delete(self, path: str) -> Any:
        return self._answer(self._sent("DELETE", path))

    def _sent(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            try:
                return self._http.request(method, path, **request)
            except (httpx.ReadError, httpx.RemoteProtocolError):
                return self._http.request(method, path, **request)
        except httpx.TimeoutException as error:
            raise Trouble(f"{self._server} did not answer within {TIMEOUT_SECONDS:.0f} seconds") from error
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise Trouble(f"can't reach {self._server}; start 'firebreak serve', or name the server with --server") from error

    def _answer(self, response: httpx.Response) -> Any:
        try:
            body = response.json() if response.content else None
        except ValueError:
            body = None
        if response.is_success:
            return body
        raise _trouble(response.status_code, body if isinstance(body, dict) else {}, self._server)


def part(name: str) -> str:
    """Write a key or an id as one part of a path."""
    return quote(name, safe="")


def _trouble(status: int, problem: Mapping[str, Any], server: str) -> Trouble:
    detail = str(problem.get("detail") or problem.get("title") or f"{server} answered {status}")
    code = COULD_NOT_RUN if status == 401 or status >= 500 or not problem else SAID_NO
    return Trouble(detail, *_more(status, problem, detail), code=code)


def _more(status: int, problem: Mapping[str, Any], said: str) -> tuple[str, ...]:
    """List what helps after a "no": what would work now, the fields at fault, where a token comes from."""
    allowed = problem.get("allowed") or []
    lines = [f"what would work now: {', '.join(map(str, allowed))}"] if allowed else []
    errors = [error for error in problem.get("errors") or [] if isinstance(error, dict)]
    lines += [f"{error.get('field')}: {error.get('message')}" for error in errors if str(error.get("message")) not in said]
    if status == 401:
        lines.append("put a token into FIREBREAK_TOKEN; 'firebreak token create' makes one")
    return tuple(lines)
