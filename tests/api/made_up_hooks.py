"""What schemathesis is told before it sends a request: an idempotency key is used for one request only, as clients do."""

from itertools import count
from typing import Any

import schemathesis

_NUMBERS = count()


@schemathesis.hook
def before_call(_context: Any, case: schemathesis.Case, _arguments: dict[str, Any]) -> None:
    """Make a key that is well formed one of its own; what is no key stays so."""
    headers = case.headers or {}
    key = headers.get("Idempotency-Key")
    if key and key.isascii() and key.isprintable() and " " not in key and len(key) < 200:
        headers["Idempotency-Key"] = f"{key}{next(_NUMBERS)}"
