"""The Block Kit schema that was made of Slack's own types, where it is at hand."""

import json
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft7Validator

SCHEMA: Final = Path(__file__).parents[1] / ".." / "shared" / "data" / "slack" / "blockkit" / "blockkit.from-slack-types-3.2.0.schema.json"
BLOCKS: Final = {
    "actions": "ActionsBlock",
    "context": "ContextBlock",
    "divider": "DividerBlock",
    "header": "HeaderBlock",
    "image": "ImageBlock",
    "input": "InputBlock",
    "markdown": "MarkdownBlock",
    "rich_text": "RichTextBlock",
    "section": "SectionBlock",
}
VIEWS: Final = {"modal": "ModalView", "home": "HomeView"}


def schema_faults(kind: str, whole: dict[str, Any]) -> tuple[str, ...]:
    """List what the schema of this kind (`section`, `modal` …) has against a block or view; nothing where there is no schema."""
    name = BLOCKS.get(kind) or VIEWS.get(kind)
    if name is None or not SCHEMA.exists():
        return ()
    return _faults(name, json.dumps(whole, sort_keys=True))


@lru_cache(maxsize=4096)
def _faults(name: str, text: str) -> tuple[str, ...]:
    errors = _validator(name).iter_errors(json.loads(text))
    return tuple(f"schema of {name}: {'/'.join(map(str, error.path))}: {error.message[:160]}" for error in errors)


@cache
def _validator(name: str) -> Draft7Validator:
    definitions = json.loads(SCHEMA.read_text(encoding="utf-8"))["definitions"]
    return Draft7Validator({"$ref": f"#/definitions/{name}", "definitions": definitions})
