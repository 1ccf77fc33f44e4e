"""Where somebody who was called answers: addresses that hold which call it was, proved by a keyed hash, so that no table is needed.

Rules:
- A token names one delivery and is good for nothing but saying that its receiver was reached.
- It can't be made without the secret that seals the database, and a changed one means nothing. While that secret is
  rotated, what the old one proved is good too.
"""

import hmac
import re
from typing import Final

from engine.store.seal import Sealer

_TOKEN: Final = re.compile(r"([A-Z]{1,10}-[0-9]{1,12})\.([0-9]{1,12})\.([0-9]{1,6})\.([0-9a-f]{32})")
_PAGE: Final = re.compile(r"([A-Z]{1,10}-[0-9]{1,12}):[0-9a-f]{32}")


class Answers:
    """Makes and reads the addresses of one installation, whose own address is `address`."""

    def __init__(self, sealer: Sealer, address: str) -> None:
        self._sealer = sealer
        self._address = address

    def voice(self, delivery: str) -> str:
        """Give the address to which a pressed key goes."""
        return f"{self._address}/reach/voice/{self.token(delivery)}"

    def page(self, delivery: str) -> str:
        """Give the address of the page with the one button."""
        return f"{self._address}/reach/email/{self.token(delivery)}"

    def token(self, delivery: str) -> str:
        """Write a delivery's id so that it can't be made up."""
        return f"{delivery.replace(':', '.')}.{self._proofs(delivery)[0]}"

    def delivery(self, token: str) -> tuple[str, str] | None:
        """Read a token back: the incident's key and the delivery's id; None where it was not made here."""
        match = _TOKEN.fullmatch(token)
        if match is None:
            return None
        delivery = f"{match[1]}:{match[2]}:{match[3]}"
        is_ours = any(hmac.compare_digest(match[4], proof) for proof in self._proofs(delivery))
        return (match[1], delivery) if is_ours else None

    def page_key(self, key: str, person: str) -> str:
        """Name the alert of a person in an incident, without naming the person."""
        return f"{key}:{self._sealer.fingerprint('page', f'{key} {person}')[:32]}"

    def _proofs(self, delivery: str) -> tuple[str, ...]:
        return tuple(proof[:32] for proof in self._sealer.proofs("answer", delivery))


def key_of_page(page_key: str) -> str | None:
    """Read which incident an alert is about; None where it is none of ours."""
    match = _PAGE.fullmatch(page_key)
    return match[1] if match else None
