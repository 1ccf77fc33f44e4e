"""What is written about the HTTP interface and its settings is what there is."""

import re
from pathlib import Path

from api.app import ROUTERS
from api.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"


def test_every_route_is_described_and_no_other() -> None:
    page = (DOCS / "api.md").read_text(encoding="utf-8")
    routes = {route.path for router in ROUTERS for route in router.routes}  # type: ignore[attr-defined]

    written = set(re.findall(r"^\| `(?:[A-Z]+ )?(/[a-z][^ `?]*)`", page, re.MULTILINE))

    assert written == routes


def test_every_setting_is_described_with_its_default_and_no_other() -> None:
    table = (DOCS / "configuration.md").read_text(encoding="utf-8").partition("## ")[0]
    written = dict(re.findall(r"^\| `(FIREBREAK_[A-Z_]+)` \| ([^|]+) \|", table, re.MULTILINE))
    plain = {f"FIREBREAK_{name.upper()}": str(field.default) for name, field in Settings.model_fields.items() if field.default is not None}

    assert set(written) == {f"FIREBREAK_{name.upper()}" for name in Settings.model_fields}
    assert {name: written[name].strip("` ") for name in plain} == plain
