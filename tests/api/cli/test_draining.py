"""What arrives while the server ends is answered, and its client told that this was the last; nothing is reset."""

import asyncio
import socket

import uvicorn
from starlette.types import Receive, Scope, Send

from api.cli.draining import DrainingServer
from tests.until import until

ASK = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


async def _answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(2)
    return head


def _takes_nobody(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


async def test_a_kept_connection_brings_one_more_request_while_the_server_ends() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    server = DrainingServer(uvicorn.Config(app, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await until(lambda: server.started)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(ASK)
    before = await _answer(reader)
    server.should_exit = True
    await until(lambda: _takes_nobody(port))
    writer.write(ASK)
    last = await _answer(reader)
    end = await reader.read()
    writer.close()
    await asyncio.wait_for(serving, 10)

    assert (b"connection: close" in before, b"connection: close" in last, end) == (False, True, b"")
