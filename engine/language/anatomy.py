"""Which fields a place of a file may have, read off the models: for suggestions, never for validation."""

import types
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from engine.language.diagnostic import Path
from engine.language.places import below
from engine.language.playbook import KINDS, Step

_STEPS: dict[str, type[BaseModel]] = {
    model.model_fields["kind"].default: model for model in get_args(get_args(Step)[0]) if issubclass(model, BaseModel)
}


def fields_at(model: type[BaseModel], path: Path, document: object) -> tuple[str, ...]:
    """List the names that may stand at a path, as authors write them; empty where any name may stand."""
    here: Any = model
    value = document
    for part in path:
        here = _below(here, part, value)
        value = below(value, part)
    found = _model_of(here, value)
    if found is None:
        return ()
    names = tuple(field.alias or name for name, field in found.model_fields.items())
    if found not in _STEPS.values():
        return names
    return tuple(name for name in names if name != "kind" and (name != "title" or found is _STEPS["playbook"]))


def kinds_with(field: str) -> tuple[str, ...]:
    """List the kinds of step that have a field."""
    return tuple(kind for kind in KINDS if field in {f.alias or name for name, f in _STEPS[kind].model_fields.items()})


def _below(annotation: Any, part: str | int, value: object) -> Any:
    model = _model_of(annotation, value)
    if model is not None:
        return next((f.annotation for name, f in model.model_fields.items() if (f.alias or name) == part), None)
    for option in _options(annotation):
        origin, arguments = get_origin(option), get_args(option)
        if origin is list and isinstance(part, int):
            return arguments[0]
        if origin is dict and isinstance(part, str):
            return arguments[1]
    return None


def _model_of(annotation: Any, value: object) -> type[BaseModel] | None:
    models = [option for option in _options(annotation) if isinstance(option, type) and issubclass(option, BaseModel)]
    if len(models) > 1:
        kind = value.get("kind") if isinstance(value, dict) else None
        return _STEPS.get(str(kind))
    return models[0] if models else None


def _options(annotation: Any) -> tuple[Any, ...]:
    """Flatten unions and annotations into the plain types they allow."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _options(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return tuple(flat for option in get_args(annotation) for flat in _options(option))
    return (annotation,)
