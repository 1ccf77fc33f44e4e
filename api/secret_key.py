"""The secret that seals personal values: set by the operator, or kept in the data folder."""

import os
import secrets
from pathlib import Path
from typing import Final

from api.settings import Settings
from engine.store.fault import Fault

KEY_FILE: Final = "secret.key"


def secret_of(settings: Settings) -> str:
    """Give the secret that seals personal values: the one that is set, else one kept in the data folder, made once."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    path = settings.data_dir / KEY_FILE
    try:
        return _kept_secret(path)
    except OSError as error:
        raise Fault(
            f"the secret key {path} can't be read or made: {error.strerror}",
            done="started nothing",
            advice="make the data folder writable, or set FIREBREAK_SECRET_KEY",
        ) from error


def _kept_secret(path: Path) -> str:
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32))
            file.flush()
            os.fsync(file.fileno())
    return path.read_text(encoding="ascii").strip()
