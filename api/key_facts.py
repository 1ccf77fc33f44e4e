"""How the sealing keys stand, as every way in says it: by the names of secrets, which tell nothing about them."""

from typing import Any

from engine.store.rotation import Standing


def standing_facts(found: Standing) -> dict[str, Any]:
    """Say how the keys stand; `done`: the first secret is enough from now on."""
    return {
        "secrets": [{"name": name, "keys": count} for name, count in found.by_secret.items()],
        "unreadable": found.unreadable,
        "destroyed": found.destroyed,
        "done": found.is_done,
    }
