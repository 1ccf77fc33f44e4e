"""The reference of Slack's own methods, where it is at hand beside the checkout."""

import json
from pathlib import Path

ROOT = Path(__file__).parents[2]
METHOD_REFERENCE = ROOT / ".." / "shared" / "data" / "slack" / "method-ref"

_TIERS = {"Tier1": 1, "Tier2": 20, "Tier3": 50, "Tier4": 100}


def tier_of(method: str) -> int | None:
    """Give the calls a minute that Slack allows; None where it names no tier."""
    tiers = json.loads((METHOD_REFERENCE / "java-sdk.rate_limit_tiers.json").read_text(encoding="utf-8"))
    return _TIERS.get(tiers.get(method, ""))
