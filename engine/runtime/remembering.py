"""A request with a key (Idempotency-Key, a Slack trigger) is carried out once; its answer commits with its work.

`recall` gives `Stored` (the answer given before), `Running` or `Mismatch`; the way in turns them into its own words.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from engine.runtime.outcome import Decided, Handled
from engine.store.idempotency import Mismatch, New, Running, Stored, release, reserve, save
from engine.store.seal import Sealer

Render = Callable[[Decided], Stored | None]


@dataclass(slots=True)
class OncePerKey:
    """A Memory for one request; `render` makes the answer to keep, None keeps none and frees the key.

    `source` is who asks (a token's id, `slack`): keys of two sources never meet. `body_hash` tells whether the
    same key came with another body.
    """

    sealer: Sealer
    source: str
    key: str
    body_hash: str
    now: datetime
    render: Render
    _reserved: New | None = field(default=None, init=False)

    def recall(self, tx: Connection) -> Stored | Running | Mismatch | None:
        """Reserve the key, or give what stands under it."""
        found = reserve(tx, self.sealer, key=self.key, token_id=self.source, body_hash=self.body_hash, now=self.now)
        if not isinstance(found, New):
            return found
        self._reserved = found
        return None

    def keep(self, tx: Connection, decided: Decided, /) -> None:
        """Keep the answer under the key, sealed with the incident that it is about."""
        if self._reserved is None:
            return
        answer = self.render(decided)
        if answer is None:
            release(tx, self._reserved)
            return
        save(tx, self.sealer, self._reserved, answer, decided.incident.id if isinstance(decided, Handled) else None)
