"""How history is chained: SHA-256 over an unambiguous text of everything that a row says, and of the row before.

Each event follows the one before of its incident. Each head (an incident's newest event, once for each
change) follows the head before of the whole database, so that a missing tail or a missing incident shows.
"""

from hashlib import sha256
from typing import Any, Final

from engine.store.canonical import canonical

ORIGIN: Final = "0" * 64
"""What the first row follows."""

EVENT_COLUMNS: Final = ("incident_id", "seq", "at", "actor", "type", "payload", "previous_digest")
HEAD_COLUMNS: Final = ("number", "incident_id", "version", "head_digest", "previous_digest")


def digest_of(*values: Any) -> str:
    """Digest a row's stored values in the order of its columns; a JSON array keeps them apart."""
    return sha256(canonical(list(values)).encode()).hexdigest()
