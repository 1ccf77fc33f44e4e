"""A client that a program generates from the OpenAPI document: it declares an incident, does its work, and reads errors as models."""

import json
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import pytest
from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

from api.operation_ids import NAMES
from tests.api.given import House
from tests.api.operations import described

PACKAGE = "generated_firebreak"
BYTES = "application/octet-stream"
UNKNOWN_TYPES = {"application/yaml": BYTES, "application/schema+json": "application/json", "image/svg+xml": BYTES, "text/calendar": BYTES}
"""The generator knows JSON and bytes, and takes other types for one of them."""

SMALL = """
firebreak: 1
id: site_notice
title: Word of a closed site
version: 1.0.0
owner: incident_lead
summary: A site closes for a day; find out why, then tell the shift.
inputs:
  site: {type: text, required: true, label: Which site}
roles:
  incident_lead: {title: Incident lead, assign: "person:ana"}
steps:
  - {id: find_out, task: Find out why, role: incident_lead, due: 20m, checklist: [Called the site]}
  - {id: tell, task: Tell the shift, role: incident_lead, needs: [find_out], due: 30m, sets: closed}
"""
UGLY = re.compile(r"v1|__|_(get|post|put|delete)$|^Body|Input$|Output$")


class Generated:
    """The generated package; `ask` calls one of its operations with a client, `model` gives one of its classes."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def model(self, name: str) -> Any:
        return resolve_name(f"{PACKAGE}.models:{name}")

    async def ask(self, operation: str, *path: str, **given: Any) -> Any:
        found = next(Path(resolve_name(PACKAGE).__file__).parent.glob(f"api/*/{operation}.py"))
        return await resolve_name(f"{PACKAGE}.api.{found.parent.name}.{operation}:asyncio")(*path, client=self.client, **given)


@pytest.fixture
async def generated(house: House, tmp_path: Path) -> AsyncIterator[Generated]:
    """A client, made of the document and nothing else, that asks as an administrator."""
    document, folder = tmp_path / "openapi.json", tmp_path / "made"
    document.write_text(json.dumps(house.app.openapi()), "utf-8")
    choices = ConfigFile(post_hooks=[], content_type_overrides=UNKNOWN_TYPES)
    complaints = generate(
        config=Config.from_sources(
            choices, MetaType.NONE, document_source=document, file_encoding="utf-8", overwrite=False, output_path=folder / PACKAGE
        )
    )
    assert [(each.header, each.detail) for each in complaints] == []
    sys.path.insert(0, str(folder))
    yield Generated(resolve_name(f"{PACKAGE}.client:Client")("http://firebreak.test").set_async_httpx_client(await house.admin()))
    sys.path.remove(str(folder))


async def test_a_generated_client_declares_an_incident_completes_it_and_reads_errors_as_models(house: House, generated: Generated) -> None:
    ask, model = generated.ask, generated.model
    published = await (await house.admin()).put("/v1/playbooks/site_notice", content=SMALL)
    inputs = model("DeclareInputs").from_dict({"site": "Plant 4"})

    declared = await ask("declare_incident", body=model("Declare")(playbook="site_notice", inputs=inputs), idempotency_key="report-1")
    again = await ask("declare_incident", body=model("Declare")(playbook="site_notice", inputs=inputs), idempotency_key="report-1")
    too_soon = await ask("complete_step", declared.key, "find_out")
    unknown = await ask("get_incident", "INC-99")
    await ask("tick_step", declared.key, "find_out", body=model("Tick")(item="Called the site"))
    done = [await ask("complete_step", declared.key, step) for step in ("find_out", "tell")]
    incident = await ask("get_incident", declared.key)
    steps, found = await ask("list_steps", declared.key), await ask("list_incidents", q="closed site", limit=1)

    assert published.status_code == 201
    assert (again.key, incident.status, incident.counts.done) == (declared.key, "complete", 2)
    assert [type(each).__name__ for each in (too_soon, unknown)] == ["ProblemBody", "ProblemBody"]
    assert (too_soon.status, too_soon.code, "tick" in too_soon.allowed, unknown.code) == (409, "checklist_open", True, "not_found")
    assert [(step.id, step.state) for step in (*done, *steps.items)] == [("find_out", "done"), ("tell", "done")] * 2
    assert [line.key for line in found.items] == [declared.key]


def test_operations_and_shapes_have_names_that_read_well(house: House) -> None:
    document = house.app.openapi()
    ids = [each["operationId"] for methods in document["paths"].values() for each in methods.values()]
    names = [*ids, *document["components"]["schemas"]]

    assert len(set(ids)) == len(ids) == len(described(house.app))
    assert [name for name in names if UGLY.search(name)] == []
    assert set(NAMES.values()) <= set(ids)
