"""The fake Slack over real HTTP on 127.0.0.1, with its faults."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from tests.fake_slack import Call, FakeSlack, Fault, TooMany

_NESTED: Final = ("blocks", "metadata", "view")


class _Handler(BaseHTTPRequestHandler):
    slack: FakeSlack

    def do_POST(self) -> None:
        try:
            self._take()
        except OSError:
            return  # whoever asked has gone away
        except Exception as error:
            self.slack.mistakes.append(f"the fake Slack broke: {self.path}: {error!r}")
            raise

    def _take(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        path = urlsplit(self.path).path
        if path.startswith("/response/"):
            self._write(*self.slack.respond(path, json.loads(body)), None)
            return
        method = path.rpartition("/api/")[2]
        arguments, as_json = _arguments(self.path, body, self.headers.get("content-type") or "")
        given = str(arguments.pop("token", ""))
        token = (self.headers.get("authorization") or given).removeprefix("Bearer ")
        fault = self.slack.next_fault(method, arguments)
        if fault is None or fault.kind in ("lost", "held", "truncated"):
            try:
                self._write(200, self.slack.perform(method, arguments, as_json=as_json, token=token), fault)
            except TooMany as limit:
                self._fail(Fault("429", retry_after=limit.retry_after))
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
            case "502" | "html":
                self._page(502 if fault.kind == "502" else 200)
            case "hang":
                self.slack.let_go.wait()
            case _:
                self.connection.shutdown(socket.SHUT_RDWR)

    def _page(self, status: int) -> None:
        """Answer as a proxy on the way does."""
        body = b"<html><body><h1>Bad gateway</h1></body></html>"
        self.send_response(status)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _write(self, status: int, answer: dict[str, Any], fault: Fault | None) -> None:
        kind = fault.kind if fault else None
        if kind == "held":
            self.slack.held.append(urlsplit(self.path).path.partition("/api/")[0])
            self.slack.let_go.wait()
            return
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
    """Serve on a free port of 127.0.0.1 until the block ends; what the product did wrong fails the test then."""
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
    assert not slack.mistakes, "\n".join(slack.mistakes)
