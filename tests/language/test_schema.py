"""The schemas say what the checker says: sound files pass, and every fault that one file can show by itself is refused."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from engine.language.organisation import Organisation
from engine.language.playbook import KINDS, Playbook
from engine.language.schema import COMMON, STEP_MODELS, WORDS, Document, as_text, schema_of, written
from engine.language.schema_forms import Schema
from engine.language.source import read_source
from tests.language.reading import CASES

PLAYBOOKS = Path(__file__).parents[2] / "playbooks"
VALIDATORS = {document: Draft202012Validator(schema_of(document)) for document in Document}
CAUGHT = {
    "FB004": {"huge-number", "number"},
    "FB005": {"no-language", "organisation-language", "other-language"},
    "FB006": {"template-begins-text"},
    "FB010": {
        *("empty", "empty-file", "list", "message-text", "missing", "names", "organisation-fields", "organisation-zones"),
        *("organisation-broadcast", "title-twice", "unknown-field", "wrong-shape"),
    },
    "FB011": {"no-kind", "two-kinds"},
    "FB012": {"number", "version"},
    "FB102": {"decision", "task"},
    "FB110": {"input-type"},
    "FB111": {"required-default"},
    "FB112": {"defaults"},
    "FB113": {"one-option"},
    "FB114": {"assign"},
    "FB116": {"destination"},
    "FB120": {"one-level"},
    "FB130": {"targets"},
    "FB132": {"both-and-neither"},
    "FB140": {"organisation-policy", "policies"},
    "FB220": {"no-then"},
    "FB221": {"no-options"},
    "FB224": {"no-due"},
    "FB301": {"keep", "organisation-rotation", "times"},
    "FB313": {"endless"},
    "FB405": {"rejection"},
    "FB407": {"twice"},
    "FB412": {"outsiders"},
}
"""Faulty cases that a schema can see, by code; FB001 to FB003 are faults of the text, before there is a document."""

FAULTY = sorted(case for case in CASES.glob("err/*.yaml") if case.stem[:5] > "FB003")
SOUND = sorted((*CASES.glob("ok/*.yaml"), *(file for file in PLAYBOOKS.glob("*.yaml") if not file.stem.endswith(".test"))))


def faults_in(file: Path) -> list[str]:
    """Say what the schema has against a file."""
    document = read_source(file.read_bytes(), file=file.name).document
    is_organisation = isinstance(document, dict) and "firebreak_organisation" in document
    validator = VALIDATORS[Document.ORGANISATION if is_organisation else Document.PLAYBOOK]
    return [f"{list(error.path)}: {error.message}" for error in validator.iter_errors(document)]


def with_step(**fields: object) -> dict[str, object]:
    """Give a playbook with this one step."""
    head = {"firebreak": 1, "id": "case", "title": "Case", "version": "1.0.0", "owner": "lead"}
    return {**head, "steps": [{"id": "first", **fields}]}


def properties_in(schema: Schema) -> list[tuple[str, Schema]]:
    """List every field of every definition."""
    parts = {"": schema, **schema["$defs"]}
    return [(f"{part}.{name}", value) for part, entry in parts.items() for name, value in entry.get("properties", {}).items()]


@pytest.mark.parametrize("document", Document)
def test_a_schema_is_a_schema(document: Document) -> None:
    Draft202012Validator.check_schema(schema_of(document))


@pytest.mark.parametrize("file", SOUND, ids=lambda file: file.stem)
def test_a_sound_file_passes(file: Path) -> None:
    assert faults_in(file) == []


@pytest.mark.parametrize("case", FAULTY, ids=lambda case: case.stem)
def test_a_faulty_case_is_refused_where_a_schema_can_see_the_fault(case: Path) -> None:
    code, _, name = case.stem.partition("-")

    assert bool(faults_in(case)) == (name in CAUGHT.get(code, ()))


def test_every_declared_case_is_there() -> None:
    declared = {f"{code}-{name}" for code, names in CAUGHT.items() for name in names}

    assert declared - {case.stem for case in FAULTY} == set()


@pytest.mark.parametrize("document", Document)
def test_every_field_is_explained(document: Document) -> None:
    silent = [name for name, value in properties_in(schema_of(document)) if "$ref" not in value and not value.get("description")]
    untitled = [name for name, value in properties_in(schema_of(document)) if set(value) != {"$ref"} and not value.get("title")]

    assert (silent, untitled) == ([], [])


def test_there_are_words_for_fields_that_exist_and_no_others() -> None:
    steps: dict[str, type[BaseModel]] = {model.__name__: model for model in STEP_MODELS.values()}
    known = {owner: set(words) for owner, words in WORDS.items() if owner in steps}
    fields = {name: set(written(model)) - set(COMMON) - {"title", "kind", "playbook"} for name, model in steps.items()}
    fields["SubPlaybook"].add("title")

    assert set(WORDS["Step"]) == set(COMMON)
    assert known == {name: names for name, names in fields.items() if names}
    assert set(WORDS["Playbook"]) == set(Playbook.model_fields)
    assert set(WORDS["Organisation"]) == set(Organisation.model_fields)


def test_a_step_is_written_as_authors_write_it() -> None:
    text = as_text(schema_of(Document.PLAYBOOK))

    assert '"kind"' not in text
    assert VALIDATORS[Document.PLAYBOOK].is_valid(with_step(task="Pause the posts", role="lead"))
    assert not VALIDATORS[Document.PLAYBOOK].is_valid(with_step(kind="task", title="Pause the posts", role="lead"))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_definition_that_starts_with_its_title(kind: str) -> None:
    properties = schema_of(Document.PLAYBOOK)["$defs"][f"step_{kind}"]["properties"]

    assert list(properties)[:2] == ["id", kind]


def test_wait_beside_a_playbook_is_its_setting() -> None:
    validator = VALIDATORS[Document.PLAYBOOK]

    assert validator.is_valid(with_step(playbook="other", wait=True))
    assert validator.is_valid(with_step(wait="Let it rest", **{"for": "1h"}))
    assert not validator.is_valid(with_step(playbook="other", wait="Let it rest"))
    assert not validator.is_valid(with_step(wait=True))


def test_a_child_may_take_its_levels_from_its_parent() -> None:
    alone = {**with_step(task="Look", role="lead"), "severity": {"start": "sev2"}}

    assert not VALIDATORS[Document.PLAYBOOK].is_valid(alone)
    assert VALIDATORS[Document.PLAYBOOK].is_valid({**alone, "extends": "house.yaml"})


@pytest.mark.parametrize("document", Document)
def test_the_same_models_give_the_same_bytes(document: Document) -> None:
    text = as_text(schema_of(document))

    assert text == as_text(schema_of(document))
    assert json.loads(text)["$id"] == f"urn:firebreak:language:1:{document}"
