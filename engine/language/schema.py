"""JSON Schema 2020-12 of a playbook and of the organisation file, as authors write them, for editors that complete and explain.

Made of the models, of the words about each field, and of what the rules ask of a single map. A step carries
its title under its kind (`task: Pause the posts`), never `kind` and `title`. Same models, same bytes. What
the checker refuses may pass here (a name that does not exist); what it accepts passes, but for one thing: a
field that is left empty.
"""

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from engine.language.duration import Duration
from engine.language.organisation import Organisation
from engine.language.playbook import KINDS, PEOPLE_KINDS, Playbook, Step, StepFields
from engine.language.schema_forms import CONDITIONS, DUE, DURATION, FORMS, NAME, Schema
from engine.language.schema_words import PLAYBOOK_WORDS, STEP_KINDS
from engine.language.schema_words_organisation import ORGANISATION_WORDS

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
WORDS: Final[Mapping[str, Mapping[str, str]]] = {**PLAYBOOK_WORDS, **ORGANISATION_WORDS}
STEP_MODELS: Final[Mapping[str, type[BaseModel]]] = {model.model_fields["kind"].default: model for model in get_args(get_args(Step)[0])}
"""The model of every kind of step, by the key under which its title stands."""

COMMON: Final = tuple(name for name in StepFields.model_fields if name != "title")
_GUARDS: Final = frozenset({"when", "until"})
_OR_WORDS: Final = {"checklist": {"type": "string", "minLength": 1}, "links": {"type": "string", "minLength": 1}}
_ALONE: Final[Schema] = {
    "if": {"not": {"required": ["extends"]}},
    "then": {"properties": {"severity": {"required": ["levels"]}}},
}
"""A playbook that extends another may have its levels from there."""

_KNOWN_PATTERNS: Final = {
    "^[a-z][a-z0-9_]{1,47}$": NAME,
    r"^[0-9]{1,6}(s|m|h|d|w|bd)$": DURATION,
    r"^[0-9]{1,6}(s|m|h|d|w|bd)(\s+from\s+\S+)?$": DUE,
}


class Document(StrEnum):
    """The files that have a schema."""

    PLAYBOOK = "playbook"
    ORGANISATION = "organisation"


def schema_of(document: Document) -> Schema:
    """Give the schema of a kind of file."""
    model = Playbook if document is Document.PLAYBOOK else Organisation
    made = model.model_json_schema(by_alias=True)
    kinds = {step.__name__ for step in STEP_MODELS.values()}
    models = _models(model)
    parts = {_named(name): _part(models[name], part) for name, part in made["$defs"].items() if name not in kinds}
    root = _part(model, made)
    if document is Document.PLAYBOOK:
        root["properties"]["steps"]["items"] = {"$ref": "#/$defs/step"}
        parts |= _steps(made["$defs"])
        del parts["severity"]["required"]
        root["allOf"] = [_ALONE]
    return {
        "$schema": DIALECT,
        "$id": f"urn:firebreak:language:1:{document}",
        "title": f"Firebreak {document}" + (" file" if document is Document.ORGANISATION else ""),
        "description": (model.__doc__ or "").split("\n", maxsplit=1)[0],
        **{name: value for name, value in root.items() if name != "title"},
        "$defs": dict(sorted(parts.items())),
    }


def as_text(schema: Schema) -> str:
    """Write a schema as it stands in a file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def written(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Give the fields of a model under the names that authors write."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _models(root: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """Find every model that a root is made of, by its name."""
    found: dict[str, type[BaseModel]] = {}
    todo: list[Any] = [root]
    while todo:
        annotation = todo.pop()
        if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation.__name__ not in found:
            found[annotation.__name__] = annotation
            todo += [field.annotation for field in annotation.model_fields.values()]
        todo += get_args(annotation)
    return found


def _steps(made: Mapping[str, Schema]) -> dict[str, Schema]:
    """Give the definition of a step, of what all kinds share, and of each kind."""
    common = _part(STEP_MODELS["task"], made["Task"])["properties"]
    shared = {name: common[name] for name in COMMON}
    kinds = {f"step_{kind}": _kind(kind, made[model.__name__]) for kind, model in STEP_MODELS.items()}
    titles = {kind: kinds[f"step_{kind}"]["properties"][kind] for kind in KINDS}
    step = {
        "title": "Step",
        "description": "One thing that happens: an id, one kind whose value is the title, and what belongs to that kind.",
        "type": "object",
        "required": ["id"],
        "properties": {"id": _shared("id"), **{kind: _either_wait(kind, titles[kind]) for kind in KINDS}},
        "oneOf": [_has(kind) for kind in KINDS],
        "errorMessage": f"a step has exactly one of {', '.join(KINDS)}; the value is its title",
        "allOf": [{"if": _has(kind), "then": {"$ref": f"#/$defs/step_{kind}"}} for kind in KINDS],
    }
    return {"step": step, "step_fields": {"title": "What all steps share", "required": ["id"], "properties": shared}, **kinds}


def _kind(kind: str, made: Schema) -> Schema:
    model = STEP_MODELS[kind]
    part = _part(model, made)
    own = {name: value for name, value in part["properties"].items() if name not in COMMON}
    title = {"type": "string", "minLength": 1, "maxLength": 300}
    named = own.pop("playbook") if kind == "playbook" else title
    if kind != "playbook":
        own.pop("title")
    own.pop("kind")
    kind_key = {**named, "title": _title(kind), "description": STEP_KINDS[kind]}
    required = [name for name in made["required"] if name not in ("title", "kind", "playbook", "id")]
    needs_role = ["role"] if kind in PEOPLE_KINDS else []
    return {
        **part,
        "title": f"Step: {kind}",
        "description": STEP_KINDS[kind],
        "required": ["id", kind, *needs_role, *required],
        "properties": {"id": _shared("id"), kind: kind_key, **own, **{name: _shared(name) for name in COMMON if name != "id"}},
    }


def _has(kind: str) -> Schema:
    """Say that a step is of a kind; `wait: true` beside a `playbook` is a setting of that."""
    return {"required": [kind], **({"properties": {"wait": {"type": "string"}}} if kind == "wait" else {})}


def _either_wait(kind: str, title: Schema) -> Schema:
    return title if kind != "wait" else {"title": title["title"], "description": title["description"]}


def _shared(name: str) -> Schema:
    return {"$ref": f"#/$defs/step_fields/properties/{name}"}


def _part(model: type[BaseModel], made: Schema) -> Schema:
    """Dress what pydantic makes of a model: words for every field, our forms, and what goes together."""
    fields = written(model)
    properties = {name: _field(model, name, fields[name], value) for name, value in made["properties"].items()}
    conditions = CONDITIONS.get(model.__name__, [])
    return {
        "title": _title(_named(model.__name__)),
        "type": "object",
        **({"required": list(made["required"])} if "required" in made else {}),
        "properties": properties,
        "additionalProperties": False,
        **({"allOf": conditions} if conditions else {}),
    }


def _field(model: type[BaseModel], name: str, field: FieldInfo, made: Schema) -> Schema:
    owner = "Step" if issubclass(model, StepFields) and name in COMMON else model.__name__
    shape = _shape({key: value for key, value in made.items() if key not in ("title", "default")})
    if name in _GUARDS and owner != "Role":
        shape = {**shape, "type": ["string", "boolean"]}
    if name in _OR_WORDS and owner == "Step":
        shape = {**shape, "items": {"anyOf": [_OR_WORDS[name], shape["items"]]}}
    said = {"title": _title(name), "description": WORDS.get(owner, {}).get(name, "")}
    form = FORMS.get((owner, name), {})
    if "enum" in form:
        shape = {"type": "string"}
    return {**said, **shape, **_default(field), **form}


def _default(field: FieldInfo) -> Schema:
    """Give the default where it says something: not of what is empty unless somebody writes it."""
    value = str(field.default) if isinstance(field.default, Duration) else field.default
    plain = isinstance(value, str | bool | int | list) and value != "" and value != []
    return {"default": value} if plain else {}


def _shape(made: Schema) -> Schema:
    """Bring one of pydantic's shapes into ours, and those inside it."""
    if "anyOf" in made:
        options = [_shape(option) for option in made["anyOf"] if option != {"type": "null"}]
        rest = {key: value for key, value in made.items() if key != "anyOf"}
        return {**rest, **(options[0] if len(options) == 1 else {"anyOf": options})}
    if "patternProperties" in made:
        ((pattern, inside),) = made["patternProperties"].items()
        return {
            "type": "object",
            "propertyNames": _KNOWN_PATTERNS.get(pattern, {"pattern": pattern}),
            "additionalProperties": _shape(inside),
        }
    if "$ref" in made:
        return {"$ref": f"#/$defs/{_named(made['$ref'].rpartition('/')[2])}"}
    if made.get("pattern") in _KNOWN_PATTERNS:
        return dict(_KNOWN_PATTERNS[made["pattern"]])
    return {
        key: _shape(value) if isinstance(value, dict) and key != "properties" else value for key, value in made.items() if key != "title"
    }


def _named(model: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", model).lower()


def _title(name: str) -> str:
    return name.rstrip("_").replace("_", " ").capitalize()
