"""Personal values are stored only encrypted, each subject's under a key that can be destroyed.

Rules:
- AES-256-GCM; a data key for each subject, or for the incident where no subject is known. A subject's key
  is found by a keyed hash of the folded name: the name itself is stored nowhere outside a box.
- Data keys are wrapped by a key derived from FIREBREAK_SECRET_KEY (`keyring`), and wrapped again when that changes (`rotation`).
  Whoever holds a secret and a backup of its time can still open what was erased since: keep backups no longer than you may.
- Fingerprints are keyed with a key of the database's own, wrapped like the others: what is found by them is found whatever the secret is.
- A destroyed key keeps neither wrapped key nor hash; a later mention of the same person gets a new key.
"""

import secrets
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Text, and_, any_, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from engine.store.canonical import canonical, parsed
from engine.store.fault import Fault
from engine.store.keyring import Keyring, decrypted, encrypted, keyed_hash, wrong_secret
from engine.store.locking import is_shared
from engine.store.marks import PERSONAL, SEALED, Mark, folded, found, is_sealed, is_to_be_sealed, replaced, subject_of
from engine.store.prepared import Prepared
from engine.store.rotation import confirmed, finding_key, note_first
from engine.store.tables import key_uses, keys

_KEPT: Final = 1_024
"""Opened keys that are kept in memory: opening one costs as much as sealing ten values with it."""
_ANY_MARK: Final = '"$":'
"""Stands in canonical text only where an object has the key `$`: inside strings, quotes are escaped."""

_KEY_OF: Final = Prepared.of(
    select(keys.c.id, keys.c.wrapped, key_uses.c.incident_id)
    .outerjoin(key_uses, and_(key_uses.c.key_id == keys.c.id, key_uses.c.incident_id == bindparam("incident")))
    .where(keys.c.lookup == bindparam("wanted"))
)
_KEY: Final = Prepared.of(select(keys.c.wrapped, keys.c.destroyed_at, keys.c.reason).where(keys.c.id == bindparam("wanted")))
_WANTED: Final = bindparam("wanted", type_=ARRAY(Text))
_KEYS: Final = Prepared.of(select(keys.c.id, keys.c.wrapped, keys.c.destroyed_at, keys.c.reason).where(keys.c.id == any_(_WANTED)))
_OWNED: Final = Prepared.of(select(keys.c.lookup, keys.c.id, keys.c.wrapped).where(keys.c.lookup == any_(_WANTED)))
"""Several at once; PostgreSQL's alone, where a question is a journey."""


class Sealer:
    """Seals and opens JSON-compatible data inside a unit of work."""

    def __init__(self, secret: str) -> None:
        self.ring = Keyring(secret)
        self._finding: bytes | None = None
        self._unwrapped = lru_cache(_KEPT)(self._unwrap)

    def confirm(self, tx: Connection) -> None:
        """Check that the database was sealed with these secrets; a write unit, at start; raises Fault."""
        self._finding = confirmed(tx, self.ring)

    def learn(self, tx: Connection) -> None:
        """Read what fingerprints are keyed with, where nothing was confirmed; raises Fault when the secrets are others."""
        if self._finding is None:
            self._finding = finding_key(tx, self.ring) or self.ring.first.proving

    def locked(self, tx: Connection) -> int:
        """Count the keys that this secret does not open; reads only."""
        return sum(not self._opens(name, wrapped) for name, wrapped in tx.execute(select(keys.c.id, keys.c.wrapped)) if wrapped is not None)

    def seal(self, tx: Connection, data: Any, incident_id: str) -> Any:
        """Replace every `{"$": "personal", …}` by `{"$": "sealed", "key", "box"}`."""
        marks = list(found(data, is_to_be_sealed))
        if not marks:
            return data
        ciphers = {subject: self._cipher_of(tx, subject, incident_id) for subject in {subject_of(mark) for mark in marks}}
        return replaced(data, is_to_be_sealed, lambda mark: _boxed(mark, *ciphers[subject_of(mark)]))

    def unseal(self, tx: Connection, data: Any) -> Any:
        """Reverse `seal`; a destroyed key gives `{"$": "personal", "value": "[erased 2026-11-23: reason]", "erased": true}`."""
        wanted = {str(mark.get("key")) for mark in found(data, is_sealed)}
        if not wanted:
            return data
        known = self._keys(tx, wanted)
        return replaced(data, is_sealed, lambda mark: _opened(mark, known[str(mark.get("key"))]))

    def seal_text(self, tx: Connection, data: Any, incident_id: str) -> str:
        """Seal data and write it in its canonical form."""
        return self.seal_texts(tx, [data], incident_id)[0]

    def seal_texts(self, tx: Connection, data: Iterable[Any], incident_id: str) -> list[str]:
        """Write several values in their canonical forms, sealed, asking for each key once."""
        texts = [canonical(each) for each in data]
        marked = [place for place, text in enumerate(texts) if _ANY_MARK in text]
        if marked:
            sealed = self.seal(tx, [parsed(texts[place]) for place in marked], incident_id)
            for place, each in zip(marked, sealed, strict=True):
                texts[place] = canonical(each)
        return texts

    def unseal_texts(self, tx: Connection, texts: Sequence[str]) -> list[Any]:
        """Read canonical texts back and unseal them, asking for each key once."""
        data: list[Any] = parsed(f"[{','.join(texts)}]")
        return list(self.unseal(tx, data)) if any(_ANY_MARK in text for text in texts) else data

    def seal_whole(self, tx: Connection, data: Any, incident_id: str | None) -> str:
        """Encrypt a whole value under the incident's key (None: the installation's); returns text."""
        return self.seal_wholes(tx, [data], incident_id)[0]

    def seal_wholes(self, tx: Connection, data: Sequence[Any], incident_id: str | None) -> list[str]:
        """Encrypt each of several values as a whole, asking for the key once."""
        name, cipher = self._cipher_of(tx, None, incident_id)
        return [_whole(each, name, cipher) for each in data]

    def seal_each(self, tx: Connection, data: Sequence[tuple[Any, str]]) -> list[str]:
        """Encrypt whole values, each under the key of the incident beside it, asking for all keys at once; PostgreSQL's alone."""
        self.learn(tx)
        owners = {incident_id: self._owner(None, incident_id) for _, incident_id in data}
        known = {
            lookup: (name, self._unwrapped(name, wrapped)) for lookup, name, wrapped in _OWNED.every(tx, {"wanted": list(owners.values())})
        }
        found = {incident_id: known.get(owner) or self._made(tx, owner) for incident_id, owner in owners.items()}
        return [_whole(each, *found[incident_id]) for each, incident_id in data]

    def unseal_whole(self, tx: Connection, text: str) -> Any:
        """Reverse `seal_whole`; a destroyed key gives the same mark as in `unseal`."""
        return self.unseal(tx, parsed(text))

    def fingerprint(self, kind: str, text: str) -> str:
        """Give the keyed hash under which something is found again without being stored; `confirm` or `learn` comes first."""
        return keyed_hash(self._finding or self.ring.first.proving, kind, text)

    def proofs(self, kind: str, text: str) -> tuple[str, ...]:
        """Give the keyed hashes that prove an address or a form to be ours: hand out the first, take any."""
        return self.ring.proofs(kind, text)

    def destroy_subject(self, tx: Connection, subject: str, *, reason: str, at: datetime) -> str | None:
        """Destroy the key of a subject for good; returns its id, or None when there is none."""
        self.learn(tx)
        return self._destroyed(tx, self.fingerprint("subject", folded(subject)), reason, at)

    def destroy_incident(self, tx: Connection, incident_id: str, *, reason: str, at: datetime) -> str | None:
        """Destroy the key of what has no known subject in an incident; returns its id, or None when there is none."""
        self.learn(tx)
        return self._destroyed(tx, self.fingerprint("incident", incident_id), reason, at)

    def _destroyed(self, tx: Connection, lookup: str, reason: str, at: datetime) -> str | None:
        self._unwrapped.cache_clear()
        return _destroyed(tx, lookup, reason, at)

    def _owner(self, subject: str | None, incident_id: str | None) -> str:
        if subject:
            return self.fingerprint("subject", subject)
        return self.fingerprint("incident", incident_id) if incident_id else self.fingerprint("installation", "")

    def _cipher_of(self, tx: Connection, subject: str | None, incident_id: str | None) -> tuple[str, AESGCM]:
        """Find or make the key of a subject or an incident, and note that the incident speaks of the subject."""
        self.learn(tx)
        row = _KEY_OF.first(tx, {"wanted": self._owner(subject, incident_id), "incident": incident_id})
        name, cipher = (row[0], self._unwrapped(row[0], row[1])) if row else self._made(tx, self._owner(subject, incident_id))
        if subject and not (row and row[2]):
            tx.execute(insert(key_uses), {"key_id": name, "incident_id": incident_id})
        return name, cipher

    def _made(self, tx: Connection, owner: str) -> tuple[str, AESGCM]:
        key, name = AESGCM.generate_key(256), secrets.token_hex(8)
        note_first(tx, self.ring)
        tx.execute(insert(keys), {"id": name, "lookup": owner, "wrapped": self.ring.wrapped(key, name)})
        return name, AESGCM(key)

    def _unwrap(self, name: str, wrapped: str) -> AESGCM:
        """Open a key as it is stored: who asks has just read it, so one that was destroyed is never found here."""
        opened = self.ring.opened(wrapped, name)
        if opened is None:
            raise wrong_secret("a sealing key can't be opened with this FIREBREAK_SECRET_KEY")
        return AESGCM(opened[1])

    def _opens(self, name: str, wrapped: str) -> bool:
        try:
            self._unwrapped(name, wrapped)
        except Fault:
            return False
        return True

    def _key(self, tx: Connection, name: str) -> "AESGCM | Mark":
        """Find a key by its id, or what is left to say of one that was destroyed."""
        return self._usable(name, _KEY.first(tx, {"wanted": name}))

    def _keys(self, tx: Connection, names: AbstractSet[str]) -> "dict[str, AESGCM | Mark]":
        """Find several; on PostgreSQL with one question."""
        if len(names) == 1 or not is_shared(tx):
            return {name: self._key(tx, name) for name in names}
        rows = {row[0]: row[1:] for row in _KEYS.every(tx, {"wanted": list(names)})}
        return {name: self._usable(name, rows.get(name)) for name in names}

    def _usable(self, name: str, row: tuple[Any, ...] | None) -> "AESGCM | Mark":
        if row is None:
            raise wrong_secret(f"the sealing key {name} is missing")
        wrapped, destroyed_at, reason = row
        return erased_mark(reason, datetime.fromisoformat(destroyed_at)) if wrapped is None else self._unwrapped(name, wrapped)


def erased_mark(reason: str, at: datetime) -> Mark:
    """Say in place of a value that, when and why it was erased."""
    return {"$": PERSONAL, "value": f"[erased {at.astimezone(UTC).date().isoformat()}: {reason}]", "erased": True}


def _destroyed(tx: Connection, lookup: str, reason: str, at: datetime) -> str | None:
    key_id = tx.execute(select(keys.c.id).where(keys.c.lookup == lookup)).scalar()
    if key_id is None:
        return None
    tx.execute(update(keys).where(keys.c.id == key_id).values(lookup=None, wrapped=None, destroyed_at=at, reason=reason))
    return str(key_id)


def _boxed(data: Any, name: str, cipher: AESGCM) -> Mark:
    return {"$": SEALED, "key": name, "box": _sealed(data, name, cipher)}


def _sealed(data: Any, name: str, cipher: AESGCM) -> str:
    """Encrypt a value as JSON; in no order, because nobody sees or digests it."""
    return encrypted(cipher, msgspec.json.encode(data), name)


def _whole(data: Any, name: str, cipher: AESGCM) -> str:
    return f'{{"$":"{SEALED}","box":"{_sealed(data, name, cipher)}","key":"{name}"}}'


def _opened(mark: Mark, key: AESGCM | Mark) -> Any:
    if isinstance(key, dict):
        return key
    try:
        return parsed(decrypted(key, mark["box"], mark["key"]).decode())
    except (InvalidTag, ValueError, KeyError, TypeError) as error:
        raise Fault(
            "a sealed value is damaged", done="showed nothing of it", advice="run: firebreak audit verify, and restore a backup"
        ) from error
