"""A data folder as a first start leaves it, made once for the same files and copied: proving playbooks takes longer than most tests."""

import atexit
import hashlib
import shutil
import tempfile
from io import StringIO
from pathlib import Path
from typing import Final

from rich.console import Console

from api.settings import Settings
from api.wiring import build, dismantle
from engine.runtime.clock import Clock
from tests.postgres_server import in_a_loop_of_its_own

_MADE: Final[dict[str, Path]] = {}


def prepare(settings: Settings, clock: Clock | None = None) -> None:
    """Fill the data folder that `settings` name as a start would whose clock shows that time; it must be empty."""
    name = _digest(settings)
    if name not in _MADE:
        _MADE[name] = Path(tempfile.mkdtemp(prefix="firebreak-prepared-"))
        atexit.register(shutil.rmtree, _MADE[name], ignore_errors=True)
        in_a_loop_of_its_own(_started(settings.model_copy(update={"data_dir": _MADE[name]}), clock))
    shutil.copytree(_MADE[name], settings.data_dir, dirs_exist_ok=True)


def _digest(settings: Settings) -> str:
    files = sorted(path for path in settings.playbooks.rglob("*") if path.is_file())
    content = b"".join(hashlib.sha256(path.name.encode() + b"\0" + path.read_bytes()).digest() for path in (*files, settings.organisation))
    return hashlib.sha256(content).hexdigest()


async def _started(settings: Settings, clock: Clock | None) -> None:
    await dismantle(await build(settings, clock=clock, console=Console(file=StringIO()), environment={"HOME": "/nowhere"}))
