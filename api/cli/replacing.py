"""A file is replaced whole or not at all: whoever reads it meanwhile sees the old bytes or the new ones, never half of them."""

import os
import tempfile
from pathlib import Path

from api.cli.trouble import Trouble


def replace_file(file: Path, content: bytes) -> None:
    """Put new bytes in place of a file, with its rights kept; where it is a link, in place of what it points to."""
    target = file.resolve()
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        fresh = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            fresh.chmod(target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_mask())
            fresh.replace(target)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise Trouble(f"can't write '{file}': {(error.strerror or 'it failed').lower()}") from error


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
