"""Our two extensions of CACAO: what the standard has no words for, and the exact source.

- `firebreak-playbook`, in `playbook_extensions`: the source and every file it is made of, with SHA-256, and
  the fields of the playbook as plain values.
- `firebreak-step`, in `step_extensions`: all fields of the steps that a CACAO step stands for.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from engine.exchange.identifiers import identifier
from engine.language.playbook import Playbook

PLAYBOOK: Final = identifier("extension-definition", "firebreak-playbook")
STEP: Final = identifier("extension-definition", "firebreak-step")
AUTHOR: Final = identifier("identity", "firebreak")
_VERSION: Final = "1.0.0"
_ABOUT: Final = {
    PLAYBOOK: (
        "firebreak-playbook",
        "The exact source of a Firebreak playbook with its files and their SHA-256, and its fields as plain values.",
    ),
    STEP: (
        "firebreak-step",
        "The fields of the Firebreak steps that this step stands for: kind, needs, deadlines, ladders, approvers and the rest.",
    ),
}
_STEPWISE: Final = ("steps", "firebreak", "id", "title", "version", "summary", "extends")


@dataclass(frozen=True)
class Written:
    """A playbook as it lies in a folder: the file's name and text, and the files that it is made of by their paths."""

    name: str
    text: str
    files: Mapping[str, str] = field(default_factory=dict)


def definitions() -> dict[str, dict[str, Any]]:
    """Define both extensions."""
    return {
        name: {
            "type": "extension-definition",
            "name": title,
            "description": about,
            "created_by": AUTHOR,
            "schema": f"{about} Described in docs/exchange.md of Firebreak.",
            "version": _VERSION,
        }
        for name, (title, about) in _ABOUT.items()
    }


def playbook_payload(playbook: Playbook, source: Written, *, is_whole: bool) -> dict[str, Any]:
    """Write what only we understand of a playbook; with the source where it is whole, for that names every step."""
    fields = playbook.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    kept = {name: value for name, value in fields.items() if name not in _STEPWISE}
    head: dict[str, Any] = {name: fields[name] for name in ("id", "title", "version", "summary") if name in fields}
    payload: dict[str, Any] = {"language": 1, **head, "fields": kept, "order": [step.id for step in playbook.steps]}
    if is_whole:
        payload["source"] = sealed(source.name, source.text)
    used = {name for each in playbook.templates.values() for name in (each.file, *each.languages.values())}
    payload["files"] = [sealed(path, text) for path, text in sorted(source.files.items()) if path in used or is_whole]
    return payload


def sealed(path: str, text: str) -> dict[str, str]:
    """Write a file with the digest of its bytes."""
    return {"path": path, "sha256": digest_of(text), "text": text}


def digest_of(text: str) -> str:
    """Give the SHA-256 of a text's UTF-8 bytes."""
    return hashlib.sha256(text.encode()).hexdigest()
