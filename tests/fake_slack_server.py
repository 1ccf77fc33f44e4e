"""The fake Slack over real HTTP on 127.0.0.1, with its faults."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from tests.fake_slack import Call, FakeSlack, Fault

_NESTED: Final = ("blocks", "metadata", "view")


class _Handler(BaseHTTPRequestHandler):
    slack: FakeSlack

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        path = urlsplit(self.path).path
        if path.startswith("/response/"):
            self.slack.whispers.append({"url": path, **json.loads(body)})
            self.slack.heard.set()
            self._write(200, {"ok": True}, None)
            return
        method = path.removeprefix("/api/")
        arguments, as_json = _arguments(self.path, body, self.headers.get("content-type") or "")
        given = str(arguments.pop("token", ""))
        token = (self.headers.get("authorization") or given).removeprefix("Bearer ")
        fault = self.slack.next_fault(method)
        if fault is None or fault.kind in ("lost", "truncated"):
            answer = self.slack.perform(method, arguments, as_json=as_json, token=token)
            self._write(200, answer, fault)
            return
        self.slack.calls.append(Call(method, arguments))
        self._fail(fault)

    def do_GET(self) -> None:
        self.do_POST()

    def _fail(self, fault: Fault) -> None:
        match fault.kind:
            case "429":
                self._write(429, {"ok": False, "error": "ratelimited"}, fault)
            case "500":
                self._write(500, {"ok": False, "error": "internal_error"}, fault)
            case "refused":
                self._write(200, {"ok": False, "error": fault.error}, fault)
            case "hang":
                self.slack.let_go.wait()
            case _:
                self.connection.shutdown(socket.SHUT_RDWR)

    def _write(self, status: int, answer: dict[str, Any], fault: Fault | None) -> None:
        kind = fault.kind if fault else None
        if kind == "lost":
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        if fault and kind == "429":
            self.send_header("retry-after", str(fault.retry_after))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if kind == "truncated" else body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""


def _arguments(path: str, body: bytes, content_type: str) -> tuple[dict[str, Any], bool]:
    if content_type.startswith("application/json"):
        return dict(json.loads(body or b"{}")), True
    fields = dict(parse_qsl(urlsplit(path).query, keep_blank_values=True)) | dict(parse_qsl(body.decode(), keep_blank_values=True))
    return {name: json.loads(value) if name in _NESTED else value for name, value in fields.items()}, False


@contextmanager
def fake_slack() -> Iterator[FakeSlack]:
    """Serve on a free port of 127.0.0.1 until the block ends."""
    slack = FakeSlack()
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"slack": slack}))
    slack.url = f"http://127.0.0.1:{httpd.server_address[1]}/api/"
    thread = Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield slack
    finally:
        slack.let_go.set()
        httpd.shutdown()
        httpd.server_close()
        thread.join()
