"""What HTTP and a durable write cost alone: a bare FastAPI echo, and the same after one commit by one writer.

`python -m benchmarks.load_floor FILE` serves both on a free port: `POST /echo` and `POST /commit`. A commit is one row in an SQLite
file with a write-ahead log, `synchronous=FULL`, one transaction for each request, on the event loop.
"""

import asyncio
import json
import socket
import sqlite3
import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse


def floor_app(file: Path) -> FastAPI:
    """Make the application of both floors."""
    connection = sqlite3.connect(file, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TABLE IF NOT EXISTS written (number INTEGER PRIMARY KEY, text TEXT NOT NULL)")
    app = FastAPI()

    async def echo(request: Request) -> JSONResponse:
        return JSONResponse(await request.json())

    async def commit(request: Request) -> JSONResponse:
        body = await request.json()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO written (text) VALUES (?)", (json.dumps(body),))
        connection.execute("COMMIT")
        return JSONResponse(body)

    app.add_api_route("/echo", echo, methods=["POST"])
    app.add_api_route("/commit", commit, methods=["POST"])
    return app


async def _serve(file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        print(f"the floor serves on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        config = uvicorn.Config(floor_app(file), log_config=None, access_log=False, server_header=False)
        await uvicorn.Server(config).serve(sockets=[listener])


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
