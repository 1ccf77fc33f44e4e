"""One answer for each `Idempotency-Key`, kept in the transaction that did the work.

Rules:
- The same key and request of the same token get the stored answer for 24 hours, whatever happened since;
  Refusals are stored too. Another request under the same key is 422.
- A request is its method, path, body (as JSON, whatever its spacing and order) and the person it is for.
- What never reached the rules (malformed, hidden or stale requests) is not stored: mended, it may come again.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from api.problems import Problem
from engine.incident.refusal import Refusal
from engine.runtime.outcome import Decided, Handled
from engine.store import idempotency as store
from engine.store.seal import Sealer

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
PATIENCE_SECONDS: Final = 5.0
KEY: Final = "^[!-~]{1,255}$"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command is answered with: a body that is JSON, and the headers that belong to it."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


def key_of(given: str | None) -> str | None:
    """Check an `Idempotency-Key`; raises Problem with code `invalid`."""
    if given is None or re.fullmatch(KEY, given):
        return given
    message = "is 1 to 255 visible ASCII characters"
    raise Problem("invalid", f"{HEADER} {message}", errors=[{"field": HEADER, "message": message}])


def request_hash(method: str, path: str, body: bytes, person: str | None) -> str:
    """Give the hex SHA-256 that two requests have in common exactly when they ask for the same."""
    try:
        parsed = json.loads(body) if body else None
    except ValueError:
        parsed = body.hex()
    text = json.dumps([method, path, person, parsed], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class Remembered:
    """The memory of one request, for `Handler`; `answered` turns what was decided into the answer to keep.

    `answer` is what was kept by the last attempt: it is what is given once the attempt has been committed. A `mendable`
    request, such as a form, may be sent again after a refusal: only what had an effect is kept.
    """

    def __init__(
        self,
        sealer: Sealer,
        *,
        key: str,
        token_id: str,
        request: str,
        now: datetime,
        answered: Callable[[Handled | Refusal], Answer],
        mendable: bool = False,
    ) -> None:
        self._sealer = sealer
        self._key = key
        self._token_id = token_id
        self._request = request
        self._now = now
        self._answered = answered
        self._mendable = mendable
        self._reserved: store.New | None = None
        self.answer: Answer | None = None

    def recall(self, tx: Connection) -> store.Stored | store.Running | store.Mismatch | None:
        """Reserve the key, or give what is known of it."""
        found = store.reserve(tx, self._sealer, key=self._key, token_id=self._token_id, body_hash=self._request, now=self._now)
        if isinstance(found, store.New):
            self._reserved = found
            return None
        return found

    def keep(self, tx: Connection, decided: Decided) -> None:
        """Keep the answer of the rules; anything else leaves the key free."""
        is_answer = isinstance(decided, Handled) or (isinstance(decided, Refusal) and not self._mendable)
        if is_answer and isinstance(decided, Handled | Refusal):
            self.save(tx, self._answered(decided), decided.incident.id if isinstance(decided, Handled) else None)
        else:
            self.release(tx)

    def save(self, tx: Connection, answer: Answer, incident_id: str | None) -> None:
        """Keep an answer, sealed under its incident's key."""
        assert self._reserved is not None
        self.answer = answer
        body = json.dumps(answer.body, ensure_ascii=False)  # as text, because the store puts the names of an object in order
        store.save(tx, self._sealer, self._reserved, store.Stored(answer.status, body, dict(answer.headers)), incident_id)

    def release(self, tx: Connection) -> None:
        """Leave the key free."""
        assert self._reserved is not None
        store.release(tx, self._reserved)


def replayed(found: store.Stored) -> Answer:
    """Give a stored answer again; raises Problem when somebody it was about has been erased since."""
    if found.body is None:
        raise Problem("not_found", "the stored answer was about somebody whose data has been erased")
    return Answer(found.status, json.loads(found.body), {**found.headers, REPLAYED: "true"})


def unusable(found: store.Running | store.Mismatch) -> Problem:
    """Say why a key gives no answer."""
    if isinstance(found, store.Running):
        return Problem("in_progress", "the same request is still being worked on; try again in a moment", headers={"Retry-After": "1"})
    return Problem("key_reused", f"{HEADER} was used for another request; use a new key")


async def pause(attempt: int) -> None:
    """Wait a little longer with each attempt for a request that is still running."""
    await asyncio.sleep(min(0.05 * 2**attempt, 0.8))
