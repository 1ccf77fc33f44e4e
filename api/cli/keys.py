"""The secret key beside a backup: which one is known here, whether it opens a database, and how one from a backup is kept."""

import os
from datetime import datetime
from pathlib import Path
from typing import Literal

from api.cli.trouble import SAID_NO, Trouble
from api.secret_key import KEY_FILE
from api.settings import Settings
from engine.store.fault import Fault
from engine.store.restore import moved_aside
from engine.store.seal import Sealer
from engine.store.sqlite_file import writing_engine

KeyState = Literal["fits", "other", "none"]


def key_here(chosen: Settings) -> str | None:
    """Give the key that is set, else the one in the data folder; None where there is none. Never makes one."""
    if chosen.secret_key is not None:
        return chosen.secret_key.get_secret_value()
    path = chosen.data_dir / KEY_FILE
    try:
        return path.read_text(encoding="ascii").strip() if path.exists() else None
    except (OSError, UnicodeDecodeError) as error:
        raise Fault(
            f"the secret key {path} can't be read", done="changed nothing", advice="check its rights, or set FIREBREAK_SECRET_KEY"
        ) from error


def fit_of(database: Path, packed: str | None, chosen: Settings) -> KeyState:
    """Say whether the key that a server would use here opens this database, which nobody else has open."""
    key = key_here(chosen) or packed
    if key is None:
        return "none"
    engine = writing_engine(database)
    try:
        with engine.begin() as tx:
            Sealer(key).confirm(tx)
    except Fault:
        return "other"
    finally:
        engine.dispose()
    return "fits"


def keep_key(chosen: Settings, packed: str | None, *, force: bool, now: datetime) -> list[Path]:
    """Write the key that a backup holds to the data folder, mode 0600; returns what was moved aside. A key that is set stays in force."""
    if packed is None or chosen.secret_key is not None:
        return []
    path, known = chosen.data_dir / KEY_FILE, key_here(chosen)
    if known == packed:
        return []
    if known is not None and not force:
        raise Trouble(f"{path} is another key than the one in the backup", "add --force to move it aside", code=SAID_NO)
    try:
        moved = moved_aside([path], now=now) if known is not None else []
        chosen.data_dir.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(packed)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise Fault(f"can't write {path}: {error.strerror}", done="restored nothing", advice="make the data folder writable") from error
    return moved
