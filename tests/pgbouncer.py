"""A real PgBouncer between the tests and their PostgreSQL, where it is installed."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.free_port import free_port
from tests.postgres_server import PostgresServer, owner

PROGRAM = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin:/usr/local/sbin")


@contextmanager
def pgbouncer(server: PostgresServer, mode: str, **settings: str) -> Iterator[int]:
    """Pool connections to all databases of a server until the block ends; gives the port. Without the program the test is skipped."""
    if PROGRAM is None:
        pytest.skip("PgBouncer is not installed here")
    folder, port = Path(tempfile.mkdtemp(prefix="firebreak-bouncer-")), free_port()
    users = folder / "users"
    users.write_text('"firebreak" ""\n')
    chosen = {"listen_addr": "127.0.0.1", "listen_port": str(port), "unix_socket_dir": "", "auth_type": "trust", "auth_file": str(users)}
    chosen |= {"pool_mode": mode, "default_pool_size": "20", "max_client_conn": "200", "admin_users": "firebreak", **settings}
    lines = [
        "[databases]",
        f"* = host={server.folder} user=firebreak",
        "[pgbouncer]",
        *(f"{name} = {value}" for name, value in chosen.items()),
    ]
    (folder / "ini").write_text("\n".join(lines) + "\n")
    for place in (folder, users, folder / "ini"):
        place.chmod(0o755)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([PROGRAM, str(folder / "ini")], stdout=log, stderr=log, cwd="/", **owner())
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            assert time.monotonic() < deadline, "PgBouncer did not start"
        else:
            return
