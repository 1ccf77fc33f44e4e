"""A real HTTP server on this machine that records what it was sent and answers as it is told."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread


@dataclass
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    """`cut` closes the connection after reading the request; `drip` sends a byte at a time until let go."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    cut: bool = False
    drip: bool = False


class LocalServer:
    """Its `replies` are used up in order; the last one stays. What `objects` to is refused first, as the real one would."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.objects: Callable[[Received], Reply | None] = lambda _: None
        self.replies: list[Reply] = [Reply()]
        self.let_go = Event()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, *replies: Reply) -> None:
        self.replies = list(replies)

    def next_reply(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


class _Listening(ThreadingHTTPServer):
    """The server of the standard library, knowing what to record and to answer."""

    def __init__(self, local: LocalServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.local = local


class _Handler(BaseHTTPRequestHandler):
    def __getattr__(self, name: str) -> object:
        """Answer every method alike."""
        if name.startswith("do_"):
            return self._receive
        raise AttributeError(name)

    def _receive(self) -> None:
        local = self._local
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        received = Received(self.command, self.path, headers, body)
        local.received.append(received)
        reply = local.objects(received) or local.next_reply()
        if reply.cut:
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._write(reply)

    @property
    def _local(self) -> LocalServer:
        assert isinstance(self.server, _Listening)
        return self.server.local

    def _write(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(10**9 if reply.drip else len(reply.body)))
        self.end_headers()
        try:
            self.wfile.write(reply.body)
            while reply.drip and not self._local.let_go.wait(0.02):
                self.wfile.write(b" ")
        except OSError:
            return

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""


@contextmanager
def local_server() -> Iterator[LocalServer]:
    """Serve on a free port of 127.0.0.1 until the block ends."""
    server = LocalServer()
    httpd = _Listening(server)
    server.port = httpd.server_address[1]
    thread = Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.let_go.set()
        httpd.shutdown()
        httpd.server_close()
        thread.join()
