"""Says whether a request was signed by Slack with one of our secrets (scheme v0).

The library raises on hostile input (a timestamp that is no number, a body that is not UTF-8, a signature that
is not ASCII) where it should say no; here it says no. A signature is good for five minutes either way; the same
signed request may come again within them, which the effects' own idempotency takes care of.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from slack_sdk.signature import Clock, SignatureVerifier


class _VerifierClock(Clock):
    """The product's clock, as the library asks for it."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def now(self) -> float:
        return self._now().timestamp()


class Signatures:
    """Checks against all signing secrets that are good now: two while one is rotated, none without a Slack app."""

    def __init__(self, secrets: Sequence[str], now: Callable[[], datetime]) -> None:
        self._verifiers = tuple(SignatureVerifier(secret, _VerifierClock(now)) for secret in secrets)

    def are_genuine(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Say whether the body and its headers were signed with one of the secrets, lately."""
        return any(_is_valid(verifier, body, headers) for verifier in self._verifiers)


def _is_valid(verifier: SignatureVerifier, body: bytes, headers: Mapping[str, str]) -> bool:
    try:
        return verifier.is_valid_request(body, headers)
    except (ValueError, TypeError):  # UnicodeError is a ValueError
        return False
