"""The database's side of FIREBREAK_SECRET_KEY: whether it fits, and how every key comes under a new one.

Rules:
- What fingerprints are keyed with is a key of its own among the others, found under `FINDING`. A new database draws it; in
  one that is older it is what used to be derived from the secret, so that everything stays found.
- The names of the secrets that keys may be wrapped by are kept: a program without one of them does not start, instead of
  failing on the first sealed value. A program adds the name of its first secret when it starts, and again with a key that it
  makes while several are listed: it may still wrap with the old one when the others are done.
- Keys are wrapped anew in batches, each a unit of its own: killed anywhere, the next run goes on, because it looks at the keys
  and at nothing else. A key that was destroyed meanwhile stays destroyed: only what still stands as it was read is replaced.
"""

import secrets
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from sqlalchemy import Connection, bindparam, func, insert, select, update

from engine.store.database import Database
from engine.store.fault import Fault
from engine.store.keyring import Keyring, Secret, keyed_hash, wrong_secret
from engine.store.locking import hold
from engine.store.settings import put_setting, setting
from engine.store.tables import incidents, keys

FINDING: Final = "fingerprints"
BATCH: Final = 500
"""Keys that are wrapped anew in one unit: a few milliseconds, which other changes wait for."""
AT_ONCE: Final = 20
"""Batches after which whoever asked is answered."""

_CHECK: Final = "seal_check"
_SECRETS: Final = "seal_secrets"
_KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Standing:
    """How many keys each secret wraps, by its name, the first one first; `unreadable` by none of them, `destroyed` for good.

    `needed` names the secrets without which no program starts.
    """

    by_secret: Mapping[str, int]
    unreadable: int
    destroyed: int
    needed: frozenset[str]

    @property
    def is_rewrapped(self) -> bool:
        """Whether the first secret wraps every key."""
        return not self.unreadable and not any(list(self.by_secret.values())[1:])

    @property
    def is_done(self) -> bool:
        """Whether the first secret is enough from now on."""
        return self.is_rewrapped and self.needed == set(list(self.by_secret)[:1])


@dataclass(frozen=True, slots=True)
class Progress:
    """What one run of batches did; `next` is where the next one begins, None after the last key."""

    rewrapped: int
    next: str | None


def confirmed(tx: Connection, ring: Keyring) -> bytes:
    """Check the secrets, note the one that wraps from now on, and give what fingerprints are keyed with; a write unit; raises Fault."""
    hold(tx, "secret")
    _assert_listed(tx, ring)
    known = finding_key(tx, ring)
    finding = known or (secrets.token_bytes(_KEY_BYTES) if _is_new(tx) else ring.first.proving)
    if known is None:
        put_setting(tx, _CHECK, keyed_hash(finding, "check", "firebreak"))
    if _finding_row(tx) is None:
        tx.execute(insert(keys), {"id": FINDING, "wrapped": ring.wrapped(finding, FINDING)})
    _note_secrets(tx, ring, finding)
    return finding


def finding_key(tx: Connection, ring: Keyring) -> bytes | None:
    """Give what the database's fingerprints are keyed with; None in one that never had any; raises Fault when the secrets are others."""
    wrapped, check = _finding_row(tx), setting(tx, _CHECK)
    if wrapped is not None:
        opened = ring.opened(wrapped, FINDING)
        found = opened[1] if opened else None
    elif check is not None:
        found = next((each.proving for each in ring.secrets if keyed_hash(each.proving, "check", "firebreak") == check), None)
    else:
        return None
    if found is None:
        raise wrong_secret("the database was sealed with another FIREBREAK_SECRET_KEY")
    return found


def standing(tx: Connection, ring: Keyring) -> Standing:
    """Count the keys by who opens them; reads all of them, at some microseconds each."""
    found = Counter(opened[0].name if opened else "" for _, _, opened in _opened(tx, ring, "", None))
    destroyed = tx.execute(select(func.count()).where(keys.c.wrapped.is_(None))).scalar_one()
    by_secret = {each.name: found[each.name] for each in ring.secrets if each in ring.listed or found[each.name]}
    return Standing(by_secret, found[""], destroyed, frozenset(_noted(tx)))


async def rotate(database: Database, ring: Keyring, after: str = "") -> Progress:
    """Wrap the next keys with the first secret, while others work; `after` is the last progress's `next`."""
    rewrapped, last = 0, after
    for _ in range(AT_ONCE):
        changed, reached = await database.write(partial(_rewrap, ring=ring, after=last))
        rewrapped += changed
        if reached is None:
            return Progress(rewrapped, None)
        last = reached
    return Progress(rewrapped, last)


async def finish(database: Database, ring: Keyring) -> Standing:
    """Look at every key after the last `rotate`; where the first secret wraps all, the others are needed no longer.

    Copies wrapped by the others are cleared on PostgreSQL as after an erasure. A file's log holds some until the server
    closes it, which comes next anyway: emptying it now would make whoever writes wait for whoever reads.
    """
    found = await database.read(lambda tx: standing(tx, ring))
    if not found.is_rewrapped:
        return found
    await database.write(lambda tx: put_setting(tx, _SECRETS, ring.first.name))
    if database.is_shared:
        await database.scrub()
    return replace(found, needed=frozenset({ring.first.name}))


def _rewrap(tx: Connection, *, ring: Keyring, after: str) -> tuple[int, str | None]:
    """Wrap one batch anew; gives how many were, and the last key's id, None when there are no more."""
    found = list(_opened(tx, ring, after, BATCH))
    changes = [
        {"key": name, "as_read": wrapped, "anew": ring.wrapped(opened[1], name)}
        for name, wrapped, opened in found
        if opened and opened[0] is not ring.first
    ]
    if changes:
        anew = update(keys).where(keys.c.id == bindparam("key"), keys.c.wrapped == bindparam("as_read"))
        tx.execute(anew.values(wrapped=bindparam("anew")), changes)
    return len(changes), found[-1][0] if len(found) == BATCH else None


def _opened(tx: Connection, ring: Keyring, after: str, most: int | None) -> Iterator[tuple[str, str, tuple[Secret, bytes] | None]]:
    rows = select(keys.c.id, keys.c.wrapped).where(keys.c.id > after, keys.c.wrapped.is_not(None)).order_by(keys.c.id).limit(most)
    for name, wrapped in tx.execute(rows):
        yield name, wrapped, ring.opened(wrapped, name)


def _finding_row(tx: Connection) -> str | None:
    return tx.execute(select(keys.c.wrapped).where(keys.c.id == FINDING)).scalar()


def _is_new(tx: Connection) -> bool:
    """Say whether nothing was stored yet that is found by a fingerprint."""
    return not any(tx.execute(select(table.c.id).limit(1)).first() for table in (keys, incidents))


def _assert_listed(tx: Connection, ring: Keyring) -> None:
    """Refuse to start without a secret that keys may be wrapped by; where none of them is known, it is another database's."""
    noted = _noted(tx)
    if noted & set(ring.names) and noted - set(ring.names):
        raise Fault(
            "some keys of the database are still sealed with another FIREBREAK_SECRET_KEY than is set",
            done="opened nothing",
            advice="set both, the new one first, separated by a comma, and run: firebreak keys rotate",
        )


def _note_secrets(tx: Connection, ring: Keyring, finding: bytes) -> None:
    """Add the secret that wraps from now on to those that keys may be wrapped by."""
    noted = _noted(tx) or {next((each.name for each in ring.secrets if each.proving == finding), ring.first.name)}
    wanted = noted | {ring.first.name}
    if wanted != _noted(tx):
        put_setting(tx, _SECRETS, ",".join(sorted(wanted)))


def note_first(tx: Connection, ring: Keyring) -> None:
    """Say that a key was made with the first of several secrets: a process that still wraps with the old one may outlive the rotation."""
    if len(ring.listed) > 1 and ring.first.name not in (noted := _noted(tx)):
        put_setting(tx, _SECRETS, ",".join(sorted(noted | {ring.first.name})))


def _noted(tx: Connection) -> set[str]:
    return set((setting(tx, _SECRETS) or "").split(",")) - {""}
