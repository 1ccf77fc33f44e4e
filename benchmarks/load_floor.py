"""What HTTP and a durable write cost alone: a bare FastAPI echo, and the same after one commit by one writer.

`python -m benchmarks.load_floor WHERE` serves both on a free port: `POST /echo` and `POST /commit`. A commit is one row, one transaction
for each request: in an SQLite file with a write-ahead log and `synchronous=FULL`, on the event loop; or, where the place is the address of
a PostgreSQL that has the table `written`, over a pool of connections.
"""

import asyncio
import json
import socket
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from typing import Any, Final

import asyncpg
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

POOL: Final = 10
"""Connections to PostgreSQL, as many as one process of ours has."""
TABLE: Final = "CREATE TABLE IF NOT EXISTS written (number INTEGER PRIMARY KEY, text TEXT NOT NULL)"
POSTGRES_TABLE: Final = "CREATE TABLE written (number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text TEXT NOT NULL)"

Commit = Callable[[str], Awaitable[None]]


def floor_app(commit_row: Commit) -> FastAPI:
    """Make the application of both floors."""
    app = FastAPI()

    async def echo(request: Request) -> JSONResponse:
        return JSONResponse(await request.json())

    async def commit(request: Request) -> JSONResponse:
        body = await request.json()
        await commit_row(json.dumps(body))
        return JSONResponse(body)

    app.add_api_route("/echo", echo, methods=["POST"])
    app.add_api_route("/commit", commit, methods=["POST"])
    return app


def on_file(file: str) -> Commit:
    """Commit into an SQLite file."""
    connection = sqlite3.connect(file, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(TABLE)

    async def commit(text: str) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO written (text) VALUES (?)", (text,))
        connection.execute("COMMIT")

    return commit


async def on_postgres(url: str) -> Commit:
    """Commit into a PostgreSQL."""
    pool: Any = await asyncpg.create_pool(url, min_size=POOL, max_size=POOL)

    async def commit(text: str) -> None:
        await pool.execute("INSERT INTO written (text) VALUES ($1)", text)

    return commit


async def _serve(where: str) -> None:
    commit = await on_postgres(where) if where.startswith("postgresql:") else on_file(where)
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        print(f"the floor serves on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        config = uvicorn.Config(floor_app(commit), log_config=None, access_log=False, server_header=False)
        await uvicorn.Server(config).serve(sockets=[listener])


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
