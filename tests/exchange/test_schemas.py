"""What we export passes the OASIS schemas for CACAO 2.0, read as they declare themselves (draft-07), without a network."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from referencing import Registry, Resource

from engine.exchange.cacao.export import Wanted
from tests.exchange.given import CASES, LOSSLESS, NAMES, ROOT, STRIPPED, exported, made

SCHEMAS = ROOT.parent / "shared" / "data" / "cacao" / "json-schemas" / "schemas"
MEANT_TO_BE_SOUND = sorted(
    case
    for case in CASES.glob("*/*.json")
    if (case.parent.name == "ok" and "mattermost" not in case.stem) or case.stem.startswith(("FB702", "FB703", "FB704", "FB705"))
)


@pytest.fixture(scope="module")
def schema() -> Draft7Validator:
    if not SCHEMAS.is_dir():
        pytest.skip("the OASIS schemas are not here")
    documents = [json.loads(file.read_text("utf-8")) for file in sorted(SCHEMAS.rglob("*.json"))]
    registry: Registry[Any] = Registry().with_resources((each["$id"], Resource.from_contents(each)) for each in documents)
    return Draft7Validator(json.loads((SCHEMAS / "playbook.json").read_text("utf-8")), registry=registry)


def faults(schema: Draft7Validator, document: object) -> list[str]:
    return [f"{'/'.join(map(str, error.path))}: {error.message}" for error in schema.iter_errors(document)]


@pytest.mark.parametrize("wanted", [LOSSLESS, STRIPPED, Wanted()], ids=["lossless", "stripped", "default"])
@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_playbook_exports_to_what_the_standard_asks(name: str, wanted: Wanted, schema: Draft7Validator) -> None:
    assert faults(schema, exported(name, wanted).document) == []


def test_every_kind_of_step_exports_to_what_the_standard_asks(schema: Draft7Validator) -> None:
    assert faults(schema, made((CASES / "kinds.yaml").read_text("utf-8")).document) == []


@pytest.mark.parametrize("case", MEANT_TO_BE_SOUND, ids=lambda case: case.stem)
def test_what_we_read_in_tests_is_what_others_may_write(case: Path, schema: Draft7Validator) -> None:
    assert faults(schema, json.loads(case.read_text("utf-8"))) == []


def test_the_schemas_would_notice(schema: Draft7Validator) -> None:
    document = json.loads(exported(NAMES[0]).text)
    del document["created_by"]
    next(step for step in document["workflow"].values() if step["type"] == "action").pop("agent")

    assert len(faults(schema, document)) >= 2
