"""The dashboard, the alert rules and the page about them use figures and labels that exist, and the page names all."""

import asyncio
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric

from api.figures import figures
from api.metrics import Metrics
from api.siblings import Siblings
from api.watching import Counted
from engine.channels.channel import Failed, Sent
from engine.incident.commands import Note
from engine.incident.effects import Delivery
from engine.incident.refusal import Refusal
from engine.runtime.heartbeat import Beat
from engine.runtime.packs import Packed
from engine.store.watching import OpenIncidents, Queued
from tests.api.given import House, running
from tests.api.test_readiness import Connected

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "operating.md").read_text("utf-8")
BOARD = json.loads((ROOT / "docs" / "grafana" / "firebreak.json").read_text("utf-8"))
OF_PROMETHEUS = {"up": {"job", "instance"}}
ADDED = {"job", "instance"}
"""Labels that Prometheus adds to whatever it scrapes."""
NOW = datetime(2026, 11, 23, tzinfo=UTC)

Known = dict[str, set[str]]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Known:
    """Every series that there can be, with its labels."""
    return asyncio.run(_looked(tmp_path_factory.mktemp("watched")))


async def _looked(folder: Path) -> Known:
    async with running(folder) as house:
        return _series(house)


def _series(house: House) -> Known:
    queue, incidents = (Queued("slack", "pending", 1, NOW),), (OpenIncidents("sev1", "active", "live", 1),)
    counted = Counted(NOW, NOW, queue, incidents, Beat(NOW, NOW), Packed(NOW, NOW))
    parts = replace(house.parts, slack_trouble=lambda: None, socket=Connected(True), siblings=Siblings(Path(), 1, 2))
    families: list[Metric] = [*_exercised().collect(), *figures(parts, counted)]
    found: Known = {}
    for family in families:
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def _exercised() -> CollectorRegistry:
    """Count one of each, so that each figure shows its labels."""
    metrics, delivery = Metrics(), Delivery("INC-1:1:0", "told", "slack:#x", "words")  # type: ignore[arg-type]
    metrics.answered(method="GET", route="/healthz", status=200, seconds=0.1)
    metrics.committed(1, 0.1)
    metrics.commanded(Note(text="x"), "rest", Refusal("closed", "it is closed"))
    metrics.rang(timedelta(seconds=1))
    metrics.reloaded(taken=True)
    metrics.delivered(delivery, Sent({}), timedelta(seconds=1))
    metrics.delivered(delivery, Failed("no", retry=True), timedelta(seconds=1))
    metrics.beaten("answered")
    metrics.packed("written")
    return metrics.registry


def queries() -> list[str]:
    """List what the dashboard's panels and variables ask for."""
    variables = [variable["query"]["query"] for variable in BOARD["templating"]["list"] if variable["type"] == "query"]
    return [*variables, *(target["expr"] for panel in BOARD["panels"] for target in panel.get("targets", ()))]


def rules() -> list[dict[str, Any]]:
    """List the alert rules of the page."""
    blocks = [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)]
    return [rule for block in blocks if "groups" in block for group in block["groups"] for rule in group["rules"]]


def selected(query: str) -> list[tuple[str, set[str]]]:
    """Find the series that a query reads, with the labels that it picks by."""
    found = re.findall(r"\b((?:firebreak|process|python)_\w+|up)\b(?:\{([^}]*)\})?", query)
    return [(name, set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", picked))) for name, picked in found]


def grouped(query: str) -> set[str]:
    """Find the labels that a query groups by."""
    return {label.strip() for inside in re.findall(r"\bby \(([^)]*)\)", query) for label in inside.split(",")}


@pytest.mark.parametrize("query", [*queries(), *(rule["expr"] for rule in rules())])
def test_a_query_reads_what_exists(query: str, known: Known) -> None:
    series = known | OF_PROMETHEUS
    read = selected(query)
    labels = set().union(*(series.get(name, set()) for name, _ in read)) | ADDED

    assert read
    assert [name for name, _ in read if name not in series] == []
    assert [(name, picked) for name, picked in read if not picked <= series[name] | ADDED] == []
    assert grouped(query) - labels == set()
    assert query.count("(") == query.count(")")


def test_the_board_shows_every_figure_of_ours(known: Known) -> None:
    shown = {name for query in queries() for name, _ in selected(query)}
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in shown}

    assert ours(known) - families == set()


def test_the_page_names_every_figure_and_no_other(known: Known) -> None:
    table = dict(re.findall(r"^\| `(firebreak_\w+)` \| ([^|]*)\|", PAGE, re.MULTILINE))
    labels = {name: set(re.findall(r"`(\w+)`", told)) for name, told in table.items()}

    assert set(table) == ours(known)
    assert labels == {name: known.get(name, known.get(f"{name}_count", set())) for name in table}


def test_no_figure_has_a_label_that_may_hold_anything(known: Known) -> None:
    labels = {label for name, given in known.items() if name.startswith("firebreak_") for label in given}

    assert labels == {"method", "route", "status", "command", "via", "outcome", "code", "way", "state", "severity", "mode", "le"}


def test_every_rule_has_a_name_of_its_own() -> None:
    names = [rule["alert"] for rule in rules()]

    assert len(names) >= 10
    assert len(set(names)) == len(names)
    assert all(set(rule) <= {"alert", "expr", "for"} for rule in rules())


def test_the_boards_panels_have_ids_of_their_own_and_a_source_that_is_chosen() -> None:
    panels = BOARD["panels"]

    assert len({panel["id"] for panel in panels}) == len(panels)
    assert {panel["datasource"]["uid"] for panel in panels if panel["type"] != "row"} == {"${datasource}"}


def ours(known: Known) -> set[str]:
    """Name our figures, a histogram by its own name; what only says since when something exists is not published."""
    plain = {name for name in known if name.startswith("firebreak_") and not name.endswith("_created")}
    histograms = {name.removesuffix("_bucket") for name in plain if name.endswith("_bucket")}
    return {name for name in plain if not any(name.startswith(f"{each}_") for each in histograms)} | histograms
