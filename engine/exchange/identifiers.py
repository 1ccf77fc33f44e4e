"""Identifiers that stay: the same names always give the same UUID, so that an export can be compared with the one before.

Name-based UUIDs of RFC 9562, section 5.5 (version 5, SHA-1), in a name space of their own.
"""

import hashlib
from typing import Final

NAMESPACE: Final = bytes.fromhex("7d0d7e5b3a4f5e0c9b1c2f6a8e4d1b90")
"""7d0d7e5b-3a4f-5e0c-9b1c-2f6a8e4d1b90, made once and never changed."""


def named_uuid(name: str) -> str:
    """Give the UUID of a name, in its usual form of 36 characters."""
    digest = bytearray(hashlib.sha1(NAMESPACE + name.encode(), usedforsecurity=False).digest()[:16])
    digest[6] = (digest[6] & 0x0F) | 0x50
    digest[8] = (digest[8] & 0x3F) | 0x80
    text = digest.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def identifier(kind: str, *names: str) -> str:
    """Give a CACAO identifier: `action--` and the UUID of the names, joined with a slash."""
    return f"{kind}--{named_uuid('/'.join(names))}"
