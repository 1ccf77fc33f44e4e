"""The secrets of FIREBREAK_SECRET_KEY: the first wraps, any of them opens; so a new one can overlap with the old.

Rules:
- Several are separated by commas, each of at least `MIN_SECRET` characters; where a part is shorter, the comma belongs to
  the secret. A text with commas may itself be the secret that wrapped: it still opens, and never wraps.
- A secret's name says which it is and nothing about it. Nothing else here is ever written down.
- What is proved to people who hold an address or a cookie hangs on the secrets themselves: made with the first, good
  with any, so that a secret that was taken away proves nothing any more.
"""

import hmac
import os
from base64 import b64decode
from binascii import b2a_base64
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from engine.store.fault import Fault

MIN_SECRET: Final = 16
_NONCE_BYTES: Final = 12
_NAME_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class Secret:
    """What is derived from one secret. `proving` also keyed the fingerprints of databases that have no key of their own for them."""

    name: str
    wrapping: AESGCM
    proving: bytes

    @classmethod
    def of(cls, text: str) -> "Secret":
        """Derive everything from a secret (HKDF-SHA256)."""
        name = _derived(text, b"firebreak secret name")[:_NAME_BYTES].hex()
        return cls(name, AESGCM(_derived(text, b"firebreak data keys")), _derived(text, b"firebreak fingerprints"))


class Keyring:
    """Wraps and opens data keys. `listed` are the secrets of the text, `secrets` all that open. Raises Fault when one is too short."""

    def __init__(self, text: str) -> None:
        parts = _secrets_in(text)
        self.listed = tuple(map(Secret.of, parts))
        self.secrets = self.listed if text in parts else (*self.listed, Secret.of(text))

    @property
    def first(self) -> Secret:
        """The secret that wraps."""
        return self.listed[0]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(secret.name for secret in self.secrets)

    def wrapped(self, key: bytes, name: str) -> str:
        """Wrap a key with the first secret; `name` is bound to it."""
        return encrypted(self.first.wrapping, key, name)

    def opened(self, wrapped: str, name: str) -> tuple[Secret, bytes] | None:
        """Give the secret that opens a key, and the key; None when none does."""
        for secret in self.secrets:
            try:
                return secret, decrypted(secret.wrapping, wrapped, name)
            except (InvalidTag, ValueError):
                continue
        return None

    def proofs(self, kind: str, text: str) -> tuple[str, ...]:
        """Give the keyed hash by each secret: the first is the one to hand out, any is to be taken."""
        return tuple(keyed_hash(secret.proving, kind, text) for secret in self.secrets)


def keyed_hash(key: bytes, kind: str, text: str) -> str:
    """Give the HMAC-SHA256 (hex) of a text for one use of it."""
    return hmac.digest(key, f"{kind}\0{text}".encode(), "sha256").hex()


def encrypted(cipher: AESGCM, plain: bytes, name: str) -> str:
    """Encrypt as base64 of nonce and ciphertext; `name` is authenticated beside it."""
    nonce = os.urandom(_NONCE_BYTES)
    return b2a_base64(nonce + cipher.encrypt(nonce, plain, name.encode()), newline=False).decode()


def decrypted(cipher: AESGCM, box: str, name: str) -> bytes:
    """Reverse `encrypted`; raises InvalidTag or ValueError."""
    content = b64decode(box, validate=True)
    return cipher.decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], name.encode())


def wrong_secret(what: str) -> Fault:
    """Say that a secret does not fit the database."""
    return Fault(what, done="opened nothing", advice="set the FIREBREAK_SECRET_KEY that this database was made with")


def _secrets_in(text: str) -> tuple[str, ...]:
    parts = tuple(part for each in text.split(",") if (part := each.strip()))
    if len(parts) > 1 and all(len(part) >= MIN_SECRET for part in parts):
        return tuple(dict.fromkeys(parts))
    only = parts[0] if len(parts) == 1 else text
    if len(only) < MIN_SECRET:
        raise Fault(
            f"FIREBREAK_SECRET_KEY has fewer than {MIN_SECRET} characters",
            done="opened nothing",
            advice='make one with: python -c "import secrets; print(secrets.token_urlsafe(32))"',
        )
    return (only,)


def _derived(secret: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose).derive(secret.encode())
